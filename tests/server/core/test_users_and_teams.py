from __future__ import annotations

import threading

import pytest
from django.db import connection, connections

from tasuki.server.core import commands, queries
from tasuki.server.core.access import SYSTEM, Actor
from tasuki.server.core.errors import Conflict, Invalid, NotAllowed, NotFound, NotSignedIn, Refused
from tasuki.server.core.models import AuditEntry, Role, Sight, Team, Token, User

PASSWORD = "umi yama kawa sora"


def test_an_administrator_makes_a_user_of_a_team(administrator, sales_team):
    user = commands.create_user(
        administrator,
        username="Yamada.Hanako",
        role="sales",
        password=PASSWORD,
        family_name="山田",
        given_name="花子",
        email="Hanako@Yamada.example",
        sight="team",
        team=sales_team.pk,
        language="ja",
        time_zone="Asia/Tokyo",
    )
    user.refresh_from_db()
    assert (user.username, user.shown_name, user.email) == (
        "yamada.hanako",
        "山田 花子",
        "Hanako@yamada.example",
    )
    assert (user.role, user.sight, user.team) == (Role.SALES, Sight.TEAM, sales_team)
    assert user.check_password(PASSWORD)
    entry = AuditEntry.objects.get(action="user.create")
    assert entry.user == administrator.user
    assert "Hanako" not in str(entry.detail)


def test_without_a_password_one_cannot_sign_in_yet(administrator):
    assert not commands.create_user(administrator, username="new", role="sales").has_usable_password()


@pytest.mark.parametrize(
    ("given", "code", "field"),
    [
        ({"username": ""}, "user_name_invalid", "username"),
        ({"username": "山田"}, "user_name_invalid", "username"),
        ({"username": "a" * 151}, "user_name_invalid", "username"),
        ({"username": "a b"}, "user_name_invalid", "username"),
        ({"username": "a\0"}, "user_name_invalid", "username"),
        ({"role": "boss"}, "choice_unknown", "role"),
        ({"sight": "everything"}, "choice_unknown", "sight"),
        ({"sight": "team"}, "team_missing", "team"),
        ({"role": "administrator", "sight": "own"}, "sight_too_narrow", "sight"),
        ({"team": 987}, "team_unknown", "team"),
        ({"team": 2**70}, "team_unknown", "team"),
        ({"email": "hanako"}, "mail_invalid", "email"),
        ({"language": "fr"}, "language_unknown", "language"),
        ({"time_zone": "Tokyo"}, "time_zone_unknown", "time_zone"),
        ({"time_zone": "../etc/passwd"}, "time_zone_unknown", "time_zone"),
        ({"family_name": "x" * 151}, "too_long", "family_name"),
        ({"given_name": "a\0b"}, "unreadable", "given_name"),
        ({"password": "short"}, "password_weak", "password"),
        ({"password": "password123"}, "password_weak", "password"),
        ({"password": "yamada-hanako", "username": "yamada-hanako"}, "password_weak", "password"),
        ({"password": "x" * 1_001}, "password_unfit", "password"),
    ],
)
def test_what_does_not_fit_is_refused_beside_its_field_with_the_cure(administrator, given, code, field):
    with pytest.raises(Invalid) as refused:
        commands.create_user(administrator, **{"username": "new", "role": "sales", **given})
    assert (refused.value.code, refused.value.field) == (code, field)
    assert refused.value.message
    assert refused.value.cure
    assert not User.objects.filter(username="new").exists()


def test_two_users_cannot_have_one_name(administrator):
    commands.create_user(administrator, username="sakai", role="sales")
    with pytest.raises(Conflict) as refused:
        commands.create_user(administrator, username="SAKAI", role="sales")
    assert refused.value.field == "username"


def test_a_user_is_changed_field_by_field(administrator, sales_rep, inside_sales_team):
    user = commands.change_user(
        administrator, sales_rep.user.pk, changes={"role": "inside_sales", "team": inside_sales_team.pk}
    )
    assert (user.role, user.team, user.last_name) == (Role.INSIDE_SALES, inside_sales_team, "sakai")
    with pytest.raises(Invalid):
        commands.change_user(administrator, sales_rep.user.pk, changes={"is_superuser": True})
    with pytest.raises(Invalid):
        commands.change_user(administrator, sales_rep.user.pk, changes={"team": None})
    with pytest.raises(NotFound):
        commands.change_user(administrator, 987, changes={})


def test_the_last_administrator_stays_one(administrator, person):
    with pytest.raises(Conflict) as refused:
        commands.change_user(administrator, administrator.user.pk, changes={"role": "manager"})
    assert refused.value.code == "last_administrator"
    with pytest.raises(Conflict):
        commands.deactivate_user(administrator, administrator.user.pk)
    other = person("abe", Role.ADMINISTRATOR)
    commands.deactivate_user(administrator, other.pk)
    with pytest.raises(Conflict):
        commands.deactivate_user(administrator, administrator.user.pk)
    commands.activate_user(administrator, other.pk)
    assert not commands.deactivate_user(administrator, administrator.user.pk).is_active


