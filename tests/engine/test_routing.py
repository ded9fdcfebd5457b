"""Whether a route's `when` holds for a lead is what the kernel would say, and the slow evaluator does say."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from ruamel.yaml import YAML

from tasuki.agreement import Agreement, agreement_of
from tasuki.agreement.conditions import Condition, Negation
from tasuki.agreement.possible import contradiction
from tasuki.engine.compile import compile_agreement
from tasuki.engine.routing import holds_for
from tests.engine.test_against_reference import QUICK
from tests.reference.evaluator import Lead
from tests.reference.expressions import holds, parse
from tests.reference.language import read_agreement
from tests.reference.records import Entry
from tests.reference.strategies import Case, cases

TEXT = """\
agreement: 大阪と東京
traits:
  kansai: {account.prefecture: [大阪府, 兵庫県]}
  big: {account.employees: {gte: 300}}
  nameless: {account.name: {exists: false}}
scores:
  fit: {rules: [{trait: big, points: 40, because: x}], grades: {A: 40, B: 20}}
  person: {sum: [fit]}
stages:
  - id: MQL
    enter: [{when: has(email)}]
    handoff:
      to: inside_sales
      route: [{when: WHEN, to: 大阪チーム, because: 近い}]
"""


def asked(when: str, **lead: Any) -> bool:
    """Whether the route takes a lead with these fields, scores, grades and entries."""
    agreement = agreement_of(TEXT.replace("WHEN", when))
    known: dict[str, Any] = {"fields": {}, "scores": {}, "grades": {}, "times": {}, **lead}
    return holds_for(agreement, the_condition(agreement), **known)


def the_condition(agreement: Agreement) -> Condition:
    handoff = agreement.stage["MQL"].handoff
    assert handoff
    assert handoff.routes[0].when
    return handoff.routes[0].when


def test_a_company_of_osaka_goes_to_osaka_however_its_prefecture_is_written() -> None:
    assert asked("trait(kansai)", fields={"account.prefecture": "大阪府"})
    assert asked("trait(big)", fields={"account.employees": "３００"})
    assert not asked("trait(kansai)", fields={"account.prefecture": "東京都"})
    assert not asked("trait(kansai)")


def test_an_empty_field_is_absent() -> None:
    assert not asked("has(email)", fields={"email": ""})
    assert asked("trait(nameless)", fields={"account.name": ""})
    assert asked("not has(email) and trait(nameless)")


def test_a_lead_without_any_profile_has_no_trait_not_even_one_of_absence() -> None:
    assert not asked("trait(nameless)", fields=None)
    assert asked("not has(email)", fields=None)


def test_no_grade_is_worse_than_every_grade() -> None:
    assert asked("fit.grade >= B", grades={"fit": "A"})
    assert not asked("fit.grade >= B")
    assert asked("fit.grade < B or fit.grade == A")


def test_a_billionth_never_decides() -> None:
    assert asked("fit >= 0.3", scores={"fit": 0.1 + 0.2})
    assert asked("fit <= 0.3 and not fit > 0.3", scores={"fit": 0.1 + 0.2})
    assert asked("fit + person == 0.3", scores={"fit": 0.1, "person": 0.2})


def test_a_lead_that_comes_again_counts_its_entries() -> None:
    assert asked("times_entered(MQL) > 1", times={"MQL": 2})
    assert not asked("times_entered(MQL) > 1")


def test_what_a_lead_did_is_no_question_of_a_route() -> None:
    agreement = agreement_of(
        TEXT.replace("WHEN", "has(email)").replace("has(email)}]\n    h", "days_in_stage > 1}]\n    h")
    )
    (path,) = agreement.paths
    assert path.when
    with pytest.raises(ValueError, match="who the lead is"):
        holds_for(agreement, path.when, fields={}, scores={}, grades={}, times={})


@QUICK
@given(cases())
def test_the_slow_evaluator_says_the_same_of_every_route(case: Case) -> None:
    text, leads, as_of = case
    agreement = agreement_of(text)
    for ledger in leads.values():
        lead = folded(text, ledger, as_of)
        result = lead.result(as_of)
        known: dict[str, Any] = {
            "fields": lead.profile,
            "scores": result.scores,
            "grades": {score: grade for score, grade in result.grades.items() if grade},
            "times": {stage: lead.times_entered(stage) for stage in agreement.stage},
        }
        held = []
        for written, condition in routes(text, agreement):
            holding = holds_for(agreement, condition, **known)
            assert holding == holds(parse(written), lead), written
            held.append(condition if holding else Negation(condition))
        assert contradiction(agreement, *held) == "", "what holds at once was said to be impossible"


def folded(text: str, ledger: list[Entry], as_of: int) -> Lead:
    lead = Lead(read_agreement(text), ledger, as_of)
    instant = lead.next_instant(None)
    while instant is not None and instant <= as_of:
        lead.visit(instant)
        instant = lead.next_instant(instant)
    lead.now = as_of
    return lead


def routes(text: str, agreement: Agreement) -> list[tuple[str, Condition]]:
    """Each `when` of a route, as written and as read."""
    parts = [stage.get("handoff", {}).get("route", []) for stage in YAML(typ="safe").load(text)["stages"]]
    read = [route for stage in agreement.stages if stage.handoff for route in stage.handoff.routes]
    written = [route for part in parts for route in part]
    assert len(read) == len(written)
    return [(a["when"], b.when) for a, b in zip(written, read, strict=True) if b.when]


def test_stages_and_scores_do_not_change_by_who_is_handed_a_lead() -> None:
    """The compiled program, all that the kernel ever sees, is the same to the last number."""
    routed = TEXT.replace("WHEN", "trait(kansai) and times_entered(MQL) > 1")
    plain = routed[: routed.index("    handoff:")]
    one, other = (compile_agreement(agreement_of(text)).program for text in (routed, plain))
    for name in one._fields:
        assert np.array_equal(getattr(one, name), getattr(other, name)), name
