"""Views: one's own, the team's, everybody's; who may change them; which one begins."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from tasuki.server.core.access import Actor
from tasuki.server.core.errors import Invalid, NotAllowed, NotFound
from tasuki.server.core.models import AuditEntry, Role, Team, User
from tasuki.server.lists import asking, commands, queries
from tasuki.server.lists.asking import Asked
from tasuki.server.lists.models import View
from tasuki.server.people import privacy
from tests.server.pages.scene import Scene

pytestmark = pytest.mark.django_db


def asked(actor: Actor, **filters: str) -> Asked:
    return asking.asked_of({name: [value] for name, value in filters.items()}, queries.asker(actor))


def kept(actor: Actor, name: str = "MQL", shared: str = "me") -> View:
    return commands.save_view(actor, name=name, asked=asked(actor, stage="MQL"), shared=shared)


def names(actor: Actor) -> list[str]:
    return [view.name for view in queries.views(actor)]


@pytest.fixture
def colleague(person: Callable[..., User], inside_sales_team: Team) -> Actor:
    return Actor(user=person("mate", Role.INSIDE_SALES, inside_sales_team))


def test_ones_own_is_seen_by_nobody_else(scene: Scene, inside_rep: Actor, colleague: Actor, manager: Actor):
    view = kept(inside_rep)
    assert names(inside_rep) == ["MQL"]
    for other in (colleague, manager):
        assert names(other) == []
        with pytest.raises(NotFound):
            queries.view(other, view.pk)
        with pytest.raises(NotFound):
            commands.remove_view(other, view.pk)


def test_the_teams_is_the_teams_and_everybodys_is_everybodys(
    scene: Scene, inside_rep: Actor, colleague: Actor, sales_rep: Actor, manager: Actor
):
    kept(inside_rep, "ours", "team")
    kept(inside_rep, "all of us", "all")
    assert names(colleague) == ["all of us", "ours"]
    assert names(sales_rep) == ["all of us"]
    assert names(manager) == ["all of us", "ours"]


def test_a_shared_one_is_changed_by_its_owner_and_by_who_leads_only(
    scene: Scene, inside_rep: Actor, colleague: Actor, manager: Actor
):
    view = kept(inside_rep, "ours", "team")
    for refused in (
        lambda: commands.change_view(colleague, view.pk, name="mine"),
        lambda: commands.remove_view(colleague, view.pk),
    ):
        with pytest.raises(NotAllowed):
            refused()
    commands.change_view(inside_rep, view.pk, name="ours, renamed")
    commands.change_view(manager, view.pk, asked=asked(manager, stage="MAL"), sort="name")
    found = queries.view(colleague, view.pk)
    assert (found.name, found.query, found.sort) == ("ours, renamed", "stage=MAL", "name")
    assert found.team == inside_rep.user.team  # type: ignore[union-attr]


def test_what_was_removed_comes_back(scene: Scene, inside_rep: Actor, colleague: Actor):
    view = kept(inside_rep)
    commands.remove_view(inside_rep, view.pk)
    assert names(inside_rep) == []
    with pytest.raises(NotFound):
        commands.bring_view_back(colleague, view.pk)
    commands.bring_view_back(inside_rep, view.pk)
    assert names(inside_rep) == ["MQL"]
    assert set(AuditEntry.objects.filter(subject=f"view:{view.pk}").values_list("action", flat=True)) == {
        "views.save", "views.remove", "views.restore",
    }  # fmt: skip


def test_what_makes_no_view_is_refused_beside_its_field(scene: Scene, marketer: Actor):
    for field, given in (
        ("name", {"name": "  "}), ("name", {"name": "x" * 101}), ("shared", {"shared": "world"}),
        ("shared", {"shared": "team"}), ("columns", {"shown": ["shoe size"]}), ("sort", {"sort": "email"}),
    ):  # fmt: skip
        with pytest.raises(Invalid) as refused:
            commands.save_view(marketer, **{"name": "x", "asked": Asked(), **given})  # type: ignore[arg-type]
        assert refused.value.field == field
    with pytest.raises(Invalid):
        commands.save_view(marketer, name="x", asked=asked(marketer, stage="MOL"))
    assert not View.objects.exists()


def test_leads_begins_with_the_view_that_one_chose(
    scene: Scene, inside_rep: Actor, browse: Callable[[Actor], Client]
):
    view = kept(inside_rep)
    client = browse(inside_rep)
    client.post("/leads/views/begin", {"view": view.pk})
    assert client.get("/leads")["Location"] == f"/leads?view={view.pk}"
    shown = client.get(f"/leads?view={view.pk}").content.decode()
    assert "藤井" in shown
    assert "田中" not in shown
    assert "田中" in client.get("/leads?view=all").content.decode()
    commands.remove_view(inside_rep, view.pk)
    client.post("/leads/views/begin", {"view": ""})
    assert client.get("/leads").status_code == 200


def test_a_view_is_saved_on_the_page_changed_and_removed_with_undo(
    scene: Scene, inside_rep: Actor, browse: Callable[[Actor], Client]
):
    client = browse(inside_rep)
    answer = client.post(
        "/leads/views",
        {
            "name": "<b>熱い</b>",
            "query": "stage=MQL&score=100..&sort=name",
            "shared": "team",
            "with_columns": "on",
        },
    )
    view = View.objects.get()
    assert answer["Location"] == f"/leads?view={view.pk}"
    assert (view.query, view.sort, view.shared) == ("stage=MQL&score=100..", "name", "team")
    page = client.get(answer["Location"]).content.decode()
    assert "&lt;b&gt;熱い" in page
    assert "<b>熱い" not in page
    changed = client.get(f"/leads?stage=MAL&view={view.pk}").content.decode()
    assert "Save the changed filters in it" in changed
    client.post(f"/leads/views/{view.pk}", {"again": "1", "query": f"stage=MAL&view={view.pk}"})
    assert View.objects.get().query == "stage=MAL"
    removed = client.post(f"/leads/views/{view.pk}/remove", follow=True).content.decode()
    assert f"/leads/views/{view.pk}/restore" in removed
    client.post(f"/leads/views/{view.pk}/restore")
    assert View.objects.get().removed_at is None


def test_columns_are_ones_own_and_in_ones_own_order(
    scene: Scene, inside_rep: Actor, colleague: Actor, browse: Callable[[Actor], Client]
):
    client = browse(inside_rep)
    client.post(
        "/leads/columns", {"column": ["score.fit", "mail", "active", "grade.fit"], "query": "stage=MQL"}
    )
    page = client.get("/leads?stage=MQL").content.decode()
    heads = [
        page.index(word)
        for word in (">Fit<", ">Mail address<", ">Last activity<", ">Fit (grade)<")
        if word in page
    ]
    assert "fujii@yamato-kiko.example" in page
    assert queries.choice(inside_rep).columns == ["score.fit", "mail", "active", "grade.fit"]
    assert heads == sorted(heads)
    assert "fujii@yamato-kiko.example" not in browse(colleague).get("/leads?stage=MQL").content.decode()
    client.post("/leads/columns", {"standard": "1"})
    assert queries.choice(inside_rep).columns == []


def test_an_erased_persons_name_and_address_go_out_of_the_views_and_other_views_stay(
    scene: Scene, marketer: Actor, administrator: Actor
):
    named = [
        commands.save_view(marketer, name="x", asked=asked(marketer, q="藤井　美咲")),
        commands.save_view(marketer, name="藤井美咲さん", asked=asked(marketer, stage="MQL"), shared="all"),
        commands.save_view(
            marketer, name="y", asked=asked(marketer, profile="email:FUJII@yamato-kiko.example")
        ),
        commands.remove_view(marketer, kept(marketer, "フジイ ミサキ").pk),
    ]
    commands.begin_with(marketer, named[0].pk)
    others = [
        kept(marketer, "大和機工"),
        commands.save_view(marketer, name="z", asked=asked(marketer, q="藤井")),
    ]
    privacy.erase_person(administrator, scene.hot)
    assert list(View.objects.order_by("pk")) == others
    assert queries.choice(marketer).view is None
    assert AuditEntry.objects.get(action="person.erase").detail["rows"]["views"] == len(named)
