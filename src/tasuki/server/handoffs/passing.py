"""Handoffs that go to somebody else by themselves: unanswered, left behind by who left, or released to who has room."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from django.db.models import F, Q, QuerySet

from tasuki.agreement import model as language
from tasuki.agreement.model import HOLD
from tasuki.server.core.models import User
from tasuki.server.handoffs.capacity import overloads
from tasuki.server.handoffs.clocks import REASSIGNED
from tasuki.server.handoffs.facts import about_now, counted, house_for, keep_turns
from tasuki.server.handoffs.giving import Gift, Terms, give, hold
from tasuki.server.handoffs.house import House
from tasuki.server.handoffs.inputs import Act, Asked, Found, Told
from tasuki.server.handoffs.models import Clock, Handoff
from tasuki.server.handoffs.outcomes import Outcome
from tasuki.server.handoffs.routing import choose
from tasuki.server.handoffs.staff import Staff, staff
from tasuki.server.worktime import queries as worktime

OPEN = Handoff.objects.filter(outcome=Outcome.OPEN)
EARLIEST = (F("due_at").asc(nulls_last=True), "pk")
RELEASED, TRANSFERRED, LEFT = "released", "transferred", "left"


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


# The lead has another owner.


def go_along(running: Sequence[Clock], terms: Terms, people: Staff, now: datetime) -> list[Act]:
    """Give handoffs to the new owners of their leads."""
    owners = [people.members[one.lead.owner_id or 0] for one in running]
    step = {"why": TRANSFERRED, "because": "", "by": None, "note": ""}
    gifts = [
        Gift(one.handoff, owner.id, owner.team, TRANSFERRED, step)
        for one, owner in zip(running, owners, strict=True)
    ]
    return _given(gifts, [one.person_id for one in running], TRANSFERRED, terms, now)


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
    gifts = [_rescued(one, to, now) for one, to in zip(handoffs, found, strict=True)]
    return _given(gifts, [None] * len(gifts), REASSIGNED, terms, now)


def _rescued(handoff: Handoff, to: Found, now: datetime) -> Gift:
    """With a step before all others that says who left."""
    left = {
        "route": None, "to": "", "why": LEFT, "because": "", "person": handoff.person_id, "team": handoff.team_id,
        "at": now.isoformat(),
    }  # fmt: skip
    gift = _gift(handoff, to, REASSIGNED, REASSIGNED)
    step = {**gift.step, "after": LEFT}  # none of the times that nobody answered
    return replace(gift, step=step, way=[left, *gift.way])


# Somebody has room.


def waiting() -> QuerySet[Handoff]:
    """Open handoffs that wait for a person."""
    return OPEN.filter(held_since__isnull=False)


def release(now: datetime, limit: int) -> list[Act]:
    """Give what waits in queues to who has room by now, the earliest due first."""
    wanted = dict(releasable(now).order_by(*EARLIEST).values_list("pk", "lead_id")[:limit])
    held = hold(wanted.values()) if wanted else set()
    found = waiting().filter(pk__in=wanted, lead__in=held).order_by(*EARLIEST)
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
    queues = set(waiting().values_list("team", "team_role").distinct())
    if not queues:
        return Handoff.objects.none()
    people = staff()
    concerned = {pk for team, role in queues for pk in people.waiting_for(team, role)}
    house = House(counted(people, now, concerned), now)
    free = {
        one.id: one
        for one in people.active
        if one.id in concerned and house.can_take(one) and house.has_room(one)
    }
    teams = [
        crew.id
        for crew in house.staff.crews.values()
        if any(one.id in free for one in house.staff.takers(crew))
    ]
    return waiting().filter(
        Q(team__in=teams) | Q(team=None, team_role__in={one.role for one in free.values()})
    )


def _queue(handoff: Handoff, terms: language.Handoff) -> language.Handoff:
    """Its routes from the top, then its queue, each for who has room; of one that was handed on only the queue."""
    queue = handoff.team.name if handoff.team else terms.to
    if any(step["why"] == TRANSFERRED for step in handoff.routed):
        return language.Handoff(queue, full=HOLD)
    return replace(terms, routes=(*terms.routes, language.Route(queue)), full=HOLD)


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
    """The last step says why it is given; with nobody to take it, where it waits."""
    *way, last = to.steps
    step = {**last, "why": why} if to.person is not None else last
    return Gift(handoff, to.person, to.team, because, step, way=way)


def _given(
    gifts: Sequence[Gift], before: Sequence[int | None], kind: str, terms: Terms, now: datetime
) -> list[Act]:
    """Give them; the new owner is told, and the one who lost it. With nobody to take it the administrators are."""
    started = give(gifts, terms, now) if gifts else []
    acts = [
        Act(kind, one.handoff, clock.pk, now, _told(one.handoff, clock, lost, kind, now))
        for one, clock, lost in zip(gifts, started, before, strict=True)
    ]
    return with_overloads(acts, terms, now)


def with_overloads(acts: list[Act], terms: Terms, now: datetime) -> list[Act]:
    """The same, the last one with news of teams that they made more than full."""
    if not acts:
        return acts
    *others, last = acts
    people = staff()
    teams = {one.handoff.team_id for one in acts}
    concerned = {one.id for team in teams if team for one in people.takers(people.crews[team])}
    if all(people.members[one].minutes is None for one in concerned):
        return acts
    house = House(counted(people, now, concerned), now)
    over = overloads(house, teams, now, worktime.default_hours(terms.agreement_of(last.handoff)))
    return [*others, replace(last, told=(*last.told, *over))]


def _told(handoff: Handoff, clock: Clock, lost: int | None, kind: str, now: datetime) -> tuple[Told, ...]:
    """The new owner, or whoever the queue is for; the one who lost it; and administrators where nobody was found."""
    everybody = staff()
    to = (
        (handoff.person_id,)
        if handoff.person_id
        else everybody.told_of_queue(handoff.team_id, handoff.team_role, now)
    )
    told = {kind: to, "taken": (lost,) if lost else ()}
    if handoff.routed[-1]["why"] == "nobody":
        told["nobody"] = everybody.administrators()
    cause = f"handoff:{handoff.pk}:{clock.ordinal}"
    return tuple(
        Told(each, handoff.lead_id, users, cause, now, handoff.transition_id, handoff.team_id)
        for each, users in told.items()
        if users
    )
