"""Two numbers compared as the kernel compares them, for what is asked outside of it."""

from __future__ import annotations

from tasuki.engine.kernel import TOLERANCE


def compares(operator: str, a: float, b: float) -> bool:
    """Whether `a operator b`, to one part in 10⁹, so that rounding never decides."""
    difference, tolerance = a - b, TOLERANCE * max(1.0, abs(a), abs(b))
    match operator:
        case ">=":
            return difference >= -tolerance
        case ">":
            return difference > tolerance
        case "<=":
            return difference <= tolerance
        case "<":
            return difference < -tolerance
        case "==":
            return abs(difference) <= tolerance
    return abs(difference) > tolerance
