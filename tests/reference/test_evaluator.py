"""Sections 6 and 7 of the agreement's page: conditions and the fold, told as stories with their dates."""

from __future__ import annotations

import pytest

from .evaluator import Entry, Refused
from .stories import at, became, days, decided, did, moments, replayed, whys

SECOND = 1 / 86_400
KNOWN = {"email": "a@b.example", "account.name": "山田電機", "title": "営業本部長"}

FUNNEL = """
signals:
  page: {type: page}
  webinar: {type: webinar}
traits:
  decider: {title: {contains: 部長}}
  rival: {account.name: rival*}
excluded: trait(rival)
scores:
  behavior: {rules: [{signal: page, points: 10, expires: 30d}]}
  fit: {rules: [{trait: decider, points: 30}], grades: {A: 60, B: 30, C: 10}}
  person: {sum: [behavior, fit]}
stages:
  - id: MAL
    enter: [{when: has(email) and has(account.name)}]
  - id: MQL
    enter:
      - {from: [MAL, RECYCLED], when: person >= 50 and fit.grade >= C}
      - {from: [MAL], when: "count(webinar, 90d) >= 3"}
      - {from: MAL, by: [marketing]}
    timeout: {after: 30d, to: RECYCLED, reason: no_action}
  - id: SAL
    enter: [{from: [MQL], by: [sales, inside_sales]}]
  - id: SQL
    enter: [{from: [SAL], by: [sales], requires: bant >= 3}]
  - id: RECYCLED
    enter: [{from: [MQL, SAL], by: [sales]}]
    resets: [person]
  - id: DISQUALIFIED
    enter: [{from: any, by: [sales]}]
qualification:
  bant: [budget, authority, need, timing]
"""


def asked(condition: str, extra: str = "") -> str:
    """An agreement whose stage HIT is entered when a condition holds, and START by hand."""
    return f"""
signals: {{a: {{type: a}}, b: {{type: b}}}}
traits: {{big: {{size: {{gte: 100}}}}}}
scores:
  x: {{rules: [{{signal: a, points: 10}}], grades: {{A: 30, B: 20, C: 0}}}}
  y: {{rules: [{{signal: b, points: -10}}], grades: {{hot: 5}}}}
stages:
  - {{id: START, enter: [{{from: any, by: [sales]}}]{extra}}}
  - {{id: HIT, enter: [{{from: [none, START], when: "{condition}"}}]}}
qualification: {{bant: [budget, need]}}
"""


def first_hit(condition: str, *entries: Entry, extra: str = "", as_of: float = 100) -> float | None:
    """The day on which the condition first holds at an instant."""
    result = replayed(asked(condition, extra), list(entries), as_of)
    return next((day for stage, day in moments(result) if stage == "HIT"), None)


# Section 6


@pytest.mark.parametrize(
    ("condition", "day"),
    [
        ("x >= 20", 2),
        ("x > 20", 3),
        ("x == 20", 2),
        ("x != 0", 1),
        ("x + y == 20 and y < 0", 5),
        ("x - y >= 40", 5),
        ("x - 10 > y + 5", 2),
        ("not x < 30", 3),
        ("x < 10 and has(nothing) or x >= 20", 2),
        ("x >= 10 and (x >= 30 or has(nothing))", 3),
        ("y <= -10", 5),
        ("x.grade >= B", 2),
        ("x.grade == A", 3),
        ("x.grade != C", 2),
        ("count(a) >= 2", 2),
        ("count(a, 1d) == 0 and count(a) > 0", 5),
        ("count(a, 3d) == 3", 3),
        ("happened(b)", 5),
    ],
)
def test_a_condition_first_holds_on_its_day(condition: str, day: float) -> None:
    assert first_hit(condition, did(1, "a"), did(2, "a"), did(3, "a"), did(5, "b")) == day


def test_no_grade_is_worse_than_all() -> None:
    assert first_hit("y.grade < hot", did(1, "b")) == 1
    assert first_hit("y.grade >= hot", did(1, "b")) is None
    assert first_hit("y.grade != hot", did(1, "b")) == 1


