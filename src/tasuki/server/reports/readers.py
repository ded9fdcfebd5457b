"""Who reads a report, and why somebody does not get it though they are named."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from django.utils.translation import gettext as _

from tasuki.server.core.access import LEADING, Actor
from tasuki.server.core.errors import NotAllowed, NotFound
from tasuki.server.core.models import Team, User
from tasuki.server.reports.letters import WHOLE
from tasuki.server.reports.making import where_of
from tasuki.server.reports.models import WeeklyReport

LARGEST = 2**63 - 1
Why = Literal["", "address", "unseen", "declined"]


@dataclass(frozen=True)
class Named:
    """Somebody for whom a report is meant. `why_not`: no `address`, the figures are `unseen`, or they have `declined`."""

    user: User
    why_not: Why

    @property
    def gets_it(self) -> bool:
        """Whether a mail goes to them."""
        return not self.why_not


def team_of(number: int) -> Team | None:
    """The team of that number; None for WHOLE, the whole company. NotFound."""
    if number == WHOLE:
        return None
    found = Team.objects.filter(pk=number).first() if 0 < number <= LARGEST else None
    if found is None:
        raise NotFound("team_unknown", _("There is no such team."))
    return found


def readers_of(report: WeeklyReport) -> list[Named]:
    """Everybody for whom it is meant, by name; nobody who cannot sign in any more. A report that is stored."""
    declined = set(report.declined.values_list("pk", flat=True))
    people = {user.pk: user for user in (*_everyone(report), *report.receivers.filter(is_active=True))}
    named = (Named(user, _why_not(user, report, declined)) for user in people.values())
    return sorted(named, key=lambda one: (one.user.reading, one.user.shown_name, one.user.pk))


def _everyone(report: WeeklyReport) -> Iterable[User]:
    if not report.everyone:
        return ()
    found = User.objects.filter(is_active=True)
    return found.filter(team=report.team_id) if report.team_id else found.filter(role__in=LEADING)


def _why_not(user: User, report: WeeklyReport, declined: set[int]) -> Why:
    if user.pk in declined:
        return "declined"
    if not may_see(Actor(user=user), report.team):
        return "unseen"
    return "" if user.email else "address"


def may_see(actor: Actor, team: Team | None) -> bool:
    """Whether the figures of the team, or of the whole company, are for the actor's eyes."""
    try:
        where_of(actor, team)
    except NotAllowed:
        return False
    return True
