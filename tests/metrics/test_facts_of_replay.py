"""From a history to facts: a lead of Friday evening, its owner, its forms, and who is not counted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tasuki.agreement import agreement_of
from tasuki.engine.replay import replay
from tasuki.history import Activity, Decision, Profile, history_of
from tasuki.metrics.compute import compute
from tasuki.metrics.facts.of_replay import FactTables, facts_of
from tasuki.metrics.facts.schema import TABLES
from tasuki.metrics.reader import open_facts

AGREEMENT = """
agreement: 山田電機 BtoB
timezone: Asia/Tokyo
calendar: {days: mon-fri, hours: 09:00-18:00, holidays: JP}
traits: {rival: {account.domain: rival.example}}
excluded: trait(rival)
scores:
  behavior: {rules: [{signal: paper, points: 10, because: x}]}
  fit: {rules: [{trait: rival, points: 5, because: x}], grades: {A: 5, B: 0}}
  person: {sum: [behavior, fit]}
signals: {paper: {type: download}}
stages:
  - {id: MAL, enter: [{when: has(email)}]}
  - id: MQL
    enter: [{from: [MAL], when: person >= 10}]
    timeout: {after: 30d, to: RECYCLED, reason: no_action}
    handoff: {to: inside_sales, within: 2 business hours}
  - {id: SAL, enter: [{from: [MQL], by: [inside_sales]}]}
  - {id: RECYCLED, enter: [{from: [MQL, SAL], by: [inside_sales]}]}
