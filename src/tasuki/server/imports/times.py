"""Dates and times as people and programs write them: ISO 8601, 2026/2/3, 令和8年2月3日, Feb 3, 2026, Excel's numbers."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

FIRST_YEAR: Final = 1900
LAST_YEAR: Final = 2200
_ERAS: Final = {
    "令和": 2018,
    "r": 2018,
    "平成": 1988,
    "h": 1988,
    "昭和": 1925,
    "s": 1925,
    "大正": 1911,
    "t": 1911,
}
_MONTHS: Final = {
    name: number
    for number, name in enumerate(
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], start=1
    )
}
_CLOCK: Final = r"""(?:[\sT,]*(?P<noon>午前|午後)?\s*(?P<hour>\d{1,2})(?::|時)\s*(?P<minute>\d{1,2})
    (?:(?::|分)\s*(?P<second>\d{1,2})(?:[.](?P<fraction>\d{1,6})\d*)?)?[秒分]?\s*(?P<half>am|pm|a\.m\.|p\.m\.)?)?
    \s*(?P<offset>z|utc|gmt|jst|[+-]\d{2}:?\d{2})?"""
_WEEKDAY: Final = r"(?:\s*\(?[月火水木金土日](?:曜日?)?\)?)?"


def _pattern(date: str) -> re.Pattern[str]:
    return re.compile(rf"(?:{date}){_WEEKDAY}{_CLOCK}", re.VERBOSE | re.IGNORECASE)


_YEAR_FIRST: Final = _pattern(
    r"(?P<year>\d{4})\s*[-/.年]\s*(?P<month>\d{1,2})\s*[-/.月]\s*(?P<day>\d{1,2})\s*日?"
)
_COMPACT: Final = _pattern(r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})")
_ERA: Final = _pattern(
    r"(?P<era>令和|平成|昭和|大正|[RHST])\s*(?P<year>\d{1,2}|元)\s*[-/.年]\s*(?P<month>\d{1,2})\s*[-/.月]\s*(?P<day>\d{1,2})\s*日?"
)
_NUMBERS: Final = _pattern(r"(?P<first>\d{1,2})[-/.](?P<then>\d{1,2})[-/.](?P<year>\d{4})")
_NAME_FIRST: Final = _pattern(
    r"(?P<name>[a-z]{3})[a-z]*\.?\s+(?P<day>\d{1,2})(?:st|nd|rd|th)?,?\s+(?P<year>\d{4})"
)
_DAY_FIRST: Final = _pattern(
    r"(?P<day>\d{1,2})(?:st|nd|rd|th)?[\s-]+(?P<name>[a-z]{3})[a-z]*\.?,?[\s-]+(?P<year>\d{4})"
)
_PATTERNS: Final = (_YEAR_FIRST, _COMPACT, _ERA, _NUMBERS, _NAME_FIRST, _DAY_FIRST)
_SERIAL: Final = re.compile(r"\d{5}(?:\.\d{1,17})?")
_SERIAL_ZERO: Final = datetime(1899, 12, 30)  # local, whatever the zone


@lru_cache(maxsize=8192)
def parse_time(text: str, zone: str, day_first: bool = False) -> datetime | None:
    """The instant in UTC; without offset local in `zone` (IANA). None if it is no time, or not in 1900–2200."""
    text = unicodedata.normalize("NFKC", text).strip()
    for pattern in _PATTERNS:
        if found := pattern.fullmatch(text):
            return _instant(found.groupdict(), zone, day_first)
    return _of_serial(text, zone)


def _instant(part: dict[str, str | None], zone: str, day_first: bool) -> datetime | None:
    try:
        year, month, day = _date(part, day_first)
        if not FIRST_YEAR <= year <= LAST_YEAR:
            return None
        local = datetime(  # the zone comes next
            year, month, day, _hour(part), int(part["minute"] or 0), int(part["second"] or 0), _micros(part)
        )
    except (ValueError, KeyError):
        return None
    return _in_zone(local, part["offset"], zone)


def _date(part: dict[str, str | None], day_first: bool) -> tuple[int, int, int]:
    year = 1 if part["year"] == "元" else int(part["year"] or 0)
    if era := part.get("era"):
        if not year:
            raise ValueError
        return year + _ERAS[era.lower()], int(part["month"] or 0), int(part["day"] or 0)
    if name := part.get("name"):
        return year, _MONTHS[name.lower()], int(part["day"] or 0)
    if part.get("first"):
        month, day = int(part["first"] or 0), int(part["then"] or 0)
        return (year, day, month) if month > 12 or (day_first and day <= 12) else (year, month, day)
    return year, int(part["month"] or 0), int(part["day"] or 0)


def _hour(part: dict[str, str | None]) -> int:
    hour, half = int(part["hour"] or 0), (part["half"] or "").replace(".", "").lower()
    if part["noon"] == "午後" or half == "pm":
        return hour if hour >= 12 else hour + 12
    return 0 if hour == 12 and (half == "am" or part["noon"] == "午前") else hour


def _micros(part: dict[str, str | None]) -> int:
    return int((part["fraction"] or "").ljust(6, "0"))


def _in_zone(local: datetime, offset: str | None, zone: str) -> datetime | None:
    name = (offset or "").lower()
    if name in ("z", "utc", "gmt"):
        return local.replace(tzinfo=UTC)
    if name and name != "jst":
        hours, minutes = int(name[1:3]), int(name[-2:])
        if hours > 18 or minutes > 59:
            return None
        away = timedelta(hours=hours, minutes=minutes)
        return (local - (away if name[0] == "+" else -away)).replace(tzinfo=UTC)
    return local.replace(tzinfo=ZoneInfo("Asia/Tokyo" if name == "jst" else zone)).astimezone(UTC)


def _of_serial(text: str, zone: str) -> datetime | None:
    """Excel counts days since 1899-12-30; five digits are 1927 to 2173."""
    if not _SERIAL.fullmatch(text):
        return None
    local = _SERIAL_ZERO + timedelta(seconds=round(float(text) * 86_400))
    return _in_zone(local, None, zone)
