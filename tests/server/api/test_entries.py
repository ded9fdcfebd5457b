"""A system outside sends what leads did and what was decided, and reads what became of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tasuki.server.activities.models import Activity
from tasuki.server.core import clock
from tasuki.server.core.access import Actor
from tasuki.server.lifecycle.commands import fold_due
from tasuki.server.people.models import Lead
from tests.server.api.conftest import Api

AGREEMENT = """\
agreement: Yamada
signals:
  pricing: {type: page_view, path: /pricing}
scores:
  behavior:
    rules:
      - {signal: pricing, points: 10, because: they compare}
stages:
  - id: MAL
    enter: [{when: has(email)}]
  - id: MQL
    enter:
      - {from: [MAL], when: behavior >= 20}
      - {from: [MAL], by: [marketing]}
    handoff: {to: inside_sales, within: 2 business hours}
  - id: SAL
    enter: [{from: [MQL], by: [inside_sales]}]
  - id: RECYCLED
    enter: [{from: [MQL, SAL], by: [inside_sales]}]
reasons:
  RECYCLED: [timing, no_response]
"""
VIEW = {
    "lead": {"email": "hanako@yamada.example", "fields": {"name": "山田 花子", "account.name": "山田電機"}},
    "type": "page_view",
    "properties": {"path": "/pricing"},
}


def view(key: str, **more: Any) -> dict[str, Any]:
    return {**VIEW, "key": key, **more}


@pytest.fixture
def agreed(api_of: Callable[..., Api], manager: Actor) -> dict[str, Any]:
    status, version = api_of(manager)("POST", "/agreement", {"text": AGREEMENT})
    assert status == 201, version
    return dict(version)


def test_one_call_makes_a_new_lead_and_the_next_an_mql(api: Api, agreed: dict[str, Any]):
    status, first = api("POST", "/activities", view("1"))
    assert (status, first["status"]) == (201, "stored")
    assert api("POST", "/activities", view("1")) == (200, {"status": "duplicate", "lead": first["lead"]})
    fold_due()
    assert api("GET", f"/leads/{first['lead']}")[1]["stage"] == "MAL"
    api("POST", "/activities", view("2"))
    fold_due()
    lead = api("GET", f"/leads/{first['lead']}")[1]
    assert (lead["stage"], lead["score"], lead["name"]) == ("MQL", 20.0, "山田 花子")
    steps = api("GET", f"/leads/{first['lead']}/transitions")[1]["items"]
    assert [(step["from_stage"], step["to_stage"]) for step in steps] == [("", "MAL"), ("MAL", "MQL")]
    assert steps[1]["scores"] == {"behavior": 20.0}
    status, why = api("GET", f"/leads/{first['lead']}/explanation")
    assert status == 200
    (score,) = why["scores"]
    assert score["value"] == sum(part["worth"] for part in score["contributions"]) == 20.0
    assert score["contributions"][0]["because"] == "they compare"


def test_inside_sales_finds_it_among_its_work_and_accepts_it(
    api: Api, api_of: Callable[..., Api], inside_rep: Actor, agreed: dict[str, Any]
):
    lead = api("POST", "/activities", view("1"))[1]["lead"]
    api("POST", "/activities", view("2"))
    fold_due()
    rep = api_of(inside_rep)
    status, work = rep("GET", "/work")
    assert (status, [each["lead"] for each in work["handoffs"]]) == (200, [lead])
    assert work["handoffs"][0]["who"]["name"] == "山田 花子"
    moves = {each["to"]: each for each in rep("GET", f"/leads/{lead}/moves")[1]["items"]}
    assert moves["SAL"]["legal"]
    assert moves["RECYCLED"]["reasons"] == ["timing", "no_response"]
    assert rep("POST", f"/leads/{lead}/decisions", {"to": "RECYCLED", "reason": "weather"})[0] in (409, 422)
    status, done = rep("POST", f"/leads/{lead}/decisions", {"to": "SAL"})
    assert (status, [each["to_stage"] for each in done["transitions"]]) == (201, ["SAL"])
    status, problem = rep("POST", f"/leads/{lead}/decisions", {"to": "MQL"})
    assert (status, problem["error"]["code"]) in {(409, "illegal_move"), (403, "not_your_role")}
    assert rep("GET", f"/leads/{lead}/handoffs")[1]["items"][0]["outcome"] == "accepted"
    assert [each["to"] for each in rep("GET", f"/leads/{lead}/decisions")[1]["items"]] == ["SAL"]


def test_a_decision_made_elsewhere_counts_at_its_own_time(
    api: Api, api_of: Callable[..., Api], inside_rep: Actor, agreed: dict[str, Any]
):
    lead = api("POST", "/activities", view("1"))[1]["lead"]
    api("POST", "/activities", view("2"))
    fold_due()
    decision = {
        "lead": {"email": "hanako@yamada.example"},
        "to": "SAL",
        "role": "inside_sales",
        "key": "crm-1",
    }
    rep = api_of(inside_rep)
    assert rep("POST", "/decisions", decision) == (201, {"status": "stored", "lead": lead})
    assert rep("POST", "/decisions", decision)[1]["status"] == "duplicate"
    fold_due()
    assert api("GET", f"/leads/{lead}")[1]["stage"] == "SAL"
    _status, batch = rep(
        "POST", "/decisions/batch", {"items": [decision, {"to": "SAL"}, {**decision, "x": 1}]}
    )
    assert [each["status"] for each in batch["results"]] == ["duplicate", "refused", "refused"]


def test_a_batch_stores_what_fits_and_says_of_each_what_became_of_it(api: Api):
    items = [view("1"), view("1"), {"type": "call"}, {**VIEW, "at": "2026-04-01T09:00:00"}, None, view("2")]
    status, body = api("POST", "/activities/batch", {"source": "web", "items": items})
    assert status == 200
    statuses = [each["status"] for each in body["results"]]
    assert statuses == ["stored", "duplicate", "refused", "refused", "refused", "stored"]
    assert body["results"][3]["error"]["code"] == "time_without_zone"
    assert set(Activity.objects.values_list("source", "key")) == {("web", "1"), ("web", "2")}


def test_a_lead_must_be_named(api: Api):
    for lead in ({}, {"fields": {"name": "x"}}, {"email": None}, {"id": 0}, {"external": {"key": "1"}}, 17):
        assert api("POST", "/activities", {"lead": lead, "type": "call"})[0] == 422, lead
    assert api("POST", "/activities", {"lead": {"id": 12345}, "type": "call"})[0] == 404


def test_nested_properties_are_flat_text_as_agreements_read_them(api: Api):
    given = {
        "content": {"kind": "whitepaper", "pages": 12},
        "free": True,
        "ratio": 0.5,
        "tags": ["a"],
        "none": None,
    }
    lead = api("POST", "/activities", {**VIEW, "properties": given})[1]["lead"]
    (shown,) = api("GET", f"/leads/{lead}/activities")[1]["items"]
    assert shown["properties"] == {
        "content.kind": "whitepaper",
        "content.pages": "12",
        "free": "true",
        "ratio": "0.5",
        "tags": '["a"]',
    }


def test_activities_are_read_page_by_page(api: Api):
    start = clock.now() - timedelta(hours=1)
    for n in range(5):
        status, body = api("POST", "/activities", view(f"{n}", at=(start + timedelta(minutes=n)).isoformat()))
        assert status == 201, body
    lead = Lead.objects.get().pk
    first = api("GET", f"/leads/{lead}/activities", limit=3)[1]
    rest = api("GET", f"/leads/{lead}/activities", limit=3, before=first["next"])[1]
    assert [each["key"] for each in first["items"] + rest["items"]] == ["4", "3", "2", "1", "0"]
    assert rest["next"] is None
    assert api("GET", f"/leads/{lead}/activities", before="yesterday")[0] == 422


def lines_of(raw: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in raw.splitlines()]


def stream(api: Api, *lines: bytes, **query: Any) -> list[dict[str, Any]]:
    status, raw = api.send("POST", "/activities/stream", b"\n".join(lines), "application/x-ndjson", query)
    assert status == 200, raw
    return lines_of(raw)


def test_a_stream_is_answered_line_by_line_and_summed_up(api: Api):
    lines = [json.dumps(view(f"{n}")).encode() for n in range(2500)]
    lines[7] = b"{broken"
    lines[8] = b'"\xff"'
    lines[9] = b""
    lines[2000] = json.dumps({"type": "call"}).encode()
    lines[2001] = b'{"x": "' + b"y" * 3_000_000 + b'"}'
    lines[2002] = lines[2003]
    *told, total = stream(api, *lines, source="web")
    assert total == {"stored": 2494, "duplicate": 1, "refused": 4}
    assert [each["line"] for each in told] == [n + 1 for n in range(2500) if n != 9]
    refused = {each["line"]: each["error"]["code"] for each in told if each["status"] == "refused"}
    assert refused == {8: "bad_json", 9: "bad_json", 2001: "missing", 2002: "line_too_long"}
    assert Activity.objects.filter(source="web").count() == 2494


def test_a_stream_tells_only_what_was_not_stored_where_that_is_asked(api: Api):
    told = stream(api, json.dumps(view("1")).encode(), b"[]", answers="refused")
    assert [each.get("line") for each in told] == [2, None]


def test_a_stream_is_answered_while_it_comes_where_that_is_asked(api: Api):
    *told, total = stream(api, *[json.dumps(view(f"{n}")).encode() for n in range(1001)], answers="live")
    assert ([each["line"] for each in told], total["stored"]) == ([*range(1, 1002)], 1001)


def test_a_stream_of_nothing_stores_nothing(api: Api):
    assert stream(api) == [{"stored": 0, "duplicate": 0, "refused": 0}]


def test_a_stream_without_the_scope_is_refused_before_anything_is_read(
    api_of: Callable[..., Api], marketer: Actor
):
    status, raw = api_of(marketer, "leads.read").send(
        "POST", "/activities/stream", json.dumps(VIEW).encode(), "application/x-ndjson"
    )
    assert status == 403, raw


def test_an_agreement_with_mistakes_is_told_line_by_line(
    api_of: Callable[..., Api], manager: Actor, marketer: Actor
):
    leading = api_of(manager)
    assert leading("GET", "/agreement")[0] == 404
    status, problem = leading(
        "POST", "/agreement", {"text": AGREEMENT.replace("signal: pricing", "signal: pricng")}
    )
    assert status == 422
    assert any("pricng" in each["message"] for each in problem["error"]["details"])
    assert leading("POST", "/agreement", {"text": AGREEMENT})[0] == 201
    assert leading("GET", "/agreement")[1]["text"] == AGREEMENT
    assert [each["number"] for each in leading("GET", "/agreement/versions")[1]["items"]] == [1]
    assert leading("GET", "/agreement/versions/1")[1]["name"] == "Yamada"
    assert api_of(marketer, "leads.read")("POST", "/agreement", {"text": AGREEMENT})[0] == 403
