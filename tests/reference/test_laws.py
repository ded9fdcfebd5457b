"""What must hold of every made-up case."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .evaluator import Entry, Result, evaluate
from .strategies import START, Case, cases, rule_cases

SETTINGS = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


def replays(case: Case, as_of: int | None = None) -> list[Result]:
    text, leads, end = case
    return [evaluate(text, ledger, end if as_of is None else as_of) for ledger in leads.values()]


@SETTINGS
@given(st.one_of(cases(), rule_cases()), st.integers(0, 60))
def test_what_happened_up_to_a_day_does_not_depend_on_how_far_one_looks(case: Case, days: int) -> None:
    earlier = min(START + days * 86_400_000_000, case[2])
    for short, full in zip(replays(case, earlier), replays(case), strict=True):
        assert short.transitions == [one for one in full.transitions if one.at <= earlier]
        assert short.refused == [one for one in full.refused if one.at <= earlier]


@SETTINGS
@given(cases())
def test_the_order_in_which_entries_arrive_changes_nothing(case: Case) -> None:
    text, leads, as_of = case
    reversed_leads: dict[str, list[Entry]] = {lead: ledger[::-1] for lead, ledger in leads.items()}
    assert replays((text, reversed_leads, as_of)) == replays(case)


@SETTINGS
@given(st.one_of(cases(), rule_cases()))
def test_nothing_happens_between_as_of_and_the_next_check_without_a_new_entry(case: Case) -> None:
    text, leads, as_of = case
    for ledger in leads.values():
        known = [entry for entry in ledger if entry.at <= as_of]
        result = evaluate(text, known, as_of)
        until = as_of + 30 * 86_400_000_000
        if result.next_check_at is not None:
            assert result.next_check_at > as_of
            until = min(until, result.next_check_at - 1)
        later = evaluate(text, known, until)
        assert (later.transitions, later.next_check_at) == (result.transitions, result.next_check_at)


@SETTINGS
@given(cases())
def test_transitions_link_up_and_automatic_ones_never_enter_a_stage_of_the_same_instant(case: Case) -> None:
    for result in replays(case):
        stage: str | None = None
        entered: set[tuple[int, str]] = set()
        for one in result.transitions:
            assert one.from_ == stage
            assert one.cause == "decision" or (one.at, one.to) not in entered
            stage, entered = one.to, entered | {(one.at, one.to)}
        assert result.stage == stage
