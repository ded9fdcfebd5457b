"""Whose hours or absences are meant, and whether the actor may touch them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from tasuki.server.core.access import Actor, require
from tasuki.server.core.errors import Invalid, NotFound, NotSignedIn
from tasuki.server.core.models import Team, User

Named = int | str | None
"""By id, or by user name or the team's name."""


@dataclass(frozen=True)
class Whose:
    """The id of a person, or of a team; neither: the company."""

    user: int | None = None
    team: int | None = None

    @property
    def key(self) -> dict[str, Any]:
        """The column that says so, for a row of one of them."""
        return {"user_id": self.user} if self.user else {"team_id": self.team or 0}

    @property
    def subject(self) -> str:
        """As the audit writes it."""
        return f"user:{self.user}" if self.user else f"team:{self.team}"


def whose(actor: Actor, user: Named, team: Named) -> Whose:
    """Of this person or team; with neither, of the actor. One's own is open to everyone, else `worktime.manage` is needed.

    Invalid: both; NotSignedIn: nobody to be meant; NotFound; NotAllowed.
    """
    if user is not None and team is not None:
        raise Invalid(
            "user_and_team",
            _("These are either a person's or a team's."),
            cure=_("Name one of them."),
            field="team",
        )
    if team is None and (user is None or (actor.user and user in (actor.user.pk, actor.user.username))):
        require(actor, "worktime.own")
        return Whose(user=_oneself(actor))
    require(actor, "worktime.manage")
    return Whose(user=user_named(user)) if team is None else Whose(team=team_named(team))


def _oneself(actor: Actor) -> int:
    if actor.user is None:
        raise NotSignedIn("not_signed_in", _("You are not signed in."), cure=_("Sign in and try again."))
    return actor.user.pk


def user_named(named: Named) -> int:
    """The id of a user. NotFound."""
    found = User.objects.filter(**_by(named, "username")).values_list("pk", flat=True).first()
    if found is None:
        raise NotFound("user_unknown", _("There is no such user."), cure=_("Look at the list of people."))
    return found


def team_named(named: Named) -> int | None:
    """The id of a team; none for none. NotFound."""
    if named is None:
        return None
    found = Team.objects.filter(**_by(named, "name")).values_list("pk", flat=True).first()
    if found is None:
        raise NotFound("team_unknown", _("There is no such team."), cure=_("Look at the list of teams."))
    return found


def _by(named: Named, column: str) -> dict[str, Any]:
    if isinstance(named, str):
        return {column: named.replace("\0", "")}
    return {"pk": named if named and 0 < named < 2**63 else 0}
