"""What should I do now: everything that waits for someone, each list in the order of work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from typing import Any, TypeVar

from django.db.models import F, Q, QuerySet

from tasuki.server.core import clock
from tasuki.server.core.access import LEADING, MARKETING, Actor, decision_roles, require, sight
from tasuki.server.core.prepared import prepared
from tasuki.server.handoffs.models import Handoff, Promise
from tasuki.server.lifecycle.awaiting import (
    acted_on,
    callers,
    come_back,
    handed,
    open_handoffs,
    promised_calls,
)
from tasuki.server.lifecycle.course import course
from tasuki.server.lifecycle.hot import Hot, hot_leads
from tasuki.server.lifecycle.models import Transition
from tasuki.server.lifecycle.news import SENT_BACK
from tasuki.server.lifecycle.standing import Standing, in_queue, seen, standing, waiting, with_clocks
from tasuki.server.people.models import Lead
from tasuki.server.people.queries import heavy

Row = TypeVar("Row", Handoff, Promise, Lead)
MOST = 200
BY_DUE = (F("due_at").asc(nulls_last=True), "pk")
RECENT = timedelta(days=2)
AHEAD = timedelta(days=7)
"""Promised calls of so much time to come are told, too."""


@dataclass(frozen=True, slots=True)
class WorkList:
    """What waits for someone, in the order of work. The last two are for marketing and for who leads."""

    handoffs: Sequence[Handoff] = ()
    """One's own, then those in one's queues, each by due time; those without one last."""
    calls: Sequence[Promise] = ()
    """Promised calls whose time has come, the oldest first."""
    coming: Sequence[Promise] = ()
    """Promised calls of the next seven days, the next first."""
    own: Sequence[Lead] = ()
    """Leads that one has accepted and that are not over, the latest move first."""
    reapproach: Sequence[Lead] = ()
    """Leads whose re-approach date has come: one's own, then nobody's, then those of colleagues."""
    hot: Sequence[Hot] = ()
    """Leads that nobody has been handed, by score and freshness of interest: see `hot_leads`."""
    came_back: Sequence[Handoff] = ()
    """What sales has answered in the last two days, the latest first."""
    sent_back: Sequence[Transition] = ()
    """What sales had accepted and has sent back, or dropped, in the last two days, the latest first."""
    neglected: Sequence[Handoff] = ()
    """Handoffs of all teams that were due already, the one that waits longest first."""
    standings: Mapping[int, Standing] = field(default_factory=dict)
    """Handoff → how it stands now."""


def work_list(actor: Actor, *, limit: int = MOST, whose: bool = True) -> WorkList:
    """What the actor should do now; each list has at most `limit` (≤ 200) entries, hot leads 20.

    A dozen queries, however much there is. `whose`: people and teams of the leads and handoffs are read, too.
    """
    require(actor, "leads.read")
    now, most, places = clock.now(), max(1, min(limit, MOST)), course()
    role = actor.user.role if actor.user else ""
    mine = _handoffs(actor, most, role in LEADING, whose=whose)
    for_marketing = actor.system or role in MARKETING
    neglected = with_clocks(_neglected(actor, now, limit=most)) if for_marketing else []
    return WorkList(
        mine,
        calls(actor, now, limit=most, whose=whose),
        calls(actor, now + AHEAD, now, limit=most, whose=whose),
        _own(actor, stages=tuple(places.after), limit=most, whose=whose),
        _reapproach(actor, now, most, whose=whose),
        hot_leads(actor, limit=most, now=now, places=places),
        _came_back(actor, now - RECENT, limit=most) if for_marketing else [],
        _sent_back(actor, now - RECENT, after=tuple(places.after), limit=most) if for_marketing else [],
        neglected,
        {one.pk: standing(one, now) for one in (*mine, *neglected)},
    )


# The lists.


def _handoffs(actor: Actor, most: int, is_leading: bool, *, whose: bool) -> list[Handoff]:
    """One's own first, then those of the queues."""
    own = _in_order(actor, limit=most, whose=whose)
    rest = most - len(own) if actor.user else 0
    roles = decision_roles(actor)
    queued = _queued(actor, roles=roles, is_leading=is_leading, limit=most, whose=whose) if rest else []
    return with_clocks([*own, *queued[:rest]])


@prepared
def _in_order(actor: Actor, *, limit: int, whose: bool) -> QuerySet[Any, Handoff]:
    """One's own; all, for the system."""
    rows = open_handoffs(actor).filter(person=actor.user) if actor.user else open_handoffs(actor)
    return _by_due(rows, whose)[:limit]


