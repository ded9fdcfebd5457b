"""The page of a lead: its story, notes, deals, curve, any earlier day, and every state that it can be in."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from tasuki.server.activities import commands as activities
from tasuki.server.activities.models import Activity, Note
from tasuki.server.agreements import commands as agreements
from tasuki.server.agreements.stages import stages_now
from tasuki.server.core import clock
from tasuki.server.core.access import SYSTEM, Actor
from tasuki.server.core.models import Company
from tasuki.server.deals import commands as deals
from tasuki.server.deals.changing import seen
from tasuki.server.deals.inputs import DealInput
from tasuki.server.deals.models import Deal
from tasuki.server.lifecycle import commands as lifecycle
from tasuki.server.lifecycle import queries
from tasuki.server.lifecycle.inputs import Move
from tasuki.server.pages.deciding import decide_form
from tasuki.server.pages.story import Line, in_visits
from tasuki.server.people import commands as people
from tasuki.server.people import privacy
from tasuki.server.people.models import Lead
from tests.server.pages.scene import HOT, Scene, fold, visit

Browse = Callable[[Actor], Client]
BODY = {"HX-Request": "true", "HX-Target": "lead-body"}
DAY = timedelta(days=1)


def page_of(client: Client, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status, answer.content.decode()[:500]
    return answer.content.decode()


def drawing(page: str) -> dict[str, list[dict[str, object]]]:
    """What the chart is given."""
    found = re.search(r'<script type="application/json">(.*?)</script>', page, re.DOTALL)
    assert found
    given: dict[str, list[dict[str, object]]] = json.loads(found[1])
    return given


# Notes.


def test_a_note_stands_in_the_story_with_who_wrote_it_and_can_be_undone_at_once(
    scene: Scene, browse: Browse, inside_rep: Actor, marketer: Actor
):
    client = browse(inside_rep)
    answer = client.post(
        f"/leads/{scene.hot}/notes", {"text": "<script>alert(1)</script>\nsecond"}, headers=BODY, follow=True
    )
    body = answer.content.decode()
    assert "<html" not in body, "the body of the page alone"
    assert "&lt;script&gt;alert(1)&lt;/script&gt;<br>second" in body
    note = Note.objects.get()
    assert f'action="/notes/{note.pk}/remove"' in body, "a toast that undoes it"
    assert "Take the note away" not in page_of(browse(marketer), f"/leads/{scene.hot}"), "it is not hers"
    client.post(f"/notes/{note.pk}/remove")
    assert not Note.objects.exists()
    assert browse(marketer).post(f"/notes/{note.pk}/remove").status_code == 404


def test_an_empty_note_is_refused_beside_its_field(scene: Scene, browse: Browse, inside_rep: Actor):
    answer = browse(inside_rep).post(f"/leads/{scene.hot}/notes", {"text": "  "})
    assert answer.status_code == 422
    assert "Fill this in." in answer.content.decode()


# The story.


def test_the_story_is_narrowed_goes_on_and_says_204_where_nothing_is_new(
    scene: Scene, browse: Browse, inside_rep: Actor
):
    client = browse(inside_rep)
    activities.write_note(inside_rep, scene.hot, "only this")
    page = page_of(client, f"/leads/{scene.hot}?show=note")
    assert "only this" in page
    assert "White paper" not in page.split('id="story"')[1]
    have = re.findall(r'data-have="([^"]*)"', page)[-1]
    assert client.get(f"/leads/{scene.hot}/story", {"have": have}).status_code == 204
    activities.write_note(inside_rep, scene.hot, "and this")
    fresh = client.get(f"/leads/{scene.hot}/story", {"have": have, "show": "note"})
    assert "and this" in fresh.content.decode()


def test_older_lines_come_page_by_page_until_the_first(scene: Scene, browse: Browse, inside_rep: Actor):
    now = clock.now()
    rows = [
        Activity(lead_id=scene.hot, at=now - n * timedelta(hours=1), type="page_view", properties={"path": f"/p{n:03}"},
                 source="t", key=f"k{n}", recorded_at=now)
        for n in range(130)
    ]  # fmt: skip
    Activity.objects.bulk_create(rows)
    client = browse(inside_rep)
    seen, address = "", f"/leads/{scene.hot}"
    for _ in range(6):
        seen += (part := page_of(client, address))
        found = re.search(r'hx-get="([^"]*before=[^"]*)"', part)
        if not found:
            break
        address = found[1].replace("&amp;", "&")
    assert all(seen.count(f"/p{n:03}<") == 1 for n in range(130))
    assert "Business card" not in part
    assert "<html" not in part


def test_things_done_in_one_go_are_one_visit_that_is_folded(scene: Scene, browse: Browse, inside_rep: Actor):
    page = page_of(browse(inside_rep), f"/leads/{scene.hot}")
    assert "Visit: 4 things" in page
    assert "Downloaded ×2" in page


def test_a_move_within_a_visit_stands_below_it_as_it_is_earlier():
    now = clock.now()
    kinds = ["activity", "activity", "transition", "activity", "transition"]
    lines = [Line(now - place * timedelta(minutes=1), kind, kind) for place, kind in enumerate(kinds)]
    parts = in_visits(lines)
    assert [type(one).__name__ for one in parts] == ["Visit", "Line", "Line"]
    times = [one.at for one in parts]
    assert times == sorted(times, reverse=True)


def test_a_decision_that_moved_the_lead_is_told_once(scene: Scene, browse: Browse, inside_rep: Actor):
    lifecycle.decide(inside_rep, lead_id=scene.hot, to="SAL", note="wants a call on Friday")
    page = page_of(browse(inside_rep), f"/leads/{scene.hot}")
    assert page.count("wants a call on Friday") == 1


# The curve.


def test_the_curve_and_its_table_say_what_the_explanation_says(
    scene: Scene, browse: Browse, inside_rep: Actor
):
    page = page_of(browse(inside_rep), f"/leads/{scene.hot}")
    given, told = drawing(page), queries.explanation(SYSTEM, scene.hot)
    assert told
    hits = [hit for hit in told.hits if hit.rule.score in ("behavior", "fit")]
    assert len(given["dots"]) == len(hits) == page.count('<td class="nowrap">')
    ends = {line["id"]: line["points"][-1][1] for line in given["lines"]}  # type: ignore[index]
    values = {score.id: score.value for score in told.scores if score.id in ends}
    assert ends == pytest.approx(values, abs=0.02)
    assert next(iter(ends)) == "person"
    assert [move["stage"] for move in given["moves"]] == ["MAL", "MQL"]
    because = {dot["because"] for dot in given["dots"]}
    assert because == {hit.rule.because for hit in hits}


# An earlier day.


def test_an_earlier_day_is_shown_as_it_was_and_offers_nothing_to_do(
    scene: Scene, browse: Browse, manager: Actor
):
    client = browse(manager)
    with clock.at(clock.now() - DAY):
        lifecycle.decide(manager, lead_id=scene.hot, to="SAL", role="sales")
    people.update_lead(manager, scene.hot, changes={"title": "社長", "name": "藤井 美咲子"})
    deals.put_deals(manager, [DealInput(lead_id=scene.hot, name="更新2026", amount=Decimal(100))])
    activities.write_note(manager, scene.hot, "of today")
    day = f"{timezone.localtime(clock.now() - 2 * DAY):%Y-%m-%d}"
    now, then = page_of(client, f"/leads/{scene.hot}"), page_of(client, f"/leads/{scene.hot}?at={day}")
    assert "社長" in now
    assert "社長" not in then.split('id="lead-body"')[1]
    assert "工場長" in then
    body = then.split('id="lead-body"')[1].split("<dialog")[0]
    assert "更新2026" not in body
    assert "of today" not in body
    assert 'data-say="Marketing qualified lead"' in body
    assert "<form" not in body
    assert "data-refresh" not in body
    assert "open" in body.split('id="held"')[1].split("</section>")[0], "the handoff waited for its answer"
    last = [line["points"][-1][0] for line in drawing(then)["lines"]]  # type: ignore[index]
    assert all(ms <= (clock.now() - DAY).timestamp() * 1000 for ms in last)


def test_the_body_alone_is_given_to_the_slider_and_the_whole_page_to_the_back_button(
    scene: Scene, browse: Browse, manager: Actor
):
    client, path = browse(manager), f"/leads/{scene.hot}?at={clock.now() - DAY:%Y-%m-%d}"
    assert (
        client.get(path, headers=BODY)
        .content.decode()
        .strip()
        .startswith('<div id="lead-body" class="then">')
    )
    back = {**BODY, "HX-History-Restore-Request": "true"}
    assert "<html" in client.get(path, headers=back).content.decode()


# Deals in place.


def test_a_deal_is_opened_changed_and_lost_in_place(
    scene: Scene, browse: Browse, sales_rep: Actor, manager: Actor
):
    client = browse(manager)
    client.post(
        f"/leads/{scene.hot}/deals", {"name": "ミハリ 20台", "amount": "1200000", "expected_at": "2026-09-30"}
    )
    deal = Deal.objects.get()
    assert (deal.name, deal.amount, deal.state) == ("ミハリ 20台", 1_200_000, "open")
    page = page_of(client, f"/leads/{scene.hot}")
    shown = re.search(rf'name="seen" value="([^"]*)"[^>]*id="id_deal{deal.pk}_seen"', page)
    assert shown
    given = {
        "name": "ミハリ 20台",
        "amount": "900000",
        "expected_at": "2026-10-31",
        "state": "open",
        "seen": shown[1],
    }
    assert client.post(f"/deals/{deal.pk}/change", given).status_code == 302
    refused = client.post(f"/deals/{deal.pk}/change", {**given, "amount": "5"})
    assert refused.status_code == 422
    assert "Somebody else has changed this deal meanwhile" in refused.content.decode()
    assert 'value="5"' in refused.content.decode(), "what was typed stays"
    deal.refresh_from_db()
    assert deal.amount == 900_000
    shown = re.search(
        rf'name="seen" value="([^"]*)"[^>]*id="id_deal{deal.pk}_seen"', refused.content.decode()
    )
    assert shown
    given |= {"state": "lost", "reason": "price", "seen": shown[1]}
    assert client.post(f"/deals/{deal.pk}/change", given).status_code == 302
    deal.refresh_from_db()
    assert (deal.state, deal.reason) == ("lost", "price")
    assert deal.closed_at is not None


def of_company(currency: str) -> None:
    Company.objects.update_or_create(
        pk=1, defaults={"name": "Yamada", "time_zone": "Asia/Tokyo", "currency": currency}
    )


def test_a_deal_is_opened_in_the_currency_of_the_company(scene: Scene, browse: Browse, manager: Actor):
    of_company("EUR")
    client = browse(manager)
    page = page_of(client, f"/leads/{scene.hot}")
    assert "Amount (EUR)" in page
    client.post(f"/leads/{scene.hot}/deals", {"name": "ミハリ", "amount": "1200.50"})
    assert str(Deal.objects.get().currency) == "EUR"
    of_company("USD")
    deal = Deal.objects.get()
    page = page_of(client, f"/leads/{scene.hot}")
    assert "Amount (EUR)" in page, "of the deal that is there"
    assert "Amount (USD)" in page, "of the next one"
    given = {"name": "ミハリ", "amount": "900", "state": "open", "seen": seen(deal)}
    assert client.post(f"/deals/{deal.pk}/change", given).status_code == 302
    deal.refresh_from_db()
    assert (deal.amount, deal.currency) == (900, "EUR")


def test_a_decision_on_a_deal_begins_with_the_amount_and_the_currency_of_that_deal(
    scene: Scene, browse: Browse, manager: Actor
):
    Lead.objects.filter(pk=scene.hot).update(stage="OPPORTUNITY", stage_entered_at=clock.now())
    given = DealInput(lead_id=scene.hot, name="ミハリ", amount=Decimal(1_200_000), currency="EUR", key="d1")
    deals.put_deals(SYSTEM, [given], source="crm")
    lead = Lead.objects.get(pk=scene.hot)
    move = Move(to="WON", name="WON", role="sales")
    form = decide_form(lead, [move], stages_now(), {})
    assert 'value="1200000"' in str(form["amount"])
    assert form["amount"].label == "Amount (EUR)"


def test_what_stands_in_a_deal_can_be_emptied(scene: Scene, browse: Browse, manager: Actor):
    given = DealInput(
        lead_id=scene.hot,
        name="ミハリ",
        amount=Decimal(100),
        expected_at=date(2026, 9, 30),
        state="lost",
        reason="price",
    )
    deals.put_deals(manager, [given])
    deal = Deal.objects.get()
    client = browse(manager)
    change = {
        "name": "ミハリ",
        "amount": "0",
        "expected_at": "",
        "state": "open",
        "reason": "",
        "seen": seen(deal),
    }
    assert client.post(f"/deals/{deal.pk}/change", change).status_code == 302
    deal.refresh_from_db()
    assert (deal.amount, deal.expected_at, deal.reason, deal.state) == (0, None, "", "open")
    assert (
        client.post(f"/deals/{deal.pk}/change", {**change, "amount": "", "seen": seen(deal)}).status_code
        == 302
    )
    deal.refresh_from_db()
    assert deal.amount is None


def test_a_deal_is_late_from_the_morning_on_where_one_works(scene: Scene, browse: Browse, manager: Actor):
    with clock.at(datetime(2026, 7, 1, 23, tzinfo=UTC)):  # eight o'clock of the next day in Tokyo
        assert browse(manager).get("/deals").context["today"] == date(2026, 7, 2)


def test_anothers_deal_is_not_there(scene: Scene, browse: Browse, outsider: Actor, manager: Actor):
    deals.put_deals(manager, [DealInput(lead_id=scene.hot, name="ミハリ")])
    answer = browse(outsider).post(f"/deals/{Deal.objects.get().pk}/change", {"name": "x", "state": "won"})
    assert answer.status_code == 404
    assert "ミハリ" not in answer.content.decode()


# Every state.


def test_a_merged_lead_leads_to_what_it_is_now_and_says_so(scene: Scene, browse: Browse, manager: Actor):
    people.merge_leads(manager, winner=scene.cool, loser=scene.twin)
    answer = browse(manager).get(f"/leads/{scene.twin}", follow=True)
    assert answer.redirect_chain == [(f"/leads/{scene.cool}", 302)]
    assert f"Lead {scene.twin} was merged into this one." in answer.content.decode()


def test_an_erased_lead_is_told_to_whom_saw_it_and_to_nobody_else(
    scene: Scene, browse: Browse, administrator: Actor, outsider: Actor
):
    privacy.erase_person(administrator, scene.hot)
    page = page_of(browse(administrator), f"/leads/{scene.hot}", 404)
    assert "data were erased on 15 Jun 2026" in page
    assert "erased" not in page_of(browse(outsider), f"/leads/{scene.hot}", 404)


def test_an_unknown_visitor_has_a_story_but_no_score_and_nothing_to_decide(
    browse: Browse, scene: Scene, manager: Actor
):
    visitor = Lead.objects.create(anonymous=True, created_at=clock.now())
    visit(visitor.pk, HOT)
    page = page_of(browse(manager), f"/leads/{visitor.pk}")
    assert "Nobody knows yet who this visitor is" in page
    assert "Visit: 4 things" in page
    assert 'id="moves"' not in page
    assert "An unknown visitor has no score." in page


def test_before_an_agreement_the_page_says_so(browse: Browse, manager: Actor):
    lead = Lead.objects.create(name="高橋", created_at=datetime(2026, 1, 1, tzinfo=UTC))
    page = page_of(browse(manager), f"/leads/{lead.pk}")
    assert "No agreement is in force yet" in page
    assert "Nothing has happened yet" in page
    assert page_of(browse(manager), f"/leads/{lead.pk}?at=2026-01-05")


def test_an_agreement_without_scores_is_no_fault(browse: Browse, manager: Actor):
    text = "agreement: By eye\nstages: [{id: MAL, enter: [{when: has(email)}]}]"
    with clock.at(clock.now() - DAY):
        agreements.publish(SYSTEM, text=text)
    (put,) = people.put_leads(
        SYSTEM, [people.LeadInput(people.LeadRef(), {"email": "a@b.example"})], source="t"
    )
    fold()
    page = page_of(browse(manager), f"/leads/{put.lead_id}")  # type: ignore[union-attr]
    assert "This agreement has no scores: leads are judged by eye." in page
    assert "Score over time" not in page


def test_a_lead_with_two_thousand_activities_has_a_page_of_bounded_size(
    scene: Scene, browse: Browse, manager: Actor
):
    now = clock.now()
    rows = [
        Activity(lead_id=scene.hot, at=now - n * timedelta(minutes=31), type="download",
                 properties={"content.kind": "whitepaper"}, source="t", key=f"k{n}", recorded_at=now)
        for n in range(2_000)
    ]  # fmt: skip
    Activity.objects.bulk_create(rows)
    page = page_of(browse(manager), f"/leads/{scene.hot}")
    assert len(page) < 400_000
    assert len(drawing(page)["dots"]) <= 150


def test_very_long_names_right_to_left_text_and_emoji_are_shown_whole(
    scene: Scene, browse: Browse, manager: Actor
):
    names = {"name": "ア" * 190, "title": "👩‍🔧 مهندس صيانة", "department": "<b>x</b>" * 20}
    people.update_lead(manager, scene.hot, changes=names)
    activities.write_note(manager, scene.hot, "مرحبا 👋🏽")
    page = page_of(browse(manager), f"/leads/{scene.hot}")
    assert names["name"] in page
    assert names["title"] in page
    assert "مرحبا 👋🏽" in page
    assert "&lt;b&gt;x&lt;/b&gt;" in page


def test_a_lead_without_a_company_has_its_page(scene: Scene, browse: Browse, manager: Actor):
    Lead.objects.filter(pk=scene.hot).update(account=None)
    assert "Colleagues" not in page_of(browse(manager), f"/leads/{scene.hot}")


# A company.


def test_the_page_of_a_company_tells_its_score_people_handoffs_and_what_they_did(
    scene: Scene, browse: Browse, manager: Actor
):
    people.update_lead(manager, scene.hot, changes={"buying_role": "champion"})
    page = page_of(browse(manager), f"/accounts/{scene.account}")
    assert "Engaged are those with at least 50 of the bar" in page
    group, handed = (page.split(f'id="{name}"')[1].split("</section>")[0] for name in ("group", "handed"))
    assert "Champion" in group
    assert "藤井 美咲" in handed
    assert "Open" in handed
    assert "Visit: 4 things" in page.split('id="story"')[1]


def test_a_company_shows_nothing_of_people_whom_one_does_not_see(
    scene: Scene, browse: Browse, outsider: Actor
):
    page = page_of(browse(outsider), f"/accounts/{scene.account}")
    assert "藤井" not in page
    assert "None of its people was handed over yet." in page
    assert "藤井" not in page_of(browse(outsider), f"/accounts/{scene.account}/story")


def test_a_lead_without_any_points_has_words_instead_of_an_empty_drawing(
    scene: Scene, browse: Browse, manager: Actor
):
    fields = {"email": "nobody@nowhere.example", "account.name": "Nowhere"}
    (put,) = people.put_leads(SYSTEM, [people.LeadInput(people.LeadRef(), fields)], source="t")
    fold()
    page = page_of(browse(manager), f"/leads/{put.lead_id}")  # type: ignore[union-attr]
    assert "data-curve" not in page
    assert "No rule has counted yet." in page
    assert "now count(" not in page
    assert re.search(r"at least once within 3 days\s*<span[^>]*>now 0</span>", page)
