"""Which teams do not work today, and why."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from tasuki.calendars.public_days import public_day_name
from tasuki.server.agreements import queries as agreements
from tasuki.server.core import clock
from tasuki.server.core.access import Actor
from tasuki.server.core.formats import language
from tasuki.server.worktime import queries

A_DAY = timedelta(days=1)


def free_today(actor: Actor, teams: Collection[int]) -> dict[int, str]:
    """Team → the name of the holiday or day off, or empty; only teams that have no working time today."""
    now, under = clock.now(), agreements.in_force()
    default = queries.default_hours(under.agreement if under else None)
    calendars = queries.calendars_for((), teams, default)
    named = _days_off(actor, now.date())
    found = {}
    for team in teams:
        calendar = calendars.of_team(team)
        day = now.astimezone(ZoneInfo(calendar.hours.zone)).date()
        if not calendar.on(day):
            off = named.get((day, None)) or named.get((day, team))
            found[team] = off or public_day_name(calendar.hours.holidays, day, language())
    return found


def _days_off(actor: Actor, today: date) -> dict[tuple[date, int | None], str]:
    """Day and team, None: the company, → what it is called; from yesterday on, for it is that somewhere."""
    return {(one.day, one.team_id): one.name for one in queries.days_off(actor, since=today - A_DAY)}
