"""Reading handoffs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db.models import QuerySet

from tasuki.server.agreements import queries as agreements
from tasuki.server.core import clock
from tasuki.server.core.access import DECIDING, Actor, require, sight
from tasuki.server.handoffs.capacity import TeamLoad, load_of
from tasuki.server.handoffs.facts import counted
from tasuki.server.handoffs.models import Handoff
from tasuki.server.handoffs.staff import staff
from tasuki.server.worktime import queries as worktime

MOST = 500


def loads(actor: Actor) -> list[TeamLoad]:
    """What each team that handoffs go to has and can take today; every role may know."""
    require(actor, "leads.read")
    now, under = clock.now(), agreements.in_force()
    people = counted(staff(), now)
    working = worktime.works_today(
        [one.id for one in people.active],
        now,
        default=worktime.default_hours(under.agreement if under else None),
    )
    return [load_of(people, crew, working) for crew in people.crews.values() if crew.role in DECIDING]


def answered(actor: Actor, *, since: datetime, limit: int = 50) -> Sequence[Handoff]:
    """Closed since then, the latest first, with `closed_by` and its decision."""
    closed = _seen(actor).filter(closed_at__gte=since, lead__merged_into=None)
    closed = closed.select_related("closed_by__decision__by")
    return list(closed.order_by("-closed_at", "-pk")[: min(limit, MOST)])


def _seen(actor: Actor) -> QuerySet[Handoff]:
    require(actor, "leads.read")
    found = Handoff.objects.filter(sight(actor, "lead__"))
    return found.select_related("lead__account", "lead__owner", "team", "person", "transition")
