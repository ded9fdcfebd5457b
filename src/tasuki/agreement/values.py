"""The small values of the file: durations, caps, collections, service times, targets."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BeforeValidator, WithJsonSchema

MICROSECONDS = {
    "s": 1_000_000,
    "m": 60_000_000,
    "h": 3_600_000_000,
    "d": 86_400_000_000,
    "w": 604_800_000_000,
}
LARGEST = 1e12
LONGEST = 200 * 365 * MICROSECONDS["d"]
DURATION = r"[1-9][0-9]*[wdhms]"
_SERVICE = re.compile(r"([1-9]\d*)\s*(business\s+)?(minutes?|hours?|days?|[wdhms])")
_SERVICE_UNITS = {"minute": "m", "hour": "h", "day": "d"}


def duration(value: Any) -> int:
    """Microseconds in `30d`, `12h`, `45m`, `2w` or `90s`; a day is 24 hours. ValueError otherwise."""
    if not isinstance(value, str) or not re.fullmatch(DURATION, value.strip()):
        raise ValueError(
            f"`{value}` is no duration: write a whole number and w, d, h, m or s, like 30d or 12h"
        )
    text = value.strip()
    length = int(text[:-1]) * MICROSECONDS[text[-1]]
    if length > LONGEST:
        raise ValueError(f"`{value}` is longer than 200 years")
    return length


def duration_text(length: int) -> str:
    """The shortest text for a length in microseconds: 30d, 12h, 45m."""
    for unit in ("d", "h", "m"):
        if length % MICROSECONDS[unit] == 0:
            return f"{length // MICROSECONDS[unit]}{unit}"
    return f"{length / MICROSECONDS['s']:g}s"


def number_text(value: float) -> str:
    """The shortest text that says exactly this number: 10, 0.5, -3."""
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


@dataclass(frozen=True)
class Cap:
    """At most `count` hits in every window of `per` microseconds; `per` None: ever."""

    count: int
    per: int | None

    def __str__(self) -> str:
        return f"{self.count} per {duration_text(self.per)}" if self.per else f"{self.count}"


@dataclass(frozen=True)
class Every:
    """One hit for each `count` activities inside `within` microseconds; None: however long it takes."""

    count: int
    within: int | None

    def __str__(self) -> str:
        return f"{self.count} within {duration_text(self.within)}" if self.within else f"{self.count}"


@dataclass(frozen=True)
class ServiceTime:
    """`count` units (m, h, d, w, s); `business`: counted in the calendar's hours only."""

    count: int
    unit: str
    business: bool

    def length(self, working_day: int) -> int:
        """Microseconds; a business day is a `working_day` (microseconds) long, a business week five of them."""
        of_days = {"d": working_day, "w": 5 * working_day} if self.business else {}
        return self.count * of_days.get(self.unit, MICROSECONDS[self.unit])

    def __str__(self) -> str:
        names = {"s": "second", "m": "minute", "h": "hour", "d": "day", "w": "week"}
        plural = "" if self.count == 1 else "s"
        return f"{self.count} {'business ' if self.business else ''}{names[self.unit]}{plural}"


@dataclass(frozen=True)
class Target:
    """What a stage's measure should reach: `amount` in `unit` (leads, %, JPY …), for each `per` if any."""

    amount: float
    unit: str
    per: str | None
    text: str

    def __str__(self) -> str:
        return self.text


def _counted(value: Any, word: str) -> tuple[int, int | None]:
    example = f"3 {word} 7d"
    if isinstance(value, int) and not isinstance(value, bool) and value >= 1:
        return value, None
    match = (
        re.fullmatch(rf"([1-9]\d*)(?:\s+{word}\s+(\S+))?", value.strip()) if isinstance(value, str) else None
    )
    if not match:
        raise ValueError(f"`{value}` should be a number of at least 1, or like `{example}`")
    count = int(match[1])
    return count, duration(match[2]) if match[2] else None


MOST = 100_000


def _bounded(count: int) -> int:
    if count > MOST:
        raise ValueError(f"{count} is more than {MOST}, the most that can be counted here")
    return count


def cap(value: Any) -> Cap:
    """`3 per 7d`, or `3` for ever."""
    count, per = _counted(value, "per")
    return Cap(_bounded(count), per)


def every(value: Any) -> Every:
    """`5 within 1d`, or `5` however long it takes."""
    count, within = _counted(value, "within")
    return Every(_bounded(count), within)


def service_time(value: Any) -> ServiceTime:
    """`2 business hours`, `30 minutes`, `1 day`, `24h`."""
    match = _SERVICE.fullmatch(value.strip()) if isinstance(value, str) else None
    if not match:
        raise ValueError(
            f"`{value}` is no service time: write like `2 business hours`, `30 minutes` or `24h`"
        )
    return ServiceTime(int(match[1]), _SERVICE_UNITS.get(match[3].rstrip("s"), match[3]), bool(match[2]))


def working_day(hours: str) -> int:
    """Microseconds of working time a day, by a calendar's `hours` like `09:00-12:00,13:00-18:00`."""
    ends = [re.findall(r"\d+", part) for part in hours.split(",")]
    minutes = sum((60 * int(e[2]) + int(e[3]) - 60 * int(e[0]) - int(e[1])) % 1440 or 1440 for e in ends)
    return minutes * MICROSECONDS["m"]


def target(value: Any) -> Target:
    """`120 per month`, `80%`, `2 business hours`, `30000000 JPY per quarter`."""
    text = str(value).strip()
    if isinstance(value, str) and (within := _SERVICE.fullmatch(text)):
        return Target(float(within[1]), str(service_time(text)).split(" ", 1)[1], None, text)
    match = re.fullmatch(
        r"([0-9][0-9_,]*(?:\.\d+)?)\s*(%|[A-Z]{3})?(?:\s+per\s+(day|week|month|quarter|year))?", text
    )
    if not match or isinstance(value, bool):
        raise ValueError(
            f"`{value}` is no target: write like `120 per month`, `80%`, `2 business hours`"
            " or `30000000 JPY per quarter`"
        )
    return Target(float(match[1].replace(",", "").replace("_", "")), match[2] or "leads", match[3], text)


def time_zone(value: Any) -> str:
    """A name of the IANA list, such as Asia/Tokyo."""
    try:
        return str(ZoneInfo(str(value)))
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(
            f"`{value}` is no time zone: write a name like Asia/Tokyo or Europe/Berlin"
        ) from error


def _text(pattern: str, example: str, *more: dict[str, Any]) -> Any:
    schema = {"type": "string", "pattern": pattern, "examples": [example]}
    return WithJsonSchema({"anyOf": [schema, *more]} if more else schema)


_WHOLE = {"type": "integer", "minimum": 1}
DurationField = Annotated[int, BeforeValidator(duration), _text(f"^{DURATION}$", "30d")]
CapField = Annotated[Cap, BeforeValidator(cap), _text(rf"^[1-9]\d*( per {DURATION})?$", "3 per 7d", _WHOLE)]
EveryField = Annotated[
    Every, BeforeValidator(every), _text(rf"^[1-9]\d*( within {DURATION})?$", "5 within 1d", _WHOLE)
]
ServiceTimeField = Annotated[
    ServiceTime, BeforeValidator(service_time), _text(f"^{_SERVICE.pattern}$", "2 business hours")
]
TargetField = Annotated[
    Target,
    BeforeValidator(target),
    WithJsonSchema({"type": ["string", "number"], "examples": ["120 per month", "80%"]}),
]
TimeZoneField = Annotated[
    str, BeforeValidator(time_zone), WithJsonSchema({"type": "string", "examples": ["Asia/Tokyo"]})
]
