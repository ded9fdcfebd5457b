"""Hypothesis strategies: agreements with everything of the language, ledgers in which their signals match.

Times lie on a coarse grid and durations are multiples of it, so that entries, expiries, silences, timeouts
and rechecks keep falling on the same instant; a few odd microseconds stand beside them.
"""

from __future__ import annotations

from hypothesis import strategies as st

from .agreement_strategies import agreements
from .evaluator import Entry
from .vocabulary import (
    ACTIVITY_SHAPES,
    ANSWERS,
    LEDGER_ROLES,
    LEDGER_STAGES,
    PROFILE_SHAPES,
    QUESTIONS,
)

__all__ = ["GRID", "START", "agreements", "cases", "ledgers"]

START = 1_704_067_200_000_000  # 2024-01-01T00:00:00Z
GRID = 6 * 3_600_000_000  # six hours
ODD = [0] * 12 + [1, GRID - 1, 1_234_567]
LATEST = 480  # steps of the grid: 120 days

Case = tuple[str, dict[str, list[Entry]], int]


def steps() -> st.SearchStrategy[int]:
    """Steps of the grid after START, near ones far more often than a uniform draw would give."""
    return st.one_of(st.integers(0, 4), st.integers(0, 24), st.integers(0, 200))


def times() -> st.SearchStrategy[int]:
    """Microseconds UTC."""
    return st.builds(lambda step, odd: START + step * GRID + odd, steps(), st.sampled_from(ODD))


@st.composite
def decisions(draw: st.DrawFn) -> tuple[dict[str, str], dict[str, str]]:
    """The fields and the answers of a decision; one in seven has no `to` and only records answers."""
    answers = draw(st.dictionaries(st.sampled_from(QUESTIONS), st.sampled_from(ANSWERS), max_size=3))
    if draw(st.integers(0, 6)) == 0:
        return {"role": draw(st.sampled_from(LEDGER_ROLES))}, answers
    fields = {"to": draw(st.sampled_from(LEDGER_STAGES)), "role": draw(st.sampled_from(LEDGER_ROLES))}
    if draw(st.booleans()):
        fields["reason"] = "timing"
    return fields, answers


@st.composite
def entries(draw: st.DrawFn, seq: int) -> Entry:
    at = draw(times())
    kind = draw(st.sampled_from(["activity"] * 6 + ["decision"] * 3 + ["profile"]))
    if kind == "decision":
        fields, answers = draw(decisions())
        return Entry(at, "decision", seq, fields, answers)
    if kind == "profile":
        return Entry(at, "profile", seq, dict(draw(st.sampled_from(PROFILE_SHAPES))))
    return Entry(at, "activity", seq, dict(draw(st.sampled_from(ACTIVITY_SHAPES))))


@st.composite
def ledgers(draw: st.DrawFn, max_size: int = 40) -> list[Entry]:
    """The entries of one lead in the order of `seq`, not of time; often with a profile at the very start."""
    size = draw(st.one_of(st.integers(0, min(6, max_size)), st.integers(0, max_size)))
    ledger = [draw(entries(seq)) for seq in range(size)]
    if draw(st.booleans()):
        ledger.append(Entry(START, "profile", size, dict(draw(st.sampled_from(PROFILE_SHAPES)))))
    return ledger


@st.composite
def cases(draw: st.DrawFn, max_size: int = 40) -> Case:
    """An agreement (YAML), the ledgers of one to three leads by name, and `as_of` (microseconds UTC)."""
    text = draw(agreements())
    leads = {f"L{index}": draw(ledgers(max_size)) for index in range(draw(st.integers(1, 3)))}
    known = sorted({entry.at for ledger in leads.values() for entry in ledger} or {START})
    later = st.one_of(st.integers(0, 40), st.integers(0, LATEST)).map(lambda step: START + step * GRID)
    as_of = draw(
        st.one_of(later, later, st.sampled_from(known), st.sampled_from(known).map(lambda at: at - 1))
    )
    return text, leads, as_of
