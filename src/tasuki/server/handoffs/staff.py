"""Who works here, in which team, and how much they can take; read in two queries, then asked in memory."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from tasuki.agreement.model import USER
from tasuki.server.core.access import LEADING
from tasuki.server.core.models import Role, Team, User
from tasuki.server.worktime.queries import away_now

MINUTES_A_LEAD = 20
"""What a lead costs a team that has not said it."""
MINUTES_A_DAY = 480
"""What is compared with others where nobody has said how much someone can take."""


@dataclass(slots=True)
class Member:
    """Someone who works here, or did. `open`: handoffs they have; `last`: when they were given the last one."""

    id: int
    username: str
    role: str
    team: int | None
    active: bool
    minutes: int | None = None
    weight: float = 1.0
    turns: float | None = None
    away: bool = False
    open: int = 0
    last: datetime | None = None


@dataclass(frozen=True, slots=True)
class Crew:
    """A team."""

    id: int
    name: str
    role: str
    minutes_a_lead: int = MINUTES_A_LEAD


class Staff:
    """Members and teams by id, and the names under which agreements call them."""

    def __init__(self, members: Iterable[Member], crews: Iterable[Crew]) -> None:
        self.members = {one.id: one for one in members}
        self.crews = {one.id: one for one in crews}
        self._by_name = {one.name: one for one in self.crews.values()}
        self._by_username = {one.username: one for one in self.members.values()}
        self.active = [one for one in self.members.values() if one.active]
        self._takers: dict[int, list[Member]] = defaultdict(list)
        self._loose: dict[str, list[Member]] = defaultdict(list)
        for one in self.active:
            crew = self.crews.get(one.team or 0)
            own = crew is not None and crew.role == one.role
            (self._takers[crew.id] if crew and own else self._loose[one.role]).append(one)

    def crew_called(self, name: str) -> Crew | None:
        """The team of this name."""
        return self._by_name.get(name)

    def user_called(self, username: str) -> Member | None:
        """The user of this name, who may have left."""
        return self._by_username.get(username)

    def crews_of(self, role: str) -> list[Crew]:
        """The teams of a role."""
        return [one for one in self.crews.values() if one.role == role]

    def takers(self, crew: Crew) -> list[Member]:
        """Who is given leads of a team: its active members of the team's role."""
        return self._takers[crew.id]

    def loose(self, role: str) -> list[Member]:
        """The active people of a role who are in no team of it."""
        return self._loose[role]

    def all_called(self, name: str) -> list[Member]:
        """Everybody active whom a route of this name may find, and their whole team: a team's name, a role, `user:…`."""
        named = self.user_called(name.removeprefix(USER)) if name.startswith(USER) else None
        crew = self.crew_called(name) or (self.crews.get(named.team or 0) if named else None)
        teams = {crew.id} if crew else {one.id for one in self.crews_of(name)}
        alone = {named.id} if named else set()
        return [one for one in self.active if one.team in teams or one.id in alone or one.role == name]

    def role_of(self, name: str) -> str:
        """The role that a handoff to this name is for: the name itself, or that of the team."""
        crew = self.crew_called(name)
        return crew.role if crew else name

    def works_as(self, member: Member, role: str) -> bool:
        """Whether someone is of the role, or leads a team of it."""
        crew = self.crews.get(member.team or 0)
        return member.role == role or (member.role in LEADING and crew is not None and crew.role == role)

    # Who is told.

    def waiting_for(self, team: int | None, name: str) -> tuple[int, ...]:
        """Whose a team's queue is: its takers, or without a team everybody of the role."""
        crew = self.crews.get(team or 0)
        found = self.takers(crew) if crew else [one for one in self.active if one.role == name]
        return tuple(one.id for one in found)

    def told_of_queue(self, team: int | None, name: str, at: datetime) -> tuple[int, ...]:
        """Who of them is told of what waits there: not those who are away, unless all are: somebody must hear of it."""
        found = self.waiting_for(team, name)
        away = away_now(found, at) if found else set()
        return tuple(one for one in found if one not in away) or found

    def leaders(self, team: int | None) -> tuple[int, ...]:
        """The managers of a team, else all managers, else the administrators."""
        managers = [one for one in self.active if one.role == Role.MANAGER]
        own = [one.id for one in managers if team and one.team == team]
        return tuple(own or [one.id for one in managers]) or self.administrators()

    def administrators(self) -> tuple[int, ...]:
        """All that work here."""
        return tuple(one.id for one in self.active if one.role == Role.ADMINISTRATOR)

    def called(self, name: str, team: int | None) -> tuple[int, ...]:
        """Who hears what goes to a role or a team's name; nobody of that name: whoever leads."""
        crew = self.crew_called(name)
        if crew is not None:
            found = tuple(one.id for one in self.active if one.team == crew.id)
        elif name == Role.MANAGER:
            found = self.leaders(team)
        else:
            found = tuple(one.id for one in self.active if one.role == name)
        return found or self.leaders(team)


def staff() -> Staff:
    """Everybody and all teams as they stand; two queries."""
    users = User.objects.order_by("pk").values_list(
        "pk", "username", "role", "team_id", "is_active", "capacity__minutes_a_day", "capacity__weight",
        "capacity__turns",
    )  # fmt: skip
    teams = Team.objects.order_by("pk").values_list("pk", "name", "role", "capacity__minutes_a_lead")
    return Staff(
        (
            Member(pk, name, role, team, active, minutes, 1.0 if weight is None else weight, turns)
            for pk, name, role, team, active, minutes, weight, turns in users
        ),
        (Crew(pk, name, role, MINUTES_A_LEAD if cost is None else cost) for pk, name, role, cost in teams),
    )
