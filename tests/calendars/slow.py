"""Working time counted the slow way: five minutes by five minutes, by looking at the clock on the wall.

It shares no code with the fast one. Hours that it counts begin and end at full quarters.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import holidays

from tasuki.calendars import Hours

NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
TICK, DAY = timedelta(minutes=5), timedelta(days=1)


class SlowCalendar:
    """The same questions as `Calendar` answers, over some days at the most."""

    def __init__(self, hours: Hours) -> None:
        self.hours, self.zone = hours, ZoneInfo(hours.zone)
        country, _sign, part = hours.holidays.partition("-")
        self.public = holidays.country_holidays(country, subdiv=part or None) if country else {}

    def business(self, begin: datetime, end: datetime) -> timedelta:
        """Working time between two instants."""
        return sum((until - since for since, until in self._open(begin, end)), timedelta())

    def after(self, begin: datetime, amount: timedelta, days: int) -> datetime | None:
        """When so much has passed; None: not within so many days."""
        for since, until in self._open(begin, begin + days * DAY):
            if until - since >= amount:
                return since + amount
            amount -= until - since
        return None

    def is_open(self, at: datetime) -> bool:
        """Whether somebody works then."""
        if any(begin <= at < end for begin, end in self.hours.away):
            return False
        wall = at.astimezone(self.zone)
        minute = wall.hour * 60 + wall.minute
        return self._works(wall.date(), minute) or self._works(wall.date() - DAY, minute + 24 * 60)

    def _open(self, begin: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Open parts of ticks; nothing opens or closes within one, but for absences, which are cut out here."""
        edges = {edge.astimezone(UTC) for span in self.hours.away for edge in span}
        at, end = begin.astimezone(UTC), end.astimezone(UTC)
        while at < end:
            next_tick = at.replace(minute=at.minute // 5 * 5, second=0, microsecond=0) + TICK
            until = min([end, next_tick, *(edge for edge in edges if at < edge < next_tick)])
            if self.is_open(at):
                yield at, until
            at = until

    def _works(self, day: date, minute: int) -> bool:
        if day in self.public or day in self.hours.days_off:
            return False
        return any(begin <= minute < end for begin, end in self._stretches(NAMES[day.weekday()]))

    def _stretches(self, name: str) -> Iterator[tuple[int, int]]:
        for part in filter(None, self.hours.week.get(name, "").split(",")):
            begin, end = (int(text.strip()[:2]) * 60 + int(text.strip()[3:]) for text in part.split("-"))
            yield begin, end if end > begin else end + 24 * 60
