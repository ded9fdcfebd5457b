"""Reading handoffs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Q, QuerySet

from tasuki.server.core.access import Actor, decision_roles, require, sight
from tasuki.server.handoffs.models import Handoff

MOST = 500


def handoffs(actor: Actor, lead_id: int) -> Sequence[Handoff]:
    """Those of one lead, the latest first; nothing for a lead that the actor may not see."""
    return list(_seen(actor).filter(lead_id=lead_id).order_by("-opened_at", "-pk")[:MOST])


def open_handoffs(actor: Actor, *, limit: int = 200) -> Sequence[Handoff]:
    """What waits for the actor's team, the oldest first; without a team, for the roles as which the actor decides."""
    waiting = _seen(actor).filter(outcome=Handoff.Outcome.OPEN, lead__merged_into=None, lead__erased_at=None)
    return list(waiting.filter(_mine(actor)).order_by("opened_at", "pk")[: min(limit, MOST)])


def answered(actor: Actor, *, since: datetime, limit: int = 50) -> Sequence[Handoff]:
    """Closed since then, the latest first, with `closed_by` and its decision."""
    closed = _seen(actor).filter(closed_at__gte=since, lead__merged_into=None)
    closed = closed.select_related("closed_by__decision__by")
    return list(closed.order_by("-closed_at", "-pk")[: min(limit, MOST)])


def _seen(actor: Actor) -> QuerySet[Handoff]:
    require(actor, "leads.read")
    found = Handoff.objects.filter(sight(actor, "lead__"))
    return found.select_related("lead__account", "lead__owner", "team", "transition")


def _mine(actor: Actor) -> Q:
    """A handoff to a role without a team is everybody's of that role."""
    roles = Q(team_role__in=decision_roles(actor))
    if actor.user is None or actor.user.team_id is None:
        return roles
    return Q(team=actor.user.team_id) | (Q(team=None) & roles)
