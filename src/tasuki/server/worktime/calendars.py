"""Calendars of people and teams, for many at once: who works when, without a query for each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db.models import Q

from tasuki.agreement import Agreement
from tasuki.calendars import ALWAYS, Calendar, Hours, calendar_of, hours_of_text
from tasuki.server.core import clock
from tasuki.server.core.company import company_hours
from tasuki.server.core.models import User
from tasuki.server.worktime.models import Absence, DayOff, KeptCalendar, WorkingHours
from tasuki.server.worktime.stored import readable

Away = tuple[datetime, datetime]
A_ZONE_AHEAD = timedelta(days=2)
"""Days off are dates: what is over in one zone is not yet in another."""


@dataclass(frozen=True)
class Member:
    """What hours depend on: somebody's team and own time zone (empty: the installation's)."""

    team: int | None = None
    time_zone: str = ""


class Calendars:
    """The calendars of some people and teams, as they are set now. Made by `calendars_for`."""

    def __init__(
        self,
        default: Hours | None,
        members: Mapping[int, Member],
        of_people: Mapping[int, WorkingHours],
        of_teams: Mapping[int, WorkingHours],
        days_off: Mapping[int | None, frozenset[date]],
        away: Mapping[int, tuple[Away, ...]],
    ) -> None:
        self._default, self._members, self._days_off, self._away = default, members, days_off, away
        self._people, self._teams = of_people, of_teams
        self._kept: dict[str, int] = {}

    def of_user(self, user: int) -> Calendar:
        """By the hours of the person, else of the team, else of the agreement, else always open; absences taken out."""
        member = self._members.get(user, Member())
        return self._calendar(self.row_of_user(user), member, self._away.get(user, ()))

    def of_team(self, team: int | None) -> Calendar:
        """Of a team's queue: by the hours of the team, else of the agreement, else always open. None: of no team."""
        return self._calendar(self.row_of_team(team), Member(team), ())

    def row_of_user(self, user: int) -> WorkingHours | None:
        """The hours that were set for the person, else for the team."""
        return self._people.get(user) or self.row_of_team(self._members.get(user, Member()).team)

    def row_of_team(self, team: int | None) -> WorkingHours | None:
        """The hours that were set for the team."""
        return None if team is None else self._teams.get(team)

    def kept(self, calendar: Calendar, now: datetime) -> int:
        """The key of the KeptCalendar of this calendar, stored if it is not yet there.

        Those of all these people are looked up together, so that a batch takes few queries.
        """
        if calendar.hours.digest not in self._kept:
            self.kept_all([calendar, *map(self.of_user, self._members)], now)
        return self._kept[calendar.hours.digest]

    def kept_all(self, calendars: Iterable[Calendar], now: datetime) -> dict[str, int]:
        """Of all these calendars, in two queries or three: digest of the hours → key."""
        wanted = {calendar.hours.digest: calendar.hours for calendar in calendars}
        missing = {digest: hours for digest, hours in wanted.items() if digest not in self._kept}
        if missing:
            self._kept |= _kept_rows(missing, now)
        return {digest: self._kept[digest] for digest in wanted}

    def _calendar(self, row: WorkingHours | None, member: Member, away: tuple[Away, ...]) -> Calendar:
        hours = _hours_of(row, member) if row else self._default or _always(_zone(member))
        days_off = self._days_off.get(None, frozenset()) | self._days_off.get(member.team, frozenset())
        return calendar_of(replace(hours, days_off=days_off, away=away) if days_off or away else hours)


def _hours_of(row: WorkingHours, member: Member) -> Hours:
    zone = row.time_zone or _zone(member)
    return readable({"zone": zone, "week": row.week, "holidays": row.holidays, "days_off": (), "away": ()})


def _always(zone: str) -> Hours:
    return readable({**ALWAYS.spec(), "zone": zone})


def _zone(member: Member) -> str:
    return member.time_zone or settings.TIME_ZONE


def calendars_for(
    users: Collection[int],
    teams: Collection[int],
    default: Hours | None,
    *,
    since: datetime | None = None,
) -> Calendars:
    """The calendars of these people and teams, in four queries. `default`: the agreement's, see `default_hours`.

    Absences and days off that ended before `since` (now when None) are not read: ask for an earlier time to count an earlier
    one. The teams of the people are known too.
    """
    earliest = since or clock.now()
    members = _members(users)
    every_team = {*teams, *(member.team for member in members.values() if member.team is not None)}
    rows = list(WorkingHours.objects.filter(Q(user__in=users) | Q(team__in=every_team)))
    return Calendars(
        default,
        members,
        {row.user_id: row for row in rows if row.user_id is not None},
        {row.team_id: row for row in rows if row.team_id is not None},
        _days_off(every_team, (earliest - A_ZONE_AHEAD).date()),
        _away(users, earliest),
    )


def _members(users: Collection[int]) -> dict[int, Member]:
    if not users:
        return {}
    rows = User.objects.filter(pk__in=users).values_list("pk", "team", "time_zone")
    return {key: Member(team, zone) for key, team, zone in rows}


def _days_off(teams: Collection[int], since: date) -> dict[int | None, frozenset[date]]:
    found: dict[int | None, set[date]] = defaultdict(set)
    rows = DayOff.objects.filter(Q(team=None) | Q(team__in=teams), day__gte=since)
    for team, day in rows.values_list("team", "day"):
        found[team].add(day)
    return {team: frozenset(days) for team, days in found.items()}


def _away(users: Collection[int], since: datetime) -> dict[int, tuple[Away, ...]]:
    if not users:
        return {}
    found: dict[int, list[Away]] = defaultdict(list)
    rows = Absence.objects.filter(user__in=users, ends_at__gt=since)
    for user, begin, end in rows.values_list("user", "begins_at", "ends_at"):
        found[user].append((begin, end))
    return {user: tuple(spans) for user, spans in found.items()}


def default_hours(agreement: Agreement | None) -> Hours | None:
    """The hours of an agreement's `calendar:`; where it has none, the company's; None where those are not known either."""
    if agreement is None or agreement.calendar is None:
        return company_hours()
    part = agreement.calendar
    return hours_of_text(part.days, part.hours, part.holidays, agreement.timezone)


def _kept_rows(wanted: Mapping[str, Hours], now: datetime) -> dict[str, int]:
    """Keys by digest. New ones are stored in one order, so that two who store the same do not block each other."""
    found = _keys(wanted)
    missing = sorted(wanted.keys() - found.keys())
    if missing:
        rows = [KeptCalendar(digest=digest, spec=wanted[digest].spec(), made_at=now) for digest in missing]
        KeptCalendar.objects.bulk_create(rows, ignore_conflicts=True)
        found |= _keys(missing)
    return found


def _keys(digests: Collection[str]) -> dict[str, int]:
    return dict(KeptCalendar.objects.filter(digest__in=digests).values_list("digest", "pk"))


def kept_calendars(keys: Collection[int]) -> dict[int, Calendar]:
    """Calendars as they were when they were kept, by their keys; in one query."""
    rows = KeptCalendar.objects.filter(pk__in=keys).values_list("pk", "spec")
    return {key: calendar_of(readable(spec)) for key, spec in rows}
