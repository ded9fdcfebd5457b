"""Days of a time zone as numbers, of many times at once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
NEVER = np.iinfo(np.int64).max
"""A time that has not come, in µs."""
NEVER_DAY = 2**40
DAY = 86_400_000_000
"""µs"""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


Tally = tuple[Ints, Ints]
"""Days one after the other, and how many there are of each."""


def tally(days: Ints) -> Tally:
    """Of days by number."""
    first = int(days.min()) if len(days) else 0
    counts = np.bincount(days - first)
    return np.arange(first, first + len(counts)), counts


def days_of(at: Ints, zone: str) -> Ints:
    """For times in µs UTC the days in which they lie, since 1970-01-01; NEVER_DAY for NEVER."""
    come = at != NEVER
    days, known = np.full(len(at), NEVER_DAY, np.int64), at[come]
    if len(known):
        since, offset = _offsets(zone, int(known.min()) // DAY, int(known.max()) // DAY + 1)
        shift = offset[np.searchsorted(since, known, side="right") - 1] if len(since) > 1 else offset[0]
        days[come] = (known + shift) // DAY
    return days


def day_of(at: int, zone: str) -> int:
    """The same of one time."""
    return (at + _offset(ZoneInfo(zone), at)) // DAY


@lru_cache(maxsize=16)
def _offsets(zone: str, first: int, last: int) -> tuple[Ints, Ints]:
    """Since when (µs UTC) local time is how much (µs) ahead, from one day of UTC through another."""
    clock = ZoneInfo(zone)
    found = [(first * DAY, _offset(clock, first * DAY))]
    for day in range(first + 1, last + 1):
        if (offset := _offset(clock, day * DAY)) != found[-1][1]:
            found.append((_change(clock, (day - 1) * DAY, day * DAY), offset))
    since, offsets = np.array(found, np.int64).T
    return since, offsets


def _change(clock: ZoneInfo, before: int, after: int) -> int:
    """When the clock was set within a day."""
    old = _offset(clock, before)
    while after - before > 1:
        middle = (before + after) // 2
        before, after = (middle, after) if _offset(clock, middle) == old else (before, middle)
    return after


def _offset(clock: ZoneInfo, at: int) -> int:
    ahead = (EPOCH + timedelta(microseconds=at)).astimezone(clock).utcoffset()
    assert ahead is not None
    return ahead // timedelta(microseconds=1)
