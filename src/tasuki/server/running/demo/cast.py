"""The people of the made-up company: four or five whom a visitor can be, and those who do the rest of the work."""

from __future__ import annotations

from dataclasses import dataclass

from tasuki.server.core import commands
from tasuki.server.core.access import SYSTEM
from tasuki.server.core.models import Role, Sight, Team, User
from tasuki.server.handoffs.commands import set_capacity
from tasuki.server.reports.commands import put_report
from tasuki.server.reports.letters import WHOLE
from tasuki.simulate.words import GIVEN_NAMES, SURNAMES

INSIDE, EAST, WEST = "インサイドセールス", "東日本営業", "西日本営業"
TEAMS = {INSIDE: Role.INSIDE_SALES, EAST: Role.SALES, WEST: Role.SALES}
INSIDE_REPS, FIELD_REPS = 12, 8
MINUTES_A_DAY = 120  # of each rep, for leads that were handed over
PLAYED = {"inside-02": "demo-inside", "field-03": "demo-sales"}
"""Reps of the simulation whose place a visitor takes, with their leads and deals."""


@dataclass(frozen=True)
class _Person:
    username: str
    family: str
    given: str
    role: Role
    team: str | None = None
    sight: Sight = Sight.ALL
    reading: str = ""


VISITORS = (
    _Person("demo-marketing", "牧野", "彩", Role.MARKETING, reading="まきの あや"),
    _Person("demo-inside", "石井", "健", Role.INSIDE_SALES, INSIDE, reading="いしい けん"),
    _Person("demo-sales", "酒井", "美咲", Role.SALES, EAST, reading="さかい みさき"),
    _Person("demo-manager", "真鍋", "隆", Role.MANAGER, reading="まなべ たかし"),
    _Person("demo-administrator", "足立", "光", Role.ADMINISTRATOR, reading="あだち ひかる"),
)


def subscribe() -> None:
    """A report every Monday, for each team and for those who lead."""
    for number in (WHOLE, *Team.objects.values_list("pk", flat=True)):
        put_report(SYSTEM, number, enabled=True, weekday=0, hour=8, everyone=True, receivers=())


def people() -> list[_Person]:
    """Everybody: those whom a visitor can be, and the other reps of the simulation (`inside-01`, `field-01` …)."""
    inside = [_rep(f"inside-{n + 1:02d}", n, Role.INSIDE_SALES, INSIDE) for n in range(INSIDE_REPS)]
    field = [_rep(f"field-{n + 1:02d}", 20 + n, Role.SALES, (EAST, WEST)[n % 2]) for n in range(FIELD_REPS)]
    return [*VISITORS, *(rep for rep in (*inside, *field) if rep.username not in PLAYED)]


def _rep(username: str, number: int, role: Role, team: str) -> _Person:
    family, given = SURNAMES[number * 7 % len(SURNAMES)], GIVEN_NAMES[number * 11 % len(GIVEN_NAMES)]
    return _Person(username, family[0], given[0], role, team, reading=f"{family[1]} {given[1]}")


def engage() -> None:
    """Make teams and people that are not there yet. Nobody has a password; the demo signs in by one click."""
    teams = {team.name: team for team in Team.objects.filter(name__in=TEAMS)}
    for name, role in TEAMS.items():
        teams[name] = teams.get(name) or commands.create_team(SYSTEM, name=name, role=role)
    there = set(User.objects.values_list("username", flat=True))
    for person in people():
        if person.username not in there:
            commands.create_user(
                SYSTEM,
                username=person.username,
                email=f"{person.username}@yamami.example",
                role=person.role,
                family_name=person.family,
                given_name=person.given,
                reading=person.reading,
                team=teams[person.team].pk if person.team else None,
                sight=person.sight,
            )
            if person.role in (Role.INSIDE_SALES, Role.SALES):
                set_capacity(SYSTEM, person.username, minutes_a_day=MINUTES_A_DAY)
