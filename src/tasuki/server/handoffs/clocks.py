"""The clocks of handoffs, which are the service-level ledger: one row for each owner, complete once it is stopped.

A clock goes by the calendar that was in force when it started, which is kept: what is set later changes nothing of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tasuki.agreement import Agreement
from tasuki.agreement import model as language
from tasuki.calendars import (
    ALWAYS,
    Calendar,
    NoWorkingTime,
    calendar_of,
    service_due,
    service_span,
)
from tasuki.server.core import bulk
from tasuki.server.handoffs.models import Clock, Handoff
from tasuki.server.handoffs.rows import values
from tasuki.server.worktime import queries as worktime

MOST_REASSIGNED = 3
"""So often a handoff goes on to the next person by itself."""
REASSIGNED = "reassigned"
MICROSECOND = timedelta(microseconds=1)
STARTED = (
    "handoff", "lead", "ordinal", "team", "person", "within", "calendar", "started_at", "started_because", "started_by",
    "remind_at", "due_at", "reassign_at", "next_at", "stopped_at", "stopped_because", "stopped_by", "wall", "business",
    "met",
)  # fmt: skip
STOPPED = (
    "stopped_at", "stopped_because", "stopped_by", "wall", "business", "met", "next_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Stop:
    """When, why and by whom a clock stops."""

    at: datetime
    because: str
    by: int | None = None


@dataclass(frozen=True, slots=True)
class Start:
    """A clock to be started for whoever has the handoff now. `stop`: it has run out already, for all of it is history."""

    handoff: Handoff
    agreement: Agreement
    terms: language.Handoff
    at: datetime
    because: str = "given"
    by: int | None = None
    ordinal: int = 1
    reassigned: int = 0
    stop: Stop | None = None


def start(starts: Sequence[Start], now: datetime) -> list[Clock]:
    """Clocks with reminder, due time and reassignment by the hours of the person, else of the team's queue; to be kept.

    Their handoffs get the due time; neither is stored here.
    """
    calendars = _Calendars(starts, now)
    return [_started(one, *calendars.of(one)) for one in starts]


def keep(started: Sequence[Clock]) -> None:
    """Store new clocks, once their handoffs have ids."""
    for clock in started:
        clock.handoff_id = clock.handoff.pk
    rows = [values(one, STARTED) for one in started]
    for clock, (pk,) in zip(started, bulk.insert(Clock, STARTED, rows, returning=["pk"]), strict=True):
        clock.pk = pk


class _Calendars:
    """Calendars for clocks to be started: of persons and queues, under the hours of each agreement."""

    def __init__(self, starts: Sequence[Start], now: datetime) -> None:
        self._now, self._since = now, min((one.at for one in starts), default=now)
        self._users = {one.handoff.person_id for one in starts if one.handoff.person_id}
        self._teams = {one.handoff.team_id for one in starts if one.handoff.team_id}
        self._under: dict[str, worktime.Calendars] = {}
        self._of: dict[tuple[str, int | None, int | None], tuple[Calendar, int]] = {}

    def of(self, start: Start) -> tuple[Calendar, int]:
        """The calendar that a clock goes by, and the key under which it is kept."""
        whose = (start.agreement.version, start.handoff.person_id, start.handoff.team_id)
        if whose not in self._of:
            known = self._known(start.agreement)
            calendar = known.of_user(whose[1]) if whose[1] else known.of_team(whose[2])
            self._of[whose] = calendar, known.kept(calendar, self._now)
        return self._of[whose]

    def _known(self, agreement: Agreement) -> worktime.Calendars:
        if agreement.version not in self._under:
            hours = worktime.default_hours(agreement)
            found = worktime.calendars_for(self._users, self._teams, hours, since=self._since)
            self._under[agreement.version] = found
        return self._under[agreement.version]


def _started(start: Start, calendar: Calendar, kept: int) -> Clock:
    handoff, terms = start.handoff, start.terms
    clock = Clock(
        handoff=handoff, lead_id=handoff.lead_id, ordinal=start.ordinal, team_id=handoff.team_id,
        person_id=handoff.person_id, within=handoff.within, calendar_id=kept, started_at=start.at,
        started_because=start.because, started_by_id=start.by,
    )  # fmt: skip
    _plan(clock, terms, calendar, reassigns=start.reassigned < MOST_REASSIGNED)
    handoff.due_at = clock.due_at
    if start.stop:
        _end(clock, start.stop, calendar)
    return clock


def _plan(clock: Clock, terms: language.Handoff, calendar: Calendar, *, reassigns: bool) -> None:
    """When there is something to do about it. Hours in which nobody ever works have no due time."""
    if terms.within is None:
        return
    try:
        clock.due_at = service_due(calendar, clock.started_at, terms.within)
        if terms.remind:
            counted = calendar if terms.remind.business else calendar_of(ALWAYS)
            remind_at = counted.before(clock.due_at, service_span(calendar, terms.remind))
            clock.remind_at = remind_at if remind_at > clock.started_at else None
        if terms.reassign and reassigns:
            clock.reassign_at = service_due(calendar, clock.due_at, terms.reassign)
    except NoWorkingTime:
        pass
    clock.next_at = clock.remind_at or clock.due_at


def stop(stops: Sequence[tuple[Clock, Stop]]) -> None:
    """Stop running clocks, each by the calendar that was kept for it: wall and business time, and whether it was met."""
    calendars = worktime.kept_calendars({clock.calendar_id for clock, _stop in stops if clock.calendar_id})
    for clock, how in stops:
        _end(clock, how, calendars.get(clock.calendar_id or 0))
    bulk.update(Clock, STOPPED, [(clock.pk, *values(clock, STOPPED)) for clock, _how in stops])


def _end(clock: Clock, how: Stop, calendar: Calendar | None) -> None:
    """An answer that is dated before the start took no time: nobody could be quicker."""
    at = max(how.at, clock.started_at)
    clock.stopped_at, clock.stopped_because, clock.stopped_by_id = at, how.because, how.by
    clock.next_at = None
    clock.wall = (at - clock.started_at) // MICROSECOND
    clock.business = calendar.business(clock.started_at, at) // MICROSECOND if calendar else None
    clock.met = at <= clock.due_at if clock.due_at else None
