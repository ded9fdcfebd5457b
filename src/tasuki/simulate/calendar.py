"""The company's days: Japanese working days, human hours, campaigns, exhibitions, mailings, webinars.

Inside the simulator a time is int64 microseconds since midnight of the first day in Asia/Tokyo (which has no
summer time), and a day is its number from that first day. `START` turns it into microseconds since 1970 UTC.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

HOUR = 3_600_000_000
DAY = 24 * HOUR
OPENS = 9 * HOUR
OPEN_FOR = 9 * HOUR
FIRST_DAY = date(2024, 4, 1)
START = int(datetime(2024, 3, 31, 15, tzinfo=UTC).timestamp()) * 1_000_000
MARGIN_DAYS = 800  # plans may point past the end of the span

_FIXED = frozenset(
    [(1, 1), (2, 11), (2, 23), (3, 20), (4, 29), (5, 3), (5, 4), (5, 5), (8, 11), (9, 23), (11, 3), (11, 23)]
)
_COMPANY_REST = frozenset([(1, 2), (1, 3), (12, 29), (12, 30), (12, 31), (8, 13), (8, 14), (8, 15)])
_MONDAYS = {1: 2, 7: 3, 9: 3, 10: 2}  # month -> which Monday is a holiday
_HOUR_WEIGHTS = (1, 1, 0, 0, 0, 1, 3, 8, 22, 60, 75, 70, 45, 62, 72, 70, 66, 52, 30, 18, 14, 14, 10, 4)
_MONTH_WEIGHTS = (0.85, 1.1, 1.25, 0.9, 0.85, 1.15, 1.0, 0.75, 1.1, 1.2, 1.15, 0.9)  # January first
_EXHIBITIONS = ((6, 19, "monozukuri-expo"), (10, 8, "smart-factory-expo"), (2, 12, "energy-saving-expo"))
_CAMPAIGNS = ((4, "spring-operations"), (7, "summer-energy"), (10, "autumn-security"), (1, "fiscal-year-end"))


@dataclass(frozen=True)
class Calendar:
    """Everything that is the same for all leads; arrays over days reach `MARGIN_DAYS` past the end."""

    days: int  # days in the span
    arrivals: Floats  # (days,) cumulative share of leads known by the end of each day
    bustle: Floats  # (days + margin,) chance that somebody at work does something that day
    next_open: Ints  # (days + margin,) the first working day from that day on
    open_days: Ints  # (working days,) the working days
    opened_before: Ints  # (days + margin,) how many working days lie before that day
    hours: Floats  # (24,) cumulative share of activity by hour
    exhibitions: Ints  # (n,) first day of each three-day exhibition inside the span
    webinars: Ints  # (n,) days of the webinars, always at 14:00
    mailings: Ints  # (n,) days of the mailings, always at 10:00
    campaigns: tuple[str, ...]  # names
    campaign_of: Ints  # (days + margin,) index of the season's campaign
    exhibition_campaign: Ints  # (n,) index of the campaign of each exhibition

    @property
    def end(self) -> int:
        """First time past the span."""
        return self.days * DAY


def calendar_of(months: int) -> Calendar:
    """The calendar of the span that starts on 2024-04-01 and lasts `months` whole months."""
    days = (_months_later(months) - FIRST_DAY).days
    dates = [FIRST_DAY + timedelta(days=n) for n in range(days + MARGIN_DAYS)]
    is_open = np.array([_is_working_day(d) for d in dates])
    open_days = np.flatnonzero(is_open)
    opened_before = np.concatenate([[0], np.cumsum(is_open)[:-1]])
    np.searchsorted(open_days, np.arange(len(dates)))
    exhibitions = [(n, name) for n, d in enumerate(dates[:days]) if (name := _exhibition(d))]
    seasons = [_season(d) for d in dates]
    campaigns = tuple(sorted({*seasons, *(name for _, name in exhibitions)}))
    return Calendar(
        days=days,
        arrivals=_shares(
            [_MONTH_WEIGHTS[d.month - 1] * (1 if _is_working_day(d) else 0.12) for d in dates[:days]]
        ),
        bustle=np.array([_bustle(d) for d in dates]),
        next_open=open_days[
            np.minimum(np.searchsorted(open_days, np.arange(len(dates))), len(open_days) - 1)
        ],
        open_days=open_days,
        opened_before=opened_before,
        hours=_shares(list(_HOUR_WEIGHTS)),
        exhibitions=np.array([n for n, _ in exhibitions], dtype=np.int64),
        webinars=_working_days(dates[:days], weekday=3, weeks=(3,)),
        mailings=_working_days(dates[:days], weekday=1, weeks=(2, 4)),
        campaigns=campaigns,
        campaign_of=np.array([campaigns.index(name) for name in seasons], dtype=np.int64),
        exhibition_campaign=np.array([campaigns.index(name) for _, name in exhibitions], dtype=np.int64),
    )


def human_times(calendar: Calendar, rng: np.random.Generator, wanted: Ints) -> Ints:
    """Times near the `wanted` ones at which people at work really sit at a screen."""
    day = np.minimum(wanted // DAY, len(calendar.bustle) - 1)
    stays = rng.random(len(day)) < calendar.bustle[day]
    day = np.where(stays, day, calendar.next_open[np.minimum(day + 1, len(calendar.bustle) - 1)])
    hour = np.searchsorted(calendar.hours, rng.random(len(day)), side="right")
    return day * DAY + hour * HOUR + rng.integers(0, HOUR, len(day))


def date_of(day: int) -> date:
    """The date in Asia/Tokyo of a day of the simulation."""
    return FIRST_DAY + timedelta(days=day)


def _months_later(months: int) -> date:
    years, month = divmod(FIRST_DAY.month - 1 + months, 12)
    return date(FIRST_DAY.year + years, month + 1, 1)


def _shares(weights: list[float]) -> Floats:
    total = np.cumsum(np.array(weights, dtype=np.float64))
    shares: Floats = total / total[-1]
    return shares


def _inflow(day: date) -> float:
    return _MONTH_WEIGHTS[day.month - 1] * (1 if _is_working_day(day) else 0.12)


def _is_working_day(day: date) -> bool:
    return day.weekday() < 5 and not _is_holiday(day) and (day.month, day.day) not in _COMPANY_REST


def _is_holiday(day: date) -> bool:
    if (day.month, day.day) in _FIXED:
        return True
    week = (day.day - 1) // 7 + 1
    if day.weekday() == 0 and _MONDAYS.get(day.month) == week:
        return True
    eve = day - timedelta(days=1)  # a holiday on a Sunday is made up for on the Monday
    return day.weekday() == 0 and (eve.month, eve.day) in _FIXED


def _bustle(day: date) -> float:
    if (day.month, day.day) in _COMPANY_REST or (day.month, day.day) == (1, 1):
        return 0.02
    if not _is_working_day(day):
        return 0.1
    return 0.5 if (day.month, day.day) in {(4, 30), (5, 1), (5, 2), (8, 12), (8, 16), (12, 28)} else 0.97


def _exhibition(day: date) -> str | None:
    for month, first, name in _EXHIBITIONS:
        if (day.month, day.day) == (month, first):
            return f"{name}-{day.year}"
    return None


def _season(day: date) -> str:
    _, name = max((m, n) for m, n in _CAMPAIGNS if m <= day.month)
    return f"{name}-{day.year}"


def _working_days(dates: list[date], weekday: int, weeks: tuple[int, ...]) -> Ints:
    found = [
        n
        for n, d in enumerate(dates)
        if d.weekday() == weekday and (d.day - 1) // 7 + 1 in weeks and _is_working_day(d)
    ]
    return np.array(found, dtype=np.int64)
