"""Who works at the made-up company: 24 in inside sales and 16 in sales, in teams; marketing; those who lead."""

from __future__ import annotations

from dataclasses import dataclass

from bench.server.asking import PASSWORD
from tasuki.server.core import commands
from tasuki.server.core.access import SYSTEM
from tasuki.server.core.models import Role, Sight
from tasuki.server.handoffs.commands import set_capacity
from tasuki.simulate.words import GIVEN_NAMES, SURNAMES

INSIDE_TEAMS, SALES_TEAMS = (
    ("インサイド一課", "インサイド二課", "インサイド三課"),
    ("西日本営業", "東日本営業"),
)
A_TEAM = 8
SIGHTS = (Sight.ALL, Sight.TEAM, Sight.OWN)


@dataclass(frozen=True)
class Rep:
    """Someone to whom leads are handed."""

    id: int
    username: str
    role: str
    team: int
    sight: str


@dataclass(frozen=True)
class Staff:
    """Everybody; `names` are of those who are no reps."""

    inside: list[Rep]
    sales: list[Rep]
    marketing: list[int]
    names: list[str]

    @property
    def reps(self) -> list[Rep]:
        """All to whom leads are handed."""
        return [*self.inside, *self.sales]


def engage() -> Staff:
    """Everybody, through the commands; all have the same password."""
    inside = [rep for name in INSIDE_TEAMS for rep in _team(name, Role.INSIDE_SALES)]
    sales = [rep for name in SALES_TEAMS for rep in _team(name, Role.SALES)]
    marketing = [_user(f"marketing{n}", Role.MARKETING, n) for n in range(3)]
    _user("manager", Role.MANAGER, 5)
    return Staff(inside, sales, marketing, ["marketing0", "marketing1", "marketing2", "manager"])


def _team(name: str, role: Role) -> list[Rep]:
    team = commands.create_team(SYSTEM, name=name, role=role)
    reps = []
    for n in range(A_TEAM):
        username, sight = f"{role.replace('_', '-')}-{team.pk}-{n}", SIGHTS[n % len(SIGHTS)]
        pk = _user(username, role, team.pk * A_TEAM + n, team.pk, sight)
        set_capacity(SYSTEM, username, minutes_a_day=240)
        reps.append(Rep(pk, username, role, team.pk, sight))
    return reps


def _user(name: str, role: Role, number: int, team: int | None = None, sight: Sight = Sight.ALL) -> int:
    family, given = SURNAMES[number * 7 % len(SURNAMES)], GIVEN_NAMES[number * 5 % len(GIVEN_NAMES)]
    user = commands.create_user(
        SYSTEM, username=name, role=role, password=PASSWORD, team=team, sight=sight, family_name=family[0],
        given_name=given[0], email=f"{name}@yamami.example", language="ja",
    )  # fmt: skip
    return user.pk
