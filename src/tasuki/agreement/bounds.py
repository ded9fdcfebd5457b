"""The smallest and largest value that a number of an agreement can ever have."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from tasuki.agreement.conditions import Answered, Number, Numeric, Plus, ScoreValue

if TYPE_CHECKING:
    from tasuki.agreement.model import Agreement, Rule

Bounds = tuple[float, float]


def score_bounds(agreement: Agreement, score: str, known: dict[str, Bounds] | None = None) -> Bounds:
    """The smallest and largest value that a score can ever have; `known` holds what was worked out before."""
    known = {} if known is None else known
    if score not in known:
        this = agreement.scores[score]
        parts = [score_bounds(agreement, part, known) for part in this.parts]
        parts += [_rule_bounds(rule) for rule in this.rules]
        low, high = sum(low for low, _ in parts), sum(high for _, high in parts)
        known[score] = min(max(low, this.low), this.high), max(min(high, this.high), this.low)
    return known[score]


def _rule_bounds(rule: Rule) -> Bounds:
    size = abs(rule.points)
    if rule.kind != "trait" and size:
        size = size * rule.at_most.count if rule.at_most and rule.at_most.per is None else math.inf
    if rule.max is not None:
        size = min(size, rule.max)
    return (0.0, size) if rule.points >= 0 else (-size, 0.0)


def bounds_of(agreement: Agreement, node: Numeric) -> Bounds:
    """The smallest and largest value that a number of an expression can ever have."""
    match node:
        case Number(value=value):
            return value, value
        case ScoreValue(score=score):
            return score_bounds(agreement, score)
        case Answered(questions=questions):
            return 0.0, float(len(agreement.qualification[questions]))
        case Plus(terms=terms):
            low = high = 0.0
            for sign, term in terms:
                ends = [sign * end for end in bounds_of(agreement, term)]
                low, high = low + min(ends), high + max(ends)
            return low, high
    return 0.0, math.inf
