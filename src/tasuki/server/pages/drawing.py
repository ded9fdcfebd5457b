"""Curves of a weekly report as lines of an SVG."""

from __future__ import annotations

from collections.abc import Sequence

from tasuki.weekly.sheet import Curve

WIDE, HIGH, EDGE = 600, 150, 6


def drawn(curves: Sequence[Curve]) -> list[tuple[str, float, str]]:
    """Each with its name, its last number, and its points as an SVG has them; all by one measure, from nought on."""
    most = max((value for curve in curves for value in curve.values), default=0) or 1
    return [(curve.name, curve.values[-1], _points(curve.values, most)) for curve in curves if curve.values]


def _points(values: Sequence[float], most: float) -> str:
    step = (WIDE - 2 * EDGE) / max(len(values) - 1, 1)
    high = HIGH - 2 * EDGE
    return " ".join(
        f"{EDGE + n * step:.1f},{EDGE + high * (1 - value / most):.1f}" for n, value in enumerate(values)
    )
