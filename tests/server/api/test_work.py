"""A system outside speaks with the API: what to do now, who holds what, calls and promises, loads."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tasuki.server.core import clock
from tasuki.server.core.access import Actor
from tasuki.server.core.models import Role, Sight, Team, User
from tasuki.server.handoffs.models import Clock, Handoff, Promise
from tasuki.server.lifecycle import relay
from tasuki.server.lifecycle.commands import decide
from tasuki.server.people.models import Lead
from tests.server.api.conftest import Api
from tests.server.lifecycle.stories import HOUR, START, agree, fresh, new_lead, visits, work

MINUTE = timedelta(minutes=1)
Apis = Callable[..., Api]


@pytest.fixture
def mql(inside_rep: Actor) -> Lead:
    """Handed to inside sales at eleven o'clock of Monday, due at one."""
    agree(80)
    return handed("Yamada Hanako")


def handed(name: str) -> Lead:
    lead = new_lead(name)
    visits(lead, START + HOUR, START + 2 * HOUR)
    work(START + 2 * HOUR)
    return fresh(lead)


def at(hours: float) -> Any:
    return clock.at(START + hours * HOUR)


def handoff_of(lead: Lead) -> int:
    return Handoff.objects.get(lead=lead, outcome="open").pk


# What to do now.


def test_who_asks_what_to_do_is_told_who_holds_it_and_how_much_time_is_left(
    mql: Lead, api_of: Apis, inside_rep: Actor
) -> None:
    with at(2.5):
        status, answer = api_of(inside_rep)("GET", "/work")
    assert (status, set(answer)) == (
        200, {"handoffs", "calls", "reapproach", "hot", "came_back", "neglected"},
    )  # fmt: skip
    (one,) = answer["handoffs"]
    assert (one["lead"], one["who"]["name"], one["person"], one["stage"]) == (
        mql.pk, "Yamada Hanako", "ishii", "MQL",
    )  # fmt: skip
    assert (one["since"], one["due_at"], one["left"]) == (
        "2026-04-06T02:00:00Z", "2026-04-06T04:00:00Z", 90 * 60.0,
    )  # fmt: skip


def test_a_handoff_is_on_the_list_of_who_has_it_and_one_in_a_queue_on_that_of_the_team(
    mql: Lead, api_of: Apis, inside_rep: Actor, inside_sales_team: Team, person: Callable[..., User]
) -> None:
    colleague = Actor(user=person("ito", Role.INSIDE_SALES, inside_sales_team))
    mine, theirs = api_of(inside_rep), api_of(colleague)

    def waiting(api: Api) -> list[int]:
        with at(3):
            return [one["lead"] for one in api("GET", "/work")[1]["handoffs"]]

    assert (waiting(mine), waiting(theirs)) == ([mql.pk], [])
    Handoff.objects.update(person=None)
    assert (waiting(mine), waiting(theirs)) == ([mql.pk], [mql.pk])


def test_handoffs_come_by_due_time_and_those_without_one_last(
    mql: Lead, api_of: Apis, inside_rep: Actor
) -> None:
    later, never = handed("Sato Jiro"), handed("Suzuki Taro")
    for lead, due in ((later, START + 9 * HOUR), (never, None)):
        Handoff.objects.filter(lead=lead).update(due_at=due)
        Clock.objects.filter(lead=lead).update(due_at=due)
    with at(3):
        found = api_of(inside_rep)("GET", "/work")[1]["handoffs"]
    assert [one["lead"] for one in found] == [mql.pk, later.pk, never.pk]
    assert found[2]["left"] is None


def test_marketing_sees_what_came_back_in_sales_own_words_and_what_is_neglected(
    mql: Lead, api_of: Apis, inside_rep: Actor, marketer: Actor
) -> None:
    late = handed("Sato Jiro")
    with at(3):
        decide(inside_rep, lead_id=mql.pk, to="RECYCLED", reason="timing", note="車のローンが残っている")
    with at(6):
        answer = api_of(marketer)("GET", "/work")[1]
        assert api_of(inside_rep)("GET", "/work")[1]["neglected"] == []
    (back,) = answer["came_back"]
    assert (back["lead"], back["outcome"], back["to"], back["reason"], back["note"], back["by"]) == (
        mql.pk, "returned", "RECYCLED", "timing", "車のローンが残っている", "ishii",
    )  # fmt: skip
    (neglected,) = answer["neglected"]
    assert (neglected["lead"], neglected["person"], neglected["left"]) == (late.pk, "ishii", -2 * 3600.0)


