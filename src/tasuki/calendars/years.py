"""The open spans of a year: from hours by the clock on the wall to instants.

An instant is open if the clock on the wall, read in the zone at that instant, stands within a stretch of work. So an hour
that summer time skips is not there, and one that comes twice counts twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

from tasuki.calendars.public_days import public_days
from tasuki.calendars.spans import MICROSECOND, Span, Table, instant, merged, micros
from tasuki.calendars.weeks import Stretch

MINUTE = 60_000_000
DAY = 24 * 60 * MINUTE
SECOND = 1_000_000
FIRST_DAY = date(1970, 1, 1).toordinal()
THURSDAY = 3
"""1970 began on one."""
Week = tuple[tuple[Stretch, ...], ...]


def year_span(year: int) -> Span:
    """Begin and end of a year, UTC."""
    return micros(datetime(year, 1, 1, tzinfo=UTC)), micros(datetime(year + 1, 1, 1, tzinfo=UTC))


@lru_cache(maxsize=2_000)
def open_year(zone: str, week: Week, holidays: str, days_off: frozenset[date], year: int) -> Table:
    """What is open in a year (UTC); kept, and shared by all who work alike. About 0.5 ms and 6 kB when first asked for."""
    free = _free_days(holidays, days_off, year)
    spans = [
        (max(begin - offset, since), min(end - offset, until))
        for since, until, offset in offsets(zone, year)
        for begin, end in _stretches(week, free, since + offset, until + offset)
    ]
    return Table(merged(span for span in spans if span[0] < span[1]))


def _free_days(holidays: str, days_off: frozenset[date], year: int) -> frozenset[int]:
    """As days since 1970; the neighbours' too, for a day by the wall begins and ends elsewhere in UTC."""
    public = (day for near in (year - 1, year, year + 1) for day in public_days(holidays, near))
    return frozenset(day.toordinal() - FIRST_DAY for day in (*public, *days_off))


def _stretches(week: Week, free: frozenset[int], since: int, until: int) -> Iterator[Span]:
    """Stretches by the wall that may lie in [since, until), which is by the wall too; in order of their begin."""
    for day in range(since // DAY - 1, until // DAY + 1):
        if day not in free:
            for begin, end in week[(day + THURSDAY) % 7]:
                yield day * DAY + begin * MINUTE, day * DAY + end * MINUTE


@lru_cache(maxsize=2_000)
def offsets(zone: str, year: int) -> tuple[tuple[int, int, int], ...]:
    """The year (UTC) in parts of one distance to UTC each: since, until, distance, in microseconds."""
    begin, end = year_span(year)
    place = ZoneInfo(zone)
    days = pairwise(range(begin, end + DAY, DAY))
    found = [_change(place, *day) for day in days if _offset(place, day[0]) != _offset(place, day[1])]
    return tuple((since, until, _offset(place, since)) for since, until in pairwise([begin, *found, end]))


def _change(place: ZoneInfo, before: int, after: int) -> int:
    """The second from which the distance is that of `after`."""
    while after - before > SECOND:
        middle = before + (after - before) // SECOND // 2 * SECOND
        if _offset(place, middle) == _offset(place, before):
            before = middle
        else:
            after = middle
    return after


def _offset(place: ZoneInfo, at: int) -> int:
    return (instant(at).astimezone(place).utcoffset() or timedelta()) // MICROSECOND
