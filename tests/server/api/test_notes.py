"""A system outside writes, lists and takes away notes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from tasuki.server.core.access import Actor
from tasuki.server.people.models import Lead
from tests.server.api.conftest import Api

pytestmark = pytest.mark.django_db


def test_notes_are_written_listed_in_pages_and_taken_away(
    api_of: Callable[..., Api], inside_rep: Actor, marketer: Actor
):
    lead = Lead.objects.create(name="山田", created_at=datetime(2026, 1, 1, tzinfo=UTC))
    api, path = api_of(inside_rep), f"/leads/{lead.pk}/notes"
    for text in ("one", "two", "three"):
        status, told = api("POST", path, {"text": text, "key": text})
        assert (status, told["text"], told["by"], told["lead"]) == (201, text, "ishii", lead.pk)
    first = api("GET", path, limit=2)[1]
    assert [note["text"] for note in first["items"]] == ["three", "two"]
    rest = api("GET", path, limit=2, before=first["next"])[1]
    assert ([note["text"] for note in rest["items"]], rest["next"]) == (["one"], None)
    note = first["items"][0]["id"]
    assert api_of(marketer)("DELETE", f"/notes/{note}")[1]["error"]["code"] == "note_of_another"
    assert api("DELETE", f"/notes/{note}")[0] == 200
    assert api("DELETE", f"/notes/{note}")[0] == 404
    status, refused = api("POST", path, {"text": " "})
    assert (status, refused["error"]["field"]) == (422, "text")
