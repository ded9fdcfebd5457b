"""The cast: who appears in the stories of these tests."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tasuki.server.core.access import Actor
from tasuki.server.core.models import Role, Sight, Team, User
from tasuki.server.lifecycle import keeping


@pytest.fixture(autouse=True)
def nothing_is_kept_from_another_test(monkeypatch: pytest.MonkeyPatch) -> None:
    """Figures that took long are kept for a while; each test has a company of its own, however slow the machine."""
    monkeypatch.setattr(keeping, "SLOW", float("inf"))


@pytest.fixture
def person(db: None) -> Callable[..., User]:
    """Makes someone who can sign in; sign in with `client.force_login`."""

    def make(name: str, role: Role, team: Team | None = None, sight: Sight = Sight.ALL) -> User:
        user = User(username=name, last_name=name, role=role, team=team, sight=sight)
        user.set_unusable_password()
        user.save()
        return user

    return make


@pytest.fixture
def inside_sales_team(db: None) -> Team:
    return Team.objects.create(name="Inside sales Tokyo", role=Role.INSIDE_SALES)


@pytest.fixture
def sales_team(db: None) -> Team:
    return Team.objects.create(name="Field sales East", role=Role.SALES)


@pytest.fixture
def marketer(person: Callable[..., User]) -> Actor:
    return Actor(user=person("makino", Role.MARKETING))


@pytest.fixture
def inside_rep(person: Callable[..., User], inside_sales_team: Team) -> Actor:
    return Actor(user=person("ishii", Role.INSIDE_SALES, inside_sales_team))


@pytest.fixture
def sales_rep(person: Callable[..., User], sales_team: Team) -> Actor:
    return Actor(user=person("sakai", Role.SALES, sales_team, Sight.TEAM))


@pytest.fixture
def outsider(person: Callable[..., User]) -> Actor:
    """Sales of another team, who sees their own leads only."""
    return Actor(user=person("ono", Role.SALES, Team.objects.create(name="West", role=Role.SALES), Sight.OWN))


@pytest.fixture
def manager(person: Callable[..., User]) -> Actor:
    return Actor(user=person("manabe", Role.MANAGER))


@pytest.fixture
def administrator(person: Callable[..., User]) -> Actor:
    return Actor(user=person("adachi", Role.ADMINISTRATOR))
