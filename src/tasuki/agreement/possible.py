"""Whether conditions can ever hold together, as far as numbers, grades, traits and fields tell; and why not."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise, product
from typing import TYPE_CHECKING

from tasuki.agreement.bounds import bounds_of
from tasuki.agreement.conditions import (
    Both,
    Compare,
    Condition,
    Either,
    GradeCompare,
    Negation,
    Number,
    Numeric,
    Plus,
    ScoreValue,
)

if TYPE_CHECKING:
    from tasuki.agreement.model import Agreement

MOST_DEMANDS = 1000
"""What falls into cases with more demands than this is taken to be possible."""
OPPOSITE = {">=": "<", "<": ">=", ">": "<=", "<=": ">", "==": "!=", "!=": "=="}
MIRROR = {">=": "<=", "<=": ">=", ">": "<", "<": ">", "==": "==", "!=": "!="}
End = tuple[float, int, str]
"""An end of a span: the number, whether it lies inside (0) or not (1 below, -1 above), the condition that says so."""


@dataclass(frozen=True)
class Demand:
    """A single condition that is to hold, or not to."""

    condition: Condition
    holds: bool

    def __str__(self) -> str:
        return str(self.condition if self.holds else Negation(self.condition))


def contradiction(agreement: Agreement, *conditions: Condition) -> str:
    """Why the conditions can never all hold; empty where they can, or where that is not seen."""
    found = [_clash(agreement, case) for case in _cases(Both(conditions), True)]
    return found[0] if found and all(found) else ""


def _cases(condition: Condition, holds: bool) -> list[tuple[Demand, ...]]:
    """The condition holds, or does not, if all demands of one case are met."""
    match condition:
        case Negation(part=part):
            return _cases(part, not holds)
        case Both(parts=parts) | Either(parts=parts):
            each = [_cases(part, holds) for part in parts]
            if isinstance(condition, Both) is not holds:
                return list(chain.from_iterable(each))
            if math.prod(map(len, each)) * len(each) > MOST_DEMANDS:
                return [()]
            return [tuple(chain.from_iterable(parts)) for parts in product(*each)]
    return [(Demand(condition, holds),)]


def _clash(agreement: Agreement, case: tuple[Demand, ...]) -> str:
    """Why the demands cannot all be met, or nothing."""
    spans: dict[str, tuple[End, End]] = {}
    demands = set(case)
    for demand in case:
        opposite = Demand(demand.condition, not demand.holds)
        if opposite in demands:
            return _both(str(demand), str(opposite))
        for number, operator, value in _numbers(agreement, demand):
            low, high = bounds_of(agreement, number)
            span = spans.get(str(number), ((low, 0, ""), (high, 0, "")))
            span = spans[str(number)] = _narrowed(span, operator, value, str(demand))
            if span[0][:2] > span[1][:2]:
                by = {who for _, _, who in span if who}
                return _both(*sorted(by)) if len(by) > 1 else _outside(str(demand), number, low, high)
    return ""


def _narrowed(span: tuple[End, End], operator: str, value: float, who: str) -> tuple[End, End]:
    low, high = span
    if operator in (">=", ">", "=="):
        low = max(low, (value, int(operator == ">"), who))
    if operator in ("<=", "<", "=="):
        high = min(high, (value, -int(operator == "<"), who))
    return low, high


def _numbers(agreement: Agreement, demand: Demand) -> Iterator[tuple[Numeric, str, float]]:
    """What is demanded of numbers: `number operator value`."""
    condition = demand.condition
    if not isinstance(condition, (Compare, GradeCompare)):
        return
    operator = condition.operator if demand.holds else OPPOSITE[condition.operator]
    match condition:
        case Compare(left=left, right=Number(value=value)):
            yield left, operator, value
        case Compare(left=Number(value=value), right=right):
            yield right, MIRROR[operator], value
        case Compare(left=left, right=right):
            yield Plus(((1, left), (-1, right))), operator, 0.0
        case GradeCompare(score=score, grade=grade):
            grades = agreement.scores[score].grades
            if all(better > worse for (_, better), (_, worse) in pairwise(grades)):
                ends = _graded([bound for _, bound in grades], [g for g, _ in grades].index(grade), operator)
                yield from ((ScoreValue(score), *end) for end in ends)


def _graded(bounds: Sequence[float], i: int, operator: str) -> Iterator[tuple[str, float]]:
    """What a grade demands of its score; `bounds` best first, `i` the grade it is compared with."""
    better = bounds[i - 1] if i else math.inf
    if operator in (">=", "=="):
        yield ">=", bounds[i]
    if operator in ("<=", "=="):
        yield "<", better
    if operator == ">":
        yield (">=" if i else ">"), better
    if operator == "<" or (operator == "!=" and not i):
        yield "<", bounds[i]


def _both(one: str, other: str) -> str:
    return f"`{one}` and `{other}` cannot both hold"


def _outside(who: str, number: Numeric, low: float, high: float) -> str:
    return f"`{who}` can never hold: {number} stays between {low:g} and {high:g}"
