"""Reads about working time: hours, days off, who is away."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import F

from tasuki.calendars import Hours
from tasuki.server.core import clock
from tasuki.server.core.access import Actor, require
from tasuki.server.worktime.calendars import (
    Calendars,
    calendars_for,
    default_hours,
    kept_calendars,
)
from tasuki.server.worktime.models import Absence, DayOff, WorkingHours
from tasuki.server.worktime.whose import Named, whose

__all__ = [
    "Calendars",
    "HoursNow",
    "absences",
    "away_between",
    "away_now",
    "calendars_for",
    "days_off",
    "default_hours",
    "hours",
    "hours_of_teams",
    "kept_calendars",
    "works_today",
]
A_DAY = timedelta(days=1)
MOST = 1_000


@dataclass(frozen=True)
class HoursNow:
    """By what someone works now. `source`: own, team, agreement, or always where no hours are known.

    `time_zone`: as it is set with them, empty for the person's own; `hours.zone`: the one that counts.
    """

    hours: Hours
    source: str
    time_zone: str


def away_now(users: Collection[int], at: datetime) -> set[int]:
    """Which of them are away at this instant; one query, and no more rows than people who are away."""
    away = Absence.objects.filter(begins_at__lte=at, ends_at__gt=at).values_list("user", flat=True)
    return set(users) & set(away)


def works_today(users: Collection[int], at: datetime, *, default: Hours | None = None) -> set[int]:
    """Which of them have working time on the day that `at` is in their own time zone: no day off, not away all day."""
    calendars = calendars_for(users, (), default, since=at - A_DAY)
    return {user for user in users if _works(calendars, user, at)}


def _works(calendars: Calendars, user: int, at: datetime) -> bool:
    calendar = calendars.of_user(user)
    return bool(calendar.on(at.astimezone(ZoneInfo(calendar.hours.zone)).date()))


def hours(actor: Actor, *, default: Hours | None, user: Named = None, team: Named = None) -> HoursNow:
    """The hours of a person, of a team or, with neither, one's own. NotFound, NotAllowed."""
    of = whose(actor, user, team)
    calendars = calendars_for([of.user] if of.user else [], [of.team] if of.team else [], default)
    if of.user:
        return _now(calendars.of_user(of.user).hours, calendars.row_of_user(of.user), default)
    return _now(calendars.of_team(of.team).hours, calendars.row_of_team(of.team), default)


def hours_of_teams(actor: Actor, teams: Collection[int], *, default: Hours | None) -> dict[int, HoursNow]:
    """The hours of these teams, by their ids; in two queries. NotAllowed."""
    require(actor, "worktime.manage")
    found = calendars_for((), teams, default)
    return {team: _now(found.of_team(team).hours, found.row_of_team(team), default) for team in teams}


def _now(hours: Hours, row: WorkingHours | None, default: Hours | None) -> HoursNow:
    if row is None:
        return HoursNow(hours, "agreement" if default else "always", "")
    return HoursNow(hours, "team" if row.team_id else "own", row.time_zone)


def absences(actor: Actor, *, user: Named = None, since: datetime | None = None) -> Sequence[Absence]:
    """Of a person, or one's own, those that end after `since` (now when None), by begin. NotFound, NotAllowed."""
    of = whose(actor, user, None)
    found = Absence.objects.filter(**of.key, ends_at__gt=since or clock.now())
    return list(found.order_by("begins_at", "pk")[:MOST])


def away_between(actor: Actor, begin: datetime, end: datetime) -> Sequence[Absence]:
    """Absences of everybody active that touch [begin, end), by begin, with the people and their teams. NotAllowed."""
    require(actor, "worktime.manage")
    found = Absence.objects.filter(begins_at__lt=end, ends_at__gt=begin, user__is_active=True)
    return list(found.select_related("user__team").order_by("begins_at", "pk")[:MOST])


def days_off(actor: Actor, *, since: date | None = None) -> Sequence[DayOff]:
    """Of the company and of teams, from `since` (today when None) on, by day. For everyone."""
    require(actor, "leads.read")
    found = DayOff.objects.filter(day__gte=since or clock.now().date()).select_related("team")
    return list(found.order_by("day", F("team__name").asc(nulls_first=True), "pk")[:MOST])
