"""The engine and a slow evaluator written separately from the same page agree on everything."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from tests.engine.story import fold_text
from tests.reference.evaluator import evaluate
from tests.reference.records import Result
from tests.reference.strategies import Case, cases, rule_cases

EXAMPLES = int(os.environ.get("TASUKI_EXAMPLES", "300"))
QUICK = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate]
    + ([Phase.shrink] if os.environ.get("TASUKI_SHRINK") else []),
)


def assert_same(ours: Result, theirs: Result) -> None:
    assert [t[:5] for t in ours.transitions] == [t[:5] for t in theirs.transitions]
    for mine, other in zip(ours.transitions, theirs.transitions, strict=True):
        assert mine.scores == pytest.approx(other.scores, abs=1e-9, rel=1e-9)
    assert ours.refused == theirs.refused
    assert (ours.stage, ours.entered_at) == (theirs.stage, theirs.entered_at)
    assert ours.scores == pytest.approx(theirs.scores, abs=1e-9, rel=1e-9)
    assert ours.grades == theirs.grades
    assert ours.next_check_at == theirs.next_check_at


@QUICK
@given(cases())
def test_the_engine_agrees_with_the_slow_evaluator(case: Case) -> None:
    agree_on(case)


@QUICK
@given(rule_cases())
def test_they_agree_at_the_edges_of_every_window(case: Case) -> None:
    agree_on(case)


def agree_on(case: Case) -> None:
    text, leads, as_of = case
    ours = fold_text(text, leads, as_of)
    for lead in ours:
        assert_same(ours[lead], evaluate(text, leads[lead], as_of))
