"""A handoff with routes: what it means, its mistakes, what is hardly meant, what changed."""

# ruff: noqa: E501 - one mistake, one line

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from tasuki.agreement import Handoff, agreement_of, names_to_hand_to
from tasuki.agreement.diff import differences
from tasuki.agreement.values import service_time, working_day
from tests.agreement.test_diff_mutations import at
from tests.agreement.test_fuzz import _all_places, _put, dumped, survives, values
from tests.agreement.texts import WHOLE, edited, problems, without_mark

PLAIN = "    handoff: {to: inside_sales, within: 2 business hours}\n"
ROUTED = edited(
    PLAIN,
    """\
    handoff:
      to: inside_sales
      within: 2 business hours
      remind: 30 business minutes
      escalate: 部長会
      reassign: 1 business hour
      route:
        - {to: former_owner, because: 前の話を知っている}
        - {to: account_owner, because: 企業の窓口は一つ}
        - {when: trait(target_size) and fit.grade >= B, to: 大阪チーム, by: turn, because: 近い}
        - {when: times_entered(MQL) > 1, to: "user:sato", because: 戻った相手に慣れている}
        - {to: inside_sales, by: load, because: 空いている人から}
      full: 東京チーム
      fallback: manager
""",
)
Case = tuple[str, str, str]

MISTAKES: list[Case] = [
    ("by: turn", "§bye: turn", "error[unknown-key] unknown key `bye`: did you mean `by`?"),
    ("      fallback: manager", "      §fall_back: manager", "error[unknown-key] unknown key `fall_back`: did you mean `fallback`?"),
    ("{to: former_owner, because", "§{because", "error[missing-key] `to` is missing"),
    ("{to: former_owner, because: 前の話を知っている}", "§former_owner", "error[value] item 1 of `route` should be a mapping, not `former_owner`"),
    ("by: turn", "by: §round_robin", "error[value] `round_robin` is no way to share leads: write `load` or `turn`"),
    ("to: account_owner,", "to: account_owner, §by: turn,", "error[handoff] `by` says how a role or team shares its leads, `account_owner` is one person: leave `by` out"),
    ('to: "user:sato",', 'to: "user:sato", §by: turn,', "error[handoff] `by` says how a role or team shares its leads, `user:sato` is one person: leave `by` out"),
    ('to: "user:sato"', 'to: §"user:"', "error[handoff] `user:` needs a user's name after it, like `user:sato`"),
    ("remind: 30 business minutes", "remind: §2 business hours", "error[handoff] `2 business hours` before it is due would be at the start: `remind` is shorter than `within`"),
    ("remind: 30 business minutes", "remind: §1 business day", "error[handoff] `1 business day` before it is due would be at the start: `remind` is shorter than `within`"),
    ("remind: 30 business minutes", "remind: §30 minutes", "error[handoff] `remind` is counted as `within` (2 business hours) is: write it in business hours, too"),
    ("fallback: manager", "fallback: §former_owner", "error[handoff] `fallback` names a role or a team, and `former_owner` is a person: name one, like `manager`"),
    ("escalate: 部長会", 'escalate: §"user:sato"', "error[handoff] `escalate` names a role or a team, and `user:sato` is a person: name one, like `manager`"),
    ("trait(target_size) and", "trait(§target_sise) and", "error[unknown-trait] unknown trait `target_sise`: did you mean `target_size`?"),
    ("fit.grade >= B", "§fitt.grade >= B", "error[unknown-score] unknown score `fitt`: did you mean `fit`?"),
    ("fit.grade >= B", "§bnt >= 3", "error[unknown-score] unknown score `bnt`; there is `behavior`, `fit`, `interest_security`, `person`"),
    ("times_entered(MQL) > 1", "times_entered(§MQLL) > 1", "error[unknown-stage] unknown stage `MQLL`: did you mean `MQL`?"),
    ("fit.grade >= B", "§count(webinar) > 2", "error[route] a route asks who the lead is, not what it did: instead of `count` ask a score, a grade, trait(…), has(…) or times_entered(…)"),
    ("fit.grade >= B", "§happened(trial)", "error[route] a route asks who the lead is, not what it did: instead of `happened` ask a score, a grade, trait(…), has(…) or times_entered(…)"),
    ("fit.grade >= B", "(fit > 2 or §days_in_stage > 2)", "error[route] a route asks who the lead is, not what it did: instead of `days_in_stage` ask a score, a grade, trait(…), has(…) or times_entered(…)"),
    ("fit.grade >= B", "§bant > 2", "error[route] a route asks who the lead is, not what it did: instead of `bant` ask a score, a grade, trait(…), has(…) or times_entered(…)"),
]  # fmt: skip
WARNINGS: list[Case] = [
    ("{to: former_owner, because: 前の話を知っている}", "§{to: former_owner}", "warning[no-because] a route without `because`: say why, so that whoever gets the lead can read it"),
    ("{when: times_entered(MQL) > 1", "§{when: fit >= 40 and trait(target_size)", "warning[unreachable-route] this route comes too late: route 3 has given its leads to `大阪チーム`; put this one before it, or give that one a narrower `when`"),
    ("{when: times_entered(MQL) > 1", "§{when: trait(target_size) and fit.grade >= B", "warning[unreachable-route] this route comes too late: route 3 has given its leads to `大阪チーム`; put this one before it, or give that one a narrower `when`"),
    ("      full:", "        - §{to: 東京チーム, because: 最後}\n      full:", "warning[unreachable-route] this route comes too late: route 5 has given its leads to `inside_sales`; put this one before it, or give that one a narrower `when`"),
    ("{to: account_owner", "§{to: former_owner", "warning[unreachable-route] this route comes too late: route 1 has given its leads to `former_owner`; put this one before it, or give that one a narrower `when`"),
    ("{when: times_entered(MQL) > 1", "§{when: person > 250", "warning[unreachable-route] this route can never match: `person > 250` can never hold: person stays between 0 and 250; change its `when` or leave the route out"),
    ("{when: times_entered(MQL) > 1", "§{when: fit.grade > A or fit > 60 and fit < 40", "warning[unreachable-route] this route can never match: `fit.grade > A` can never hold: fit stays between 0 and 50; change its `when` or leave the route out"),
    ("{when: times_entered(MQL) > 1", "§{when: fit.grade == C and fit >= 40", "warning[unreachable-route] this route can never match: `fit >= 40` and `fit.grade == C` cannot both hold; change its `when` or leave the route out"),
    ("{when: times_entered(MQL) > 1", "§{when: has(email) and not has(email)", "warning[unreachable-route] this route can never match: `has(email)` and `not has(email)` cannot both hold; change its `when` or leave the route out"),
    ("fallback: manager", "fallback: §inside_sales", "warning[same-team] `inside_sales` was asked before and had nobody: name another, like `manager`"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "problem"), MISTAKES + WARNINGS)
