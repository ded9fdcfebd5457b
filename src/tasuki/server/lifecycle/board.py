"""Who holds what until when: handoffs a page at a time, and one with its ledger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _

from tasuki.server.core import clock
from tasuki.server.core.access import Actor, require, sight
from tasuki.server.core.errors import NotFound
from tasuki.server.core.marks import a_time, mark, read_mark
from tasuki.server.core.prepared import prepared
from tasuki.server.handoffs.models import Clock, Handoff
from tasuki.server.lifecycle.standing import Standing, seen, standing, waiting, with_clocks

MOST = 200
NOBODY = "none"
State = Literal["open", "accepted", "returned", "expired", "other", "closed"]


@dataclass(frozen=True, slots=True)
class Board:
    """Some handoffs; `after` asks for the next ones, empty at the end."""

    rows: Sequence[Standing]
    after: str


def board(
    actor: Actor,
    *,
    state: State = "open",
    team: str = "",
    person: str = "",
    overdue: bool = False,
    after: str = "",
    limit: int = 50,
) -> Board:
    """Handoffs that the actor sees: open ones by due time, those without one last; others the latest answer first.

    `team`: its name; `person`: a sign-in name, `none` for what waits in a queue. `overdue`: only what was due already.
    Invalid: a mark of a page that is none of ours.
    """
    require(actor, "leads.read")
    now = clock.now()
    is_open = state == "open"
    rows = _narrowed(waiting(actor) if is_open else _closed(actor, state), team, person)
    if overdue and is_open:
        rows = rows.filter(due_at__lte=now)
    ordered = _by_due(rows, after) if is_open else _latest(rows, after)
    limit = max(1, min(limit, MOST))
    found = list(ordered[: limit + 1])
    found = with_clocks(found) if is_open else found
    mark = _mark(found[limit - 1], is_open) if len(found) > limit else ""
    return Board([standing(one, now) for one in found[:limit]], mark)


MOST_COUNTED = 1_000
"""Further open handoffs are not counted."""


@dataclass(frozen=True, slots=True)
class Counts:
    """How many open handoffs there are, how many are overdue, how many wait in a queue; at most MOST_COUNTED."""

    open: int
    overdue: int
    queued: int


def counts(actor: Actor) -> Counts:
    """Of the open handoffs that the actor sees."""
    require(actor, "leads.read")
    rows = Handoff.objects.filter(sight(actor, "lead__"), outcome="open")
    over = rows.filter(due_at__lte=clock.now())
    return Counts(
        *(each.order_by()[:MOST_COUNTED].count() for each in (rows, over, rows.filter(person=None)))
    )


def _closed(actor: Actor, state: State) -> QuerySet[Handoff]:
    found = seen(actor).filter(closed_at__isnull=False)  # what the indexes of those that are over are for
    found = found.select_related("closed_by__decision")
    return found if state == "closed" else found.filter(outcome=state)


def _narrowed(rows: QuerySet[Handoff], team: str, person: str) -> QuerySet[Handoff]:
    if team:
        rows = rows.filter(team__name=team)
    if person:
        rows = rows.filter(person=None) if person == NOBODY else rows.filter(person__username=person)
    return rows


def _by_due(rows: QuerySet[Handoff], after: str) -> QuerySet[Handoff]:
    if after:
        due, pk = _read_mark(after)
        later = Q(due_at=due, pk__gt=pk)
        if due is not None:
            later |= Q(due_at__gt=due) | Q(due_at=None)
        rows = rows.filter(later)
    return rows.order_by(F("due_at").asc(nulls_last=True), "pk")


def _latest(rows: QuerySet[Handoff], after: str) -> QuerySet[Handoff]:
    if after:
        closed, pk = _read_mark(after)
        earlier = Q(closed_at=closed, pk__lt=pk)
        if closed is not None:  # said twice: the first is where the index begins
            earlier = Q(closed_at__lte=closed) & (Q(closed_at__lt=closed) | earlier)
        rows = rows.filter(earlier)
    return rows.order_by("-closed_at", "-pk")


def _mark(last: Handoff, is_open: bool) -> str:
    return mark(last.due_at if is_open else last.closed_at, last.pk)


def _read_mark(after: str) -> tuple[datetime | None, int]:
    return read_mark(after, lambda value: None if value is None else a_time(value))


def handoff(actor: Actor, handoff_id: int) -> Handoff:
    """One, with its clocks in order. NotFound: there is none, or its lead is not the actor's to see."""
    require(actor, "leads.read")
    found = _with_ledger(list(seen(actor).filter(pk=handoff_id)))
    if not found:
        raise NotFound(
            "handoff_unknown",
            _("There is no such handoff, or you may not see its lead."),
            cure=_("Look at the page of the lead."),
        )
    return found[0]


def ledger(actor: Actor, lead_id: int, limit: int = MOST) -> list[Handoff]:
    """All handoffs of a lead, the latest first, each with its clocks; nothing for a lead that the actor may not see."""
    require(actor, "leads.read")
    return _with_ledger(_handoffs(actor, lead_id, limit=limit))


@prepared
def _handoffs(actor: Actor, lead_id: int, *, limit: int) -> QuerySet[Any, Handoff]:
    mine = Handoff.objects.filter(sight(actor, "lead__"), lead_id=lead_id)
    mine = mine.select_related("lead", "team", "person", "transition")
    return mine.order_by("-opened_at", "-pk")[:limit]


def _with_ledger(handoffs: list[Handoff]) -> list[Handoff]:
    ledgers: dict[int, list[Clock]] = {}
    for one in _clocks([handoff.pk for handoff in handoffs]):
        ledgers.setdefault(one.handoff_id, []).append(one)
    for handoff in handoffs:
        handoff.ledger = ledgers.get(handoff.pk, [])  # type: ignore[attr-defined]
    return handoffs


@prepared
def _clocks(handoffs: list[int]) -> QuerySet[Any, Clock]:
    people = ("person", "team", "started_by", "stopped_by", "calendar")
    return Clock.objects.filter(handoff__in=handoffs).select_related(*people).order_by("ordinal")


def as_it_stands(handoff: Handoff) -> Standing:
    """An open one of `ledger`, now."""
    ledger: list[Clock] = getattr(handoff, "ledger", [])
    handoff.running = next((one for one in ledger if one.stopped_at is None), None)  # type: ignore[attr-defined]
    return standing(handoff, clock.now())
