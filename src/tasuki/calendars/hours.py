"""Working hours: what a calendar is made of."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from tasuki.calendars.faults import HoursInvalid
from tasuki.calendars.public_days import check_holidays
from tasuki.calendars.spans import Span, instant, merged, micros
from tasuki.calendars.weeks import DAYS, Stretch, days_of, text_of, week_of


@dataclass(frozen=True, eq=False)
class Hours:
    """When somebody works, by the clock on the wall in `zone` (IANA).

    `week`: day → stretches of work, {"mon": "09:00-12:00, 13:00-18:00", "fri": "22:00-06:00"}; a day left out is free.
    `holidays`: a country or a part of one (JP, DE-BY); empty: none. A stretch over midnight belongs to the day on which it
    begins: the night shift of a holiday falls out as a whole. `away`: begin and end, aware. Hours that mean the same are
    equal. HoursInvalid.
    """

    zone: str
    week: Mapping[str, str]
    holidays: str = ""
    days_off: frozenset[date] = frozenset()
    away: tuple[tuple[datetime, datetime], ...] = ()
    stretches: tuple[tuple[Stretch, ...], ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        _check_zone(self.zone)
        check_holidays(self.holidays)
        for begin, end in self.away:
            _check_absence(begin, end)
        object.__setattr__(self, "stretches", week_of(self.week))

    @cached_property
    def absences(self) -> tuple[Span, ...]:
        """`away` in microseconds, in order, without overlaps."""
        return tuple(merged(sorted((micros(begin), micros(end)) for begin, end in self.away)))

    def spec(self) -> dict[str, Any]:
        """The same as JSON; equal for hours that mean the same."""
        return {
            "zone": self.zone,
            "week": {name: text_of(day) for name, day in zip(DAYS, self.stretches, strict=True) if day},
            "holidays": self.holidays,
            "days_off": sorted(map(date.isoformat, self.days_off)),
            "away": [[instant(begin).isoformat(), instant(end).isoformat()] for begin, end in self.absences],
        }

    @classmethod
    def of(cls, spec: Mapping[str, Any]) -> Hours:
        """Hours of a `spec()`."""
        return cls(
            zone=spec["zone"],
            week=spec["week"],
            holidays=spec["holidays"],
            days_off=frozenset(map(date.fromisoformat, spec["days_off"])),
            away=tuple(
                (datetime.fromisoformat(begin), datetime.fromisoformat(end)) for begin, end in spec["away"]
            ),
        )

    @cached_property
    def digest(self) -> str:
        """A name of 64 letters for what these hours mean: the same wherever they mean the same."""
        return hashlib.sha256(json.dumps(self.spec(), sort_keys=True).encode()).hexdigest()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Hours) and self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)


def hours_of_text(
    days: str = "mon-fri", hours: str = "09:00-18:00", holidays: str | None = None, zone: str = "UTC"
) -> Hours:
    """Hours as an agreement's `calendar:` writes them. HoursInvalid."""
    return Hours(zone=zone, week=dict.fromkeys(days_of(days), hours), holidays=holidays or "")


def _check_zone(name: str) -> None:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise HoursInvalid(
            "zone_unknown",
            f"`{name[:50]}` is no time zone; it should be an IANA name like Asia/Tokyo",
            place="zone",
            text=name[:50],
        ) from None


def _check_absence(begin: datetime, end: datetime) -> None:
    if begin.tzinfo is None or end.tzinfo is None or begin >= end:
        raise HoursInvalid(
            "absence_unfit",
            f"an absence from {begin} to {end} should end after it begins, both with their time zone",
            place="away",
            text=f"{begin} – {end}",
        )


ALWAYS = Hours(zone="UTC", week=dict.fromkeys(DAYS, "00:00-24:00"))
"""Always open: working time is the time that passes."""