def test_hot_leads_are_those_handed_to_nobody_by_score_and_freshness(api_of: Apis, inside_rep: Actor) -> None:
    agree(500)
    fresh_, old, silent, sent_back = (new_lead(f"Lead {name}") for name in "abcd")
    day = 24 * HOUR
    visits(fresh_, START + 6 * day)
    visits(old, START + day, START + day + MINUTE)
    visits(silent, START - 3 * day, START - 3 * day + MINUTE)
    visits(sent_back, START + 6 * day)
    work(START + 6 * day)
    Lead.objects.filter(pk=sent_back.pk).update(stage="RECYCLED", stage_entered_at=START + 6 * day + HOUR)
    with clock.at(START + 6 * day + 2 * HOUR):
        hot = api_of(inside_rep)("GET", "/work")[1]["hot"]
    assert [(one["who"]["id"], one["who"]["score"], round(one["heat"])) for one in hot] == [
        (fresh_.pk, 40.0, 39), (old.pk, 80.0, 25),
    ]  # fmt: skip
    assert (hot[0]["activity"], hot[0]["at"]) == ("page_view", "2026-04-12T00:00:00Z")


@pytest.mark.parametrize(("limit", "status"), [("1", 200), ("0", 422), ("201", 422), ("x", 422)])
def test_the_list_can_be_cut(mql: Lead, api_of: Apis, inside_rep: Actor, limit: str, status: int) -> None:
    handed("Sato Jiro")
    with at(3):
        found, answer = api_of(inside_rep)("GET", "/work", limit=limit)
    assert found == status
    assert status != 200 or len(answer["handoffs"]) == 1


# Who holds what.


