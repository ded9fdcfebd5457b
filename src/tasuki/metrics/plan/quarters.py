"""Quarters and months of the calendar, as days since 1970-01-01."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

from tasuki.errors import UsageError

EPOCH = date(1970, 1, 1)
FIRST_YEAR, LAST_YEAR = 1980, 2199


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return (day - EPOCH).days


def date_of(number: int) -> date:
    """The day of this number."""
    return EPOCH + timedelta(days=number)


@dataclass(frozen=True, order=True)
class Quarter:
    """January to March is the first. Written like `2026-Q4`."""

    year: int
    number: int

    def __str__(self) -> str:
        return f"{self.year}-Q{self.number}"

    @property
    def begin(self) -> date:
        """Its first day."""
        return date(self.year, 3 * self.number - 2, 1)

    @property
    def end(self) -> date:
        """The first day after it."""
        return self.next().begin

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.end - self.begin).days

    def next(self, count: int = 1) -> Quarter:
        """So many quarters later."""
        place = 4 * self.year + self.number - 1 + count
        return Quarter(place // 4, place % 4 + 1)


def quarter_of(day: date) -> Quarter:
    """The quarter in which a day lies."""
    return Quarter(day.year, (day.month + 2) // 3)


def quarter_named(text: str) -> Quarter:
    """By its name. UsageError: it is none."""
    match = re.fullmatch(r"([0-9]{4})-?[Qq]([1-4])", text.strip())
    if not match or not FIRST_YEAR <= int(match[1]) <= LAST_YEAR:
        raise UsageError(f"`{text}` is no quarter: write like 2026-Q4")
    return Quarter(int(match[1]), int(match[2]))


def months_between(begin: date, end: date) -> list[date]:
    """The first days of the months from that of `begin` until before `end`."""
    found = [begin.replace(day=1)]
    while (after := (found[-1] + timedelta(days=32)).replace(day=1)) < end:
        found.append(after)
    return found