def test_traits_and_fields_are_those_of_the_profile_in_force() -> None:
    assert first_hit("trait(big)", did(0, "a"), became(1, {"size": "99"}), became(2, {"size": "100"})) == 2
    assert first_hit("has(size)", did(0, "a"), became(1, {"size": ""}), became(2, {"size": "1"})) == 2
    assert first_hit("not has(size)", became(1, {"size": "1"}), became(2, {"mail": "m"})) == 2


def test_a_count_has_a_window_open_at_its_start() -> None:
    assert first_hit("count(a, 2d) >= 2", did(0, "a"), did(2, "a"), did(3, "a")) == 3


def test_happened_means_since_the_entry_into_the_present_stage() -> None:
    entries = [did(1, "a"), decided(2, "START"), did(2, "a"), did(4, "a")]
    assert first_hit("happened(a) and times_entered(START) >= 1", *entries) == 4


def test_days_in_stage_are_a_fraction_and_none_without_a_stage() -> None:
    entries = [did(0, "a"), decided(1, "START"), did(2.4, "a"), did(2.5, "a")]
    assert first_hit("days_in_stage >= 1.5", *entries) == 2.5
    assert first_hit("days_in_stage == 0", *entries) == 0


def test_times_entered_counts_every_entry_of_whatever_cause() -> None:
    entries = [decided(1, "START"), decided(2, "START"), decided(3, "START")]
    assert first_hit("times_entered(START) == 2", *entries) == 2


def test_a_qualification_sets_name_is_the_number_of_its_questions_answered_yes() -> None:
    entries = [
        decided(1, "", answers={"budget": "はい", "shoe_size": "yes"}),
        decided(2, "", answers={"need": "no"}),
        decided(3, "", answers={"need": "ＹＥＳ"}),
    ]
    assert first_hit("bant >= 1", *entries) == 1
    assert first_hit("bant >= 2", *entries) == 3


@pytest.mark.parametrize("answer", ["true", "yes", "Y", "1", "はい", "有", "○"])
def test_these_answers_mean_yes(answer: str) -> None:
    assert first_hit("bant >= 1", decided(1, "", answers={"budget": answer})) == 1


# Section 7


def test_the_way_of_a_lead_from_first_contact_to_sql() -> None:
    entries = [
        became(0, KNOWN),
        did(3, "page"),
        did(4, "page"),
        decided(5, "SAL", "inside_sales"),
        decided(6, "SQL", "sales", {"budget": "yes", "need": "yes"}),
        decided(7, "SQL", "sales", {"budget": "yes", "need": "yes", "timing": "yes"}),
    ]
    result = replayed(FUNNEL, entries, as_of=8)
    assert moments(result) == [("MAL", 0), ("MQL", 4), ("SAL", 5), ("SQL", 7)]
    assert [(t.from_, t.cause, t.path) for t in result.transitions] == [
        (None, "path", "MAL.0"),
        ("MAL", "path", "MQL.0"),
        ("MQL", "decision", "inside_sales"),
        ("SAL", "decision", "sales"),
    ]
    assert result.transitions[1].scores == {"behavior": 20, "fit": 30, "person": 50}
    assert result.refused == [Refused(at(6), "SQL", "sales", "SAL", "requires")]
    assert (result.stage, days(result.entered_at)) == ("SQL", 7)
    assert result.grades == {"behavior": None, "fit": "B", "person": None}
    assert days(result.next_check_at) == 33  # the first page's points expire


def test_entries_at_as_of_count_and_later_ones_do_not() -> None:
    entries = [became(0, KNOWN), decided(5, "MQL", "marketing")]
    assert moments(replayed(FUNNEL, entries, as_of=5)) == [("MAL", 0), ("MQL", 5)]
    assert moments(replayed(FUNNEL, entries, as_of=5 - SECOND)) == [("MAL", 0)]


def test_an_empty_lead_has_no_stage_and_nothing_to_check() -> None:
    result = replayed(FUNNEL, [])
    assert (result.transitions, result.stage, result.entered_at, result.next_check_at) == (
        [],
        None,
        None,
        None,
    )


