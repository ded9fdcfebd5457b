"""Deals, duplicates, news, handoffs, routing, settings, audit and the agreement: what their pages say, also when empty."""

from __future__ import annotations

import ast
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

import tasuki.server
from tasuki.server.agreements.models import AgreementVersion
from tasuki.server.core import clock, queries
from tasuki.server.core.access import SYSTEM, Actor
from tasuki.server.core.models import Role, User
from tasuki.server.deals import commands as deals
from tasuki.server.deals.inputs import DealInput
from tasuki.server.imports import commands as imports
from tasuki.server.imports.models import ImportJob
from tasuki.server.lifecycle import commands as lifecycle
from tasuki.server.notify.models import Notification
from tasuki.server.pages import audit_words
from tasuki.server.people.models import Duplicate, Lead
from tests.server.pages.scene import AGREEMENT, Scene

Browse = Callable[[Actor], Client]


def deal(lead: int, name: str, **more: object) -> None:
    (put,) = deals.put_deals(SYSTEM, [DealInput(lead_id=lead, name=name, key=name, **more)], source="test")  # type: ignore[arg-type]
    assert not isinstance(put, Exception), put


# Deals.


def test_deals_stand_by_the_day_they_should_close_with_totals_for_each_currency(
    scene: Scene, browse: Browse, marketer: Actor
):
    today = clock.now().date()
    deal(scene.hot, "later", amount=Decimal(300), expected_at=today + timedelta(days=30), state="open")
    deal(scene.hot, "sooner", amount=Decimal(1_200_000), expected_at=today - timedelta(days=1), state="open")
    deal(scene.hot, "no day", state="open")
    deal(scene.cool, "abroad", amount=Decimal(500), currency="USD", state="open")
    deal(scene.cool, "won", amount=Decimal(900), state="won", closed_at=clock.now())
    deal(scene.cool, "old", amount=Decimal(7), state="won", closed_at=clock.now() - timedelta(days=200),
         opened_at=clock.now() - timedelta(days=300))  # fmt: skip
    page = browse(marketer).get("/deals").content.decode()
    places = [page.index(f">{name}</a>") for name in ("sooner", "later", "no day")]
    assert places == sorted(places)
    assert "¥1,200,000" in page
    assert "$500" in page
    assert "¥900" in page  # won in the last 90 days, without the old one
    won = browse(marketer).get("/deals?state=won").content.decode()
    assert won.index(">won</a>") < won.index(">old</a>")
    assert "sooner" not in won
    assert "No deal fits" in browse(marketer).get("/deals?owner=none&state=lost").content.decode()


