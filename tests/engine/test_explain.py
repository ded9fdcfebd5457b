"""An explanation says what the kernel did: its numbers add up, its conditions hold when the path was open."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasuki.agreement import agreement_of
from tasuki.engine.compile import compile_agreement
from tasuki.engine.explain import Explanation, explain
from tasuki.errors import UsageError
from tests.engine.examples import some
from tests.engine.story import fold_text, history_from
from tests.reference.evaluator import Lead
from tests.reference.expressions import holds
from tests.reference.language import read_agreement
from tests.reference.records import Entry
from tests.reference.stories import at, became, days, decided, did
from tests.reference.strategies import GRID, Case, cases

QUICK = some(30)


@st.composite
def asked(draw: st.DrawFn) -> tuple[str, dict[str, list[Entry]], int]:
    """A case and a time to ask about: of an entry, beside one, or any."""
    text, leads, as_of = draw(cases())
    leads = {lead: ledger for lead, ledger in leads.items() if ledger} or {
        "L": [Entry(at(0), "profile", 0, {})]
    }
    known = sorted({entry.at for ledger in leads.values() for entry in ledger})
    moment = draw(st.sampled_from(known)) + draw(st.sampled_from([0, 0, 1, -1, GRID, 9 * GRID]))
    return text, leads, draw(st.sampled_from([moment, moment, as_of]))


@QUICK
@given(asked())
def test_contributions_add_up_to_the_score_shown(case: Case) -> None:
    text, leads, when = case
    compiled, history = compile_agreement(agreement_of(text)), history_from(leads)
    folded = fold_text(text, leads, when)
    for lead in leads:
        told = explain(compiled, history, lead, when)
        values = {score.id: score.value for score in told.scores}
        assert values == pytest.approx(folded[lead].scores, abs=1e-9)
        assert (told.stage, told.entered, told.next_check) == (
            folded[lead].stage, folded[lead].entered_at, folded[lead].next_check_at,
        )  # fmt: skip
        assert {score.id: score.grade for score in told.scores} == folded[lead].grades
        for score in told.scores:
            bounds = compiled.agreement.scores[score.id]
            total = math.fsum([c.worth for c in score.contributions] + [values[part] for part in score.parts])
            assert min(max(total, bounds.low), bounds.high) == pytest.approx(score.value, abs=1e-6, rel=1e-9)


@QUICK
@given(asked())
def test_a_condition_is_said_to_hold_exactly_when_it_does(case: Case) -> None:
    """Judged by the slow evaluator, which knows nothing of the kernel, at any time whatever."""
    text, leads, when = case
    compiled, history = compile_agreement(agreement_of(text)), history_from(leads)
    for lead, ledger in leads.items():
        told, slow = explain(compiled, history, lead, when), folded_slowly(text, ledger, when)
        for way in told.ways:
            path = slow.agreement.stages[way.path.stage].enter[way.path.position]
            condition = path.when or path.requires
            assert way.holds == (condition is None or holds(condition, slow)), str(way)
        excluded = slow.agreement.excluded
        assert told.excluded == (excluded is not None and holds(excluded, slow))


def folded_slowly(text: str, ledger: list[Entry], when: int) -> Lead:
    """The slow evaluator's lead, standing at `when`."""
    lead = Lead(read_agreement(text), ledger, when)
    instant = lead.next_instant(None)
    while instant is not None and instant <= when:
        lead.visit(instant)
        instant = lead.next_instant(instant)
    lead.now = when
    return lead


@QUICK
@given(cases())
def test_no_path_that_is_said_to_be_open_was_left_untaken(case: Case) -> None:
    """At the time of an entry every automatic path is tried: unless the lead is excluded, or was there this instant."""
    text, leads, as_of = case
    compiled, history = compile_agreement(agreement_of(text)), history_from(leads)
    for lead, ledger in leads.items():
        for when in sorted({entry.at for entry in ledger if entry.at <= as_of})[-3:]:
            told = explain(compiled, history, lead, when)
            entered = {t.to for t in fold_text(text, {lead: ledger}, when)[lead].transitions if t.at == when}
            open_ = {way.path.stage for way in told.ways if way.path.when is not None and way.holds}
            assert told.excluded or open_ <= entered


@QUICK
@given(asked())
def test_the_timeline_tells_every_entry_and_every_transition_in_order(case: Case) -> None:
    text, leads, when = case
    compiled, history = compile_agreement(agreement_of(text)), history_from(leads)
    folded = fold_text(text, leads, when)
    for lead, ledger in leads.items():
        told = explain(compiled, history, lead, when)
        assert [m.at for m in told.timeline] == sorted(m.at for m in told.timeline)
        counts = {
            what: sum(m.what == what for m in told.timeline) for what in ("profile", "activity", "transition")
        }
        known = [entry for entry in ledger if entry.at <= when]
        assert counts == {
            "profile": sum(e.kind == "profile" for e in known),
            "activity": sum(e.kind == "activity" for e in known),
            "transition": len(folded[lead].transitions),
        }
        assert sum(m.what == "refused" for m in told.timeline) == len(folded[lead].refused)