def test_the_board_is_read_page_by_page_and_nothing_is_lost(mql: Lead, api_of: Apis, manager: Actor) -> None:
    leads = [mql, *(handed(f"Lead {name}") for name in "abcd")]
    for number, lead in enumerate(leads[:4]):
        Handoff.objects.filter(lead=lead).update(due_at=START + (4 - number // 2) * HOUR)
    Handoff.objects.filter(lead=leads[4]).update(due_at=None)
    api, seen, after = api_of(manager), [], ""
    with at(3):
        while True:
            status, answer = api("GET", "/handoffs", limit=2, after=after)
            assert status == 200
            seen += [one["lead"] for one in answer["items"]]
            if not (after := answer["next"]):
                break
    assert seen == [leads[n].pk for n in (2, 3, 0, 1, 4)]


def test_the_board_is_narrowed_by_team_person_state_and_what_is_overdue(
    mql: Lead, api_of: Apis, manager: Actor, inside_rep: Actor
) -> None:
    queued, answered = handed("Sato Jiro"), handed("Suzuki Taro")
    Handoff.objects.filter(lead=queued).update(person=None, due_at=START + 9 * HOUR)
    with at(3):
        decide(inside_rep, lead_id=answered.pk, to="SAL")
    api = api_of(manager)

    def leads(**query: Any) -> list[int]:
        with at(5):
            status, answer = api("GET", "/handoffs", **query)
        assert status == 200, answer
        return [one["lead"] for one in answer["items"]]

    assert leads() == [mql.pk, queued.pk]
    assert leads(team="Inside sales Tokyo") == [mql.pk, queued.pk]
    assert leads(team="West") == []
    assert leads(person="ishii") == [mql.pk]
    assert leads(person="none") == [queued.pk]
    assert leads(overdue="true") == [mql.pk]
    assert leads(state="accepted") == leads(state="closed") == [answered.pk]
    assert leads(state="returned") == []


@pytest.mark.parametrize(
    "query",
    [{"state": "lost"}, {"after": "x"}, {"after": "[1]"}, {"after": '["2026-04-06", 1]'}, {"limit": 0},
     {"after": "[null, 99999999999999999999]"}, {"after": '["9999-12-31T23:59:59-14:00", 1]'},
     {"overdue": "maybe"}, {"team": "a\0b"}, {"colour": "red"}],
)  # fmt: skip
def test_a_question_that_makes_no_sense_is_refused(api: Api, query: dict[str, Any]) -> None:
    status, answer = api("GET", "/handoffs", **query)
    assert (status in (400, 422), set(answer)) == (True, {"error"})
    assert answer["error"]["cure"]


def test_one_handoff_comes_with_its_clocks_and_the_way_it_went(
    mql: Lead, api_of: Apis, manager: Actor, inside_sales_team: Team, person: Callable[..., User]
) -> None:
    person("ito", Role.INSIDE_SALES, inside_sales_team)
    api, number = api_of(manager), handoff_of(mql)
    with at(2.5):
        status, given = api("POST", f"/handoffs/{number}/transfer", {"to_user": "ito", "note": "前任者"})
    assert (status, given) == (
        200,
        {"id": number, "lead": mql.pk, "team": "Inside sales Tokyo", "person": "ito",
         "due_at": "2026-04-06T04:30:00Z"},
    )  # fmt: skip
    with at(3):
        status, one = api("GET", f"/handoffs/{number}")
    first, second = one["clocks"]
    assert (first["person"], first["stopped_because"], first["stopped_by"], first["met"]) == (
        "ishii", "transferred", "manabe", True,
    )  # fmt: skip
    assert (first["wall"], first["business"]) == (1800.0, 1800.0)
    assert (second["ordinal"], second["person"], second["started_because"], second["stopped_at"]) == (
        2, "ito", "transferred", None,
    )  # fmt: skip
    assert [(step["why"], step["text"], step["note"]) for step in one["way"]] == [
        ("taken", "Inside sales: given to ishii (Inside sales Tokyo)", ""),
        ("transferred", "manabe gave it to ito (Inside sales Tokyo)", "前任者"),
    ]


def test_a_rep_takes_what_waits_in_the_queue_and_a_second_one_comes_too_late(
    mql: Lead, api_of: Apis, inside_rep: Actor, inside_sales_team: Team, person: Callable[..., User]
) -> None:
    colleague = Actor(user=person("ito", Role.INSIDE_SALES, inside_sales_team))
    number = handoff_of(mql)
    Handoff.objects.update(person=None)
    Clock.objects.update(person=None)
    with at(3):
        assert api_of(colleague)("POST", f"/handoffs/{number}/take")[1]["person"] == "ito"
        status, problem = api_of(inside_rep)("POST", f"/handoffs/{number}/take")
    assert (status, problem["error"]["code"]) == (409, "handoff_taken")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"to_user": "nobody-here"}, "to_user"),
        ({"to_user": "gone"}, "to_user"),
        ({"to_user": "away"}, "to_user"),
        ({"to_team": "no team"}, "to_team"),
        ({}, "to_user"),
        ({"to_user": "gone", "to_team": "West"}, "to_user"),
        ({"to_user": ""}, "to_user"),
        ({"to_user": "a\0b"}, "to_user"),
        ({"to_user": "manabe", "note": "a\0b"}, "note"),
        ({"to_user": "manabe", "colour": "red"}, "colour"),
        ({"to_user": 17}, "to_user"),
    ],
)
def test_a_transfer_to_nobody_is_refused_and_changes_nothing(
    mql: Lead, api_of: Apis, manager: Actor, person: Callable[..., User], body: dict[str, Any], field: str
) -> None:
    User.objects.filter(pk=person("gone", Role.INSIDE_SALES).pk).update(is_active=False)
    away = person("away", Role.INSIDE_SALES)
    away.absences.create(begins_at=START, ends_at=START + 24 * HOUR)
    with at(3):
        status, answer = api_of(manager)("POST", f"/handoffs/{handoff_of(mql)}/transfer", body)
    assert (status, answer["error"]["field"]) == (422, field)
    assert answer["error"]["cure"]
    assert Clock.objects.count() == 1


def test_an_answered_handoff_stays_with_who_answered_it(mql: Lead, api_of: Apis, inside_rep: Actor) -> None:
    number, api = handoff_of(mql), api_of(inside_rep)
    with at(3):
        decide(inside_rep, lead_id=mql.pk, to="SAL")
        for path, body in (("transfer", {"to_user": "ishii"}), ("take", None)):
            status, answer = api("POST", f"/handoffs/{number}/{path}", body)
            assert (status, answer["error"]["code"]) == (409, "handoff_closed")