@pytest.mark.django_db(transaction=True)
def test_two_administrators_cannot_leave_at_once(person):
    both = [person("abe", Role.ADMINISTRATOR), person("adachi", Role.ADMINISTRATOR)]
    start, refused = threading.Barrier(2), []

    def leave(user: User) -> None:
        start.wait()
        try:
            commands.deactivate_user(Actor(user=user), user.pk)
        except Refused as error:
            refused.append(error.code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=leave, args=(user,)) for user in both]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert refused == ["last_administrator"]
    assert User.objects.filter(role=Role.ADMINISTRATOR, is_active=True).count() == 1


def test_one_chooses_ones_own_language_and_time_zone(sales_rep):
    user = commands.put_preferences(sales_rep, language="ja", time_zone="Europe/Berlin")
    assert (user.language, user.time_zone) == ("ja", "Europe/Berlin")
    user = commands.put_preferences(sales_rep, language="")
    assert (user.language, user.time_zone) == ("", "Europe/Berlin")
    with pytest.raises(NotSignedIn):
        commands.put_preferences(SYSTEM, language="ja")


def test_teams_are_made_changed_and_deleted_once_empty(administrator):
    team = commands.create_team(administrator, name=" 内勤営業 ", role="inside_sales")
    assert team.name == "内勤営業"
    with pytest.raises(Conflict):
        commands.create_team(administrator, name="内勤営業", role="sales")
    assert commands.change_team(administrator, team.pk, name="IS 東京").role == "inside_sales"
    with pytest.raises(Invalid):
        commands.change_team(administrator, team.pk, role="boss")
    user = commands.create_user(administrator, username="ishii", role="inside_sales", team=team.pk)
    with pytest.raises(Conflict):
        commands.delete_team(administrator, team.pk)
    commands.change_user(administrator, user.pk, changes={"team": None})
    commands.delete_team(administrator, team.pk)
    with pytest.raises(NotFound):
        commands.change_team(administrator, team.pk, name="x")
    assert not Team.objects.exists()


MISSING = 987_654
MANAGING = {
    "create_user": lambda actor: commands.create_user(actor, username="new", role="sales"),
    "change_user": lambda actor: commands.change_user(actor, MISSING, changes={}),
    "deactivate_user": lambda actor: commands.deactivate_user(actor, MISSING),
    "activate_user": lambda actor: commands.activate_user(actor, MISSING),
    "set_password": lambda actor: commands.set_password(actor, MISSING, password=PASSWORD),
    "create_team": lambda actor: commands.create_team(actor, name="East", role="sales"),
    "change_team": lambda actor: commands.change_team(actor, MISSING, name="East"),
    "delete_team": lambda actor: commands.delete_team(actor, MISSING),
    "users": lambda actor: queries.users(actor),
    "user": lambda actor: queries.user(actor, MISSING),
    "tokens": lambda actor: queries.tokens(actor, everybody=True),
}


@pytest.mark.parametrize("name", MANAGING)
def test_managing_people_is_for_administrators_only(name, marketer, inside_rep, sales_rep, manager):
    for actor in (marketer, inside_rep, sales_rep, manager, Actor()):
        with pytest.raises(NotAllowed):
            MANAGING[name](actor)


@pytest.mark.parametrize(
    "name", ["change_user", "deactivate_user", "activate_user", "set_password", "change_team"]
)
def test_whoever_is_not_there_cannot_be_changed(name, administrator):
    with pytest.raises(NotFound):
        MANAGING[name](administrator)


def test_people_are_found_by_name_and_team(administrator, sales_rep, marketer):
    commands.change_user(
        administrator, sales_rep.user.pk, changes={"family_name": "酒井", "given_name": "誠"}
    )
    assert [user.username for user in queries.users(administrator, search="酒井 誠")] == ["sakai"]
    assert [user.username for user in queries.users(administrator, search="east")] == ["sakai"]
    assert not queries.users(administrator, search="\0nobody")
    assert queries.user(administrator, sales_rep.user.pk).shown_name == "酒井 誠"
    commands.deactivate_user(administrator, marketer.user.pk)
    assert "makino" not in {user.username for user in queries.colleagues(sales_rep)}
    assert "makino" in {user.username for user in queries.users(administrator, active=False)}
    assert [(team.name, team.people) for team in queries.teams(sales_rep)] == [("Field sales East", 1)]


def test_one_sees_ones_own_tokens(marketer, sales_rep, administrator):
    from tasuki.server.core import tokens

    mine, _ = tokens.issue(marketer, name="form", scopes=["leads.read"])
    tokens.issue(sales_rep, name="crm", scopes=["leads.read"])
    assert list(queries.tokens(marketer)) == [mine]
    assert len(queries.tokens(administrator, everybody=True)) == Token.objects.count() == 2
    assert connection.vendor in {"sqlite", "postgresql"}
