"""A report as its reader may see it: the figures of the page, asked in the reader's name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.translation import gettext as _

from tasuki.metrics.formulas import Words
from tasuki.server.core import clock, formats
from tasuki.server.core.access import Actor, require
from tasuki.server.core.errors import NotAllowed
from tasuki.server.core.models import Role, Team
from tasuki.server.insights.asking import narrowed, own
from tasuki.server.insights.opened import opened
from tasuki.server.insights.scope import answer_of
from tasuki.weekly import Sheet, Week, last_week, sheet_of, weekly
from tasuki.weekly.report import Weekly
from tasuki.weekly.words import OWN, TEAM_ONLY

SELLING = frozenset({Role.INSIDE_SALES, Role.SALES})
"""Teams that leads are handed over to; what marketing does shows in the figures of everybody."""


def where_of(actor: Actor, team: Team | None) -> Mapping[str, str]:
    """What the report of a team, or of the whole company, is narrowed to for the actor. NotAllowed: they may not see it."""
    require(actor, "numbers.read")
    if own(actor) is not None and (team is None or actor.user is None or actor.user.team_id != team.pk):
        raise NotAllowed(
            "figures_of_others",
            _("You see figures of your own team, or your own, only."),
            cure=_("Ask an administrator to let you see all leads."),
        )
    return narrowed(actor, {"team": str(team.pk)} if team is not None and team.role in SELLING else {})


@dataclass(frozen=True)
class Written:
    """A report as figures, and the same in words."""

    found: Weekly
    sheet: Sheet


def sheet_for(
    actor: Actor, team: Team | None, *, week: date | None = None, at: datetime | None = None
) -> Sheet:
    """The report in words. As `written_for`."""
    return written_for(actor, team, week=week, at=at).sheet


def written_for(
    actor: Actor, team: Team | None, *, week: date | None = None, at: datetime | None = None
) -> Written:
    """The report in the language that is active, of the week that began then (the last one when None), as known `at` (now
    when None). NotFound `numbers_not_yet`; NotAllowed."""
    where = where_of(actor, team)
    at = at or clock.now()
    with opened(at) as facts:
        zone = facts.terms.timezone
        found = weekly(facts, Week(week, zone) if week else last_week(at, zone), where, answer_of)
    return Written(found, sheet_of(found, formats.language(), str(team) if team else "", _note(where, team)))


def week_now(at: datetime) -> date:
    """The Monday of the last week that was over, by the time zone of the figures. NotFound `numbers_not_yet`."""
    with opened() as facts:
        return last_week(at, facts.terms.timezone).first


def _note(where: Mapping[str, str], team: Team | None) -> Words | None:
    """That the reader sees a part of it only."""
    if "rep" in where:
        return OWN
    return TEAM_ONLY if "team" in where and team is not None and team.role not in SELLING else None