def test_a_colleague_of_another_team_neither_sees_nor_gives_away_what_is_not_theirs(
    mql: Lead, api_of: Apis, outsider: Actor, person: Callable[..., User]
) -> None:
    number = handoff_of(mql)
    blind, all_seeing = api_of(outsider), api_of(Actor(user=person("ogi", Role.SALES, None, Sight.ALL)))
    with at(3):
        assert blind("GET", "/handoffs")[1] == {"items": [], "next": None}
        assert blind("GET", f"/handoffs/{number}")[0] == 404
        assert blind("POST", f"/handoffs/{number}/transfer", {"to_user": "ono"})[0] == 404
        assert all_seeing("GET", f"/handoffs/{number}")[0] == 200
        assert all_seeing("POST", f"/handoffs/{number}/transfer", {"to_user": "ogi"})[0] == 403
    assert Clock.objects.count() == 1


def test_who_gives_a_lead_away_that_only_they_saw_is_still_answered(
    mql: Lead, api_of: Apis, inside_rep: Actor, person: Callable[..., User], sales_team: Team
) -> None:
    person("ito", Role.SALES, sales_team)
    User.objects.filter(pk=inside_rep.user.pk).update(sight=Sight.OWN)  # type: ignore[union-attr]
    api, number = api_of(inside_rep), handoff_of(mql)
    with at(3):
        status, answer = api("POST", f"/handoffs/{number}/transfer", {"to_user": "ito"})
        assert (status, answer["person"]) == (200, "ito")
        assert api("GET", f"/handoffs/{number}")[0] == 404


# Calls.


def test_a_call_is_logged_promised_moved_and_taken_back(mql: Lead, api_of: Apis, inside_rep: Actor) -> None:
    api = api_of(inside_rep)
    with at(3):
        body = {"outcome": "call_back", "promised_at": "2026-04-06T15:00:00+09:00", "key": "pbx-1"}
        status, done = api("POST", f"/leads/{mql.pk}/calls", body)
        assert (status, done["status"], done["promise"]["at"]) == (201, "stored", "2026-04-06T06:00:00Z")
        assert api("POST", f"/leads/{mql.pk}/calls", body)[0] == 200
        assert (
            api("GET", f"/leads/{mql.pk}/activities")[1]["items"][0]["properties"]["outcome"] == "call_back"
        )
        promise = done["promise"]["id"]
        status, moved = api("PATCH", f"/promises/{promise}", {"at": "2026-04-06T16:00:00+09:00"})
        assert (status, moved["at"], moved["person"]) == (200, "2026-04-06T07:00:00Z", "ishii")
    with at(7):
        (due,) = api("GET", "/work")[1]["calls"]
        assert (due["id"], due["who"]["id"]) == (promise, mql.pk)
        assert api("POST", f"/promises/{promise}/cancel")[0] == 200
        status, problem = api("POST", f"/promises/{promise}/cancel")
        assert (status, problem["error"]["code"]) == (409, "promise_done")
        assert api("GET", f"/leads/{mql.pk}/promises")[1] == {"items": []}


@pytest.mark.parametrize(
    "at_",
    ["2026-04-06T11:00:00+09:00", "1999-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2062-01-01T00:00:00Z",
     "2026-04-07T10:00:00", "tomorrow", "", None, 17],
)  # fmt: skip
def test_a_promise_at_no_time_one_could_call_is_refused(
    mql: Lead, api_of: Apis, inside_rep: Actor, at_: Any
) -> None:
    with at(3):
        status, answer = api_of(inside_rep)("POST", f"/leads/{mql.pk}/promises", {"at": at_})
    assert (status, bool(answer["error"]["cure"])) == (422, True)
    assert not Promise.objects.exists()


def test_a_re_approach_date_is_changed_by_a_decision_without_a_stage(
    mql: Lead, api_of: Apis, inside_rep: Actor
) -> None:
    api = api_of(inside_rep)
    with at(3):
        api("POST", f"/leads/{mql.pk}/decisions", {"to": "RECYCLED", "reason": "timing"})
        until = {"until": "2026-10-01T00:00:00+09:00"}
        assert api("POST", f"/leads/{mql.pk}/decisions", until)[0] == 201
        assert api("GET", f"/leads/{mql.pk}")[1]["reapproach_at"] == "2026-09-30T15:00:00Z"


# Loads.


