"""How many leads each team can take in a month: what its people have time for, on the days on which they work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from tasuki.calendars import Calendar, NoWorkingTime
from tasuki.server.agreements import queries as agreements
from tasuki.server.core import clock
from tasuki.server.core.access import Actor, require
from tasuki.server.handoffs.staff import Crew, Member, Staff, staff
from tasuki.server.worktime import queries as worktime


@dataclass(frozen=True, slots=True)
class Room:
    """Of one team: `leads` by month (its first day); None where nobody has said how much they can take.

    `unknown` of its `people` have not, and are not counted.
    """

    team: Crew
    leads: Mapping[date, float] | None
    people: int
    unknown: int


@dataclass(frozen=True, slots=True)
class Receiver:
    """Whom the agreement hands over to, by its name, and leads of which stages; with the teams that this means."""

    name: str
    stages: Sequence[str]
    teams: Sequence[Room]

    def leads(self, month: date) -> float | None:
        """How many all teams together can take; None where none has said it."""
        known = [room.leads[month] for room in self.teams if room.leads is not None]
        return sum(known) if known else None


def receivers(actor: Actor, months: Sequence[date]) -> list[Receiver]:
    """Everybody to whom the agreement in force hands leads over, with their room in these months; every role may know.

    A person's room on a day is the minutes that they have for leads, if they work on it: by their hours, less holidays, days
    off and absences as they are known now. Where routes share a stage out among teams, these share its leads.
    """
    require(actor, "leads.read")
    under = agreements.in_force()
    if under is None or not months:
        return []
    people = staff()
    handed: dict[str, list[str]] = {}
    for stage in under.agreement.stages:
        if stage.handoff:
            handed.setdefault(stage.handoff.to, []).append(stage.id)
    crews = {name: _crews(people, name) for name in handed}
    takers = [one for found in crews.values() for crew in found for one in people.takers(crew)]
    begin = datetime.combine(months[0], time(), ZoneInfo(under.agreement.timezone))
    calendars = worktime.calendars_for(
        [one.id for one in takers], (), worktime.default_hours(under.agreement), since=min(begin, clock.now())
    )
    days = _Days(months)
    rooms = {
        crew.id: _room(
            crew,
            people.takers(crew),
            {one.id: calendars.of_user(one.id) for one in people.takers(crew)},
            days,
        )
        for found in crews.values()
        for crew in found
    }
    return [
        Receiver(name, stages, [rooms[crew.id] for crew in crews[name]]) for name, stages in handed.items()
    ]


def _crews(people: Staff, name: str) -> list[Crew]:
    """The team of this name, or all teams of this role."""
    crew = people.crew_called(name)
    return [crew] if crew else people.crews_of(name)


def _room(crew: Crew, takers: Sequence[Member], calendars: Mapping[int, Calendar], days: _Days) -> Room:
    known = [one for one in takers if one.minutes is not None]
    if not known:
        return Room(crew, None, len(takers), len(takers))
    leads = {
        month: sum((one.minutes or 0) * days.of(calendars[one.id], month) for one in known) / crew.minutes_a_lead
        for month in days.months
    }  # fmt: skip
    return Room(crew, leads, len(takers), len(takers) - len(known))


class _Days:
    """Days of months on which a calendar has working time; counted once for each calendar."""

    def __init__(self, months: Sequence[date]) -> None:
        self.months = months
        self._known: dict[tuple[int, date], int] = {}

    def of(self, calendar: Calendar, month: date) -> int:
        """How many in this month."""
        key = (id(calendar), month)
        if key not in self._known:
            self._known[key] = sum(_works(calendar, day) for day in _days(month))
        return self._known[key]


def _works(calendar: Calendar, day: date) -> bool:
    try:
        return bool(calendar.on(day))
    except NoWorkingTime:  # a year of which nothing is known
        return False


def _days(month: date) -> list[date]:
    after = (month + timedelta(days=32)).replace(day=1)
    return [month + timedelta(days=count) for count in range((after - month).days)]