def test_what_is_wrong_or_hardly_meant_is_said_at_its_place(old: str, new: str, problem: str) -> None:
    assert ROUTED.count(old) == 1
    text, place = without_mark(ROUTED.replace(old, new))
    assert problems(text) == [f"{place}: {problem}"]


def test_a_handoff_with_everything_has_no_problem() -> None:
    assert problems(ROUTED) == []


def test_what_a_handoff_says() -> None:
    handoff = handoff_of(ROUTED)
    assert [str(time) for time in (handoff.within, handoff.remind, handoff.reassign)] == [
        "2 business hours", "30 business minutes", "1 business hour",
    ]  # fmt: skip
    assert (handoff.to, handoff.escalate, handoff.full, handoff.fallback) == (
        "inside_sales", "部長会", "東京チーム", "manager",
    )  # fmt: skip
    assert [(route.to, route.by, str(route.when or "")) for route in handoff.routes] == [
        ("former_owner", "load", ""),
        ("account_owner", "load", ""),
        ("大阪チーム", "turn", "trait(target_size) and fit.grade >= B"),
        ("user:sato", "load", "times_entered(MQL) > 1"),
        ("inside_sales", "load", ""),
    ]
    assert [route.names_person for route in handoff.routes] == [True, True, False, True, False]
    assert handoff.routes[0].because == "前の話を知っている"


def test_a_handoff_of_old_is_what_it_was_and_its_breach_is_told_to_managers() -> None:
    assert handoff_of(WHOLE) == Handoff("inside_sales", service_time("2 business hours"))
    assert handoff_of(WHOLE).escalate == "manager"


def test_the_names_that_somebody_must_bear() -> None:
    assert names_to_hand_to(agreement_of(ROUTED)) == {
        "inside_sales", "sales", "manager", "部長会", "大阪チーム", "東京チーム", "user:sato",
    }  # fmt: skip
    held = ROUTED.replace("full: 東京チーム", "full: hold")
    assert "hold" not in names_to_hand_to(agreement_of(held))


def handoff_of(text: str) -> Handoff:
    handoff = agreement_of(text).stage["MQL"].handoff
    assert handoff
    return handoff


