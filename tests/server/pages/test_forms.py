"""What people do on pages: it is done, said, and shown; what does not fit is said beside the field, and stays as typed."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.messages import get_messages
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import translation

from tasuki.server.accounts import commands as accounts
from tasuki.server.accounts.inputs import AccountInput
from tasuki.server.accounts.models import Account
from tasuki.server.core import clock
from tasuki.server.core.access import SYSTEM, Actor
from tasuki.server.core.models import Team, Token, User
from tasuki.server.core.words import COLUMNS
from tasuki.server.imports import commands as imports
from tasuki.server.imports import queries
from tasuki.server.imports.formats import KINDS
from tasuki.server.imports.models import ImportJob
from tasuki.server.lifecycle import commands as lifecycle
from tasuki.server.people.models import Duplicate, Lead
from tests.server.pages.scene import AGREEMENT, HOT, Scene, fold, visit

Browse = Callable[[Actor], Client]


def later() -> None:
    """Ten seconds on: what was decided can be taken back no more."""
    with clock.at(clock.now() + timedelta(seconds=11)):
        lifecycle.record_held()


def test_inside_sales_accepts_a_lead_and_it_leaves_the_work_list(
    scene: Scene, browse: Browse, inside_rep: Actor
):
    client = browse(inside_rep)
    assert "藤井" in client.get("/").content.decode()
    answer = client.post(f"/leads/{scene.hot}/decide", {"to": "SAL", "note": "電話で確認"}, follow=True)
    assert answer.redirect_chain == [(f"/leads/{scene.hot}", 302)]
    assert "About to be recorded: Accept" in answer.content.decode()
    later()
    assert Lead.objects.get(pk=scene.hot).stage == "SAL"
    assert [row.task.kind for row in client.get("/").context["rows"]][:1] == [
        "own"
    ]  # in progress, waits no more


def test_sending_back_asks_for_a_reason_and_keeps_what_was_typed(
    scene: Scene, browse: Browse, inside_rep: Actor
):
    client = browse(inside_rep)
    given = {"to": "RECYCLED", "reason": "", "note": "車のローンが残っている"}
    answer = client.post(f"/leads/{scene.hot}/decide", given)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "車のローンが残っている" in page
    assert "Please choose." in page
    answer = client.post(f"/leads/{scene.hot}/decide", {**given, "reason": "timing", "until": "2199-04-01"})
    assert answer.status_code == 302
    later()
    assert Lead.objects.get(pk=scene.hot).stage == "RECYCLED"


def test_a_decision_on_a_lead_s_page_can_be_taken_back_there(scene: Scene, browse: Browse, inside_rep: Actor):
    client = browse(inside_rep)
    page = client.post(f"/leads/{scene.hot}/decide", {"to": "SAL", "note": ""}, follow=True).content.decode()
    undo = re.search(r'action="(/held/\w+/undo\?on=lead)"', page)
    assert undo is not None
    assert page.count('action="/held/') == 1  # one undo for one thing
    answer = client.post(undo[1], follow=True)
    assert answer.redirect_chain == [(f"/leads/{scene.hot}", 302)]
    assert "Taken back." in answer.content.decode()
    later()
    assert Lead.objects.get(pk=scene.hot).stage == "MQL"


def test_who_goes_on_at_once_need_not_wait_for_what_was_decided(
    scene: Scene, browse: Browse, inside_rep: Actor
):
    client = browse(inside_rep)
    client.post(f"/leads/{scene.hot}/decide", {"to": "SAL", "note": ""})
    answer = client.post(f"/leads/{scene.hot}/record", follow=True)
    assert "Recorded." in answer.content.decode()
    assert Lead.objects.get(pk=scene.hot).stage == "SAL"
    assert (
        "It is recorded already." in client.post(f"/leads/{scene.hot}/record", follow=True).content.decode()
    )


def test_nobody_records_what_somebody_else_may_still_take_back(
    scene: Scene, browse: Browse, inside_rep: Actor, manager: Actor
):
    browse(inside_rep).post(f"/leads/{scene.hot}/decide", {"to": "SAL", "note": ""})
    browse(manager).post(f"/leads/{scene.hot}/record")
    assert Lead.objects.get(pk=scene.hot).stage == "MQL"


def test_a_promised_call_that_falls_away_with_a_decision_is_told(
    scene: Scene, browse: Browse, inside_rep: Actor
):
    lifecycle.promise_call(inside_rep, scene.hot, clock.now() + timedelta(days=1))
    given = {"to": "RECYCLED", "reason": "timing", "note": ""}
    page = browse(inside_rep).post(f"/leads/{scene.hot}/decide", given, follow=True).content.decode()
    assert "The promised call falls away with it." in page


def test_what_somebody_else_decided_meanwhile_is_told_and_not_overwritten(
    scene: Scene, browse: Browse, inside_rep: Actor
):
    client = browse(inside_rep)
    client.get(f"/leads/{scene.hot}")
    answer = client.post(f"/leads/{scene.hot}/decide", {"to": "SAL", "seen": "MAL", "note": "x"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "has moved meanwhile; it stands in MQL" in page
    assert 'name="seen" value="MQL"' in page
    assert 'name="seen" value="MAL"' not in page
    assert Lead.objects.get(pk=scene.hot).stage == "MQL"


def test_an_illegal_decision_is_refused_with_what_would_be_legal(
    scene: Scene, browse: Browse, sales_rep: Actor, inside_rep: Actor
):
    answer = browse(inside_rep).post(f"/leads/{scene.hot}/decide", {"to": "SQL", "answer_budget": "yes"})
    assert answer.status_code == 422
    assert "Legal now" in answer.content.decode()
    assert Lead.objects.get(pk=scene.hot).stage == "MQL"


def test_a_lead_goes_from_accepted_to_a_won_deal_on_its_page(scene: Scene, browse: Browse, manager: Actor):
    client = browse(manager)
    yes = {f"answer_{question}": "yes" for question in ("budget", "authority", "need")}
    steps = [
        {"to": "SAL"},
        {"to": "SQL", **yes},
        {"to": "OPPORTUNITY", "amount": "30000000"},
        {"to": "WON", "amount": "30000000"},
    ]
    for step in steps:
        answer = client.post(f"/leads/{scene.hot}/decide", {**step, "note": ""})
        assert answer.status_code == 302, answer.content.decode()
    later()
    assert Lead.objects.get(pk=scene.hot).stage == "WON"
    assert "¥30,000,000" in client.get(f"/leads/{scene.hot}").content.decode()
    client.cookies["tasuki_language"] = "ja"
    assert "3,000万円" in client.get(f"/leads/{scene.hot}").content.decode()


def test_a_channel_is_offered_by_name_and_kept_under_one_code(scene: Scene, browse: Browse, marketer: Actor):
    Lead.objects.filter(pk=scene.hot).update(channel="organic")
    cache.clear()  # those of another company are kept for minutes
    client = browse(marketer)
    assert '<option value="Search"></option>' in client.get("/leads/new").content.decode()
    for name, channel in (("a", "ｓｅａｒｃｈ"), ("b", "展示会"), ("c", "Exhibition "), ("d", "代理店A")):
        client.post("/leads/new", {"email": f"{name}@example.jp", "channel": channel})
    new = Lead.objects.filter(email__endswith="@example.jp").order_by("email")
    assert [*new.values_list("channel", flat=True)] == ["organic", "exhibition", "exhibition", "代理店A"]


def test_answers_are_recorded_with_who_gave_them(scene: Scene, browse: Browse, inside_rep: Actor):
    client = browse(inside_rep)
    client.post(f"/leads/{scene.hot}/decide", {"to": "SAL", "note": ""})
    client.post(f"/leads/{scene.hot}/answer", {"answer_budget": "yes", "answer_need": "no"})
    page = client.get(f"/leads/{scene.hot}").content.decode()
    assert page.count('<p class="answered">ishii') == 2


def test_marketing_reads_what_sales_answered(
    scene: Scene, browse: Browse, inside_rep: Actor, marketer: Actor
):
    lifecycle.decide(inside_rep, lead_id=scene.hot, to="RECYCLED", reason="no_budget_now", note="来期に")
    page = browse(marketer).get("/").content.decode()
    assert "No budget now" in page
    assert "来期に" in page


def test_the_page_says_why_and_what_the_next_stage_lacks(scene: Scene, browse: Browse, marketer: Actor):
    page = browse(marketer).get(f"/leads/{scene.cool}").content.decode()
    assert "課題を調べている" in page  # because of a rule that counts
    assert "What the next stage still lacks" in page
    assert "Person ≥ 100" in page


def test_the_fragment_changes_its_version_when_the_lead_moves(
    scene: Scene, browse: Browse, inside_rep: Actor
):
    client = browse(inside_rep)
    before = client.get(f"/leads/{scene.hot}/now").content.decode()
    lifecycle.decide(inside_rep, lead_id=scene.hot, to="SAL")
    after = client.get(f"/leads/{scene.hot}/now").content.decode()
    assert 'data-say="Marketing qualified lead"' in before
    assert 'data-say="Sales accepted lead"' in after
    assert "<html" not in after


def test_a_lead_is_entered_and_changed_by_hand(scene: Scene, browse: Browse, marketer: Actor):
    client = browse(marketer)
    given = {
        "name": "新井 直子",
        "email": "arai@nagoya.example",
        "account_name": "名古屋工機株式会社",
        "channel": "referral",
    }
    answer = client.post("/leads/new", given)
    lead = Lead.objects.get(email="arai@nagoya.example")
    assert answer.headers["Location"] == f"/leads/{lead.pk}"
    shown = client.get(f"/leads/{lead.pk}/edit")
    start = {
        name: field.value() or ""
        for name, field in zip(shown.context["form"].fields, shown.context["form"], strict=True)
    }
    client.post(f"/leads/{lead.pk}/edit", {**start, "title": "部長", "email": ""})
    lead.refresh_from_db()
    assert (lead.title, lead.email, lead.name) == ("部長", "", "新井 直子")


def test_a_wrong_mail_address_is_said_beside_its_field_and_stays(
    scene: Scene, browse: Browse, marketer: Actor
):
    answer = browse(marketer).post("/leads/new", {"name": "新井", "email": "arai@@nagoya"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'value="arai@@nagoya"' in page
    assert 'aria-invalid="true"' in page
    assert "Traceback" not in page


def test_script_in_a_name_shows_as_text(scene: Scene, browse: Browse, marketer: Actor):
    client = browse(marketer)
    client.post("/leads/new", {"name": "<script>alert(1)</script>", "email": "x@y-kiko.example"})
    page = client.get("/leads").content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_a_lead_is_given_to_somebody(scene: Scene, browse: Browse, manager: Actor, inside_rep: Actor):
    browse(manager).post(f"/leads/{scene.hot}/owner", {"owner": "ishii"})
    assert Lead.objects.get(pk=scene.hot).owner == inside_rep.user


def test_two_that_are_the_same_are_merged_and_the_merge_is_undone(
    scene: Scene, browse: Browse, marketer: Actor
):
    client = browse(marketer)
    question = Duplicate.objects.get(kind="lead")
    client.post(f"/duplicates/{question.pk}", {"winner": scene.cool})
    assert Lead.objects.get(pk=scene.twin).merged_into_id == scene.cool
    assert client.get(f"/leads/{scene.twin}").headers["Location"] == f"/leads/{scene.cool}"
    merge = client.get(f"/leads/{scene.cool}").context["merges"][0]
    client.post(f"/merges/{merge.pk}/undo")
    assert Lead.objects.get(pk=scene.twin).merged_into_id is None


def test_marketing_sees_at_once_on_today_which_leads_have_moved(
    scene: Scene, browse: Browse, marketer: Actor
):
    client = browse(marketer)
    before = client.get("/").context["moved"]
    assert [lead.pk for lead in before][:1] != [scene.twin]
    visit(scene.twin, [*HOT, *HOT, *HOT])
    fold()
    answer = client.get("/")
    assert [lead.pk for lead in answer.context["moved"]][:1] == [scene.twin]
    assert answer.context["moved"][0].stage == "MQL"
    page = answer.content.decode()
    assert 'id="moved"' in page


def test_two_companies_are_merged_and_the_page_offers_to_undo_it(
    scene: Scene, browse: Browse, marketer: Actor
):
    client = browse(marketer)
    put = [AccountInput({"name": name}) for name in ("北星野物流株式会社", "北星野ロジスティクス株式会社")]
    kept, gone = (found.account_id for found in accounts.put_accounts(SYSTEM, put, source="test"))  # type: ignore[union-attr]
    question = Duplicate.objects.create(
        kind="account", first=kept, second=gone, score=0.9, reasons=[], found_at=clock.now()
    )
    answer = client.post(f"/duplicates/{question.pk}", {"winner": kept}, follow=True)
    assert answer.redirect_chain == [(f"/accounts/{kept}", 302)]
    undo = re.search(r'action="(/merges/\d+/undo)"', answer.content.decode())
    assert undo is not None
    assert client.get(f"/accounts/{gone}").headers["Location"] == f"/accounts/{kept}"
    answer = client.post(undo[1], follow=True)
    assert answer.redirect_chain == [(f"/accounts/{gone}", 302)]
    assert "both companies are as they were" in answer.content.decode()
    assert Account.objects.get(pk=gone).merged_into_id is None


def test_a_company_is_changed_on_its_page_and_what_does_not_fit_is_said_beside_the_field(
    scene: Scene, browse: Browse, marketer: Actor, inside_rep: Actor
):
    client = browse(marketer)
    path = f"/accounts/{scene.account}/edit"
    typed = {
        "name": "大和機工株式会社",
        "number": "123",
        "industry": "",
        "employees": "1,200名",
        "address": "東京都",
    }
    answer = client.post(path, typed)
    assert answer.status_code == 422
    assert "1,200名" in answer.content.decode()
    assert answer.context["form"].errors["number"]
    assert client.post(path, {**typed, "number": ""}).headers["Location"] == f"/accounts/{scene.account}"
    found = Account.objects.get(pk=scene.account)
    assert (found.employees, found.industry, found.address) == (1200, "", "東京都")
    assert inside_rep.user is not None
    client.post(f"/accounts/{scene.account}/owner", {"owner": inside_rep.user.username})
    assert inside_rep.user.shown_name in client.get(f"/accounts/{scene.account}").content.decode()


def test_a_lead_s_page_that_has_the_latest_is_told_so_in_few_words(
    scene: Scene, browse: Browse, inside_rep: Actor
):
    client = browse(inside_rep)
    with clock.at(clock.now()):
        now = client.get(f"/leads/{scene.hot}/now")
        have = {"have": now.context["version"]}
        assert client.get(f"/leads/{scene.hot}/now", have).status_code == 204
        client.post(f"/leads/{scene.hot}/decide", {"to": "SAL"})
        assert client.get(f"/leads/{scene.hot}/now", have).status_code == 200


def test_two_that_differ_are_not_asked_about_again(scene: Scene, browse: Browse, marketer: Actor):
    client = browse(marketer)
    client.post(f"/duplicates/{Duplicate.objects.get(kind='lead').pk}", {"different": "yes"})
    assert "Nothing waits." in client.get("/duplicates").content.decode()


def test_a_file_is_looked_at_adjusted_brought_in_and_taken_back(
    scene: Scene, browse: Browse, marketer: Actor
):
    client = browse(marketer)
    text = (
        "会社名,氏名,メールアドレス,備考\n大和機工株式会社,加藤 学,kato@yamato-kiko.example,x\n,,壊れた行,\n"
    )
    answer = client.post("/imports", {"file": SimpleUploadedFile("名刺.csv", text.encode("cp932"))})
    job = ImportJob.objects.get()
    assert answer.headers["Location"] == f"/imports/{job.pk}"
    preview = client.get(f"/imports/{job.pk}")
    assert "<b>1</b> rejected" in preview.content.decode()
    form = preview.context["form"]
    plan = {name: form[name].value() or "" for name in form.fields}
    assert client.post(f"/imports/{job.pk}/plan", {**plan, "channel": "exhibition"}).status_code == 302
    assert client.post(f"/imports/{job.pk}/start").status_code == 302
    assert 'data-refresh="/imports/' in client.get(f"/imports/{job.pk}").content.decode()
    imports.run(job.pk)
    page = client.get(f"/imports/{job.pk}").content.decode()
    assert "Done" in page
    assert Lead.objects.get(email="kato@yamato-kiko.example").channel == "exhibition"
    rejects = b"".join(client.get(f"/imports/{job.pk}/rejects"))
    assert "壊れた行".encode() in rejects
    client.post(f"/imports/{job.pk}/undo")
    imports.run_undo(job.pk)
    assert "Undone" in client.get(f"/imports/{job.pk}").content.decode()
    assert not Lead.objects.filter(email="kato@yamato-kiko.example").exists()


@pytest.mark.parametrize(("page", "worker", "said"), [("en", "ja", "is not a"), ("ja", "en", "では")])
def test_why_a_row_did_not_come_in_is_said_in_the_language_of_the_page_on_which_it_was_brought_in(
    scene: Scene, browse: Browse, marketer: Actor, page: str, worker: str, said: str
):
    assert marketer.user is not None
    User.objects.filter(pk=marketer.user.pk).update(language="")  # the browser chooses
    client = browse(marketer)
    client.cookies["tasuki_language"] = page
    text = "会社名,氏名,メールアドレス\n大和機工株式会社,加藤 学,kato@yamato-kiko.example\n,,壊れた行\n"
    client.post("/imports", {"file": SimpleUploadedFile("meishi.csv", text.encode())})
    job = ImportJob.objects.get()
    client.post(f"/imports/{job.pk}/start")
    with translation.override(worker):
        imports.run(job.pk)
    (reject,) = job.rejects.all()
    assert said in reject.reason


def test_every_place_where_a_column_may_go_has_a_name_in_both_languages():
    for kind in KINDS:
        for name in queries.fields(kind):
            assert name in COLUMNS
            with translation.override("ja"):
                assert str(COLUMNS[name]) != name
                assert not str(COLUMNS[name]).isascii()


def test_what_is_no_table_is_refused_beside_the_field(scene: Scene, browse: Browse, marketer: Actor):
    answer = browse(marketer).post("/imports", {"file": SimpleUploadedFile("x.csv", b"\x00\x01\x02")})
    assert answer.status_code == 422
    assert 'class="wrong"' in answer.content.decode()


def test_mistakes_of_an_agreement_are_listed_by_line_and_the_text_stays(
    scene: Scene, browse: Browse, manager: Actor
):
    text = AGREEMENT.read_text(encoding="utf-8").replace(
        "signal: pricing_page, points: 8", "signal: pricng_page, points: 8"
    )
    answer = browse(manager).post("/agreement/publish", {"text": text, "effective_from": ""})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "did you mean `pricing_page`" in page
    assert "pricng_page, points: 8" in page


def test_a_new_version_is_published_and_shown(scene: Scene, browse: Browse, manager: Actor):
    text = AGREEMENT.read_text(encoding="utf-8").replace("person >= 100", "person >= 90")
    answer = browse(manager).post("/agreement/publish", {"text": text, "effective_from": ""}, follow=True)
    assert "Version 2 is in force." in answer.content.decode()
    assert "Person ≥ 90" in answer.content.decode()


def test_a_token_is_shown_once_and_revoked(scene: Scene, browse: Browse, marketer: Actor):
    client = browse(marketer)
    answer = client.post("/settings/tokens", {"name": "web form", "scopes": ["leads.write"]})
    assert answer.status_code == 201
    token = Token.objects.get()
    assert "tsk_" in answer.content.decode().split('id="plain">')[1][:10]
    assert 'id="plain"' not in client.get("/settings/tokens").content.decode()
    client.post(f"/settings/tokens/{token.pk}/revoke")
    token.refresh_from_db()
    assert token.revoked_at is not None


def test_people_and_teams_are_managed(scene: Scene, browse: Browse, administrator: Actor, marketer: Actor):
    client = browse(administrator)
    client.post("/settings/teams", {"name": "西日本営業", "role": "sales"})
    team = Team.objects.get(name="西日本営業")
    given = {
        "username": "nishi", "password": "four quiet rivers run", "family_name": "西", "given_name": "愛", "email": "",
        "role": "sales", "team": team.pk, "sight": "team",
    }  # fmt: skip
    assert client.post("/settings/people/new", {**given, "password": "123"}).status_code == 422
    assert client.post("/settings/people/new", given).status_code == 302
    user = User.objects.get(username="nishi")
    assert user.team == team
    client.post(f"/settings/people/{user.pk}/active", {"active": "no"})
    user.refresh_from_db()
    assert not user.is_active
    assert client.post(f"/settings/teams/{team.pk}/delete").status_code == 409
    assert Team.objects.filter(pk=team.pk).exists()


def test_the_last_administrator_stays_and_is_told_so(scene: Scene, browse: Browse, administrator: Actor):
    assert administrator.user is not None
    path = f"/settings/people/{administrator.user.pk}"
    answer = browse(administrator).post(
        f"{path}/active", {"active": "no"}, headers={"referer": f"http://testserver{path}"}
    )
    assert [str(message) for message in get_messages(answer.wsgi_request)] != []
    assert answer.headers["Location"] == path


def test_language_and_time_zone_are_ones_own(scene: Scene, browse: Browse, marketer: Actor):
    client = browse(marketer)
    answer = client.post("/settings/me", {"language": "ja", "time_zone": "Asia/Tokyo"}, follow=True)
    assert "保存しました。" in answer.content.decode()
    assert '<html lang="ja">' in client.get("/leads").content.decode()
    client.post("/language", {"language": "en", "next": "/leads"})
    assert '<html lang="en">' in client.get("/leads").content.decode()


@pytest.mark.parametrize("to", ["https://rival.example/", "//rival.example", "javascript:alert(1)"])
def test_nobody_is_sent_to_another_site(to: str, client: Client, db: None):
    answer = client.post("/language", {"language": "en", "next": to})
    assert answer.headers["Location"] == "/"


def test_signing_in_says_what_is_wrong_and_keeps_the_name(client: Client, db: None):
    User.objects.create_user("aoki", password="correct horse battery")
    answer = client.post("/sign-in", {"username": "aoki", "password": "wrong"})
    assert answer.status_code == 401
    assert 'value="aoki"' in answer.content.decode()
    assert "wrong" not in answer.content.decode().replace('class="wrong"', "")
    answer = client.post(
        "/sign-in", {"username": "aoki", "password": "correct horse battery", "next": "/leads"}
    )
    assert answer.headers["Location"] == "/leads"


def test_one_click_signs_nobody_in_outside_the_demo(client: Client, db: None):
    User.objects.create_user("demo-sales")
    assert client.post("/sign-in/demo", {"username": "demo-sales"}).headers["Location"] == "/sign-in"
    assert client.get("/").status_code == 302


def test_a_persons_data_are_downloaded_and_erased_by_an_administrator_only(
    scene: Scene, browse: Browse, administrator: Actor, inside_rep: Actor
):
    assert browse(inside_rep).post(f"/leads/{scene.hot}/erase", {"sure": scene.hot}).status_code == 403
    client = browse(administrator)
    assert "藤井" in client.post(f"/leads/{scene.hot}/export").content.decode()
    client.post(f"/leads/{scene.hot}/erase", {"sure": "no"})
    assert Lead.objects.get(pk=scene.hot).erased_at is None
    client.post(f"/leads/{scene.hot}/erase", {"sure": str(scene.hot)})
    assert Lead.objects.get(pk=scene.hot).erased_at is not None


def test_without_an_agreement_pages_say_what_is_missing(browse: Browse, manager: Actor):
    lead = Lead.objects.create(name="高橋", created_at="2026-01-01T00:00:00Z")
    client = browse(manager)
    for path in ("/", "/leads", f"/leads/{lead.pk}", "/agreement", "/agreement/publish"):
        assert client.get(path).status_code == 200, path
    assert SYSTEM.system
