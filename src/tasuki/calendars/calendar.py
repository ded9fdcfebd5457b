"""A calendar: questions about working time, each answered by bisection in the tables of the years it touches."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from tasuki.calendars.faults import NoWorkingTime
from tasuki.calendars.hours import Hours
from tasuki.calendars.spans import MICROSECOND, Table, instant, micros, without
from tasuki.calendars.years import open_year, year_span

FIRST_YEAR, LAST_YEAR = 1900, 2200
FARTHEST = 5 * 366 * 24 * 3600 * 1_000_000
"""Microseconds within which an answer is looked for."""


class Calendar:
    """Working time by some hours.

    A question costs some microseconds once the tables of its years are there, and a year's table half a millisecond, shared
    by all who have the same hours; absences cost what taking them out of it costs. Nothing is stepped through.
    """

    def __init__(self, hours: Hours) -> None:
        self.hours = hours
        self._tables: dict[int, Table] = {}

    def business(self, begin: datetime, end: datetime) -> timedelta:
        """Working time from `begin` to `end` (aware), exact to the microsecond; 0 if `end` is not after `begin`."""
        since, until = micros(begin), micros(end)
        if until <= since:
            return timedelta()
        first, last = instant(since).year, instant(until).year
        whole = sum(self._table(year).total for year in range(first, last))
        amount = whole + self._table(last).open_until(until) - self._table(first).open_until(since)
        return timedelta(microseconds=amount)

    def after(self, begin: datetime, amount: timedelta) -> datetime:
        """The first instant (UTC) by which `amount` of working time has passed since `begin`; for 0 `begin` itself.

        NoWorkingTime: not within five years. ValueError: less than 0.
        """
        since, wanted = micros(begin), _wanted(amount)
        if not wanted:
            return instant(since)
        for table in self._onward(since):
            wanted += table.open_until(since)  # nothing in the years that follow
            if wanted <= table.total:
                return _near(table.reached(wanted), since)
            wanted -= table.total
        raise _none(begin)

    def before(self, end: datetime, amount: timedelta) -> datetime:
        """The last instant (UTC) from which on `amount` of working time passes until `end`: `after`, backwards."""
        until, wanted = micros(end), _wanted(amount)
        if not wanted:
            return instant(until)
        for table in self._backward(until):
            there = table.open_until(until)
            if wanted <= there:
                return _near(table.left(there - wanted), until)
            wanted -= there
        raise _none(end)

    def is_open(self, at: datetime) -> bool:
        """Whether it is working time at this instant; at the end of a stretch it is not any more."""
        here = micros(at)
        return self._table(instant(here).year).next_open(here) == here

    def next_open(self, at: datetime) -> datetime:
        """The first instant (UTC) of working time from `at` on. NoWorkingTime: none within five years."""
        since = micros(at)
        for table in self._onward(since):
            found = table.next_open(since)
            if found is not None:
                return _near(found, since)
        raise _none(at)

    def on(self, day: date) -> timedelta:
        """Working time on a day by the wall, from its midnight to the next."""
        zone = ZoneInfo(self.hours.zone)
        return self.business(
            datetime.combine(day, time.min, zone),
            datetime.combine(day + timedelta(days=1), time.min, zone),
        )

    def _onward(self, since: int) -> Iterator[Table]:
        first = instant(since).year
        yield from map(self._table, range(first, min(first + 6, LAST_YEAR + 1)))

    def _backward(self, until: int) -> Iterator[Table]:
        last = instant(until).year
        yield from map(self._table, range(last, max(last - 6, FIRST_YEAR - 1), -1))

    def _table(self, year: int) -> Table:
        return self._tables.get(year) or self._tables.setdefault(year, self._made(year))

    def _made(self, year: int) -> Table:
        if not FIRST_YEAR <= year <= LAST_YEAR:
            raise NoWorkingTime(f"working time is known from {FIRST_YEAR} to {LAST_YEAR}, not in {year}")
        hours = self.hours
        whole = open_year(hours.zone, hours.stretches, hours.holidays, hours.days_off, year)
        begin, end = year_span(year)
        away = [span for span in hours.absences if span[0] < end and span[1] > begin]
        return Table(without(whole, away)) if away else whole


@lru_cache(maxsize=2_000)
def calendar_of(hours: Hours) -> Calendar:
    """The calendar of these hours; the same one for hours that mean the same, so that its tables are made once."""
    return Calendar(hours)


def _wanted(amount: timedelta) -> int:
    if amount < timedelta():
        raise ValueError(f"working time of {amount}, which is less than none")
    return amount // MICROSECOND


def _near(found: int, asked: int) -> datetime:
    if abs(found - asked) > FARTHEST:
        raise _none(instant(asked))
    return instant(found)


def _none(at: datetime) -> NoWorkingTime:
    return NoWorkingTime(f"there is not so much working time within five years of {at.isoformat()}")