def handed(part: str) -> str:
    """The whole agreement with this handoff to inside sales."""
    return edited(PLAIN, f"    handoff: {{to: inside_sales, {part}}}\n")


@pytest.mark.parametrize("key", ["remind: 1 hour", "reassign: 1 hour", "escalate: sales"])
def test_what_goes_by_the_due_time_needs_one(key: str) -> None:
    text, place = without_mark(handed(f"§{key}"))
    word = key.split(":", maxsplit=1)[0]
    assert problems(text) == [f"{place}: error[handoff] `{word}` has no time to go by: say `within`, too"]


def test_a_reminder_is_compared_by_the_days_of_the_calendar() -> None:
    assert problems(handed("within: 1 business day, remind: 8 business hours")) == []
    assert problems(handed("within: 1 business day, remind: 9 business hours"))
    assert problems(handed("within: 1 day, remind: 23 hours")) == []
    assert working_day("09:00-12:00, 13:00-18:00") == 8 * 3_600_000_000
    assert working_day("22:00-06:00") == 8 * 3_600_000_000


def test_a_team_that_overflows_into_itself_is_said() -> None:
    text, place = without_mark(handed("full: §inside_sales"))
    cure = "name another, or `hold`"
    assert problems(text) == [
        f"{place}: warning[same-team] `inside_sales` cannot take what `inside_sales` has no room for: {cure}"
    ]
    assert problems(ROUTED.replace("full: 東京チーム", "full: inside_sales")) == []


NEVER = "warning[unreachable-route] this route can never match, by what leads into"


@pytest.mark.parametrize(
    ("path", "route", "why"),
    [
        ("person >= 100 and fit >= 20", "person < 50", "`person < 50` and `person >= 100`"),
        ("fit.grade >= B", "not fit >= 20", "`fit.grade >= B` and `not fit >= 20`"),
        (
            "trait(target_size)",
            "not trait(target_size)",
            "`not trait(target_size)` and `trait(target_size)`",
        ),
        ("happened(trial)", "trait(competitor)", "`trait(competitor)` and `not trait(competitor)`"),
    ],
)
def test_a_route_for_leads_that_never_get_there_is_said(path: str, route: str, why: str) -> None:
    text = entered_by(f"{{from: [SAL], when: {path}}}", f"§{{when: {route}, to: sales, because: x}}")
    text, place = without_mark(text)
    said = f"{place}: {NEVER} SQL: {why} cannot both hold; change one of them"
    assert said in problems(text)


def entered_by(path: str, route: str) -> str:
    """The whole agreement with one way into SQL, and one route out of it."""
    by_hand = "      - {from: [SAL], by: [inside_sales, sales], requires: bant >= 3}\n"
    text = edited(by_hand, "").replace("{from: [SAL], when: happened(trial)}", path)
    return text.replace("{to: sales, within: 8 business hours}", f"{{to: sales, route: [{route}]}}")


def test_where_a_person_or_a_timeout_may_enter_every_route_can_match() -> None:
    route = "{when: person < 50, to: sales, because: x}"
    by_either = entered_by("{from: [SAL], when: person >= 100, by: [sales]}", route)
    assert problems(by_either) == []
    by_time = entered_by("{from: [SAL], when: person >= 100}", route).replace(
        "30d, to: RECYCLED", "30d, to: SQL"
    )
    assert not any("never match" in problem for problem in problems(by_time))


def test_a_route_counts_the_entry_that_it_follows_and_a_path_does_not_yet() -> None:
    path = "{from: [SAL], when: times_entered(SQL) < 1}"
    assert problems(entered_by(path, "{when: times_entered(SQL) >= 1, to: sales, because: x}")) == []


def test_two_routes_may_ask_the_same_as_long_as_the_first_may_find_nobody() -> None:
    twice = ROUTED.replace(
        "to: former_owner,", "when: trait(target_size) and fit.grade >= B, to: former_owner,"
    )
    assert problems(twice) == []


def test_a_trait_that_only_a_route_uses_is_used() -> None:
    text = ROUTED.replace("traits:\n", "traits:\n  kansai: {account.prefecture: 大阪府}\n")
    assert problems(text.replace("trait(target_size) and fit", "trait(kansai) and fit")) == []


def test_very_many_alternatives_are_taken_to_be_possible() -> None:
    either = "(" + " or ".join(f"has(f{i})" for i in range(10)) + ")"
    when = " and ".join([either] * 6)
    assert problems(ROUTED.replace("times_entered(MQL) > 1", when)) == []


