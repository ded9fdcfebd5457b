"""Reading about weekly reports: which there are, whom they reach, and the reports themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.translation import gettext as _

from tasuki.server.core import clock
from tasuki.server.core.access import Actor, require
from tasuki.server.core.models import Team, User
from tasuki.server.reports import readers
from tasuki.server.reports.letters import WHOLE
from tasuki.server.reports.making import Written, where_of, written_for
from tasuki.server.reports.models import WeeklyReport
from tasuki.server.reports.readers import Named
from tasuki.server.reports.times import Clockwork, clockwork
from tasuki.weekly import Sheet


@dataclass(frozen=True)
class Planned:
    """A report as it is set up, or as it would be. `next_at`: when it is sent next (aware), None where it is switched off.

    `readers`: whom it is meant for, of a stored one; `mine`: what it is to the actor. `sent`: the last time, its week.
    """

    number: int
    team: Team | None
    row: WeeklyReport
    readers: Sequence[Named]
    next_at: datetime | None
    sent_at: datetime | None
    sent_week: date | None
    mine: Named | None
    zone: str

    @property
    def name(self) -> str:
        """Of which team, or of all."""
        return str(self.team) if self.team else _("Whole company")

    @property
    def mails(self) -> int:
        """To how many it goes."""
        return sum(one.gets_it for one in self.readers)


def reports(actor: Actor) -> list[Planned]:
    """Those whose figures the actor may see, switched on or not: of the whole company, then of each team."""
    require(actor, "numbers.read")
    rows = {one.team_id: one for one in WeeklyReport.objects.select_related("team")}
    clocks, now = clockwork(), clock.now()
    teams: list[Team | None] = [None, *Team.objects.order_by("role", "name")]
    return [_planned(actor, team, rows, clocks, now) for team in teams if readers.may_see(actor, team)]


def report(actor: Actor, number: int) -> Planned:
    """One of them. NotFound; NotAllowed."""
    require(actor, "numbers.read")
    team = readers.team_of(number)
    where_of(actor, team)
    rows = {one.team_id: one for one in WeeklyReport.objects.filter(team=team).select_related("team")}
    return _planned(actor, team, rows, clockwork(), clock.now())


def _planned(
    actor: Actor, team: Team | None, rows: dict[int | None, WeeklyReport], clocks: Clockwork, now: datetime
) -> Planned:
    row = rows.get(team.pk if team else None) or WeeklyReport(team=team, since=now)
    stored = row.pk is not None
    last = row.runs.order_by("-week").first() if stored else None
    due = clocks.next(row.weekday, row.hour, now, last.week if last else None)
    named = readers.readers_of(row) if stored else []
    mine = next((one for one in named if actor.user and one.user.pk == actor.user.pk), None)
    return Planned(
        team.pk if team else WHOLE, team, row, named, due.at if row.enabled else None, last.at if last else None,
        last.week if last else None, mine, clocks.zone,
    )  # fmt: skip


def people(actor: Actor) -> Sequence[User]:
    """Everybody who can be named as a receiver, by name."""
    require(actor, "reports.manage")
    found = User.objects.filter(is_active=True).select_related("team")
    return list(found.order_by("last_name", "first_name", "username"))


def sheet(actor: Actor, number: int) -> Sheet:
    """The report of last week as it is now, in the language that is active.

    NotFound: no such team, or `numbers_not_yet`; NotAllowed.
    """
    return written(actor, number).sheet


def written(actor: Actor, number: int) -> Written:
    """The same as figures, too. As `sheet`."""
    require(actor, "numbers.read")
    return written_for(actor, readers.team_of(number))
