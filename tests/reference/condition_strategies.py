"""Drawing the expressions of `when`, `requires` and `excluded`, over the names that an agreement has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from hypothesis import strategies as st

from .vocabulary import PROFILE_FIELDS, WINDOWS

T = TypeVar("T")

COMPARISONS = [">=", ">=", ">", "<=", "<", "==", "!="]
BARS = ["0", "5", "10", "12.5", "15", "20", "25", "30", "40", "-5", "-10"]
DAYS = ["0", "0.25", "1", "2.5", "7"]


@dataclass
class Names:
    """What an agreement under construction has named so far."""

    signals: list[str]
    traits: list[str]
    stages: list[str]
    sets: list[str]
    scores: list[str] = field(default_factory=list)
    grades: dict[str, list[str]] = field(default_factory=dict)


def pick(draw: st.DrawFn, values: Sequence[T]) -> T:
    return values[draw(st.integers(0, len(values) - 1))]


def chance(draw: st.DrawFn, one_in: int) -> bool:
    return draw(st.integers(1, one_in)) == one_in


def some_of(draw: st.DrawFn, words: list[str], most: int = 3) -> list[str]:
    return draw(st.lists(st.sampled_from(words), min_size=1, max_size=most, unique=True))


def one_or_some(draw: st.DrawFn, words: list[str], most: int = 3) -> str | list[str]:
    found = some_of(draw, words, most)
    return found[0] if len(found) == 1 and draw(st.booleans()) else found


def condition(draw: st.DrawFn, names: Names, depth: int = 2) -> str:
    """A condition, one time in two a single one."""
    shape = pick(
        draw,
        ["{}", "{}", "{}", "not {}", "not ({})", "{} and {}", "{} or {}", "({}) and {}", "not ({}) or {}"],
    )
    if depth == 0 or shape == "{}":
        return single_condition(draw, names)
    parts = [condition(draw, names, depth - 1) for _ in range(shape.count("{}"))]
    return shape.format(*parts)


def who_condition(draw: st.DrawFn, names: Names) -> str:
    """A condition that asks who a lead is, not what it did."""
    return condition(draw, replace(names, signals=[], sets=[]))


def single_condition(draw: st.DrawFn, names: Names) -> str:
    kinds = ["trait", "has", "entered"]
    kinds += ["happened", "count", "count", "days"] if names.signals else []
    kinds += ["set"] if names.sets else []
    kinds += ["score"] * 4 if names.scores else []
    kinds += ["grade"] * 2 if names.grades else []
    kind = pick(draw, kinds)
    if kind == "trait":
        return f"trait({pick(draw, names.traits)})"
    if kind == "has":
        return f"has({pick(draw, PROFILE_FIELDS)})"
    if kind == "happened":
        return f"happened({pick(draw, names.signals)})"
    if kind == "grade":
        return graded(draw, names)
    if kind == "score":
        return barred(draw, names)
    return qualified(draw, names) if kind == "set" else counted(draw, names, kind)


def counted(draw: st.DrawFn, names: Names, kind: str) -> str:
    operator, bar = pick(draw, COMPARISONS), draw(st.integers(0, 3))
    if kind == "days":
        return f"days_in_stage {operator} {pick(draw, DAYS)}"
    if kind == "entered":
        return f"times_entered({pick(draw, names.stages)}) {operator} {bar}"
    return f"{a_count(draw, names)} {operator} {bar}"


def a_count(draw: st.DrawFn, names: Names) -> str:
    signal = pick(draw, names.signals)
    return f"count({signal}, {pick(draw, WINDOWS)})" if draw(st.booleans()) else f"count({signal})"


def qualified(draw: st.DrawFn, names: Names) -> str:
    return f"{pick(draw, names.sets)} {pick(draw, COMPARISONS)} {draw(st.integers(0, 3))}"


def barred(draw: st.DrawFn, names: Names) -> str:
    """A score, or a sum or a difference with one, against a bar or another score."""
    left = pick(draw, names.scores)
    more = pick(
        draw, ["", "", "", pick(draw, names.scores), "10", a_count(draw, names) if names.signals else ""]
    )
    if more:
        left = f"{left} {pick(draw, ['+', '-'])} {more}"
    right = pick(draw, names.scores) if chance(draw, 6) else pick(draw, BARS)
    return f"{left} {pick(draw, COMPARISONS)} {right}"


def graded(draw: st.DrawFn, names: Names) -> str:
    score = pick(draw, list(names.grades))
    return f"{score}.grade {pick(draw, COMPARISONS)} {pick(draw, names.grades[score])}"
