"""Today by role: the queue with the lead beside it, what is done on it and taken back, and the overviews."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client

from tasuki.server.accounts.models import Account
from tasuki.server.activities.notes import write_note
from tasuki.server.core import clock
from tasuki.server.core.access import SYSTEM, Actor
from tasuki.server.handoffs.models import Handoff
from tasuki.server.lifecycle import commands as lifecycle
from tasuki.server.lifecycle import queries
from tasuki.server.lifecycle.models import Decision, Held, Transition
from tasuki.server.pages import desk
from tasuki.server.pages.views import today
from tasuki.server.people.models import Lead
from tests.server.pages.scene import HOT, Scene, fold, visit

Browse = Callable[[Actor], Client]
HTMX = {"HX-Request": "true"}


def text(answer: object) -> str:
    return answer.content.decode()  # type: ignore[attr-defined]


def act(client: Client, lead: int, what: str = "decide", **given: str) -> str:
    answer = client.post(f"/today/leads/{lead}/{what}", given, headers=HTMX)
    assert answer.status_code == 200, text(answer)
    return text(answer)


def later(seconds: int = 11) -> None:
    """What the worker does so many seconds later."""
    with clock.at(clock.now() + timedelta(seconds=seconds)):
        lifecycle.record_held()


@pytest.fixture
def two(scene: Scene) -> Scene:
    """The twin was handed over, too."""
    visit(scene.twin, [*HOT, *HOT, *HOT])
    fold()
    return scene


def test_the_first_lead_of_the_queue_is_open_with_its_reasons_and_what_can_be_done(
    scene: Scene, browse: Browse, inside_rep: Actor
):
    page = text(browse(inside_rep).get("/"))
    assert f'id="task-{scene.hot}"' in page
    assert 'aria-current="true"' in page
    assert "Why now" in page
    assert "Pricing page" in page
    for key in ("a", "b", "r", "c"):
        assert f'data-key="{key}"' in page
    assert "(1) Today" in page
    assert 'id="bant"' in page


def test_a_note_on_the_lead_stands_among_what_happened_lately(
    scene: Scene, browse: Browse, inside_rep: Actor
):
    write_note(inside_rep, scene.hot, "来期に<b>予算</b>が付く")
    page = text(browse(inside_rep).get(f"/?lead={scene.hot}"))
    assert "来期に&lt;b&gt;予算&lt;/b&gt;が付く" in page


def test_after_a_decision_the_next_lead_is_there_and_a_toast_with_its_undo(
    two: Scene, browse: Browse, inside_rep: Actor
):
    client = browse(inside_rep)
    said = act(client, two.hot, to="SAL", seen="MQL", next=str(two.twin))
    assert f'data-lead="{two.twin}"' in said
    assert f'id="task-{two.hot}"' not in said
    held = Held.objects.get()
    assert f"/held/{held.group}/undo" in said
    assert Lead.objects.get(pk=two.hot).stage == "MQL"
    later()
    assert Lead.objects.get(pk=two.hot).stage == "SAL"
    assert Decision.objects.get().by == inside_rep.user


def test_the_undo_brings_the_lead_back_and_is_too_late_once(two: Scene, browse: Browse, inside_rep: Actor):
    client = browse(inside_rep)
    act(client, two.hot, to="SAL", seen="MQL")
    group = Held.objects.get().group
    answer = client.post(f"/held/{group}/undo", headers=HTMX)
    assert "Taken back." in text(answer)
    assert f'"lead": {two.hot}' in answer.headers["HX-Trigger"]
    assert f'id="task-{two.hot}"' in text(client.get("/today/queue"))
    act(client, two.hot, to="SAL", seen="MQL")
    group = Held.objects.get(state="waiting").group
    later()
    assert "recorded already" in text(client.post(f"/held/{group}/undo", headers=HTMX))
    assert Lead.objects.get(pk=two.hot).stage == "SAL"


def test_nobody_takes_back_what_another_did(scene: Scene, browse: Browse, inside_rep: Actor, manager: Actor):
    act(browse(inside_rep), scene.hot, to="SAL")
    group = Held.objects.get().group
    assert browse(manager).post(f"/held/{group}/undo").status_code == 404
    assert browse(manager).post("/held/nothing/undo").status_code == 404


def test_a_lead_is_sent_back_with_a_reason_and_next_month(scene: Scene, browse: Browse, inside_rep: Actor):
    act(browse(inside_rep), scene.hot, to="RECYCLED", reason="timing", until="来月", note="車のローン")
    what = Held.objects.get().what
    assert what["until"].startswith("2026-07-1")
    later()
    lead = Lead.objects.get(pk=scene.hot)
    assert (lead.stage, lead.reapproach_at is not None) == ("RECYCLED", True)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"to": "RECYCLED", "reason": "timing", "until": "そのうち"}, "This is no day."),
        ({"to": "RECYCLED", "until": "来月"}, "Please choose."),
    ],
)
def test_what_is_refused_stays_as_it_was_typed(
    scene: Scene, browse: Browse, inside_rep: Actor, given: dict[str, str], told: str
):
    typed = {**given, "note": "call again"}
    answer = browse(inside_rep).post(f"/today/leads/{scene.hot}/decide", typed, headers=HTMX)
    assert answer.status_code == 422
    assert told in text(answer)
    assert "call again" in text(answer)
    assert given["until"] in text(answer)
    assert not Held.objects.exists()


def test_a_stale_form_is_told_and_nothing_is_overwritten(scene: Scene, browse: Browse, inside_rep: Actor):
    client = browse(inside_rep)
    lifecycle.decide(SYSTEM, lead_id=scene.hot, to="SAL", role="inside_sales")
    answer = client.post(
        f"/today/leads/{scene.hot}/decide",
        {"to": "DISQUALIFIED", "reason": "student", "seen": "MQL"},
        headers=HTMX,
    )
    assert answer.status_code == 422
    assert "moved meanwhile" in text(answer)
    assert not Held.objects.exists()


def test_what_is_not_possible_says_why(scene: Scene, browse: Browse, inside_rep: Actor):
    page = text(browse(inside_rep).get(f"/today/leads/{scene.hot}"))
    assert 'data-key="q" data-why="The lead stands in MQL' in page
    answer = browse(inside_rep).post(f"/today/leads/{scene.hot}/decide", {"to": "WON"}, headers=HTMX)
    assert "not open to you" in text(answer)


def test_qualifying_asks_for_the_answers_that_are_missing_and_leaves_the_others_to_who_gave_them(
    scene: Scene, browse: Browse, inside_rep: Actor, manager: Actor
):
    client = browse(inside_rep)
    lifecycle.decide(inside_rep, lead_id=scene.hot, to="SAL")
    given = {"budget": "yes", "authority": "yes"}
    lifecycle.decide(manager, lead_id=scene.hot, to="", answers=given, role="inside_sales")
    page = text(client.get(f"/today/leads/{scene.hot}"))
    sheet = page[page.index('id="act-SQL"') :]
    assert sheet.index('name="answer_need"') < sheet.index("answered-before") < sheet.index("answer_budget")
    act(
        client,
        scene.hot,
        to="SQL",
        seen="SAL",
        answer_need="yes",
        answer_budget="yes",
        answer_authority="yes",
    )
    later()
    assert Lead.objects.get(pk=scene.hot).stage == "SQL"
    said = {question: one.by for question, one in queries.answers(inside_rep, scene.hot).items()}
    assert said == {"budget": manager.user, "authority": manager.user, "need": inside_rep.user}


def test_an_answer_is_recorded_by_its_key_and_turned_by_the_same_key(
    scene: Scene, browse: Browse, inside_rep: Actor
):
    client = browse(inside_rep)
    page = text(client.get(f"/today/leads/{scene.hot}"))
    assert 'value="yes" aria-pressed="false" data-n="1"' in page
    page = act(client, scene.hot, "answer", question="budget", answer="yes")
    assert 'value="yes" aria-pressed="true"' in page
    assert 'value="no" aria-pressed="false" data-n="1"' in page
    act(client, scene.hot, "answer", note="二月に予算が付く")
    assert list(Decision.objects.order_by("pk").values_list("answers", "note")) == [
        ({"budget": "yes"}, ""), ({}, "二月に予算が付く")
    ]  # fmt: skip


def test_who_was_reached_stays_open_and_who_was_not_makes_room(two: Scene, browse: Browse, inside_rep: Actor):
    client = browse(inside_rep)
    said = act(client, two.hot, "call", outcome="reached", next=str(two.twin))
    assert f'<article class="now" data-lead="{two.hot}"' in said
    assert said.count("<kbd>z</kbd>") == 1  # one undo for one thing
    said = act(client, two.hot, "call", outcome="not_reached", next=str(two.twin))
    assert f'<article class="now" data-lead="{two.twin}"' in said
    answer = client.post(
        f"/today/leads/{two.twin}/call", {"outcome": "call_back", "promised_at": "soon"}, headers=HTMX
    )
    assert "no time for a call" in text(answer)
    assert Held.objects.count() == 2


def test_without_a_script_it_works_too(two: Scene, browse: Browse, inside_rep: Actor):
    client = browse(inside_rep)
    answer = client.post(f"/today/leads/{two.hot}/decide", {"to": "SAL", "seen": "MQL"}, follow=True)
    page = text(answer)
    assert f'<article class="now" data-lead="{two.twin}"' in page
    group = Held.objects.get().group
    assert f'action="/held/{group}/undo"' in page
    answer = client.post(f"/held/{group}/undo", follow=True)
    assert answer.redirect_chain == [(f"/?lead={two.hot}", 302)]
    refused = client.post(f"/today/leads/{two.hot}/decide", {"to": "RECYCLED", "until": "soon"})
    assert refused.status_code == 422
    assert "This is no day." in text(refused)


def test_meanwhile_the_page_of_the_lead_says_what_is_about_to_be_recorded(
    scene: Scene, browse: Browse, inside_rep: Actor, manager: Actor
):
    act(browse(inside_rep), scene.hot, to="DISQUALIFIED", reason="student")
    group = Held.objects.get().group
    for who, may in ((inside_rep, True), (manager, False)):
        page = text(browse(who).get(f"/leads/{scene.hot}"))
        assert "About to be recorded: Disqualify: Student (ishii)" in page
        assert (f"/held/{group}/undo" in page) is may


def test_anothers_lead_is_not_there(scene: Scene, browse: Browse, outsider: Actor):
    client = browse(outsider)
    for path in (f"/today/leads/{scene.hot}", f"/?lead={scene.hot}"):
        assert client.get(path).status_code == 404
    for what in ("decide", "call", "answer"):
        assert client.post(f"/today/leads/{scene.hot}/{what}", {"to": "SAL"}).status_code == 404


def test_an_empty_queue_says_what_comes_here(scene: Scene, browse: Browse, outsider: Actor):
    page = text(browse(outsider).get("/"))
    assert "Nothing waits for you." in page
    assert 'href="/leads"' in page


def test_the_open_lead_renews_itself_only_when_something_was_recorded(
    scene: Scene, browse: Browse, inside_rep: Actor
):
    client = browse(inside_rep)
    address = f"/today/leads/{scene.hot}"
    state = client.get(address).context["state"]
    assert client.get(address, {"have": state}).status_code == 204
    lifecycle.decide(inside_rep, lead_id=scene.hot, to="SAL")
    assert client.get(address, {"have": state}).status_code == 200


def test_the_badge_comes_with_the_bell(scene: Scene, browse: Browse, inside_rep: Actor):
    client = browse(inside_rep)
    assert 'id="badge" class="count" data-also data-version="1"' in text(client.get("/notifications/bell"))
    lifecycle.decide(inside_rep, lead_id=scene.hot, to="SAL")
    assert 'data-version="0" hidden' in text(client.get("/notifications/bell"))


def test_whom_the_agreement_excludes_shows_no_interest_that_anybody_should_take_up(
    scene: Scene, browse: Browse, marketer: Actor
):
    client = browse(marketer)

    def hot() -> list[int]:
        rows = client.get("/?list=1").context["rows"]
        return [one.task.lead.pk for one in rows if one.task.kind == "hot"]

    assert scene.cool in hot()
    Account.objects.filter(leads=scene.cool).update(domain="rival.example")
    assert scene.cool not in hot()


# Overviews.


def test_marketing_sees_the_way_from_leads_to_won_deals_with_the_agreements_own_stages(
    two: Scene, browse: Browse, marketer: Actor
):
    answer = browse(marketer).get("/")
    steps = answer.context["flow"].steps
    assert [one.code for one in steps] == ["", "MAL", "MQL", "SAL", "SQL", "OPPORTUNITY", "WON"]
    assert [one.count for one in steps][:3] == [3, 3, 2]
    assert steps[2].target == 120
    assert steps[1].rate is None  # too few
    assert "target 120" in text(answer)
    assert "Too few to say: 2 leads" in text(answer)


def test_a_source_that_rose_is_told_with_its_counts_and_small_ones_are_not(
    scene: Scene, browse: Browse, marketer: Actor
):
    now = clock.now()
    made = [("web", 2, 30), ("web", 10, 8), ("mail", 3, 2)]
    Lead.objects.bulk_create(
        Lead(name=f"{channel}{n}", channel=channel, created_at=now, first_touch_at=now - timedelta(days=days))
        for channel, days, count in made
        for n in range(count)
    )
    flow = browse(marketer).get("/").context["flow"]
    assert [(one.channel, one.now, one.before) for one in flow.changes] == [("web", 30, 2.0)]
    assert flow.few == 2  # mail, and the scene's own exhibition


def test_who_leads_sees_breaches_targets_and_loads(scene: Scene, browse: Browse, manager: Actor):
    handoff = Handoff.objects.get()
    Handoff.objects.update(due_at=clock.now() - timedelta(hours=1))
    handoff.clocks.update(due_at=clock.now() - timedelta(hours=1))
    answer = browse(manager).get("/")
    assert [one.handoff.pk for one in answer.context["neglected"]] == [handoff.pk]
    assert [one.what for one in answer.context["measured"]] == ["MQL", "SAL.acceptance", "WON.amount"]
    page = text(answer)
    assert "data-left=" in page
    assert "ishii" in page
    assert "(1) Today" in page
    assert 'id="queue"' in text(browse(manager).get("/?list=1"))


def test_of_what_sales_answered_ten_are_shown_and_a_link_to_all(
    scene: Scene, browse: Browse, marketer: Actor, monkeypatch: pytest.MonkeyPatch
):
    handoff = Handoff.objects.select_related("lead").get()
    many = [desk.Answered(handoff.lead, clock.now(), "Returned", None)] * 12
    monkeypatch.setattr(desk, "answers", lambda work: many)
    answer = browse(marketer).get("/")
    assert len(answer.context["answered"]) == 10
    assert '<a href="/handoffs?state=closed">' in text(answer)


def test_what_is_overdue_stands_above_what_is_due_soon(two: Scene, browse: Browse, inside_rep: Actor):
    late, soon = Handoff.objects.order_by("pk")
    for one, minutes in ((late, -60), (soon, 20)):
        due = clock.now() + timedelta(minutes=minutes)
        Handoff.objects.filter(pk=one.pk).update(due_at=due)
        one.clocks.update(due_at=due)
    answer = browse(inside_rep).get("/?list=1")
    kinds = {one.task.lead.pk: one.task.kind for one in answer.context["rows"]}
    assert (kinds[late.lead_id], kinds[soon.lead_id]) == ("overdue", "due")
    page = text(answer)
    assert page.index(">Overdue<") < page.index(">Due soon<")
    assert "data-clock-minutes=" in page


def test_a_long_queue_shows_its_beginning_and_the_rest_on_request(
    two: Scene, browse: Browse, inside_rep: Actor, monkeypatch: pytest.MonkeyPatch
):
    browser = browse(inside_rep)
    whole = [row.task.lead.pk for row in browser.get("/").context["rows"]]
    monkeypatch.setattr(today, "LISTED", 1)
    monkeypatch.setattr(today, "FEW", 0)
    begun = browser.get("/")
    assert [row.task.lead.pk for row in begun.context["rows"]] == whole[:1]
    assert f"Show {len(whole) - 1} more" in text(begun)
    asked = browser.get(f"/{begun.context['more_address']}")
    assert [row.task.lead.pk for row in asked.context["rows"]] == whole
    assert "more</a>" not in text(asked)
    further_down = browser.get("/today/queue", {"lead": whole[-1]})
    assert len(further_down.context["rows"]) == len(whole)


def test_a_share_counts_only_who_went_straight_on(two: Scene, browse: Browse, marketer: Actor):
    mal = Transition.objects.filter(to_stage="MAL").first()
    assert mal
    rows = []
    for n in range(20):
        lead = Lead.objects.create(name=f"L{n}", created_at=clock.now())
        steps = [("", "MAL"), *([("MAL", "MQL")] if n < 5 else [("RECYCLED", "MQL")])]
        rows += [
            Transition(lead=lead, ordinal=nth, from_stage=a, to_stage=b, at=clock.now(), cause="path",
                       agreement_id=mal.agreement_id, recorded_at=clock.now())
            for nth, (a, b) in enumerate(steps, 1)
        ]  # fmt: skip
    Transition.objects.bulk_create(rows)
    step = browse(marketer).get("/").context["flow"].steps[1]
    assert (step.code, step.count, step.rate) == ("MAL", 23, 7 / 23)
