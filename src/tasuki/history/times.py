"""Times as people write them: ISO 8601, with an offset or as local time of one zone, to µs since 1970 UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np

from tasuki.errors import UsageError
from tasuki.history.compiled import compiled

if TYPE_CHECKING:
    from numpy.typing import NDArray

SECOND: Final = 1_000_000
HOUR: Final = 3600 * SECOND
DAY: Final = 24 * HOUR
FIRST_YEAR: Final = 1900
LAST_YEAR: Final = 2200

BAD: Final = 0
INSTANT: Final = 1
LOCAL: Final = 2

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_HOUR: Final = -70 * 366 * 24
"""Before 1900-01-01T00:00, in hours since 1970."""
_HOURS: Final = 302 * 366 * 24
_UNKNOWN: Final = -(2**31)
_VARIES: Final = _UNKNOWN + 1

EXPECTED: Final = "write 2024-05-01, 2024-05-01T09:00 or 2024-05-01T09:00:00.000000+09:00"


class Zone:
    """A time zone that turns arrays of local times into instants.

    A local time that summer time repeats is taken as its first occurrence; one that summer time skips is read
    with the offset in force before the change (both are `fold=0` of Python's datetime).
    """

    def __init__(self, name: str) -> None:
        """`name` is an IANA name such as Asia/Tokyo; raises UsageError if there is none like it."""
        try:
            self._zone = ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise UsageError(f"unknown time zone {name!r}: give an IANA name such as Asia/Tokyo") from error
        self.name = name
        self._offsets = np.full(_HOURS, _UNKNOWN, np.int32)  # seconds, per hour of local time

    def to_utc(self, local: NDArray[np.int64]) -> NDArray[np.int64]:
        """Local times in µs (as if the wall clock showed UTC) to µs since 1970 UTC; any shape (n,)."""
        hours = local // HOUR - _FIRST_HOUR
        offsets = self._offsets[hours].astype(np.int64)
        unknown = offsets == _UNKNOWN
        if unknown.any():
            for hour in np.unique(hours[unknown]).tolist():
                self._offsets[hour] = self._offset_of_hour(hour + _FIRST_HOUR)
            offsets = self._offsets[hours].astype(np.int64)
        instants = local - offsets * SECOND
        for place in np.flatnonzero(offsets == _VARIES).tolist():
            instants[place] = self._exact(int(local[place]))
        return instants

    def _offset_of_hour(self, hour: int) -> int:
        first, last = self._offset(hour * HOUR), self._offset(hour * HOUR + HOUR - SECOND)
        return first if first == last else _VARIES

    def _offset(self, local: int) -> int:
        moment = (_EPOCH + timedelta(microseconds=local)).replace(tzinfo=self._zone)
        offset = moment.utcoffset()
        return round(offset.total_seconds()) if offset else 0

    def _exact(self, local: int) -> int:
        return local - self._offset(local) * SECOND


@lru_cache(maxsize=64)
def zone_of(name: str) -> Zone:
    """The zone of that IANA name; raises UsageError if there is none."""
    return Zone(name)


def parse_time(text: str, timezone: str) -> int | None:
    """One time as µs since 1970 UTC, local in `timezone` if it has no offset; None if it is not a time."""
    raw = text.encode("utf-8", "surrogateescape")
    if not raw:
        return None
    data = np.frombuffer(bytearray(raw), np.uint8)
    bounds = np.array([[0], [len(raw)]], np.int32)
    times, status = parse_times(data, bounds[0], bounds[1], zone_of(timezone))
    return int(times[0]) if status[0] != BAD else None


def format_time(at: int) -> str:
    """µs since 1970 UTC as `2024-01-01T00:00:00.000000Z`."""
    return (_EPOCH + timedelta(microseconds=at)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def parse_times(
    data: NDArray[np.uint8], start: NDArray[np.int32], end: NDArray[np.int32], zone: Zone
) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    """Times written at `data[start[i]:end[i]]`, as µs since 1970 UTC (n,), and their status: BAD is 0."""
    times = np.zeros(len(start), np.int64)
    status = np.zeros(len(start), np.uint8)
    _scan_times(data, start, end, times, status)
    local = status == LOCAL
    if local.all():
        times = zone.to_utc(times)
    elif local.any():
        times[local] = zone.to_utc(times[local])
    return times, status


def in_range(times: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which times (µs, UTC or local) lie in the years that a history can hold, (n,)."""
    first = (datetime(FIRST_YEAR, 1, 1, tzinfo=UTC) - _EPOCH) // timedelta(microseconds=1)
    last = (datetime(LAST_YEAR + 1, 1, 1, tzinfo=UTC) - _EPOCH) // timedelta(microseconds=1)
    return (times >= first) & (times < last)


@compiled
def _number(data: NDArray[Any], first: int, size: int) -> int:
    """The number of `size` digits from `first` on; negative if one is no digit."""
    value = 0
    for i in range(first, first + size):
        digit = int(data[i]) - 48
        if digit < 0 or digit > 9:
            return -1_000_000
        value = value * 10 + digit
    return value


@compiled
def _days(year: int, month: int, day: int) -> int:
    """Days since 1970-01-01 of a date of the Gregorian calendar; -1_000_000 if there is no such date."""
    if year < FIRST_YEAR or year > LAST_YEAR or month < 1 or month > 12 or day < 1:
        return -1_000_000
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    length = 30 + (month + (month > 7)) % 2
    if month == 2:
        length = 29 if leap else 28
    if day > length:
        return -1_000_000
    # years begin in March here, so that the leap day is the last one
    y = year - (month <= 2)
    m = (month + 9) % 12
    return 365 * y + y // 4 - y // 100 + y // 400 + (153 * m + 2) // 5 + day - 1 - 719_468


@compiled
def _offset_seconds(data: NDArray[Any], at: int, last: int) -> int:
    """Seconds east of UTC of `+09:00`, `+0900` or `+09` at `at`; -1_000_000 if it is none of them."""
    size = last - at
    hours = _number(data, at + 1, 2) if size >= 3 else -1
    minutes = 0
    if size == 5:
        minutes = _number(data, at + 3, 2)
    elif size == 6 and data[at + 3] == 58:
        minutes = _number(data, at + 4, 2)
    elif size != 3:
        return -1_000_000
    if hours < 0 or hours > 18 or minutes < 0 or minutes > 59:
        return -1_000_000
    seconds = hours * 3600 + minutes * 60
    return -seconds if data[at] == 45 else seconds


@compiled
def _clock(data: NDArray[Any], at: int, last: int) -> tuple[int, int]:
    """`hh:mm[:ss[.ffffff]]` at `at`: µs of the day (-1 if wrong) and where it ends."""
    if last - at < 5 or data[at + 2] != 58:
        return -1, at
    hour, minute, second = _number(data, at, 2), _number(data, at + 3, 2), 0
    at += 5
    micros = 0
    if at < last and data[at] == 58:
        if last - at < 3:
            return -1, at
        second = _number(data, at + 1, 2)
        at += 3
        if at < last and (data[at] == 46 or data[at] == 44):
            at += 1
            digits = 0
            while at < last and 48 <= data[at] <= 57:
                micros = micros * 10 + (int(data[at]) - 48)
                digits += 1
                at += 1
                if digits > 6:
                    return -1, at
            if digits == 0:
                return -1, at
            for _ in range(digits, 6):
                micros *= 10
    if not (0 <= hour <= 23 and 0 <= minute <= 59 and 0 <= second <= 59):
        return -1, at
    return ((hour * 60 + minute) * 60 + second) * 1_000_000 + micros, at


@compiled
def _with_offset(data: NDArray[Any], at: int, last: int, time: int) -> tuple[int, int]:
    """A local time and the offset that may stand at `at`, as a time in µs and its status."""
    while at < last and data[at] == 32:
        at += 1
    if at == last:
        return time, LOCAL
    if (data[at] == 90 or data[at] == 122) and at + 1 == last:  # Z or z
        return time, INSTANT
    offset = _offset_seconds(data, at, last) if data[at] == 43 or data[at] == 45 else -1_000_000
    if offset == -1_000_000:
        return 0, BAD
    return time - offset * 1_000_000, INSTANT


@compiled
def _scan_time(data: NDArray[Any], at: int, last: int) -> tuple[int, int]:
    """Time in µs and its status: BAD, INSTANT (UTC) or LOCAL."""
    while at < last and data[at] == 32:
        at += 1
    while last > at and data[last - 1] == 32:
        last -= 1
    if last - at < 10 or data[at + 4] != 45 or data[at + 7] != 45:
        return 0, BAD
    days = _days(_number(data, at, 4), _number(data, at + 5, 2), _number(data, at + 8, 2))
    if days == -1_000_000:
        return 0, BAD
    time = days * DAY
    at += 10
    if at == last:
        return time, LOCAL
    if data[at] != 84 and data[at] != 116 and data[at] != 32:  # T, t or a space
        return 0, BAD
    clock, at = _clock(data, at + 1, last)
    if clock < 0:
        return 0, BAD
    return _with_offset(data, at, last, time + clock)


@compiled
def _scan_times(
    data: NDArray[Any], start: NDArray[Any], end: NDArray[Any], times: NDArray[Any], status: NDArray[Any]
) -> None:
    for i in range(len(start)):
        times[i], status[i] = _scan_time(data, start[i], end[i])