def test_loads_say_how_full_a_team_is_and_who_leads_sets_what_it_can_take(
    mql: Lead, api_of: Apis, manager: Actor, inside_rep: Actor
) -> None:
    api = api_of(manager)
    with at(3):
        given = {"person": "ishii", "minutes_a_day": 40, "weight": 2}
        assert api("PUT", "/capacity/people", given) == (200, {**given, "weight": 2.0})
        team = {"team": "Inside sales Tokyo", "minutes_a_lead": 30}
        assert api("PUT", "/capacity/teams", team) == (200, team)
        (load,) = [one for one in api("GET", "/capacity")[1]["items"] if one["team"] == "Inside sales Tokyo"]
    assert (load["open"], load["minutes"], load["capacity"], load["share"]) == (1, 30, 40, 0.75)
    assert load["people"] == [
        {"person": "ishii", "open": 1, "minutes_a_day": 40, "weight": 2.0, "away": False}
    ]
    status, problem = api_of(inside_rep)("PUT", "/capacity/people", given)
    assert (status, problem["error"]["code"]) == (403, "role_not_allowed")


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("people", {"person": "nobody-here", "minutes_a_day": 40}, 404),
        ("people", {"person": "ishii", "minutes_a_day": -1}, 422),
        ("people", {"person": "ishii", "minutes_a_day": 1e300}, 422),
        ("people", {"person": "ishii", "weight": -1}, 422),
        ("people", {"person": "ishii", "weight": "much"}, 422),
        ("people", {"person": "a\0b"}, 422),
        ("teams", {"team": "no team", "minutes_a_lead": 20}, 404),
        ("teams", {"team": "Inside sales Tokyo", "minutes_a_lead": 0}, 422),
        ("teams", {"team": "Inside sales Tokyo"}, 422),
    ],
)
def test_a_capacity_that_cannot_be_is_refused(
    api: Api, inside_rep: Actor, path: str, body: dict[str, Any], status: int
) -> None:
    found, answer = api("PUT", f"/capacity/{path}", body)
    assert found == status
    assert answer["error"]["message"]


# Cost.


def test_a_hundred_rows_cost_as_many_queries_as_ten(
    api_of: Apis, inside_rep: Actor, manager: Actor, marketer: Actor,
    person: Callable[..., User], inside_sales_team: Team,
) -> None:  # fmt: skip
    agree(80)
    person("ito", Role.INSIDE_SALES, inside_sales_team)
    rep, lead, market = api_of(inside_rep), api_of(manager), api_of(marketer)
    asked: list[tuple[Api, str]] = [
        (rep, "/work"), (lead, "/work"), (market, "/work"), (lead, "/handoffs"), (lead, "/capacity"),
        (lead, "/handoffs?state=closed"),
    ]  # fmt: skip

    def counts() -> list[int]:
        found = []
        for api, path in asked:
            with at(30), CaptureQueriesContext(connection) as queries:
                assert api("GET", path)[0] == 200
            found.append(len(queries))
        return found

    def busy(first: int, last: int) -> None:
        leads = [new_lead(f"Lead n{n}") for n in range(first, last)]
        for one in leads:
            visits(one, START + HOUR, START + 2 * HOUR)
        work(START + 2 * HOUR)
        with at(3):
            for one in leads[:2]:
                relay.transfer(manager, handoff_of(one), to_team="Inside sales Tokyo")
            for one in leads[::3]:
                decide(inside_rep, lead_id=one.pk, to="RECYCLED", reason="timing", until=START + 4 * HOUR)
            for one in leads[1::3]:
                Promise.objects.create(lead=one, person=inside_rep.user, at=START + 4 * HOUR, made_at=START)
        for one in leads[::3]:
            visits(one, START + 5 * HOUR)
        work(START + 5 * HOUR)

    busy(0, 10)
    counts()
    few = counts()
    busy(10, 100)
    assert counts() == few
    assert max(few) <= 20, (
        few
    )  # what came back after it was accepted, and what may still be taken back, count too
    with at(30):
        shown = lead("GET", "/work")[1]
    assert {part: len(shown[part]) for part in ("hot", "came_back", "neglected")} == {
        "hot": 20, "came_back": 34, "neglected": 66,
    }  # fmt: skip


def test_times_of_the_answers_are_utc(mql: Lead, api_of: Apis, inside_rep: Actor) -> None:
    with at(3):
        one = api_of(inside_rep)("GET", f"/handoffs/{handoff_of(mql)}")[1]
    assert datetime.fromisoformat(one["clocks"][0]["started_at"]) == START + 2 * HOUR