STORY = """
agreement: 山田電機 BtoB
signals:
  pricing: {type: page_view, path: /pricing*}
  paper: {type: download}
  stop: {type: unsubscribe}
traits: {boss: {title: 部長}}
scores:
  behavior:
    range: [0, 40]
    rules:
      - {signal: pricing, points: 10, at_most: 1 per 1d, expires: 30d, because: 検討段階の行動}
      - {signal: paper, points: 16, halves: 10d, because: 課題を調べている}
      - {signal: paper, points: 5, while: [MQL], because: 渡したあとの一押し}
      - {signal: stop, resets: true, points: -3, because: 配信停止}
  fit: {rules: [{trait: boss, points: 30, because: 決められる人}]}
  person: {sum: [behavior, fit]}
stages:
  - {id: MAL, enter: [{when: has(email)}]}
  - id: MQL
    enter: [{from: [MAL], when: person >= 60 and happened(paper), because: 営業が追える線}]
    timeout: {after: 9d, to: MAL, reason: no_action}
  - {id: SAL, enter: [{from: [MQL], by: [sales], requires: bant >= 2}]}
qualification: {bant: [budget, authority, need, timing]}
"""
STEPS = [
    became(0, {"email": "t@yamada.example", "title": "部長"}),
    did(1, "page_view", path="/pricing"),
    did(1.5, "page_view", path="/pricing/list"),
    did(10, "download", name="比較資料"),
    did(12, "page_view", path="/pricing"),
    decided(13, "SAL", "marketing"),
    decided(14, "SAL", "sales", {"budget": "yes"}),
]


def told_at(when: float, extra: list[Entry] | None = None) -> Explanation:
    entries = [Entry(e.at, e.kind, seq, e.fields, e.answers) for seq, e in enumerate(STEPS + (extra or []))]
    return explain(agreement_of(STORY), history_from({"tanaka": entries}), "tanaka", at(when))


def worths(told: Explanation, score: str) -> dict[str, float]:
    found = next(s for s in told.scores if s.id == score)
    return {c.rule.because: round(c.worth, 3) for c in found.contributions}


def test_why_tanaka_is_no_mql_on_day_11() -> None:
    told = told_at(11)
    assert (told.stage, days(told.entered)) == ("MAL", 0)
    assert worths(told, "behavior") == {
        "検討段階の行動": 10,
        "課題を調べている": pytest.approx(16 * 0.5**0.1, abs=1e-3),
    }
    (mql,) = [way for way in told.ways if way.path.stage == "MQL"]
    assert [(part.text, part.holds) for part in mql.parts] == [
        ("person >= 60", False),
        ("happened(paper)", True),
    ]
    assert mql.parts[0].now.startswith("person is 54.9")


def test_why_tanaka_became_mql_on_day_12() -> None:
    told = told_at(12)
    assert told.stage == "MQL"
    last = told.timeline[-1]
    assert (last.what, days(last.at), last.because) == ("transition", 12, "営業が追える線")
    assert "MAL → MQL" in last.text
    assert "person >= 60" in last.text


def test_a_second_view_on_the_same_day_is_shown_as_capped() -> None:
    capped = [moment for moment in told_at(12).timeline if moment.what == "capped"]
    assert [days(moment.at) for moment in capped] == [1.5]


def test_a_download_before_the_handover_is_outside_of_the_rule_for_mqls() -> None:
    outside = [m for m in told_at(12).timeline if m.what == "outside"]
    assert [(days(m.at), m.because) for m in outside] == [(10, "渡したあとの一押し")]


def test_refused_decisions_are_told_with_their_reason() -> None:
    refused = [m.text for m in told_at(20).timeline if m.what == "refused"]
    assert len(refused) == 2
    assert "role" in refused[0]
    assert "bant >= 2" in refused[1]


def test_what_a_refused_decision_answered_does_not_count() -> None:
    (sal,) = [way for way in told_at(14).ways if way.path.stage == "SAL"]
    assert not sal.holds
    assert sal.parts[0].now.startswith("bant is 0")


def test_the_timeout_is_announced_and_then_told() -> None:
    assert days(told_at(20).next_check) == 21
    last = told_at(21).timeline[-1]
    assert (last.what, last.because) == ("transition", "no_action")
    assert told_at(21).stage == "MAL"


def test_after_unsubscribing_the_earlier_hits_are_shown_as_void() -> None:
    told = told_at(31, [did(15, "unsubscribe")])
    assert worths(told, "behavior") == {"配信停止": -3}
    assert {hit.state for hit in told.hits if hit.points > 0} == {"void"}
    behavior = next(score for score in told.scores if score.id == "behavior")
    assert (behavior.raw, behavior.value) == (-3, 0)


def test_an_old_view_is_shown_as_expired() -> None:
    states = {days(hit.at): hit.state for hit in told_at(31).hits if hit.rule.because == "検討段階の行動"}
    assert states == {1: "expired", 12: "counts"}


def test_a_lead_that_is_not_there_is_said() -> None:
    with pytest.raises(UsageError, match="lead `suzuki` is not in this history"):
        explain(agreement_of(STORY), history_from({"tanaka": [STEPS[0]]}), "suzuki")
