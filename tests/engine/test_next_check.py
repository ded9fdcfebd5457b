"""`next_check_at` is a promise: before it nothing happens by itself, and whoever looks only then misses nothing."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tasuki.agreement import agreement_of
from tasuki.engine.compile import Compiled, compile_agreement
from tasuki.engine.replay import replay
from tests.engine.examples import some
from tests.engine.story import history_from, result_of
from tests.reference.records import Entry, Result
from tests.reference.stories import DAY
from tests.reference.strategies import Case, cases

QUICK = some(30)
YEARS = 400 * DAY


def known_cases() -> st.SearchStrategy[Case]:
    """Cases in which every entry has come by `as_of`, and each lead has one."""
    return cases().map(_known)


def _known(case: Case) -> Case:
    text, leads, as_of = case
    known = {lead: [e for e in ledger if e.at <= as_of] for lead, ledger in leads.items()}
    return text, {lead: ledger for lead, ledger in known.items() if ledger}, as_of


def folded(compiled: Compiled, ledger: list[Entry], as_of: int) -> Result:
    return result_of(replay(compiled, history_from({"L": ledger}), as_of, threads=1), "L")


@QUICK
@given(case=known_cases(), share=st.floats(0, 1, exclude_max=True))
def test_nothing_happens_before_the_next_check(case: Case, share: float) -> None:
    text, leads, as_of = case
    compiled = compile_agreement(agreement_of(text))
    for ledger in leads.values():
        now = folded(compiled, ledger, as_of)
        end = now.next_check_at or as_of + YEARS
        assert end > as_of
        for later in (end - 1, as_of + int((end - as_of) * share)):
            then = folded(compiled, ledger, later)
            assert (then.transitions, then.refused, then.stage) == (now.transitions, now.refused, now.stage)
            assert then.next_check_at == now.next_check_at


@QUICK
@given(known_cases())
def test_looking_at_each_next_check_misses_no_transition(case: Case) -> None:
    text, leads, as_of = case
    compiled = compile_agreement(agreement_of(text))
    for ledger in leads.values():
        looked: set[int] = set()
        state = folded(compiled, ledger, as_of)
        for _ in range(12):
            if state.next_check_at is None:
                break
            looked.add(state.next_check_at)
            state = folded(compiled, ledger, state.next_check_at)
        assert {t.at for t in state.transitions if t.at > as_of} <= looked
