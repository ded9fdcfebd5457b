"""Days and times as people say them: 来月, 3ヶ月後, next month, in 3 months, 12/15, tomorrow 10:00."""

from __future__ import annotations

import re
import unicodedata
from calendar import monthrange
from datetime import date, datetime, time, timedelta

from django.utils import timezone

UNITS = {
    "日": "d", "d": "d", "day": "d", "days": "d", "週": "w", "週間": "w", "w": "w", "week": "w", "weeks": "w",
    "月": "m", "ヶ月": "m", "か月": "m", "カ月": "m", "ケ月": "m", "ヵ月": "m", "個月": "m", "m": "m",
    "month": "m", "months": "m",
    "年": "y", "y": "y", "year": "y", "years": "y",
}  # fmt: skip
NAMED = {
    "今日": (0, "d"), "本日": (0, "d"), "today": (0, "d"), "明日": (1, "d"), "tomorrow": (1, "d"), "明後日": (2, "d"),
    "来週": (1, "w"), "next week": (1, "w"), "再来週": (2, "w"), "再来月": (2, "m"), "半年後": (6, "m"), "来年": (1, "y"),
    "next year": (1, "y"), "来月": (1, "m"), "next month": (1, "m"), "half a year": (6, "m"), "in half a year": (6, "m"),
}  # fmt: skip
AFTER = re.compile(r"(?:in\s+)?(\d{1,3})\s*([a-z]+|日|週間?|[ヶかカケヵ個]月|月|年)\s*後?")
HOURS = re.compile(r"(?:in\s+)?(\d{1,3})\s*(時間|分|hours?|minutes?|h|min)\s*後?")
CLOCK = re.compile(r"(?:^|\s|[日月週年])(\d{1,2})(?::(\d{2})|時(?:(\d{1,2})分|半)?)$")
DAY = re.compile(r"(?:(\d{4})[-/年])?(\d{1,2})[-/月](\d{1,2})日?")
MORNING = time(10)


def a_day(text: str, today: date) -> date | None:
    """The day that is meant, a Monday where it falls on a weekend and was not named by its number; None: not understood."""
    said = _plain(text)
    if exact := DAY.fullmatch(said):
        return _dated(exact, today)
    if said in NAMED:
        n, unit = NAMED[said]
        return _working(_later(today, n, unit)) if unit != "d" else _later(today, n, unit)
    counted = AFTER.fullmatch(said)
    if counted is None or counted[2] not in UNITS:
        return None
    if counted[2] == "月" and not said.endswith("後"):
        return None  # 3月 is March
    unit = UNITS[counted[2]]
    day = _later(today, int(counted[1]), unit)
    return _working(day) if unit != "d" else day


def a_moment(text: str, now: datetime) -> datetime | None:
    """The same with a time, ten o'clock where none is said; `15:30` is today's, or tomorrow's if that is over."""
    said, here = _plain(text), timezone.localtime(now)
    if soon := HOURS.fullmatch(said):
        is_hours = soon[2].startswith(("時", "h"))
        return now + timedelta(**{"hours" if is_hours else "minutes": int(soon[1])})
    clock = CLOCK.search(said)
    at = _time(clock) if clock else MORNING
    if at is None:
        return None
    rest = said[: clock.start(1)].strip() if clock else said
    day = a_day(rest, here.date()) if rest else here.date()
    if day is None:
        return _iso(text)
    found = timezone.make_aware(datetime.combine(day, at))
    return found + timedelta(days=1) if not rest and found <= now else found


def _plain(text: str) -> str:
    return re.sub(r"\s+", " ", unicodedata.normalize("NFKC", text)).strip().lower()


def _iso(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return found if found.tzinfo else timezone.make_aware(found)


def _time(found: re.Match[str]) -> time | None:
    hour, minute = int(found[1]), int(found[2] or found[3] or (30 if found[0].endswith("半") else 0))
    return time(hour, minute) if hour < 24 and minute < 60 else None


def _dated(found: re.Match[str], today: date) -> date | None:
    year = int(found[1]) if found[1] else today.year
    try:
        day = date(year, int(found[2]), int(found[3]))
        return day if found[1] or day >= today else day.replace(year=year + 1)
    except ValueError:
        return None


def _later(day: date, n: int, unit: str) -> date:
    if unit in "dw":
        return day + timedelta(days=n * (7 if unit == "w" else 1))
    months = day.month - 1 + n * (12 if unit == "y" else 1)
    year, month = day.year + months // 12, months % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def _working(day: date) -> date:
    return day + timedelta(days=max(0, 7 - day.weekday())) if day.weekday() > 4 else day
