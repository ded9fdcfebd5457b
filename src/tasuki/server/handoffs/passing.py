"""Handoffs that go to somebody else by themselves: unanswered, left behind by who left, or released to who has room."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from django.db.models import Q, QuerySet

from tasuki.agreement import model as language
from tasuki.agreement.model import HOLD
from tasuki.server.core.models import User
from tasuki.server.handoffs.clocks import REASSIGNED
from tasuki.server.handoffs.facts import about_now, counted, house_for, keep_turns
from tasuki.server.handoffs.giving import Gift, Terms, give, hold
from tasuki.server.handoffs.house import House
from tasuki.server.handoffs.inputs import Act, Asked, Found, Told
from tasuki.server.handoffs.models import Clock, Handoff
from tasuki.server.handoffs.outcomes import Outcome
from tasuki.server.handoffs.routing import choose
from tasuki.server.handoffs.staff import Staff, staff

OPEN = Handoff.objects.filter(outcome=Outcome.OPEN)
RELEASED = "released"


# Nobody answered.


def pass_on(overdue: Sequence[Clock], terms: Terms, people: Staff, now: datetime) -> list[Act]:
    """Give handoffs to the next by the same routing, without those who had them; where there is no other they stay."""
    if not overdue:
        return []
    handoffs = [one.handoff for one in overdue]
    asked = _asked(handoffs, terms, _had(handoffs), again=True)
    found = _found(asked, now)
    acts, gifts, takers = [], [], []
    for clock, to in zip(overdue, found, strict=True):
        if to.person is None:
            acts.append(_nobody_else(clock, terms, people, now))
        else:
            gifts.append(_gift(clock.handoff, to, REASSIGNED, REASSIGNED))
            takers.append(clock.person_id)
    given = _given(gifts, takers, REASSIGNED, terms, now)
    return acts + given


def _nobody_else(clock: Clock, terms: Terms, people: Staff, now: datetime) -> Act:
    users = people.called(terms.of(clock.handoff).escalate, clock.team_id)
    transition = clock.handoff.transition_id
    told = Told("nobody", clock.lead_id, users, f"clock:{clock.pk}", now, transition, clock.team_id)
    return Act("nobody", clock.handoff, clock.pk, now, (told,))


def _had(handoffs: Sequence[Handoff]) -> dict[int, frozenset[int]]:
    found: dict[int, set[int]] = {one.pk: {one.person_id or 0} for one in handoffs}
    for pk, person in Clock.objects.filter(handoff__in=found).values_list("handoff_id", "person_id"):
        found[pk].add(person or 0)
    return {pk: frozenset(had) for pk, had in found.items()}


# Somebody left.


def orphans() -> QuerySet[Handoff]:
    """Open handoffs of people who work here no more; by their ids, so that an index on the person finds them."""
    return OPEN.filter(person__in=list(User.objects.filter(is_active=False).values_list("pk", flat=True)))


def rescue(now: datetime, limit: int) -> list[Act]:
    """Route anew what people who have left still have."""
    wanted = dict(orphans().values_list("pk", "lead_id")[:limit])
    held = hold(wanted.values()) if wanted else set()
    handoffs = (
        list(orphans().filter(pk__in=wanted, lead__in=held).select_related("transition")) if held else []
    )
    if not handoffs:
        return []
    terms = Terms(handoffs)
    found = _found(_asked(handoffs, terms, {}), now)
    gifts = [_gift(one, to, REASSIGNED, "left") for one, to in zip(handoffs, found, strict=True)]
    return _given(gifts, [None] * len(gifts), REASSIGNED, terms, now)


# Somebody has room.


def waiting() -> QuerySet[Handoff]:
    """Open handoffs that wait for a person."""
    return OPEN.filter(held_since__isnull=False)


def release(now: datetime, limit: int) -> list[Act]:
    """Give what waits in queues to who has room by now, the earliest due first."""
    wanted = dict(releasable(now).order_by("due_at", "pk").values_list("pk", "lead_id")[:limit])
    held = hold(wanted.values()) if wanted else set()
    found = waiting().filter(pk__in=wanted, lead__in=held).order_by("due_at", "pk")
    handoffs = list(found.select_related("transition", "team"))
    if not handoffs:
        return []
    terms = Terms(handoffs)
    asked = _asked(handoffs, terms, {}, again=True)
    queues = [replace(each, terms=_queue(one, each.terms)) for one, each in zip(handoffs, asked, strict=True)]
    to = zip(handoffs, _found(queues, now), strict=True)
    gifts = [_gift(one, found, RELEASED, RELEASED) for one, found in to if found.person is not None]
    return _given(gifts, [None] * len(gifts), RELEASED, terms, now)


def releasable(now: datetime) -> QuerySet[Handoff]:
    """What waits where somebody has room; what waits elsewhere is not held in vain."""
    if not waiting().exists():
        return Handoff.objects.none()
    house = House(counted(staff(), now), now)
    free = {one.id: one for one in house.staff.active if house.can_take(one) and house.has_room(one)}
    teams = [
        crew.id
        for crew in house.staff.crews.values()
        if any(one.id in free for one in house.staff.takers(crew))
    ]
    return waiting().filter(
        Q(team__in=teams) | Q(team=None, team_role__in={one.role for one in free.values()})
    )


def _queue(handoff: Handoff, terms: language.Handoff) -> language.Handoff:
    return language.Handoff(handoff.team.name if handoff.team else terms.to, full=HOLD)


# What all of them do.


def _asked(
    handoffs: Sequence[Handoff], terms: Terms, had: Mapping[int, frozenset[int]], *, again: bool = False
) -> list[Asked]:
    about = about_now([one.lead_id for one in handoffs])
    return [
        Asked(
            one.lead_id,
            terms.agreement_of(one),
            terms.of(one),
            about[one.lead_id],
            had.get(one.pk, frozenset()),
            again,
        )
        for one in handoffs
    ]


def _found(asked: Sequence[Asked], now: datetime) -> list[Found]:
    house = house_for(asked, now)
    found = [choose(one, house) for one in asked]
    keep_turns(house)
    return found


def _gift(handoff: Handoff, to: Found, because: str, why: str) -> Gift:
    reason = to.steps[-1]["because"] if to.person is not None else ""
    return Gift(
        handoff, to.person, to.team, because, {"why": why, "because": reason}, waits=to.person is None
    )


def _given(
    gifts: Sequence[Gift], before: Sequence[int | None], kind: str, terms: Terms, now: datetime
) -> list[Act]:
    """Give them; the new owner is told, and the one who lost it. With nobody to take it the administrators are."""
    started = give(gifts, terms, now) if gifts else []
    return [
        Act(kind, one.handoff, clock.pk, now, _told(one.handoff, clock, lost, kind, now))
        for one, clock, lost in zip(gifts, started, before, strict=True)
    ]


def _told(handoff: Handoff, clock: Clock, lost: int | None, kind: str, now: datetime) -> tuple[Told, ...]:
    users = {kind: handoff.person_id, "taken": lost}
    told: dict[str, tuple[int, ...]] = {kind: (user,) for kind, user in users.items() if user}
    if handoff.person_id is None:
        told["nobody"] = staff().administrators()
    cause = f"handoff:{handoff.pk}:{clock.ordinal}"
    return tuple(
        Told(each, handoff.lead_id, to, cause, now, handoff.transition_id, handoff.team_id)
        for each, to in told.items()
    )
