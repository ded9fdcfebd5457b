"""Hypothesis strategies: agreements with everything of the language, ledgers in which their signals match.

Times lie on a coarse grid and durations are multiples of it, so that entries, expiries, silences, timeouts
and rechecks keep falling on the same instant; a few odd microseconds stand beside them.
"""

from __future__ import annotations

from hypothesis import strategies as st

from .agreement_strategies import agreements, rule_agreements
from .evaluator import Entry
from .vocabulary import (
    ACTIVITY_SHAPES,
    ANSWERS,
    LEDGER_ROLES,
    LEDGER_STAGES,
    PROFILE_SHAPES,
    QUESTIONS,
)

__all__ = ["GRID", "START", "agreements", "cases", "ledgers", "rule_cases"]

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
def entries(draw: st.DrawFn, seq: int, favourites: list[dict[str, str]]) -> Entry:
    at = draw(times())
    kind = draw(st.sampled_from(["activity"] * 6 + ["decision"] * 3 + ["profile"]))
    if kind == "decision":
        fields, answers = draw(decisions())
        return Entry(at, "decision", seq, fields, answers)
    if kind == "profile":
        return Entry(at, "profile", seq, dict(draw(st.sampled_from(PROFILE_SHAPES))))
    shapes = favourites if draw(st.booleans()) else ACTIVITY_SHAPES
    return Entry(at, "activity", seq, dict(draw(st.sampled_from(shapes))))


@st.composite
def ledgers(draw: st.DrawFn, max_size: int = 40) -> list[Entry]:
    """The entries of one lead in the order of `seq`, not of time.

    They favour one or two shapes of activity, so that caps fill; often a profile comes first.
    """
    size = draw(st.one_of(st.integers(0, min(6, max_size)), st.integers(0, max_size)))
    favourites = [ACTIVITY_SHAPES[0], draw(st.sampled_from(ACTIVITY_SHAPES))]
    ledger = [draw(entries(seq, favourites)) for seq in range(size)]
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
        st.one_of(
            later, st.just(known[-1]), st.sampled_from(known), st.sampled_from(known).map(lambda at: at - 1)
        )
    )
    return text, leads, as_of


@st.composite
def rule_cases(draw: st.DrawFn) -> Case:
    """A small case about the hits of a few rules, where the edges of windows are met far more often."""
    text = draw(rule_agreements())
    kinds = st.sampled_from(["a"] * 6 + ["b", "b", "c", "MAL", "MQL"])
    moments = draw(st.lists(st.tuples(st.integers(0, 12), kinds), min_size=1, max_size=14))
    ledger = [rule_entry(START + step * GRID, kind, seq) for seq, (step, kind) in enumerate(moments)]
    last = max(entry.at for entry in ledger)
    return text, {"L0": ledger}, last + draw(st.sampled_from([0, 0, 0, 1, 2, 4, 12])) * GRID


def rule_entry(at: int, kind: str, seq: int) -> Entry:
    if kind in ("MAL", "MQL"):
        return Entry(at, "decision", seq, {"to": kind, "role": "sales"})
    return Entry(at, "activity", seq, {"type": kind})
