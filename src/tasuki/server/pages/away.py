"""Who is away in a week: people by days."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import groupby

from django.utils import timezone
from django.utils.translation import gettext as _

from tasuki.server.core import formats
from tasuki.server.core.models import User
from tasuki.server.pages.hours_forms import day_names
from tasuki.server.worktime.models import Absence, DayOff

A_DAY = timedelta(days=1)


@dataclass(frozen=True)
class AwayDay:
    """The head of a column: a day, whether it is today, and who is off on it."""

    day: date
    name: str
    today: bool
    off: str


@dataclass(frozen=True)
class AwayPerson:
    """A row: somebody, and what is to be said of each day; empty where they are there."""

    user: User
    days: Sequence[str]


def monday_of(day: date) -> date:
    """The Monday of its week."""
    return day - timedelta(days=day.weekday())


def midnight(day: date) -> datetime:
    """The begin of a day in the reader's time zone."""
    return datetime.combine(day, time.min, timezone.get_current_timezone())


def columns(monday: date, today: date, off: Iterable[DayOff]) -> list[AwayDay]:
    """The seven days."""
    known = list(off)
    days = [monday + nth * A_DAY for nth in range(7)]
    return [
        AwayDay(day, name, day == today, ", ".join(_off(one) for one in known if one.day == day))
        for day, name in zip(days, day_names("abbreviated"), strict=True)
    ]


def _off(row: DayOff) -> str:
    name = row.name or _("Day off")
    return formats.beside(name, str(row.team)) if row.team else name


def rows(absences: Iterable[Absence], monday: date) -> list[AwayPerson]:
    """Everybody who is away in that week, by name."""
    ordered = sorted(absences, key=lambda row: (row.user.shown_name, row.user_id, row.begins_at))
    days = [monday + nth * A_DAY for nth in range(7)]
    found = []
    for _user, own in groupby(ordered, key=lambda row: row.user_id):
        theirs = list(own)
        said = [" / ".join(filter(None, (_said(row, day) for row in theirs))) for day in days]
        found.append(AwayPerson(theirs[0].user, said))
    return found


@dataclass(frozen=True)
class AwaySpell:
    """An absence as it is told: days where it is whole days, else times, by the reader's clock."""

    row: Absence
    begin: str
    end: str


def spells(absences: Iterable[Absence]) -> list[AwaySpell]:
    """One for each absence."""
    return [AwaySpell(row, *_told(row)) for row in absences]


def _told(row: Absence) -> tuple[str, str]:
    begin, end = timezone.localtime(row.begins_at), timezone.localtime(row.ends_at)
    if end.time() != time.min:
        return formats.short(begin), formats.short(end)
    last = formats.day(end.date() - A_DAY)
    return (formats.day(begin), last) if begin.time() == time.min else (formats.short(begin), f"{last} 24:00")


def _said(row: Absence, day: date) -> str:
    """`all day`, or the part of the day by the reader's clock."""
    begin, end = max(row.begins_at, midnight(day)), min(row.ends_at, midnight(day + A_DAY))
    if begin >= end:
        return ""
    if (begin, end) == (midnight(day), midnight(day + A_DAY)):
        return _("all day")
    begin, end = timezone.localtime(begin), timezone.localtime(end)
    return f"{begin:%H:%M}–{'24:00' if end.date() > day else f'{end:%H:%M}'}"