# What changed.

CHANGES: list[tuple[str, str, list[str]]] = [
    ("remind: 30 business minutes", "remind: 1 business hour", ["MQL: reminded 30 business minutes → 1 business hour before"]),
    ("      escalate: 部長会\n", "", ["MQL: a breach told to 部長会 removed"]),
    ("reassign: 1 business hour", "reassign: 2 hours", ["MQL: given to the next 1 business hour → 2 hours after"]),
    ("full: 東京チーム", "full: hold", ["MQL: when full: 東京チーム → hold"]),
    ("      fallback: manager\n", "", ["MQL: when nobody is there: manager removed"]),
    ("        - {to: former_owner, because: 前の話を知っている}\n", "", ["MQL: no longer handed to the former owner"]),
    ("by: turn, ", "", ["MQL, route 3: in turn removed"]),
    ("fit.grade >= B", "fit.grade >= A", ["MQL, route 3: when trait(target_size) and fit.grade ≥ B → trait(target_size) and fit.grade ≥ A"]),
    ("to: 大阪チーム", "to: 神戸チーム", ["MQL, route 3: to 大阪チーム → 神戸チーム"]),
    ("because: 企業の窓口は一つ", "because: 窓口", ["MQL, route 2: because 企業の窓口は一つ → 窓口"]),
    ("        - {to: inside_sales, by: load", "        - {when: has(phone), to: 電話チーム, by: turn, because: x}\n        - {to: inside_sales, by: load", ["MQL: handed to 電話チーム when has(phone) in turn, as route 5"]),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "lines"), CHANGES)
def test_a_change_is_said_in_words(old: str, new: str, lines: list[str]) -> None:
    changed = ROUTED.replace(old, new)
    assert changed != ROUTED
    assert differences(agreement_of(ROUTED), agreement_of(changed)) == lines
    assert len(differences(agreement_of(changed), agreement_of(ROUTED))) == len(lines)


def test_a_first_route_is_said_to_be_the_first_in_both_languages() -> None:
    former = "        - {to: former_owner, because: 前の話を知っている}\n"
    old, new = agreement_of(ROUTED.replace(former, "")), agreement_of(ROUTED)
    assert differences(old, new) == ["MQL: handed first to the former owner"]
    assert differences(old, new, language="ja") == ["MQL：最初の引き渡し先：以前の担当者"]


def test_routes_that_change_places_are_said() -> None:
    former = "        - {to: former_owner, because: 前の話を知っている}\n"
    moved = ROUTED.replace(former, "").replace("        - {when: trait", former + "        - {when: trait")
    assert differences(agreement_of(ROUTED), agreement_of(moved)) == [
        "MQL: the routes stand in another order"
    ]


def test_names_that_changed_everywhere_are_no_change_of_a_route() -> None:
    text = ROUTED.replace("target_size", "right_size").replace("fit", "match")
    text = text.replace("times_entered(MQL)", "times_entered(NURTURE)").replace("RECYCLED", "NURTURE")
    old = ROUTED.replace("times_entered(MQL)", "times_entered(RECYCLED)")
    assert differences(agreement_of(old), agreement_of(text)) == [
        "trait target_size renamed to right_size",
        "score fit renamed to match",
        "stage RECYCLED renamed to NURTURE",
    ]


DATA = YAML(typ="safe").load(ROUTED)
INSIDE = ("stages", 1, "handoff")
PLACES = [(*INSIDE, *place) for place in _all_places(at(DATA, INSIDE))]


@pytest.mark.parametrize("place", PLACES[1:], ids=str)
def test_whatever_is_taken_away_is_said(place: tuple[Any, ...]) -> None:
    text, data = ROUTED, YAML(typ="safe").load(ROUTED)
    del at(data, place[:-1])[place[-1]]
    if place[-1] != "to" and not (
        place[-1] == "by" and place[-2] == 4
    ):  # `to` is required, `by: load` the default
        if place[-1] == "within":
            data["stages"][1]["handoff"] = {"to": "inside_sales"}
            text = WHOLE
        assert differences(agreement_of(text), agreement_of(dumped(data)))


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.sampled_from(PLACES), values), min_size=1, max_size=3))
def test_any_value_at_any_place_of_a_handoff(edits: list[tuple[tuple[Any, ...], Any]]) -> None:
    data = YAML(typ="safe").load(ROUTED)
    for place, value in edits:
        _put(data, place, value)
    survives(dumped(data))
