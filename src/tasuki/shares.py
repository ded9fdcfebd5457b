"""How many of how many, with the interval that so many cases allow."""

from __future__ import annotations

from dataclasses import dataclass

from scipy.stats import binomtest

ENOUGH = 30
"""Fewer cases than this are too few to say."""


@dataclass(frozen=True)
class Share:
    """`count` of `total`, with the 95 % Wilson interval; `share` and the interval are None where total is 0."""

    count: int
    total: int

    @property
    def share(self) -> float | None:
        """count / total."""
        return self.count / self.total if self.total else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Wilson's 95 % interval (Wilson 1927, as in scipy.stats.binomtest)."""
        if not self.total:
            return None
        ends = binomtest(self.count, self.total).proportion_ci(0.95, method="wilson")
        return float(ends.low), float(ends.high)

    @property
    def enough(self) -> bool:
        """Whether there are cases enough to say anything."""
        return self.total >= ENOUGH
