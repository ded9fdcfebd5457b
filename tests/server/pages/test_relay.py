"""The relay on pages: who holds what until when, giving it on, taking it, calls and promises, loads."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from tasuki.server.activities.models import Activity
from tasuki.server.core import clock
from tasuki.server.core.access import Actor
from tasuki.server.core.models import Role, Sight, Team, User
from tasuki.server.handoffs.models import Capacity, Clock, Handoff, Promise
from tasuki.server.lifecycle import commands as lifecycle
from tasuki.server.lifecycle import queries
from tasuki.server.lifecycle.routed import Ways
from tasuki.server.pages.templatetags import clocks
from tasuki.server.people.models import Lead
from tests.server.pages.scene import Scene

Browse = Callable[[Actor], Client]
MINUTE = timedelta(minutes=1)


@pytest.fixture
def handoff(scene: Scene) -> Handoff:
    """Of the hot lead; it is with ishii."""
    return Handoff.objects.get(lead=scene.hot)


@pytest.fixture
def colleague(scene: Scene, person: Callable[..., User], inside_sales_team: Team) -> Actor:
    return Actor(user=person("ito", Role.INSIDE_SALES, inside_sales_team))


def due_in(handoff: Handoff, minutes: int) -> None:
    """By the wall, so that it is the same whenever the test runs."""
    due = clock.now() + minutes * MINUTE
    Handoff.objects.filter(pk=handoff.pk).update(due_at=due)
    Clock.objects.filter(handoff=handoff).update(due_at=due, within="2 hours")


def page_of(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.content.decode()


def section(page: str, name: str) -> str:
    found = re.search(rf'<section[^>]*id="{name}".*?</section>', page, re.DOTALL)
    assert found, name
    return found[0]


def tomorrow(hour: int = 10) -> str:
    return f"{timezone.localtime(clock.now()) + timedelta(days=1):%Y-%m-%d}T{hour:02}:00"


# Clocks.


@pytest.mark.parametrize(
    ("minutes", "text", "must"),
    [(81, "in 1 h 20 m", False), (21, "in 20 m", True), (-5, "5 m over", True)],
)
def test_today_tells_how_much_time_is_left_and_in_vermilion_when_it_is_little(
    handoff: Handoff, browse: Browse, inside_rep: Actor, minutes: int, text: str, must: bool
):
    due_in(handoff, minutes)
    mine = section(page_of(browse(inside_rep), "/"), "queue")
    assert text in mine
    assert ('class="clock act"' in mine) is must


@pytest.mark.parametrize(
    ("time", "text"),
    [(timedelta(seconds=59), "under 1 m"), (timedelta(minutes=45), "45 m"), (timedelta(hours=2), "2 h"),
     (timedelta(hours=50, minutes=5), "50 h 5 m"), (timedelta(days=6, hours=3), "6 d"), (90_000_000, "1 m"), (None, "–")],
)  # fmt: skip
def test_amounts_of_time_read_short(time: timedelta | int | None, text: str):
    assert clocks.amount(time) == text


def test_marketing_finds_what_nobody_answered_and_what_came_back(
    handoff: Handoff, browse: Browse, inside_rep: Actor, marketer: Actor
):
    due_in(handoff, -90)
    client = browse(marketer)
    assert "藤井" in section(page_of(client, "/"), "neglected")
    lifecycle.decide(
        inside_rep, lead_id=handoff.lead_id, to="RECYCLED", reason="timing", note="車のローンが残っている"
    )
    page = page_of(client, "/")
    assert "藤井" not in section(page, "neglected")
    assert "車のローンが残っている" in section(page, "answered")


# The board.


def test_the_board_shows_who_holds_what_and_can_be_narrowed(
    handoff: Handoff, browse: Browse, manager: Actor, inside_sales_team: Team
):
    client = browse(manager)
    whole = page_of(client, "/handoffs")
    assert 'data-refresh="/handoffs"' in whole
    page = section(whole, "board")
    assert "藤井" in page
    assert "ishii" in page
    for query, there in (
        ("person=ishii", True), ("person=none", False), (f"team={inside_sales_team.name}", True), ("state=closed", False),
        ("overdue=1", False),
    ):  # fmt: skip
        assert ("藤井" in section(page_of(client, f"/handoffs?{query}"), "board")) is there, query
    due_in(handoff, -5)
    assert "藤井" in section(page_of(client, "/handoffs?overdue=1"), "board")


def test_only_who_leads_is_offered_to_set_what_people_can_take(
    handoff: Handoff, browse: Browse, manager: Actor, inside_rep: Actor
):
    assert 'action="/capacity/people/ishii"' in page_of(browse(manager), "/handoffs")
    assert "/capacity/people" not in page_of(browse(inside_rep), "/handoffs")
    assert browse(inside_rep).post("/capacity/people/ishii", {"weight": "1"}).status_code == 403


def test_capacity_is_set_and_nonsense_is_told(
    handoff: Handoff, browse: Browse, manager: Actor, inside_sales_team: Team
):
    client = browse(manager)
    assert client.post("/capacity/people/ishii", {"minutes_a_day": "40", "weight": "2"}).status_code == 302
    assert client.post(f"/capacity/teams/{inside_sales_team.pk}", {"minutes_a_lead": "30"}).status_code == 302
    one = Capacity.objects.get(user__username="ishii")
    assert (one.minutes_a_day, one.weight) == (40, 2.0)
    page = page_of(client, "/handoffs")
    assert "30 m of work" in page
    answer = client.post("/capacity/people/ishii", {"minutes_a_day": "4o", "weight": "nan"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'value="4o"' in page
    assert page.count('class="wrong"') == 2
    assert client.post("/capacity/teams/99", {"minutes_a_lead": "30"}).status_code == 404
    assert client.post("/capacity/people/nobody", {"weight": "1"}).status_code == 404
    assert Capacity.objects.get(user__username="ishii").minutes_a_day == 40


# The sash on the page of a lead.


def test_the_lead_says_who_holds_it_since_when_and_why_it_came_to_them(
    handoff: Handoff, browse: Browse, inside_rep: Actor
):
    sash = section(page_of(browse(inside_rep), f"/leads/{handoff.lead_id}"), "sash")
    assert "ishii" in sash
    assert "given to ishii (Inside sales Tokyo)" in sash
    assert "手の空いている人に渡せば二時間を守れる" in sash
    assert "<time" in sash
    assert 'title="due ' in sash


def test_a_rep_gives_it_to_a_colleague_with_a_note_and_the_ledger_tells(
    handoff: Handoff, browse: Browse, inside_rep: Actor, colleague: Actor
):
    client = browse(inside_rep)
    given = {"to": "user:ito", "note": "去年の担当者"}
    answer = client.post(f"/handoffs/{handoff.pk}/transfer", given, follow=True)
    assert answer.redirect_chain == [(f"/leads/{handoff.lead_id}", 302)]
    page = answer.content.decode()
    assert "Given to ito." in page
    sash = section(page, "sash")
    assert "ishii gave it to ito (Inside sales Tokyo)" in sash
    assert "去年の担当者" in sash
    assert [sash.count(word) for word in ("in time", "runs")] == [1, 1]  # a clock for each of the two
    assert Lead.objects.get(pk=handoff.lead_id).owner == colleague.user


@pytest.mark.parametrize("to", ["user:nobody", "team:none", "", "user:gone", "user:away", "x\0y"])
def test_a_transfer_to_nobody_is_told_beside_the_field_and_the_note_stays(
    handoff: Handoff, browse: Browse, inside_rep: Actor, person: Callable[..., User], to: str
):
    User.objects.filter(pk=person("gone", Role.INSIDE_SALES).pk).update(is_active=False)
    away, now = person("away", Role.INSIDE_SALES), clock.now()
    away.absences.create(begins_at=now - MINUTE, ends_at=now + 60 * MINUTE)
    answer = browse(inside_rep).post(f"/handoffs/{handoff.pk}/transfer", {"to": to, "note": "急ぎ"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'id="id_transfer_to_error"' in page
    assert "急ぎ" in page
    assert Clock.objects.filter(handoff=handoff).count() == 1


def test_who_gives_a_lead_away_that_only_they_saw_is_told_so(
    handoff: Handoff, browse: Browse, inside_rep: Actor, sales_rep: Actor
):
    User.objects.filter(pk=inside_rep.user.pk).update(sight=Sight.OWN)  # type: ignore[union-attr]
    client = browse(inside_rep)
    answer = client.post(f"/handoffs/{handoff.pk}/transfer", {"to": "user:sakai"}, follow=True)
    assert answer.redirect_chain == [("/handoffs", 302)]
    assert "you no longer see it" in answer.content.decode()


def test_what_waits_in_a_queue_is_offered_to_the_team_only_and_taken_once(
    handoff: Handoff, browse: Browse, inside_rep: Actor, colleague: Actor, marketer: Actor
):
    Handoff.objects.update(person=None)
    Clock.objects.update(person=None)
    take = f'action="/handoffs/{handoff.pk}/take"'
    first, second = browse(inside_rep), browse(colleague)
    for client in (first, second):
        assert take in page_of(client, "/")
    assert take not in page_of(browse(marketer), f"/leads/{handoff.lead_id}")
    assert browse(marketer).post(f"/handoffs/{handoff.pk}/take").status_code == 403
    assert first.post(f"/handoffs/{handoff.pk}/take").status_code == 302
    late = second.post(f"/handoffs/{handoff.pk}/take")
    assert late.status_code == 409
    assert "Somebody has this handoff already" in late.content.decode()


def test_a_colleague_of_another_team_is_offered_nothing_and_may_do_nothing(
    handoff: Handoff, browse: Browse, outsider: Actor, sales_rep: Actor
):
    User.objects.filter(pk=sales_rep.user.pk).update(sight=Sight.ALL)  # type: ignore[union-attr]
    assert "/transfer" not in page_of(browse(sales_rep), f"/leads/{handoff.lead_id}")
    given = {"to": "user:sakai", "note": ""}
    assert browse(sales_rep).post(f"/handoffs/{handoff.pk}/transfer", given).status_code in (403, 422)
    for path in (
        f"/handoffs/{handoff.pk}/transfer",
        f"/handoffs/{handoff.pk}/take",
        f"/leads/{handoff.lead_id}/call",
    ):
        assert browse(outsider).post(path, given).status_code == 404
    assert Handoff.objects.get().person != sales_rep.user


def test_an_earlier_day_shows_no_forms_of_today(handoff: Handoff, browse: Browse, inside_rep: Actor):
    page = page_of(browse(inside_rep), f"/leads/{handoff.lead_id}?at=2026-01-01")
    assert "/call" not in page
    assert "/transfer" not in page


# Calls.


def test_a_call_is_logged_and_the_next_one_promised(handoff: Handoff, browse: Browse, inside_rep: Actor):
    client = browse(inside_rep)
    given = {"outcome": "call_back", "note": "会議中", "promised_at": tomorrow()}
    page = client.post(f"/leads/{handoff.lead_id}/call", given, follow=True).content.decode()
    assert "The call was logged." in page
    assert "Wants to be called back · ishii · 会議中" in page
    promise = Promise.objects.get()
    assert timezone.localtime(promise.at).hour == 10
    assert f'action="/promises/{promise.pk}/move"' in section(page, "calls")
    client.post(f"/promises/{promise.pk}/move", {"at": tomorrow(15), "note": "見積"})
    promise.refresh_from_db()
    assert (timezone.localtime(promise.at).hour, promise.note) == (15, "見積")
    assert client.post(f"/promises/{promise.pk}/move", {"at": "never"}).status_code == 400
    assert client.post(f"/promises/{promise.pk}/cancel").status_code == 302
    assert client.post(f"/promises/{promise.pk}/cancel").status_code == 409
    assert queries.promises(inside_rep, handoff.lead_id) == []


def test_a_promised_call_is_on_today_at_its_time(handoff: Handoff, browse: Browse, inside_rep: Actor):
    promise = lifecycle.promise_call(inside_rep, handoff.lead_id, clock.now() + 60 * MINUTE, "見積の件")
    client = browse(inside_rep)
    assert kind_of(client) == ["new"]  # a handoff, with the promise beside it
    Handoff.objects.update(outcome="accepted")
    Lead.objects.update(score=0, stage="MAL", owner=None)
    assert kind_of(client) == ["coming"]
    Promise.objects.filter(pk=promise.pk).update(at=clock.now() + timedelta(days=8))
    assert kind_of(client) == []
    Promise.objects.filter(pk=promise.pk).update(at=clock.now() - MINUTE)
    assert kind_of(client) == ["call"]
    assert "見積の件" in section(page_of(client, "/"), "queue")


def kind_of(client: Client) -> list[str]:
    """Of the first lead in the queue, which is the one that was handed over."""
    return [row.task.kind for row in client.get("/").context["rows"]][:1]


@pytest.mark.parametrize(
    ("given", "field"),
    [({"outcome": ""}, "outcome"), ({"outcome": "sang"}, "outcome"), ({"promised_at": "2001-01-01T10:00"}, "promised_at"),
     ({"promised_at": "9999-12-31T23:59"}, "promised_at"), ({"promised_at": "soon"}, "promised_at"),
     ({"note": "a\0b"}, "note")],
)  # fmt: skip
def test_a_call_that_cannot_be_is_told_beside_the_field_and_what_was_typed_stays(
    handoff: Handoff, browse: Browse, inside_rep: Actor, given: dict[str, str], field: str
):
    typed = {"outcome": "reached", "note": "電話で確認", **given}
    answer = browse(inside_rep).post(f"/leads/{handoff.lead_id}/call", typed)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert f'id="id_call_{field}_error"' in page
    assert field == "note" or "電話で確認" in page
    assert not Activity.objects.filter(type="call").exists()


def test_the_re_approach_date_is_set_and_changed_on_the_page(
    handoff: Handoff, browse: Browse, inside_rep: Actor
):
    client = browse(inside_rep)
    for day in ("2027-03-01", "2027-04-01"):
        assert client.post(f"/leads/{handoff.lead_id}/reapproach", {"until": day}).status_code == 302
        found = Lead.objects.get(pk=handoff.lead_id).reapproach_at
        assert found is not None
        assert f"{timezone.localtime(found):%Y-%m-%d}" == day
    page = client.post(f"/leads/{handoff.lead_id}/reapproach", {"until": "2001-01-01"})
    assert page.status_code == 422
    assert 'id="id_reapproach_until_error"' in page.content.decode()


# The way of a handoff in words.


def told(*steps: dict[str, object]) -> list[str]:
    handoff = Handoff(routed=list(steps))
    return [step.text for step in Ways.of([handoff]).told(handoff)]


def test_every_step_of_a_way_is_a_sentence(inside_rep: Actor, inside_sales_team: Team):
    user, team = inside_rep.user.pk, inside_sales_team.pk  # type: ignore[union-attr]
    assert told(
        {"route": 0, "to": "former_owner", "why": "away", "person": user, "team": None},
        {"route": 1, "to": "account_owner", "why": "left", "person": user, "team": None},
        {"route": 2, "to": "user:ishii", "why": "gone", "person": None, "team": None},
        {"route": 3, "to": "Inside sales Tokyo", "why": "condition"},
        {"route": 4, "to": "inside_sales", "why": "full", "person": None, "team": team},
        {"route": 4, "to": "inside_sales", "why": "held", "person": None, "team": team},
        {"why": "released", "person": user, "team": team, "at": "2026-04-06T02:00:00+00:00"},
        {"why": "taken", "person": user, "team": team, "by": user},
        {"why": "taken", "to": "inside_sales", "person": 99_999, "team": None},
        {"why": "something new", "to": "sales"},
    ) == [
        "the former owner: ishii is away",
        "the owner of the company: ishii does not work here any more",
        "ishii: there is no such person or team any more",
        "Inside sales Tokyo: not for this lead",
        "Inside sales: Inside sales Tokyo is over its load",
        "Waits in the queue of Inside sales Tokyo until somebody has room",
        "There was room again: given to ishii (Inside sales Tokyo)",
        "ishii (Inside sales Tokyo) took it",
        "Inside sales: given to nobody",
        "Sales: something new",
    ]


def test_a_way_without_steps_is_empty(db: None):
    assert told() == []
    assert told({}) == [": "]


def test_hours_are_those_of_the_reader(handoff: Handoff, browse: Browse, inside_rep: Actor):
    User.objects.filter(pk=inside_rep.user.pk).update(time_zone="America/New_York")  # type: ignore[union-attr]
    due = datetime(2030, 1, 2, 3, 0, tzinfo=UTC)
    Clock.objects.update(due_at=due)
    assert "01 Jan 2030 22:00:00 EST" in page_of(browse(inside_rep), "/")
