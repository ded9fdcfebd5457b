"""Filters and views by the API: the same as on the page, and as narrow as the page for who sees little."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tasuki.server.core.access import Actor
from tasuki.server.people.models import Lead
from tests.server.api.conftest import Api
from tests.server.pages import scene as scenes

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene(inside_rep: Actor, sales_rep: Actor, marketer: Actor) -> scenes.Scene:
    return scenes.set_up()


def ids(answer: tuple[int, dict[str, object]]) -> list[int]:
    status, body = answer
    assert status == 200, body
    return sorted(one["id"] for one in body["items"])  # type: ignore[attr-defined, index]


def test_leads_are_filtered_as_on_the_page(api: Api, scene: scenes.Scene):
    assert ids(api("GET", "/leads?stage=MQL")) == [scene.hot]
    assert ids(api("GET", "/leads?stage=MQL&stage=MAL")) == sorted([scene.hot, scene.cool, scene.twin])
    assert ids(api("GET", "/leads?company=大和&score=10..&scores=fit:10..&active=7d")) == [scene.hot]
    assert ids(api("GET", "/leads?search=田中&handoff=none&profile=title:課長")) == sorted(
        [scene.cool, scene.twin]
    )


def test_a_filter_that_cannot_be_answered_and_one_that_there_is_not_are_refused(
    api: Api, scene: scenes.Scene
):
    for query, code in (
        ("stage=MOL", "filter_unknown"),
        ("score=high", "filter_unreadable"),
        ("shoe=42", "parameter_unknown"),
    ):
        status, body = api("GET", f"/leads?{query}")
        assert (status, body["error"]["code"]) == (422, code)
        assert body["error"]["cure"]


def test_pages_go_forward_and_back(api: Api, scene: scenes.Scene):
    Lead.objects.update(score=5.0)
    first = api("GET", "/leads", limit=2, sort="name")[1]
    assert first["previous"] is None
    second = api("GET", "/leads", limit=2, sort="name", after=first["next"])[1]
    assert second["next"] is None
    back = api("GET", "/leads", limit=2, sort="name", before=second["previous"])[1]
    assert [one["id"] for one in back["items"]] == [one["id"] for one in first["items"]]


def test_a_view_is_kept_shared_changed_and_removed(
    api: Api, api_of: Callable[..., Api], scene: scenes.Scene, outsider: Actor
):
    given = {
        "name": "MQL",
        "filters": {"stage": ["MQL"], "score": ["10.."]},
        "search": "藤井",
        "sort": "name",
    }
    status, view = api("POST", "/views", given)
    assert status == 201
    assert {name: view[name] for name in given} == given
    theirs = api_of(outsider)
    assert theirs("GET", f"/views/{view['id']}")[0] == 404
    assert api("PATCH", f"/views/{view['id']}", {"shared": "all"})[1]["shared"] == "all"
    assert theirs("GET", "/views")[1]["items"][0]["name"] == "MQL"
    assert theirs("PATCH", f"/views/{view['id']}", {"name": "mine"})[0] == 403
    assert theirs("DELETE", f"/views/{view['id']}")[0] == 403
    assert ids(theirs("GET", "/leads?stage=MQL")) == []
    assert api("DELETE", f"/views/{view['id']}")[0] == 204
    assert api("GET", "/views")[1] == {"items": []}


def test_what_makes_no_view_is_refused(api: Api, scene: scenes.Scene):
    for given in (
        {"name": ""}, {"name": "x", "filters": {"shoe": ["42"]}}, {"name": "x", "filters": {"stage": ["MOL"]}},
        {"name": "x", "sort": "email"}, {"name": "x", "shared": "world"}, {"name": "x", "columns": ["shoe"]},
    ):  # fmt: skip
        assert api("POST", "/views", given)[0] == 422, given
