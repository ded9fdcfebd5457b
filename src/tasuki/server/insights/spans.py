"""The time that figures are asked of, and the time before with which they are compared."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

PERIODS = ("month", "last_month", "quarter", "year", "all")
YEAR = timedelta(days=365)


@dataclass(frozen=True)
class Span:
    """From `since` until before `until`, aware; None: open. `before`: the same length of time before it, as far as it went,
    so that half a month is compared with half a month."""

    period: str
    since: datetime | None
    until: datetime | None
    before: tuple[datetime, datetime] | None

    @property
    def is_running(self) -> bool:
        """Whether it is not over yet."""
        return self.until is None


def span_of(period: str, as_of: datetime, zone: str) -> Span:
    """One of PERIODS as it is at a time, by the months of a time zone; the month for any other."""
    local = as_of.astimezone(ZoneInfo(zone))
    month = local.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    if period == "all":
        return Span(period, None, None, None)
    if period == "year":
        return Span(period, as_of - YEAR, None, (as_of - 2 * YEAR, as_of - YEAR))
    if period == "last_month":
        last = _months_before(month, 1)
        return Span(period, last, month, (_months_before(last, 1), last))
    if period == "quarter":
        begin = _months_before(month, (month.month - 1) % 3)
        return Span(period, begin, None, _elapsed(_months_before(begin, 3), begin, as_of))
    return Span("month", month, None, _elapsed(_months_before(month, 1), month, as_of))


def year_of_months(as_of: datetime, zone: str) -> datetime:
    """Where the last twelve months begin, the present one among them."""
    local = as_of.astimezone(ZoneInfo(zone))
    return _months_before(local.replace(day=1, hour=0, minute=0, second=0, microsecond=0), 11)


def months_of(as_of: datetime, zone: str) -> list[str]:
    """Those months like `2026-04`, the first one first."""
    first = year_of_months(as_of, zone)
    months = [first.year * 12 + first.month - 1 + place for place in range(12)]
    return [f"{month // 12}-{month % 12 + 1:02}" for month in months]


def _elapsed(before: datetime, begin: datetime, as_of: datetime) -> tuple[datetime, datetime]:
    """As much of the time before as has gone of this one, and no more than there was of it."""
    return before, min(before + (as_of - begin), begin)


def _months_before(begin: datetime, count: int) -> datetime:
    """The first of a month so many months earlier, at midnight there."""
    months = begin.year * 12 + begin.month - 1 - count
    return begin.replace(year=months // 12, month=months % 12 + 1)