def test_at_equal_time_a_profile_comes_before_an_activity_before_a_decision() -> None:
    entries = [decided(1, "SAL"), did(1, "page"), did(0.5, "page"), became(1, KNOWN)]
    # At the decision the lead has no stage yet: automatic paths come last.
    result = replayed(FUNNEL, entries, as_of=2)
    assert whys(result) == ["from"]
    assert moments(result) == [("MAL", 1), ("MQL", 1)]


def test_several_stages_may_be_entered_at_one_instant_but_none_twice() -> None:
    agreement = """
        stages:
          - {id: A, enter: [{from: [none, B], when: times_entered(A) >= 0}]}
          - {id: B, enter: [{from: A, when: times_entered(A) >= 1}]}
        """
    result = replayed(agreement, [did(0, "x"), did(1, "x")], as_of=1)
    assert moments(result) == [("A", 0), ("B", 0), ("A", 1), ("B", 1)]


def test_stages_are_tried_in_file_order_then_their_paths() -> None:
    agreement = """
        stages:
          - {id: LATE, enter: [{from: EARLY, when: days_in_stage >= 0}]}
          - id: EARLY
            enter: [{when: days_in_stage > 0}, {when: days_in_stage >= 0}, {when: days_in_stage < 1}]
          - {id: OTHER, enter: [{when: days_in_stage >= 0}]}
        """
    result = replayed(agreement, [did(0, "x")])
    assert [t.path for t in result.transitions] == ["EARLY.1", "LATE.0"]


@pytest.mark.parametrize(
    ("decision", "why"),
    [
        (decided(1, "NOWHERE", "stranger"), "unknown_stage"),
        (decided(1, "MQL", "sales"), "role"),
        (decided(1, "SAL", "sales"), "from"),
    ],
)
def test_a_refused_decision_says_why_and_changes_nothing(decision: Entry, why: str) -> None:
    result = replayed(FUNNEL, [became(0, KNOWN), decision])
    assert whys(result) == [why]
    assert moments(result) == [("MAL", 0)]


def test_the_answers_of_a_refused_decision_are_forgotten_those_of_others_persist() -> None:
    yes = {"budget": "yes", "need": "yes", "timing": "yes"}
    start = [became(0, KNOWN), decided(1, "MQL", "marketing")]
    refused_first = [*start, decided(2, "SQL", "sales", yes), decided(3, "SAL"), decided(4, "SQL")]
    assert whys(replayed(FUNNEL, refused_first, as_of=5)) == ["from", "requires"]
    noted_first = [*start, decided(2, "", "sales", yes), decided(3, "SAL"), decided(4, "SQL")]
    assert moments(replayed(FUNNEL, noted_first, as_of=5))[-1] == ("SQL", 4)


def test_from_any_includes_no_stage_yet_and_the_present_stage() -> None:
    result = replayed(FUNNEL, [decided(1, "DISQUALIFIED"), decided(2, "DISQUALIFIED")], as_of=3)
    assert [(t.from_, t.to) for t in result.transitions] == [
        (None, "DISQUALIFIED"),
        ("DISQUALIFIED", "DISQUALIFIED"),
    ]


def test_while_excluded_holds_nothing_is_entered_by_itself_but_decisions_and_timeouts_work() -> None:
    rival = {**KNOWN, "account.name": "Rival Inc."}
    entries = [
        became(0, KNOWN),
        became(1, rival),
        did(2, "page"),
        did(2, "page"),
        decided(3, "MQL", "marketing"),
    ]
    result = replayed(FUNNEL, entries, as_of=40)
    assert moments(result) == [("MAL", 0), ("MQL", 3), ("RECYCLED", 33)]
    assert [t.cause for t in result.transitions] == ["path", "decision", "timeout"]


