"""Service times, like `2 business hours` or `1 day`, counted out in a calendar."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Protocol

from tasuki.calendars.calendar import Calendar, calendar_of
from tasuki.calendars.faults import NoWorkingTime
from tasuki.calendars.hours import ALWAYS, Hours

UNITS = {
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}


class ServiceTimeLike(Protocol):
    """`count` of a unit (s, m, h, d, w); `business`: of working time."""

    @property
    def count(self) -> int:
        """How many."""

    @property
    def unit(self) -> str:
        """Of what."""

    @property
    def business(self) -> bool:
        """Whether only working time counts."""


def service_due(calendar: Calendar | None, start: datetime, service: ServiceTimeLike) -> datetime:
    """When a service time that starts at `start` has passed, UTC; without a calendar all time counts. NoWorkingTime."""
    counted = calendar if calendar is not None and service.business else calendar_of(ALWAYS)
    return counted.after(start, service_span(calendar, service))


def service_span(calendar: Calendar | None, service: ServiceTimeLike) -> timedelta:
    """How much time that is: working time if `business`, else all time.

    A business day is as much as is worked on most days of the week (the longer where two are as common), and a business
    week what is worked in one. So a day said at 15:00 ends at 15:00 of the next working day, as people mean it, and shorter
    days make it end later rather than cheat on it. NoWorkingTime: business days of hours in which nobody ever works.
    """
    if calendar is None or not service.business or service.unit not in "dw":
        return service.count * UNITS[service.unit]
    days = [minutes for minutes in _minutes(calendar.hours) if minutes]
    if not days:
        raise NoWorkingTime("there is no working time in these hours")
    usual = max(Counter(days).items(), key=lambda each: (each[1], each[0]))[0]
    return timedelta(minutes=service.count * (usual if service.unit == "d" else sum(days)))


def _minutes(hours: Hours) -> list[int]:
    return [sum(end - begin for begin, end in day) for day in hours.stretches]
