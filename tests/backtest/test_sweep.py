"""A sweep gives for each value exactly what a fresh replay of the edited agreement gives."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tasuki.agreement import Agreement, agreement_of
from tasuki.backtest.sweep import Setting, Sweep, setting_of, sweep, with_points
from tasuki.engine.compile import compile_agreement
from tasuki.engine.replay import replay
from tasuki.errors import UsageError
from tasuki.history import History
from tests.backtest.story import COMPANY, agreement, entered, multiplied, with_bar
from tests.engine.crowd import AGREEMENT, Ledgers, crowd
from tests.engine.examples import some
from tests.engine.story import history_from, result_of
from tests.reference.records import Entry
from tests.reference.stories import at
from tests.reference.strategies import Case, cases

Counted = tuple[int, int, tuple[int, int], tuple[int, int]]


def counted(
    edited: Agreement, history: History, leads: Ledgers, as_of: int, measure: str, outcome: str
) -> Counted:
    """Leads and entries of the measured stage, precision and recall, one lead at a time by a fresh replay."""
    done = replay(edited, history, as_of)
    whole = entries = asked = right = known = won = 0
    for lead, ledger in leads.items():
        if not ledger:
            continue
        moments = entered(result_of(done, lead), measure)
        reached = min(
            (
                e.at
                for e in ledger
                if e.fields.get("to") == outcome and e.kind == "decision" and e.at <= as_of
            ),
            default=None,
        )
        whole, entries = whole + bool(moments), entries + len(moments)
        if moments and (reached is None or reached >= moments[0]):
            asked, right = asked + 1, right + (reached is not None)
        if reached is not None:
            won, known = won + 1, known + (bool(moments) and moments[0] <= reached)
    return whole, entries, (right, asked), (known, won)


def told(swept: Sweep) -> list[Counted]:
    return [
        (s.leads, s.entries, (s.precision.count, s.precision.total), (s.recall.count, s.recall.total))
        for s in swept.steps
    ]


VALUES = (-20.0, 0.0, 5.0, 12.5, 15.0, 30.0, 25.0, 100.0, 10.0)  # in no order: a sweep may go up and down


def check_bar(
    agreed: Agreement,
    leads: Ledgers,
    as_of: int,
    bar: tuple[str, str, int | None],
    measure: str,
    outcome: str,
) -> None:
    history = history_from(leads, shards=2)
    stage, score, path = bar
    place = f"{stage}.{score}" if path is None else f"{stage}.{path}.{score}"
    swept = sweep(agreed, history, Setting(place, VALUES), outcome, measure=measure, as_of=as_of, threads=1)
    edited = [with_bar(agreed, stage, score, value, path) for value in VALUES]
    assert told(swept) == [counted(e, history, leads, as_of, measure, outcome) for e in edited]


@st.composite
def companies(draw: st.DrawFn) -> tuple[Case, str, str]:
    """A case of two dozen leads, the stage to measure and the outcome."""
    text, leads, as_of = draw(cases())
    leads = multiplied(leads, 8)
    stages = [stage.id for stage in agreement_of(text).stages]
    wanted = sorted(
        {e.fields["to"] for ledger in leads.values() for e in ledger if e.fields.get("to") and e.at <= as_of}
    )
    assume(wanted)
    return (text, leads, as_of), draw(st.sampled_from(stages)), draw(st.sampled_from(wanted))


@some(15)
@given(company=companies(), which=st.integers(0, 50), one_path=st.booleans())
def test_a_bar_moved_in_any_agreement(company: tuple[Case, str, str], which: int, one_path: bool) -> None:
    (text, leads, as_of), measure, outcome = company
    agreed = agreement_of(text)
    bars = compile_agreement(agreed).bars
    assume(bars)
    bar = bars[which % len(bars)]
    stage, _, position = bar.path.rpartition(".")
    check_bar(agreed, leads, as_of, (stage, bar.score, int(position) if one_path else None), measure, outcome)


@some(15)
@given(company=companies(), which=st.integers(0, 50))
def test_the_points_of_any_rule_of_any_agreement(company: tuple[Case, str, str], which: int) -> None:
    (text, leads, as_of), measure, outcome = company
    agreed = agreement_of(text)
    assume(agreed.rules)
    rule = agreed.rules[which % len(agreed.rules)]
    history = history_from(leads, shards=2)
    swept = sweep(agreed, history, Setting(rule.id, VALUES), outcome, measure=measure, as_of=as_of, threads=1)
    edited = [with_points(agreed, rule, value) for value in VALUES]
    assert told(swept) == [counted(e, history, leads, as_of, measure, outcome) for e in edited]


@pytest.mark.parametrize(
    "place", ["behavior.paper", "behavior.login", "behavior.stop", "behavior.4", "fit.boss"]
)
def test_points_of_a_signal_of_a_silence_and_of_a_trait(place: str) -> None:
    leads, agreed = crowd(60), agreement_of(AGREEMENT)
    history, as_of = history_from(leads, shards=3), at(110)
    swept = sweep(agreed, history, Setting(place, VALUES), "WON", as_of=as_of)
    score, name = place.split(".")
    rule = next(r for r in agreed.scores[score].rules if name in (str(r.position), *r.names))
    found = told(swept)
    assert found == [
        counted(with_points(agreed, rule, v), history, leads, as_of, "MQL", "WON") for v in VALUES
    ]
    assert len(set(found)) > 1 or place == "behavior.stop"  # the knob does something


def test_a_bar_of_a_crowd_and_how_few_leads_are_folded_for_it() -> None:
    leads, agreed = crowd(200), agreement_of(AGREEMENT)
    check_bar(agreed, leads, at(110), ("MQL", "person", None), "MQL", "WON")
    swept = sweep(agreed, history_from(leads), setting_of("MQL.person=50:60:1"), "WON", as_of=at(110))
    assert swept.steps[0].folded == 200
    assert max(step.folded for step in swept.steps[1:]) < 100


def test_points_of_a_crowd_and_how_few_leads_are_folded_between_the_ends() -> None:
    """More points for a paper only open paths of this agreement: only who goes another way is folded again."""
    leads, agreed = crowd(200), agreement_of(AGREEMENT)
    history = history_from(leads)
    swept = sweep(agreed, history, setting_of("behavior.paper=5:25:1"), "WON", as_of=at(110))
    rule = next(r for r in agreed.scores["behavior"].rules if "paper" in r.names)
    assert told(swept) == [
        counted(with_points(agreed, rule, step.value), history, leads, at(110), "MQL", "WON")
        for step in swept.steps
    ]
    between = swept.steps[1:-1]
    assert sum(step.folded for step in between) < len(between) * swept.steps[-1].folded / 2


def test_the_higher_the_bar_the_fewer_are_called_mql() -> None:
    """At 20 everybody but one view is enough; at 30 three views; at 40 nobody."""
    history = history_from(COMPANY)
    swept = sweep(agreement(), history, setting_of("MQL.person=20:40:10"), "WON", as_of=at(60))
    assert swept.present == 30
    assert [
        (s.value, s.leads, s.precision.count, s.precision.total, s.recall.count, s.recall.total)
        for s in swept.steps
    ] == [
        (20, 7, 4, 6, 4, 5),
        (30, 5, 3, 4, 3, 5),
        (40, 0, 0, 0, 0, 5),
    ]


def test_the_present_value_gives_the_present_result() -> None:
    leads = crowd(80)
    agreed, history = agreement_of(AGREEMENT), history_from(leads)
    now = counted(agreed, history, leads, at(110), "MQL", "WON")
    for text in ("MQL.person=50:50:1", "behavior.paper=15:15:1", "behavior.4=-5:-5:1"):
        swept = sweep(agreed, history, setting_of(text), "WON", as_of=at(110))
        assert told(swept) == [now]
        assert swept.present == swept.steps[0].value


def test_a_lead_without_entries_is_no_trouble() -> None:
    only = {"a": [Entry(at(0), "decision", 0, {"to": "WON", "role": "sales"})]}
    swept = sweep(agreement(), history_from(only, shards=3), setting_of("MQL.person=10:30:10"), "WON")
    assert [step.leads for step in swept.steps] == [0, 0, 0]


def test_values_may_fall_and_both_ends_are_tried() -> None:
    assert setting_of("MQL.person=60:140:40").values == (60, 100, 140)
    assert setting_of(" behavior.pricing=2:-1:1 ").values == (2, 1, 0, -1)
    assert setting_of("behavior.pricing=0.1:0.3:0.1").values == (0.1, 0.2, 0.3)
    assert setting_of("a.b=5:5:1").values == (5,)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "MQL.person",
        "MQL.person=1:2",
        "MQL.person=1:2:0",
        "=1:2:1",
        "MQL.person=a:b:c",
        "MQL.person=0:1e9:1",
        "MQL.person=0:1000000:1",
    ],
)
def test_a_setting_that_is_none_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(UsageError, match=r"place=from:to:step|the step has to be larger than 0"):
        setting_of(text)


@pytest.mark.parametrize(
    ("place", "says"),
    [
        ("MQL.persn", r"no condition of MQL compares `persn`.*MQL\.person"),
        ("MQLL.person", r"is no place: .*MQL\.person"),
        ("behavior.webinar", r"names no rule.*behavior\.pricing"),
        ("behavior", "is no place"),
        ("MAL.person", "no condition of MAL compares"),
        ("MQL.7.person", "no condition of MQL compares"),
    ],
)
def test_an_unknown_place_is_answered_with_those_there_are(place: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        sweep(agreement(), history_from(COMPANY), Setting(place, (1.0,)), "WON")


def test_two_rules_of_one_signal_are_told_apart_by_their_place() -> None:
    agreed = agreement_of(AGREEMENT)
    with pytest.raises(UsageError, match="2 rules"):
        sweep(agreed, history_from(crowd(5)), Setting("behavior.pricing", (1.0,)), "WON")
    assert sweep(agreed, history_from(crowd(60)), Setting("behavior.3", (1.0,)), "WON").present == 20


def test_an_unknown_stage_or_outcome_is_answered_with_those_there_are() -> None:
    setting, history = setting_of("MQL.person=1:2:1"), history_from(COMPANY)
    with pytest.raises(UsageError, match="no stage `MQQ`: there is MAL, MQL, WON"):
        sweep(agreement(), history, setting, "WON", measure="MQQ")
    with pytest.raises(UsageError, match="no decision of this history leads to `LOST`: there is WON"):
        sweep(agreement(), history, setting, "LOST")
    with pytest.raises(UsageError, match="no decision at all"):
        sweep(agreement(), history_from({"a": COMPANY["baba"]}), setting, "WON")


def test_points_swept_equal_points_written_into_the_file() -> None:
    history = history_from(COMPANY)
    swept = sweep(agreement(), history, setting_of("behavior.pricing=5:20:5"), "WON", as_of=at(60))
    written = [
        counted(agreement(pricing=points), history, COMPANY, at(60), "MQL", "WON")
        for points in (5, 10, 15, 20)
    ]
    assert told(swept) == written
    assert len(set(written)) > 2