reasons: {RECYCLED: [timing, no_action]}
"""
FRIDAY = datetime(2025, 7, 18, 8, 30, tzinfo=UTC)  # 17:30 in Tokyo; Monday the 21st is a holiday


def us(at: datetime) -> int:
    return (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def made(
    *,
    answer: datetime | None = None,
    call: datetime | None = None,
    to: str = "SAL",
    until: datetime = FRIDAY + timedelta(days=60),
) -> FactTables:
    """Abe downloads on Friday at 17:30; inside sales calls, and answers."""
    fields = {"email": "a@yamada.example", "source": "ads", "owner": "sato", "account.name": "山田"}
    profiles = [Profile("abe", us(FRIDAY - timedelta(days=1)), fields)]
    acts = [
        Activity(
            "abe",
            us(FRIDAY),
            {"type": "download", "content.kind": "whitepaper", "path": "/p", "channel": "web"},
        )
    ]
    acts += [Activity("abe", us(call), {"type": "call"})] if call else []
    decisions = [Decision("abe", us(answer), to, "inside_sales", "timing")] if answer else []
    return facts_of(replay(agreement_of(AGREEMENT), history_of(profiles, acts, decisions), us(until)))


def last(facts: FactTables, table: str) -> dict[str, Any]:
    return facts.tables[table].to_pylist()[-1]


def hours(number: float) -> timedelta:
    return timedelta(hours=number)


TUESDAY_NINE = datetime(2025, 7, 22, 0, 0, tzinfo=UTC)


def test_a_lead_of_friday_evening_is_due_on_tuesday_after_the_holiday() -> None:
    handoff = last(made(answer=TUESDAY_NINE + hours(1)), "handoffs")
    assert handoff["due_at"] == TUESDAY_NINE + hours(1.5)
    assert handoff["outcome"] == "accepted"
    assert handoff["answer_business"] == 1.5 * 3600
    assert handoff["answer_seconds"] == (TUESDAY_NINE + hours(1) - FRIDAY).total_seconds()
    assert handoff["met"] is True


def test_an_answer_after_the_due_time_misses_it_however_early_the_call_was() -> None:
    handoff = last(made(call=FRIDAY + hours(0.25), answer=TUESDAY_NINE + hours(3)), "handoffs")
    assert handoff["touch_business"] == 0.25 * 3600
    assert handoff["met"] is False


def test_each_thing_that_was_learned_of_a_handoff_is_a_version() -> None:
    facts = made(call=FRIDAY + hours(0.25), answer=TUESDAY_NINE + hours(1), to="RECYCLED")
    versions = facts.tables["handoffs"].to_pylist()
    assert [(row["revision"], row["outcome"], row["first_touch_at"] is not None) for row in versions] == [
        (1, "open", False), (2, "open", True), (3, "returned", True),
    ]  # fmt: skip


def test_a_handoff_that_nobody_answers_expires_and_is_no_touch() -> None:
    handoff = last(made(), "handoffs")
    assert (handoff["outcome"], handoff["first_touch_at"], handoff["met"]) == ("expired", None, False)
    moved = last(made(), "transitions")
    assert (moved["to_stage"], moved["cause"], moved["reason"], moved["is_return"]) == (
        "RECYCLED",
        "timeout",
        "no_action",
        True,
    )


def test_a_transition_carries_why_and_its_scores() -> None:
    facts = made(answer=TUESDAY_NINE)
    mal, mql, sal = facts.tables["transitions"].to_pylist()
    assert (mal["path"], mal["from_stage"], mal["by_hand"], mal["score"]) == ("MAL.0", None, False, 0.0)
    assert (mql["score"], mql["engagement"], mql["fit"], mql["grade"]) == (10.0, 10.0, 0.0, "B")
    assert dict(mql["scores"]) == {"behavior": 10.0, "fit": 0.0, "person": 10.0}
    assert (sal["path"], sal["role"], sal["by_hand"], sal["reason"]) == (
        "inside_sales",
        "inside_sales",
        True,
        "timing",
    )
    assert sal["recorded_at"] == sal["at"]


def test_a_lead_is_known_in_versions() -> None:
    first, second = made().tables["leads"].to_pylist()
    assert (first["channel"], first["content"], first["rep"]) == (None, None, "sato")
    assert (second["channel"], second["content"], second["source"]) == ("web", "/p", "ads")
    assert (first["recorded_at"], second["recorded_at"]) == (FRIDAY - timedelta(days=1), FRIDAY)
    assert first["created_at"] == second["created_at"]


def test_an_owner_who_comes_back_is_a_version_of_its_own() -> None:
    profiles = [
        Profile("abe", day, {"email": "a@b.example", "owner": owner})
        for day, owner in ((0, "sato"), (1, "ito"), (2, "sato"))
    ]
    facts = facts_of(replay(agreement_of(AGREEMENT), history_of(profiles), 10))
    assert facts.tables["leads"]["rep"].to_pylist() == ["sato", "ito", "sato"]
    assert facts.tables["leads"]["revision"].to_pylist() == [1, 2, 3]


def test_who_is_excluded_and_who_is_anonymous() -> None:
    profiles = [
        Profile("rival", 0, {"email": "x@rival.example", "account.domain": "rival.example"}),
        Profile("nobody", 0, {"source": "ads"}),
    ]
    facts = facts_of(replay(agreement_of(AGREEMENT), history_of(profiles), 10))
    found = {row["lead"]: (row["excluded"], row["anonymous"]) for row in facts.tables["leads"].to_pylist()}
    assert found == {"rival": (True, False), "nobody": (False, True)}


@pytest.mark.parametrize(
    ("looks", "sends", "expected"),
    [
        (["page_view"], True, (1, 1)),  # the page of a form that was ever sent
        (["form_view"], True, (1, 1)),
        (["page_view", "form_view"], True, (1, 1)),  # the form tells of its views itself
        (["page_view"], False, (0, 0)),  # a page without a form
        (["form_view"], False, (0, 1)),
    ],
)
def test_a_look_at_a_form(looks: list[str], sends: bool, expected: tuple[int, int]) -> None:
    acts = [
        Activity("abe", us(FRIDAY) + place, {"type": look, "path": "/contact"})
        for place, look in enumerate(looks)
    ]
    acts += [Activity("abe", us(FRIDAY) + 10, {"type": "form_submit", "path": "/contact"})] if sends else []
    facts = facts_of(replay(agreement_of(AGREEMENT), history_of([Profile("abe", 0, {"email": "a"})], acts)))
    with open_facts(facts) as opened:
        found = compute(opened, "mal.form_completion").total
    assert (found.numerator, found.denominator) == expected


def test_an_empty_history_gives_empty_facts() -> None:
    facts = facts_of(replay(agreement_of(AGREEMENT), history_of()))
    assert {name: len(table) for name, table in facts.tables.items()} == dict.fromkeys(TABLES, 0)
    with open_facts(facts) as opened:
        assert compute(opened, "mal.created").total.value == 0
