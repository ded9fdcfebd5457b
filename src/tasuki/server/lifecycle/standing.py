"""Handoffs as they stand: who has each, since when, and how much of its time is left."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet

from tasuki.server.core.access import Actor, sight
from tasuki.server.core.prepared import prepared
from tasuki.server.handoffs.models import Clock, Handoff
from tasuki.server.people.queries import heavy

SOON = timedelta(minutes=30)
MOMENT = timedelta(microseconds=1)
SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Standing:
    """An open handoff now. `left`: of its time, in its own hours; less than nothing once it is over, after closing time too.

    None without due. `in_hours`: what is left is less than passes by the wall, for nobody works in between.
    """

    handoff: Handoff
    clock: Clock | None
    left: timedelta | None
    in_hours: bool = False
    ticks: bool = True
    """Whether its time passes at this moment: nobody's business hours pass at night."""

    @property
    def since(self) -> datetime:
        """Since when whoever has it has it (UTC)."""
        return self.clock.started_at if self.clock else self.handoff.opened_at

    @property
    def due(self) -> datetime | None:
        """When its time is over (UTC)."""
        return self.clock.due_at if self.clock else self.handoff.due_at

    @property
    def is_over(self) -> bool:
        """Whether it was due already."""
        return self.left is not None and self.left < timedelta()

    @property
    def is_urgent(self) -> bool:
        """Whether less than half an hour of its time is left, or nothing."""
        return self.left is not None and self.left < SOON


def seen(actor: Actor) -> QuerySet[Handoff]:
    """Handoffs of the leads that the actor sees, with all that a list shows, and no more of the lead and of its move."""
    found = Handoff.objects.filter(sight(actor, "lead__"), lead__merged_into=None, lead__erased_at=None)
    found = found.select_related("lead__account", "lead__owner", "lead__team", "team", "person", "transition")
    return found.defer(*heavy("lead__"), "transition__scores", "transition__contributions")


def waiting(actor: Actor) -> QuerySet[Handoff]:
    """The open ones; `with_clocks` gives each its clock for `standing`."""
    return seen(actor).filter(outcome=Handoff.Outcome.OPEN)


def with_clocks(handoffs: list[Handoff]) -> list[Handoff]:
    """The same, each with the clock that runs: one query, however many they are."""
    running = {one.handoff_id: one for one in _running([one.pk for one in handoffs])}
    kept = {one.calendar_id: one.calendar for one in running.values()}
    for clock in running.values():
        clock.calendar = kept[clock.calendar_id]  # one of each, which is made once
    for one in handoffs:
        one.running = running.get(one.pk)  # type: ignore[attr-defined]
    return handoffs


@prepared
def _running(handoffs: list[int]) -> QuerySet[Any, Clock]:
    return Clock.objects.filter(handoff__in=handoffs, stopped_at=None).select_related("calendar")


def standings(actor: Actor, leads: list[int], now: datetime) -> dict[int, Standing]:
    """Of some leads those whose handoff is open, as it stands: whose it is, without what is known of the lead."""
    return {one.lead_id: standing(one, now) for one in with_clocks(_open(actor, leads))}


@prepared
def _open(actor: Actor, leads: list[int]) -> QuerySet[Any, Handoff]:
    found = waiting(actor).filter(lead__in=leads)
    return found.defer(None).select_related(None).select_related("team", "person")


def in_hand(actor: Actor, roles: tuple[str, ...], is_leading: bool) -> Q:
    """What is the actor's to answer: their own, and what waits in a queue of their team, or of their role without a team.

    For who leads: every queue that nobody took.
    """
    if actor.user is None:
        return Q()
    return Q(person=actor.user) | in_queue(actor, roles, is_leading)


def in_queue(actor: Actor, roles: tuple[str, ...], is_leading: bool) -> Q:
    """The second half of `in_hand`: each half has an index of its own, both together have none."""
    team = actor.user.team_id if actor.user else None
    queue = Q() if is_leading else Q(team=None, team_role__in=roles)
    if team is not None and not is_leading:
        queue |= Q(team=team)
    return Q(person=None) & queue


def standing(handoff: Handoff, now: datetime) -> Standing:
    """One of `with_clocks` as it stands at that time."""
    clock: Clock | None = getattr(handoff, "running", None)
    due = clock.due_at if clock else handoff.due_at
    if due is None:
        return Standing(handoff, clock, None)
    left = _left(clock, due, now)
    ticks = _between(clock, now, now + SECOND) > timedelta()
    return Standing(handoff, clock, left, now < due and left != due - now, ticks)


def _left(clock: Clock | None, due: datetime, now: datetime) -> timedelta:
    """In business time where the service level is in business time, else by the wall; from the due time on below nothing."""
    if due <= now:
        return -max(_between(clock, due, now), MOMENT)
    return _between(clock, now, due)


def _between(clock: Clock | None, begin: datetime, end: datetime) -> timedelta:
    if clock is None or clock.calendar is None or "business" not in clock.within:
        return end - begin
    return clock.calendar.calendar.business(begin, end)
