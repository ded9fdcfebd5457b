"""How many of how many, with the interval that so many cases allow."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist

ENOUGH = 30
"""Fewer cases than this are too few to say."""
Z = NormalDist().inv_cdf(0.975)


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
        """Wilson's 95 % interval (Wilson 1927, equation 4): what scipy.stats.binomtest gives, without the test itself.

        A table has hundreds of them, and the test costs half a millisecond each.
        """
        if not self.total:
            return None
        share, spread = self.count / self.total, Z * Z / self.total
        middle = share + spread / 2
        half = sqrt(spread * (share * (1 - share) + spread / 4))
        low, high = ((middle + end) / (1 + spread) for end in (-half, half))
        return (low if self.count else 0.0), (high if self.count < self.total else 1.0)

    @property
    def enough(self) -> bool:
        """Whether there are cases enough to say anything."""
        return self.total >= ENOUGH
