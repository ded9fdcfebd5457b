from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from tasuki.server.core.access import (
    ALLOWED,
    DECIDING,
    SCOPES,
    SYSTEM,
    Actor,
    decision_roles,
    require,
    sight,
)
from tasuki.server.core.errors import NotAllowed
from tasuki.server.core.models import Role, Sight, Team, Token, User
from tasuki.server.people.models import Lead

CAST = ("marketer", "inside_rep", "sales_rep", "manager", "administrator")
THEN = datetime(2026, 4, 1, tzinfo=UTC)


@pytest.fixture(params=CAST)
def anybody(request: pytest.FixtureRequest) -> Actor:
    actor: Actor = request.getfixturevalue(request.param)
    return actor


@pytest.mark.parametrize("action", sorted(ALLOWED))
def test_each_action_is_open_to_the_roles_that_the_table_names_and_to_no_other(action, anybody):
    if anybody.user.role in ALLOWED[action]:
        require(anybody, action)
    else:
        with pytest.raises(NotAllowed) as refused:
            require(anybody, action)
        assert refused.value.code == "role_not_allowed"
        assert refused.value.cure


@pytest.mark.parametrize("action", sorted(ALLOWED))
def test_the_system_may_do_everything_and_nobody_nothing(action):
    assert SYSTEM.may(action)
    assert not Actor().may(action)


def test_a_token_may_do_what_its_scopes_name_and_never_more_than_its_user(marketer, sales_rep):
    narrow = Actor(user=marketer.user, token=Token(name="form", scopes=["activities.write"]))
    assert narrow.may("activities.write")
    with pytest.raises(NotAllowed) as refused:
        require(narrow, "leads.write")
    assert refused.value.code == "scope_missing"
    beyond = Actor(user=sales_rep.user, token=Token(name="crm", scopes=["imports.run"]))
    with pytest.raises(NotAllowed) as refused:
        require(beyond, "imports.run")
    assert refused.value.code == "role_not_allowed"


def test_no_token_can_manage_people_or_issue_tokens(administrator):
    actor = Actor(user=administrator.user, token=Token(name="all", scopes=list(SCOPES)))
    assert not actor.may("people.manage")
    assert not actor.may("tokens.own")


def test_an_unknown_action_is_a_mistake_of_the_program():
    with pytest.raises(KeyError):
        SYSTEM.may("leads.raed")


def test_one_decides_in_ones_own_role_and_who_leads_in_any(
    marketer, inside_rep, sales_rep, manager, administrator
):
    assert decision_roles(marketer) == ("marketing",)
    assert decision_roles(inside_rep) == ("inside_sales",)
    assert decision_roles(sales_rep) == ("sales",)
    assert decision_roles(manager) == decision_roles(administrator) == decision_roles(SYSTEM) == DECIDING
    assert decision_roles(Actor()) == ()


@pytest.fixture
def leads(
    sales_rep: Actor, sales_team: Team, outsider: Actor, person: Callable[..., User]
) -> dict[str, Lead]:
    """Whose the leads of this story are: mine, my colleague's, my team's, another team's, nobody's."""
    colleague = person("kato", Role.SALES, sales_team)
    made = {
        "mine": Lead(owner=sales_rep.user, created_at=THEN),
        "colleague's": Lead(owner=colleague, created_at=THEN),
        "colleague's with my team": Lead(owner=colleague, team=sales_team, created_at=THEN),
        "my team's": Lead(team=sales_team, created_at=THEN),
        "outsider's": Lead(owner=outsider.user, created_at=THEN),
        "another team's": Lead(team=outsider.user.team, created_at=THEN),
        "nobody's": Lead(created_at=THEN),
    }
    for lead in made.values():
        lead.save()
    return made


@pytest.mark.parametrize(
    ("seeing", "shown"),
    [
        (Sight.OWN, {"mine", "my team's"}),
        (Sight.TEAM, {"mine", "colleague's", "colleague's with my team", "my team's"}),
        (
            Sight.ALL,
            {
                "mine",
                "colleague's",
                "colleague's with my team",
                "my team's",
                "outsider's",
                "another team's",
                "nobody's",
            },
        ),
    ],
)
def test_one_sees_own_leads_or_the_teams_or_all(leads, sales_rep, seeing, shown):
    sales_rep.user.sight = seeing
    found = set(Lead.objects.filter(sight(sales_rep)))
    assert {name for name, lead in leads.items() if lead in found} == shown
    assert Lead.objects.filter(sight(sales_rep)).count() == len(shown), "no lead twice"


def test_without_a_team_one_sees_ones_own_only(leads, sales_rep):
    sales_rep.user.team = None
    sales_rep.user.sight = Sight.TEAM
    assert list(Lead.objects.filter(sight(sales_rep))) == [leads["mine"]]


def test_nobody_sees_nothing_and_the_system_everything(leads):
    assert not Lead.objects.filter(sight(Actor())).exists()
    assert Lead.objects.filter(sight(SYSTEM)).count() == len(leads)


def test_rows_of_other_tables_are_seen_through_their_lead(leads, outsider):
    from tasuki.server.people.models import Identity

    for lead in leads.values():
        Identity.objects.create(lead=lead, kind="mail", value=f"{lead.pk}@a.example", created_at=THEN)
    seen = Identity.objects.filter(sight(outsider, "lead__")).values_list("lead", flat=True)
    assert set(seen) == {leads["outsider's"].pk, leads["another team's"].pk}
    assert not Identity.objects.filter(sight(Actor(), "lead__")).exists()


def test_every_role_can_decide_only_as_a_role_of_agreements():
    for role in Role.values:
        assert set(decision_roles(Actor(user=User(role=role)))) <= set(DECIDING)
