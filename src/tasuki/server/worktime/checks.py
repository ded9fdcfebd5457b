"""What hours, days off and absences can be; each refusal names the field and the cure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime

from django.conf import settings
from django.utils.translation import gettext as _

from tasuki.calendars import Hours, HoursInvalid
from tasuki.server.core.errors import Invalid
from tasuki.server.core.texts import a_time_zone

FIRST_YEAR, LAST_YEAR = 1990, 2100
MOST = 1_000
"""Absences of a person, days off of a team or of the company."""

SAID: dict[str, Callable[[], tuple[str, str]]] = {
    "day_unknown": lambda: (_("There is no such day."), _("Days are mon, tue, wed, thu, fri, sat, sun.")),
    "hours_unreadable": lambda: (
        _("These hours cannot be read."),
        _("Write them like 09:00-12:00, 13:00-18:00, or 22:00-06:00 over midnight."),
    ),
    "hours_overlap": lambda: (
        _("These hours overlap, or are not in order."),
        _("Let each begin after the one before it has ended."),
    ),
    "too_many_hours": lambda: (
        _("More than 6 stretches of work in one day are not taken."),
        _("Put some of them together."),
    ),
    "holidays_unknown": lambda: (
        _("Of this country no holidays are known."),
        _("Write a country like JP, or a part of one like DE-BY."),
    ),
}
"""What the calendars find wrong, in the reader's language: what, and the cure."""


def some_hours(week: Mapping[str, str], time_zone: str, holidays: str) -> Hours:
    """Hours that can be worked, written one way. Invalid, with the field: `week.mon`, `time_zone`, `holidays`."""
    zone = a_time_zone(time_zone.strip())
    try:
        hours = Hours(zone or settings.TIME_ZONE, week, holidays.strip()[:50])
    except HoursInvalid as wrong:
        raise _refused(wrong) from None
    if not any(hours.stretches):
        raise Invalid(
            "hours_empty",
            _("In this week nobody ever works."),
            cure=_("Fill in at least one day; enter a long absence as such."),
            field="week",
        )
    return hours


def _refused(wrong: HoursInvalid) -> Invalid:
    message, cure = SAID[wrong.code]()
    place = wrong.place if wrong.place == "holidays" else "week"
    known_day = wrong.place not in {"holidays", "days"}
    return Invalid(wrong.code, message, cure=cure, field=f"week.{wrong.place}" if known_day else place)


def a_day(day: date) -> date:
    """A date that calendars know."""
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise _out_of_range("day")
    return day


def a_span(begin: datetime, end: datetime) -> None:
    """Begin and end of an absence, aware. Invalid."""
    for name, at in (("begins_at", begin), ("ends_at", end)):
        if at.tzinfo is None:
            raise Invalid(
                "time_without_zone",
                _("This time does not say its time zone."),
                cure=_("Write it like 2026-04-01T09:00:00+09:00 or 2026-04-01T00:00:00Z."),
                field=name,
            )
        if not FIRST_YEAR <= at.year <= LAST_YEAR:
            raise _out_of_range(name)
    if end <= begin:
        raise Invalid(
            "ends_before_it_begins",
            _("This ends before it begins."),
            cure=_("Give an end after the begin."),
            field="ends_at",
        )


def _out_of_range(field: str) -> Invalid:
    return Invalid(
        "time_out_of_range",
        _("Calendars here know the years %(first)s to %(last)s.") % {"first": FIRST_YEAR, "last": LAST_YEAR},
        cure=_("Check the year."),
        field=field,
    )


def room_for_one_more(count: int, field: str) -> None:
    """Invalid where there are as many as are taken."""
    if count >= MOST:
        raise Invalid(
            "too_many",
            _("More than %(most)s are not kept.") % {"most": MOST},
            cure=_("Remove some that are over."),
            field=field,
        )