def test_deals_are_shown_a_page_at_a_time_and_each_once(scene: Scene, browse: Browse, marketer: Actor):
    for n in range(60):
        expected = None if n % 3 == 0 else clock.now().date() + timedelta(days=n // 2)
        deal(scene.hot, f"deal-{n:02}", state="open", expected_at=expected)
    client = browse(marketer)
    first = client.get("/deals")
    second = client.get("/deals?" + first.context["next_page"])
    names = [one.name for page in (first, second) for one in page.context["deals"]]
    assert len(names) == len(set(names)) == 60
    assert client.get("/deals?after=[1,2]").status_code == 422


def test_a_deal_of_a_lead_that_one_may_not_see_is_not_there(scene: Scene, browse: Browse, outsider: Actor):
    deal(scene.hot, "secret", amount=Decimal(5), state="open")
    page = browse(outsider).get("/deals").content.decode()
    assert "secret" not in page
    assert "¥5" not in page


# Duplicates.


def test_two_stand_side_by_side_and_what_differs_is_marked(scene: Scene, browse: Browse, marketer: Actor):
    page = browse(marketer).get("/duplicates").content.decode()
    assert "The same in both:" in page
    assert page.count('class="differs"') >= 1
    assert "k.tanaka@suzuki.example" in page


def test_an_answer_in_the_list_takes_the_question_away_and_offers_to_undo_it(
    scene: Scene, browse: Browse, marketer: Actor
):
    client = browse(marketer)
    question = Duplicate.objects.get(kind="lead")
    htmx = {"HX-Request": "true"}
    answer = client.post(f"/duplicates/{question.pk}", {"different": "yes"}, headers=htmx)
    assert "<form class" not in answer.content.decode().partition("<div hx-swap-oob")[0]
    assert f'hx-post="/duplicates/{question.pk}/reopen"' in answer.content.decode()
    assert client.post(f"/duplicates/{question.pk}/reopen", headers=htmx).headers["HX-Refresh"] == "true"
    assert Duplicate.objects.get(pk=question.pk).state == Duplicate.State.OPEN
    answer = client.post(f"/duplicates/{question.pk}", {"winner": scene.cool}, headers=htmx)
    assert "Merged." in answer.content.decode()
    assert client.post(f"/duplicates/{question.pk}/reopen").status_code in {302, 409}
    assert Duplicate.objects.get(pk=question.pk).state == Duplicate.State.MERGED


# News.


def test_news_stand_by_days_and_are_read_one_by_one_or_by_opening_the_lead(
    scene: Scene, browse: Browse, inside_rep: Actor
):
    client = browse(inside_rep)
    first = Notification.objects.filter(user=inside_rep.user).first()
    assert first is not None
    page = client.get("/notifications").content.decode()
    assert "<h2" in page
    assert client.get(f"/notifications/{first.pk}/open").headers["Location"] == f"/leads/{scene.hot}"
    first.refresh_from_db()
    assert first.read_at is not None
    assert "You have read everything." in client.get("/notifications?only=unread").content.decode()
    Notification.objects.update(read_at=None)
    client.post("/notifications/read", {"news": first.pk, "only": "unread"})
    assert Notification.objects.get(pk=first.pk).read_at is not None


def test_anothers_news_are_not_there(scene: Scene, browse: Browse, inside_rep: Actor, marketer: Actor):
    news = Notification.objects.filter(user=inside_rep.user).first()
    assert news is not None
    assert browse(marketer).get(f"/notifications/{news.pk}/open").status_code == 404
    news.refresh_from_db()
    assert news.read_at is None


# Handoffs and routing.


def test_handoffs_say_at_a_glance_what_waits_and_what_is_overdue(
    scene: Scene, browse: Browse, manager: Actor
):
    page = browse(manager).get("/handoffs").content.decode()
    assert "<b>1</b> wait for an answer" in page
    assert "overdue" in page


def test_routing_says_in_words_who_gets_a_lead_and_who_is_there(
    scene: Scene, browse: Browse, manager: Actor, sales_rep: Actor
):
    page = browse(manager).get("/settings/routing").content.decode()
    assert "前に話した人がいちばん早く話の続きに入れる" in page
    assert "Inside sales Tokyo" in page
    assert "Handed over to Inside sales" in page
    assert "/agreement/publish" in page
    other = browse(sales_rep).get("/settings/routing").content.decode()
    assert "Managers and administrators can publish" in other
    assert "/agreement/publish" not in other


def test_what_somebody_can_take_is_set_on_the_page_of_routing(scene: Scene, browse: Browse, manager: Actor):
    given = {"minutes_a_day": "120", "weight": "1", "from": "routing"}
    answer = browse(manager).post("/capacity/people/ishii", given)
    assert answer.headers["Location"] == "/settings/routing"


# Settings.


def test_the_settings_say_what_each_is_for_and_show_what_ones_role_uses(
    scene: Scene, browse: Browse, administrator: Actor, sales_rep: Actor
):
    page = browse(administrator).get("/settings").content.decode()
    assert page.count('class="card" href') == 13
    assert "Who did what, when and from where" in page
    page = browse(sales_rep).get("/settings").content.decode()
    assert page.count('class="card" href') == 6


def test_people_stand_in_the_order_of_their_reading(browse: Browse, administrator: Actor):
    for name, family, reading in (
        ("a", "渡辺", "ワタナベ"), ("b", "石井", "いしい"), ("c", "足立", "アダチ"), ("d", "牧野", "まきの"),
    ):  # fmt: skip
        User(username=name, last_name=family, reading=reading, role=Role.SALES, password="!").save()
    order = [one.last_name for one in queries.colleagues(administrator) if one.reading]
    assert order == ["足立", "石井", "牧野", "渡辺"]


# The audit.


def test_every_action_has_a_word():
    found = set()
    for path in Path(tasuki.server.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in {"record", "entry"}:
                found |= {
                    str(one.value)
                    for one in node.args[1:2]
                    if isinstance(one, ast.Constant) and "." in str(one.value)
                }
    assert len(found) > 40
    assert found <= set(audit_words.ACTIONS), sorted(found - set(audit_words.ACTIONS))


def test_the_audit_speaks_the_readers_language_and_leads_to_what_it_is_about(
    scene: Scene, browse: Browse, administrator: Actor
):
    lifecycle.decide(administrator, lead_id=scene.hot, to="DISQUALIFIED", reason="student")
    client = browse(administrator)
    page = client.get("/settings/audit").content.decode()
    assert "decided about a lead" in page
    assert f'href="/leads/{scene.hot}"' in page
    client.cookies["tasuki_language"] = "ja"
    page = client.get("/settings/audit").content.decode()
    assert "リードを判断" in page
    for typed in (f"リード {scene.hot}", f"lead:{scene.hot}", f"リード{scene.hot}"):
        answer = client.get("/settings/audit", {"subject": typed})
        assert {one.entry.subject for one in answer.context["entries"]} == {f"lead:{scene.hot}"}
    assert "合う記録はありません" in client.get("/settings/audit?subject=リード99999").content.decode()


# The agreement.


def test_the_agreement_reads_as_a_contract_with_reasons_and_what_each_clause_did(
    scene: Scene, browse: Browse, marketer: Actor
):
    page = browse(marketer).get("/agreement").content.decode()
    assert "MQL is a lead of which one of these holds:" in page
    assert "営業が一週間に追える件数から決めた線" in page
    assert "<b>3</b> leads lately" in page  # three became MAL
    assert "<b>1</b> came this way" in page


def test_who_publishes_sees_first_what_it_changes_and_nothing_is_stored_by_looking(
    scene: Scene, browse: Browse, manager: Actor
):
    client = browse(manager)
    text = AGREEMENT.read_text("utf-8").replace("person >= 100", "person >= 90")
    page = client.post("/agreement/publish", {"text": text, "look": "yes"}).content.decode()
    assert "What it would change" in page
    assert "90" in page.partition("What it would change")[2].partition("</section>")[0]
    assert AgreementVersion.objects.count() == 1
    answer = client.post("/agreement/publish", {"text": text}, follow=True)
    assert "What it changed" in answer.content.decode()
    assert "Version 2" in client.get("/agreement").content.decode()
    wrong = client.post("/agreement/publish", {"text": "stages: [", "look": "yes"})
    assert wrong.status_code == 422
    assert "stages: [" in wrong.content.decode()


# Imports.

FILE = "会社名,氏名,メールアドレス,備考,色\n大和機工株式会社,加藤 学,kato@yamato-kiko.example,x,赤\n,,壊れた@@,,\n"


def test_a_file_says_why_its_columns_go_where_they_go_and_follows_each_change(
    scene: Scene, browse: Browse, marketer: Actor
):
    client = browse(marketer)
    client.post("/imports", {"file": SimpleUploadedFile("a.csv", FILE.encode())})
    job = ImportJob.objects.get()
    shown = client.get(f"/imports/{job.pk}")
    page = shown.content.decode()
    assert "a usual name for it" in page
    assert "no field is called so" in page
    assert "at-fault" in page
    form = shown.context["form"]
    plan = {name: form[name].value() or "" for name in form.fields}
    answer = client.post(
        f"/imports/{job.pk}/plan", {**plan, "column_4": "title"}, headers={"HX-Request": "true"}
    )
    part = answer.content.decode()
    assert answer.status_code == 200
    assert "<html" not in part
    assert "chosen by hand" in part
    assert '<th scope="col">Title</th>' in part


def test_what_undoing_takes_back_is_said_before_it_is_done_and_links_lead_to_the_leads(
    scene: Scene, browse: Browse, marketer: Actor
):
    client = browse(marketer)
    client.post("/imports", {"file": SimpleUploadedFile("a.csv", FILE.encode())})
    job = ImportJob.objects.get()
    client.post(f"/imports/{job.pk}/start")
    imports.run(job.pk)
    page = client.get(f"/imports/{job.pk}").content.decode()
    lead = Lead.objects.get(email="kato@yamato-kiko.example")
    assert f'href="/leads/{lead.pk}"' in page
    assert "1 that it created goes." in page
    assert '<td class="at-fault">壊れた@@' in page


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("x.csv", b""),
        ("x.xlsx", b"PK\x03\x04nothing"),
        ("x.csv", b"\xff\xfe\x00"),
        ("x.pdf", b"%PDF-1.4 x"),
        ("x.csv", b"\n\n"),
    ],
)
def test_a_bad_file_gets_a_sentence(name: str, content: bytes, scene: Scene, browse: Browse, marketer: Actor):
    answer = browse(marketer).post("/imports", {"file": SimpleUploadedFile(name, content)})
    assert answer.status_code in {413, 422}
    assert 'id="id_file_error"' in answer.content.decode()


# Empty.

EMPTY = {
    "/deals": "No open deal.",
    "/duplicates": "Nothing waits.",
    "/notifications": "No news yet.",
    "/handoffs": "Nobody holds anything.",
    "/agreement": "No agreement is in force.",
    "/imports": "Each file that you bring in",
    "/settings/teams": "No team yet.",
    "/settings/routing": "No agreement is in force, so no lead is handed over.",
    "/settings/webhooks": "No webhook yet.",
    "/settings/tokens": "No token yet.",
    "/settings/audit": "No entries here.",
}


@pytest.mark.parametrize("path", EMPTY)
def test_an_empty_page_says_what_belongs_there(path: str, browse: Browse, administrator: Actor):
    assert EMPTY[path] in browse(administrator).get(path).content.decode()


def test_who_may_not_is_told_who_may(browse: Browse, sales_rep: Actor):
    page = browse(sales_rep).get("/agreement").content.decode()
    assert "Managers and administrators can publish one." in page
    refused = browse(sales_rep).get("/imports")
    assert refused.status_code == 403
    assert "Ask someone who may: Administrator, Manager, Marketing." in refused.content.decode()
