"""How long it takes from stage to stage, kept sorted: a quantile of all that ever happened costs no look at all of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import ceil, floor
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Read = Callable[[str], Mapping[str, Any]]
"""What a statement gives, column by column."""
DAY = 86_400_000_000
"""µs"""


class Lags:
    """Of pairs of stages by their numbers: the times that entries into the one took to reach the other on the same run.

    A pair is read when it is asked for first, and from then on changed by what comes and goes.
    """

    def __init__(self, read: Read) -> None:
        self._read = read
        self._known: dict[tuple[int, int], Ints] = {}

    def days(self, source: int, target: int, of: float) -> float | None:
        """The quantile `of` (0 to 1), interpolated between the two nearest; None: nobody has reached it."""
        pair = source, target
        if pair not in self._known:
            self._known[pair] = self._of("entries", [pair])[pair]
        found = quantile(self._known[pair], of)
        return None if found is None else found / DAY

    def change(self, gone: str, come: str) -> None:
        """Entries leave and others take their place: two tables of SQL with the columns of `entries`."""
        pairs = list(self._known)
        left, new = self._of(gone, pairs), self._of(come, pairs)
        for pair in pairs:
            self._known[pair] = merged(self._known[pair], left[pair], new[pair])

    def _of(self, table: str, pairs: list[tuple[int, int]]) -> dict[tuple[int, int], Ints]:
        sources = ", ".join({str(source) for source, _ in pairs} or {"NULL"})
        columns = "".join(f", reached_{target}" for target in {target for _, target in pairs})
        found = self._read(f"SELECT stage, us{columns} FROM {table} WHERE NOT late AND stage IN ({sources})")
        return {(source, target): _lags(found, source, target) for source, target in pairs}


def _lags(found: Mapping[str, Any], source: int, target: int) -> Ints:
    reached = np.ma.asarray(found[f"reached_{target}"])
    there = ~np.ma.getmaskarray(reached) & (np.asarray(found["stage"]) == source)
    return np.sort(np.asarray(reached.data, np.int64)[there] - np.asarray(found["us"], np.int64)[there])


def merged(known: Ints, left: Ints, new: Ints) -> Ints:
    """All sorted; each of `left` is among the known ones, as often as it is there."""
    if len(left):
        before = np.arange(len(left)) - np.searchsorted(left, left)  # how many equal ones are taken before it
        known = np.delete(known, np.searchsorted(known, left) + before)
    return np.insert(known, np.searchsorted(known, new), new) if len(new) else known


def quantile(values: NDArray[np.int64 | np.float64], of: float) -> float | None:
    """Of sorted values, as SQL's `quantile_cont`; None of nothing."""
    if not len(values):
        return None
    place = (len(values) - 1) * of
    low, high = float(values[floor(place)]), float(values[ceil(place)])
    return low + (high - low) * (place - floor(place))


def count(chosen: NDArray[Any]) -> int:
    """How many are there, or true."""
    return int(np.count_nonzero(chosen))
