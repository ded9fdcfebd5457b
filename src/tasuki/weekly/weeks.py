"""Weeks by the calendar on the wall: from a Monday to a Sunday of a time zone."""

from __future__ import annotations

from calendar import isleap, monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

A_DAY, A_WEEK = timedelta(days=1), timedelta(weeks=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Span = tuple[int, int]
"""From, until before: µs UTC."""


@dataclass(frozen=True)
class Week:
    """The ISO week that begins on the Monday `first`, in a time zone (IANA). It has as many hours as it has there."""

    first: date
    zone: str

    @property
    def last(self) -> date:
        """Its Sunday."""
        return self.first + 6 * A_DAY

    @property
    def since(self) -> datetime:
        """The midnight with which it begins, aware."""
        return datetime.combine(self.first, time.min, ZoneInfo(self.zone))

    @property
    def until(self) -> datetime:
        """The midnight with which the next one begins."""
        return self.later(1).since

    @property
    def span(self) -> Span:
        """Where it begins and ends."""
        return micros(self.since), micros(self.until)

    @property
    def label(self) -> str:
        """Its name as a part of a figure: `2026-W48`."""
        year, week, _ = self.first.isocalendar()
        return f"{year}-W{week:02}"

    def later(self, weeks: int) -> Week:
        """The week so many weeks later; earlier where that is less than 0."""
        return Week(self.first + weeks * A_WEEK, self.zone)

    def up_to(self, weeks: int) -> Span:
        """So many weeks of which this one is the last."""
        return micros(self.later(1 - weeks).since), micros(self.until)

    def days(self) -> Iterator[date]:
        """Its seven days."""
        return (self.first + number * A_DAY for number in range(7))

    def part_of(self, per: str) -> float | None:
        """How much of what is wanted per day, week, month, quarter or year falls on this week, day by day; None for others.

        A week that lies in two months has its days of each.
        """
        lengths = {
            "day": lambda _: 1,
            "week": lambda _: 7,
            "month": _month,
            "quarter": _quarter,
            "year": _year,
        }
        if per not in lengths:
            return None
        return sum(1 / lengths[per](day) for day in self.days())


def week_of(day: date, zone: str) -> Week:
    """The week in which a day lies."""
    return Week(day - day.weekday() * A_DAY, zone)


def last_week(at: datetime, zone: str) -> Week:
    """The last week that was over at a time (aware)."""
    return week_of(at.astimezone(ZoneInfo(zone)).date(), zone).later(-1)


def micros(at: datetime) -> int:
    """µs since 1970 UTC."""
    return (at - _EPOCH) // timedelta(microseconds=1)


def _month(day: date) -> int:
    return monthrange(day.year, day.month)[1]


def _quarter(day: date) -> int:
    first = (day.month - 1) // 3 * 3 + 1
    return sum(monthrange(day.year, month)[1] for month in range(first, first + 3))


def _year(day: date) -> int:
    return 366 if isleap(day.year) else 365