def test_a_timeout_enters_its_stage_with_an_empty_path_and_the_scores_before_the_resets() -> None:
    entries = [became(0, KNOWN), did(20, "page"), did(20, "page")]
    result = replayed(FUNNEL, entries, as_of=49.9)
    assert days(result.next_check_at) == 50  # both the timeout and the end of the points
    entries.append(did(40, "page"))
    result = replayed(FUNNEL, entries, as_of=50)
    last = result.transitions[-1]
    assert (last.to, days(last.at), last.cause, last.path) == ("RECYCLED", 50, "timeout", "")
    assert last.scores == {"behavior": 10, "fit": 30, "person": 40}
    assert result.scores == {"behavior": 0, "fit": 30, "person": 30}  # the reset of a sum reaches its parts


def test_a_timeout_comes_before_the_decision_of_the_same_instant() -> None:
    entries = [became(0, KNOWN), decided(1, "MQL", "marketing"), decided(31, "SAL")]
    result = replayed(FUNNEL, entries, as_of=32)
    assert moments(result)[-1] == ("RECYCLED", 31)
    assert whys(result) == ["from"]


def test_leaving_a_stage_stops_its_timeout() -> None:
    entries = [became(0, KNOWN), decided(1, "MQL", "marketing"), decided(30, "SAL")]
    assert moments(replayed(FUNNEL, entries))[-1] == ("SAL", 30)


def test_an_expiry_is_an_instant_at_which_paths_are_tried() -> None:
    assert first_hit("x == 0 and count(a) == 1", did(0, "a")) is None
    agreement = asked("x == 0 and count(a) == 1").replace("points: 10}", "points: 10, expires: 9d}")
    assert moments(replayed(agreement, [did(0, "a")])) == [("HIT", 9)]


def test_the_end_of_a_fade_is_an_instant_but_its_way_down_is_not() -> None:
    agreement = asked("x <= 5 and count(a) == 1").replace("points: 10}", "points: 10, fades: 8d}")
    assert moments(replayed(agreement, [did(0, "a")])) == [("HIT", 8)]


def test_a_silence_is_an_instant() -> None:
    agreement = asked("x < 0").replace("{signal: a, points: 10}", "{silence: 7d, points: -1}")
    assert moments(replayed(agreement, [did(0, "a")])) == [("HIT", 7)]


def test_recheck_looks_again_each_so_often_after_the_entry() -> None:
    entries = [decided(1, "START")]
    assert first_hit("days_in_stage > 9", *entries) is None
    assert first_hit("days_in_stage > 9", *entries, extra=", recheck: 2d") == 11
    result = replayed(asked("days_in_stage > 9", ", recheck: 2d"), [decided(1, "START")], as_of=5)
    assert days(result.next_check_at) == 7


def test_an_activity_at_the_instant_of_an_entry_belongs_before_it() -> None:
    entries = [did(1, "a"), decided(1, "START"), did(2, "b")]
    assert first_hit("happened(a) and times_entered(START) == 1", *entries) is None
    assert first_hit("happened(b) and times_entered(START) == 1", *entries) == 2


def test_while_looks_at_the_stage_before_the_automatic_paths_of_this_instant() -> None:
    agreement = asked("count(a) >= 1").replace("points: 10}", "points: 10, while: [HIT]}")
    assert replayed(agreement, [did(1, "a")], as_of=1).scores["x"] == 0
    assert replayed(agreement, [did(1, "a"), did(2, "a")], as_of=2).scores["x"] == 10


def test_a_decision_may_enter_a_stage_of_this_instant_again_but_a_path_may_not() -> None:
    agreement = asked("times_entered(START) >= 1").replace("from: [none, START]", "from: any")
    result = replayed(agreement, [decided(1, "START"), decided(1, "START")], as_of=1)
    assert [t.to for t in result.transitions] == ["START", "START", "HIT"]
    by_hand_too = agreement.replace(
        '{from: any, when: "times', '{from: any, by: [sales]}, {from: any, when: "times'
    )
    result = replayed(by_hand_too, [decided(1, "HIT"), decided(1, "START")], as_of=1)
    assert [t.to for t in result.transitions] == ["HIT", "START"]


def test_an_agreement_without_scores_is_valid() -> None:
    result = replayed("stages: [{id: MAL, enter: [{by: [sales]}]}]", [decided(1, "MAL")], as_of=1)
    assert (moments(result), result.scores, result.grades) == ([("MAL", 1)], {}, {})
