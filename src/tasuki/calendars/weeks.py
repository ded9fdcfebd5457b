"""Working hours as people write them: `09:00-12:00, 13:00-18:00`, `22:00-06:00`, `mon-fri`."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import pairwise

from tasuki.calendars.faults import HoursInvalid

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY = 24 * 60
MOST = 6
"""Stretches of work a day."""
Stretch = tuple[int, int]
"""Minutes from the day's midnight, begin and end; the end is beyond 1,440 where it is on the next day."""

_STRETCH = re.compile(r"([0-9]{1,2}):([0-9]{2})\s*-\s*([0-9]{1,2}):([0-9]{2})")
# A dash or a comma as people type it.
_WRITTEN = str.maketrans(dict.fromkeys("~〜–—−ー", "-") | {"、": ",", "･": ","})


@lru_cache(maxsize=1_000)
def stretches(text: str, place: str = "hours") -> tuple[Stretch, ...]:
    """The stretches of work of one day, in order; empty for an empty text. Full-width writing is fine.

    `22:00-06:00` ends on the next day, `00:00-24:00` is the whole day. HoursInvalid, with `place` in it.
    """
    plain = unicodedata.normalize("NFKC", text).translate(_WRITTEN)
    found = tuple(_stretch(part.strip(), place) for part in plain.split(",")) if plain.strip() else ()
    if len(found) > MOST:
        raise HoursInvalid(
            "too_many_hours",
            f"{place}: more than {MOST} stretches of work in one day",
            place=place,
            text=text,
        )
    _check_order(found, place, text)
    return found


def _stretch(text: str, place: str) -> Stretch:
    match = _STRETCH.fullmatch(text)
    begin, end = (_minute(match[1], match[2]), _minute(match[3], match[4])) if match else (None, None)
    if begin is None or end is None or begin in (DAY, end):
        raise HoursInvalid(
            "hours_unreadable",
            f"{place}: `{text[:50]}` should be a begin and an end, like 09:00-18:00, or 22:00-06:00 over midnight",
            place=place,
            text=text[:50],
        )
    return begin, end if end > begin else end + DAY


def _minute(hour: str, minute: str) -> int | None:
    count = int(hour) * 60 + int(minute)
    return count if int(minute) < 60 and count <= DAY else None


def _check_order(found: tuple[Stretch, ...], place: str, text: str) -> None:
    for (_begin, end), (next_begin, _end) in pairwise(found):
        if next_begin < end:
            raise HoursInvalid(
                "hours_overlap",
                f"{place}: `{text[:100]}` should be in order, none beginning before the one before it ends",
                place=place,
                text=text[:100],
            )


def week_of(week: Mapping[str, str]) -> tuple[tuple[Stretch, ...], ...]:
    """The stretches of Monday to Sunday; a day left out is free. HoursInvalid."""
    for day in week:
        if day not in DAYS:
            raise _day_unknown(day)
    return tuple(stretches(week.get(day, ""), day) for day in DAYS)


def text_of(day: tuple[Stretch, ...]) -> str:
    """One way to write a day."""
    return ", ".join(f"{_clock(begin)}-{_clock(end if end <= DAY else end - DAY)}" for begin, end in day)


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


def days_of(text: str) -> Iterator[str]:
    """`mon-wed, sat` is mon, tue, wed, sat; `sat-mon` is sat, sun, mon. HoursInvalid."""
    for part in text.replace(" ", "").lower().split(","):
        first, _to, last = part.partition("-")
        begin, end = _nth(first), _nth(last or first)
        yield from (DAYS[nth % 7] for nth in range(begin, begin + (end - begin) % 7 + 1))


def _nth(day: str) -> int:
    if day not in DAYS:
        raise _day_unknown(day)
    return DAYS.index(day)


def _day_unknown(day: str) -> HoursInvalid:
    return HoursInvalid(
        "day_unknown", f"`{day[:20]}` is no day; days are {', '.join(DAYS)}", place="days", text=day[:20]
    )
