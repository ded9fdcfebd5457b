"""The queue of somebody who works leads: every lead once, in the order of work, with the one reason why it is there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from django.db.models import Q, QuerySet

from tasuki.server.core import clock
from tasuki.server.core.access import LEADING, MARKETING, Actor, decision_roles, require
from tasuki.server.core.models import User
from tasuki.server.core.prepared import prepared
from tasuki.server.handoffs.models import Promise
from tasuki.server.lifecycle.awaiting import callers, come_back, open_handoffs, promised_calls
from tasuki.server.lifecycle.interest import Interest, interests
from tasuki.server.lifecycle.standing import Standing, in_queue
from tasuki.server.lifecycle.worklist import WorkList, work_list
from tasuki.server.people.models import Lead

LONGEST = 40
"""Of each list."""
Kind = Literal["overdue", "due", "new", "reapproach", "call", "contacted", "own", "hot", "anybody", "coming"]
ORDER: tuple[Kind, ...] = (
    "overdue",
    "due",
    "new",
    "reapproach",
    "call",
    "contacted",
    "own",
    "hot",
    "anybody",
    "coming",
)
MANY = 1_000
"""So many that wait are no more counted: nobody is going to take them all up today."""
WAITING: frozenset[Kind] = frozenset({"overdue", "due", "new", "reapproach", "call", "contacted"})
"""What waits for somebody; one's leads in progress and those that show interest may be taken up."""


@dataclass(frozen=True, slots=True)
class Task:
    """A lead to be worked on. `at`: since when or for when it is there. What else there is depends on `kind`."""

    kind: Kind
    lead: Lead
    at: datetime | None
    standing: Standing | None = None
    promise: Promise | None = None
    interest: Interest | None = None

    @property
    def waits(self) -> bool:
        """Whether it counts in the badge."""
        return self.kind in WAITING


def queue(actor: Actor) -> list[Task]:
    """What to work on, in this order: handoffs that are overdue; those due soon; new ones; one's re-approach dates that have
    come; promised calls; handoffs with a first contact; leads in progress; leads that show interest; re-approach dates of
    nobody and of colleagues, which may be taken up; calls of the days to come.

    Some fifteen queries, however much there is.
    """
    require(actor, "leads.read")
    now = clock.now()
    tasks = _once(_sorted(actor, work_list(actor, limit=LONGEST, whose=False)))
    found = interests(((one.lead.pk, one.lead.stage) for one in tasks), now)
    return [replace(one, interest=found.get(one.lead.pk)) for one in tasks]


def _sorted(actor: Actor, work: WorkList) -> list[Task]:
    tasks = [*_handoffs(work), *_others(actor, work)]
    return sorted(tasks, key=lambda one: ORDER.index(one.kind))  # stable: each list has its own order


def _handoffs(work: WorkList) -> Iterator[Task]:
    found = [work.standings[one.pk] for one in work.handoffs]
    for one in sorted(found, key=lambda each: (each.due is None, each.due or each.since)):
        yield Task(_kind(one), one.handoff.lead, one.since, one)


def _kind(one: Standing) -> Kind:
    if one.is_urgent:
        return "overdue" if one.is_over else "due"
    return "contacted" if one.handoff.first_touch_at else "new"


def _others(actor: Actor, work: WorkList) -> Iterator[Task]:
    for one in work.reapproach:
        is_own = actor.user is None or one.owner_id == actor.user.pk
        yield Task("reapproach" if is_own else "anybody", one, one.reapproach_at)
    yield from (Task("call", one.lead, one.at, promise=one) for one in work.calls)
    yield from (Task("own", one, one.stage_entered_at) for one in work.own)
    yield from (Task("hot", one.lead, one.latest.at) for one in work.hot)
    yield from (Task("coming", one.lead, one.at, promise=one) for one in work.coming)


def _once(tasks: Sequence[Task]) -> list[Task]:
    found: dict[int, Task] = {}
    for one in tasks:
        known = found.setdefault(one.lead.pk, one)
        if known is not one and known.promise is None and one.promise is not None:
            found[one.lead.pk] = replace(known, promise=one.promise)
    return list(found.values())


def waits(actor: Actor) -> int:
    """How many leads wait for the actor: the number on every page. Of the conditions of the work list.

    For marketing and who leads, handoffs that were not answered in time are counted with their own; from `MANY` on nobody
    counts any more. Of re-approach dates that have come one's own are counted: those of nobody and of colleagues may be
    taken up.
    """
    require(actor, "leads.read")
    if actor.user is None:
        return 0
    now = clock.now()
    if actor.user.role in MARKETING and list(_last_of_many(actor, now, most=MANY)):
        return MANY
    return min(_waiting.count(actor, now), MANY)


@prepared
def _last_of_many(actor: Actor, now: datetime, *, most: int) -> QuerySet[Any, int]:
    """The one with which there are so many late ones."""
    late = open_handoffs(actor).filter(due_at__lte=now).order_by()
    return late.values_list("pk", flat=True)[most - 1 : most]


@prepared
def _waiting(actor: Actor, now: datetime) -> QuerySet[Any, tuple[int]]:
    assert actor.user
    parts = [
        *(open_handoffs(actor).filter(each).values_list("lead") for each in _hands(actor, actor.user, now)),
        *(promised_calls(actor).filter(each, at__lte=now).values_list("lead") for each in callers(actor)),
        come_back(actor, now).filter(owner=actor.user).values_list("pk"),
    ]
    first, *others = (one.order_by() for one in parts)
    return first.union(*others)  # of the same lead once


def _hands(actor: Actor, user: User, now: datetime) -> list[Q]:
    """Which open handoffs wait for the actor; each by an index of its own."""
    late = Q(due_at__lte=now)
    if user.role in LEADING:
        return [late]
    own = [Q(person=user), in_queue(actor, decision_roles(actor), False)]
    return [*own, late] if user.role in MARKETING else own
