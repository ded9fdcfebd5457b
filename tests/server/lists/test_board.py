"""The board: leads by stage, moves that are legal, those that are not with the reason, and who was quicker."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client

from tasuki.server.agreements.stages import stages_now
from tasuki.server.core import clock
from tasuki.server.core.access import SYSTEM, Actor
from tasuki.server.lifecycle import commands as lifecycle
from tasuki.server.lists import board as boards
from tasuki.server.lists.asking import Asked
from tasuki.server.people import commands as people
from tasuki.server.people.inputs import LeadInput
from tasuki.server.people.models import Lead
from tests.server.pages.scene import Scene

pytestmark = pytest.mark.django_db


def record() -> None:
    with clock.at(clock.now() + timedelta(seconds=11)):
        lifecycle.record_held()


def lanes(actor: Actor) -> dict[str, list[int]]:
    return {
        lane.stage: [lead.pk for lead in (*lane.held, *lane.leads)]
        for lane in boards.board(actor, Asked(), stages_now())
    }


def test_stages_stand_in_the_agreements_order_with_their_leads(scene: Scene, marketer: Actor):
    found = lanes(marketer)
    assert list(found) == stages_now().ids
    assert found["MQL"] == [scene.hot]
    assert sorted(found["MAL"]) == sorted([scene.cool, scene.twin])


def test_nobody_sees_anothers_cards(scene: Scene, outsider: Actor, browse: Callable[[Actor], Client]):
    assert not any(lanes(outsider).values())
    page = browse(outsider).get("/leads/board").content.decode()
    assert "藤井" not in page
    for answer in (
        browse(outsider).get(f"/leads/{scene.hot}/move?to=SAL"),
        browse(outsider).post(f"/leads/{scene.hot}/move", {"to": "SAL", "seen": "MQL"}),
    ):
        assert answer.status_code == 404


def test_long_lanes_are_counted_up_to_two_hundred_and_go_on(
    marketer: Actor, scene: Scene, browse: Callable[[Actor], Client]
):
    rows = [LeadInput(fields={"email": f"p{n}@x.example", "name": f"人{n}"}) for n in range(230)]
    people.put_leads(SYSTEM, rows, source="t")
    Lead.objects.filter(email__endswith="@x.example").update(stage="MAL")
    lane = next(lane for lane in boards.board(marketer, Asked(), stages_now()) if lane.stage == "MAL")
    assert (lane.is_counted, lane.shown_count, len(lane.leads)) == (False, 200, boards.CARDS)
    client = browse(marketer)
    page = client.get("/leads/board").content.decode()
    assert "200+" in page
    seen = {lead.pk for lead in lane.leads}
    after = lane.after
    while after:
        lane = boards.more(marketer, Asked(), "MAL", after)
        assert seen.isdisjoint(lead.pk for lead in lane.leads)
        seen |= {lead.pk for lead in lane.leads}
        after = lane.after
    assert len(seen) == 232


def test_a_legal_move_that_needs_nothing_is_made_at_once_and_can_be_taken_back(
    scene: Scene, inside_rep: Actor, browse: Callable[[Actor], Client]
):
    client = browse(inside_rep)
    answer = client.post(
        f"/leads/{scene.hot}/move", {"to": "SAL", "seen": "MQL"}, headers={"hx-request": "true"}
    )
    assert answer["HX-Retarget"] == "#work"
    assert lanes(inside_rep)["SAL"] == [scene.hot]
    assert Lead.objects.get(pk=scene.hot).stage == "MQL"
    undo = re.search(r"/leads/board/undo/\w+", answer.content.decode())
    assert undo
    client.post(undo[0])
    assert lanes(inside_rep)["MQL"] == [scene.hot]
    client.post(f"/leads/{scene.hot}/move", {"to": "SAL", "seen": "MQL"})
    record()
    assert Lead.objects.get(pk=scene.hot).stage == "SAL"
    assert client.post(undo[0]).status_code == 302


def test_a_move_that_needs_a_reason_asks_for_it_and_keeps_what_was_typed(
    scene: Scene, inside_rep: Actor, browse: Callable[[Actor], Client]
):
    client = browse(inside_rep)
    form = client.get(f"/leads/{scene.hot}/move?to=RECYCLED&query=stage%3DMQL").content.decode()
    assert 'name="reason"' in form
    assert 'name="until"' in form
    refused = client.post(f"/leads/{scene.hot}/move", {"to": "RECYCLED", "seen": "MQL", "note": "車のローン"})
    assert refused.status_code == 422
    assert "車のローン" in refused.content.decode()
    given = {"to": "RECYCLED", "seen": "MQL", "reason": "timing", "note": "車のローン", "query": "stage=MQL"}
    assert client.post(f"/leads/{scene.hot}/move", given)["Location"] == "/leads/board?stage=MQL&view=all"
    record()
    assert Lead.objects.get(pk=scene.hot).stage == "RECYCLED"


def test_a_move_the_agreement_does_not_know_says_why_before_and_after_one_tries(
    scene: Scene, inside_rep: Actor, browse: Callable[[Actor], Client]
):
    ways = boards.ways(inside_rep, stages_now())
    assert ways["MQL"]["SAL"] == ""
    assert "MQL" in ways["MQL"]["SQL"] or "SAL" in ways["MQL"]["SQL"]
    client = browse(inside_rep)
    page = client.get("/leads/board").content.decode()
    told = json.loads(re.search(r'<script id="ways" type="application/json">(.*?)</script>', page)[1])  # type: ignore[index]
    assert told["MQL"]["SQL"] == ways["MQL"]["SQL"]
    answer = client.post(f"/leads/{scene.hot}/move", {"to": "SQL", "seen": "MQL"})
    assert answer.status_code == 422
    assert Lead.objects.get(pk=scene.hot).stage == "MQL"
    for to in ("MOL", "", "<b>"):
        assert client.post(f"/leads/{scene.hot}/move", {"to": to, "seen": "MQL"}).status_code == 422


def test_whoever_was_slower_is_told_so_and_nothing_is_overwritten(
    scene: Scene, inside_rep: Actor, browse: Callable[[Actor], Client]
):
    lifecycle.decide(inside_rep, lead_id=scene.hot, to="SAL")
    answer = browse(inside_rep).post(
        f"/leads/{scene.hot}/move", {"to": "RECYCLED", "reason": "timing", "seen": "MQL"}
    )
    assert answer.status_code == 422
    assert "has moved meanwhile" in answer.content.decode()
    assert Lead.objects.get(pk=scene.hot).stage == "SAL"