@prepared
def _queued(
    actor: Actor, *, roles: tuple[str, ...], is_leading: bool, limit: int, whose: bool
) -> QuerySet[Any, Handoff]:
    return _by_due(open_handoffs(actor).filter(in_queue(actor, roles, is_leading)), whose)[:limit]


def _by_due(rows: QuerySet[Any, Handoff], whose: bool) -> QuerySet[Any, Handoff]:
    found = rows.order_by(*BY_DUE)
    return found if whose else _shown(found.defer(None).select_related(None), "lead__", whose=False)


def _shown(rows: QuerySet[Any, Row], lead: str, *, whose: bool) -> QuerySet[Any, Row]:
    """With what a row shows of the lead, and, if wanted, whose it is."""
    of = ("account", "owner", "team") if whose else ("account",)
    return rows.select_related(*(f"{lead}{name}" for name in of)).defer(*heavy(lead))


def overview(actor: Actor, *, limit: int = MOST) -> WorkList:
    """Only what came back and what is neglected, of the leads that the actor sees. Four queries."""
    require(actor, "leads.read")
    now, most = clock.now(), max(1, min(limit, MOST))
    neglected = with_clocks(_neglected(actor, now, limit=most))
    came_back = _came_back(actor, now - RECENT, limit=most)
    sent_back = _sent_back(actor, now - RECENT, after=tuple(course().after), limit=most)
    standings = {one.pk: standing(one, now) for one in neglected}
    return WorkList(came_back=came_back, sent_back=sent_back, neglected=neglected, standings=standings)


@prepared
def _neglected(actor: Actor, now: datetime, *, limit: int) -> QuerySet[Any, Handoff]:
    return waiting(actor).filter(due_at__lte=now).order_by("due_at", "pk")[:limit]


@prepared
def _came_back(actor: Actor, since: datetime, *, limit: int) -> QuerySet[Any, Handoff]:
    found = seen(actor).filter(closed_at__gte=since).select_related("closed_by__decision__by")
    return found.order_by("-closed_at", "-pk")[:limit]


@prepared
def _sent_back(
    actor: Actor, since: datetime, *, after: tuple[str, ...], limit: int
) -> QuerySet[Any, Transition]:
    found = Transition.objects.filter(sight(actor, "lead__"), to_stage__in=SENT_BACK, from_stage__in=after)
    found = found.filter(cause="decision", at__gte=since, closed_handoff=None, lead__merged_into=None)
    found = found.select_related("lead__account", "decision__by").defer(*heavy("lead__"))
    return found.order_by("-at", "-pk")[:limit]


@prepared
def _own(actor: Actor, *, stages: tuple[str, ...], limit: int, whose: bool) -> QuerySet[Any, Lead]:
    found = Lead.objects.filter(sight(actor), ~handed(), owner=actor.user, stage__in=stages)
    found = found.filter(~acted_on(), merged_into=None, erased_at=None) if actor.user else Lead.objects.none()
    return _shown(found, "", whose=whose).order_by("-stage_entered_at", "-pk")[:limit]


@prepared
def calls(
    actor: Actor, to: datetime, since: datetime | None = None, *, limit: int, whose: bool = True
) -> QuerySet[Any, Promise]:
    """Promised calls up to a time: one's own, and those of people who are gone for leads that one looks after."""
    found = promised_calls(actor).filter(reduce(or_, callers(actor)), at__lte=to)
    if since is not None:
        found = found.filter(at__gt=since)
    found = _shown(found.select_related("person") if whose else found, "lead__", whose=whose)
    return found.order_by("at", "pk")[:limit]


def _reapproach(actor: Actor, now: datetime, limit: int, *, whose: bool) -> list[Lead]:
    """One's own first, then those of nobody, then those of colleagues: each in the order of an index, and only as many as
    there is room for, for dates that came and that nobody heeded grow more with the years.
    """
    found: list[Lead] = []
    for owner in ("own", "nobody", "others") if actor.user else ("",):
        if len(found) < limit:
            found += _come(actor, now, owner=owner, limit=limit, whose=whose)
    return found[:limit]


@prepared
def _come(actor: Actor, now: datetime, *, owner: str, limit: int, whose: bool) -> QuerySet[Any, Lead]:
    owners = {
        "": Q(),
        "own": Q(owner=actor.user),
        "nobody": Q(owner=None),
        "others": ~Q(owner=actor.user) & Q(owner__isnull=False),
    }
    come = come_back(actor, now).filter(owners[owner]).order_by("reapproach_at", "pk")
    return _shown(come, "", whose=whose)[:limit]
