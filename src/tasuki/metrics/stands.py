"""Who stands where, kept up with what comes and goes: half of all leads need not be counted for it again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tasuki.metrics.lags import DAY, Ints, Read, count, merged, quantile


class Stands:
    """Entries whose lead is in the stage still: by stage since when they are, sorted, and how many of each company."""

    def __init__(self, read: Read) -> None:
        self._read = read
        self._since: dict[int, Ints] = {}
        self._companies: dict[int, Ints] = {}
        self._is_known = False

    def at(self, now: int) -> Mapping[int, tuple[int, int, float]]:
        """Of each stage with leads, at a time (µs UTC): leads, companies, and since when half of the leads are, in days."""
        if not self._is_known:
            self._add(self._found("entries"))
            self._is_known = True
        return {stage: self._of(stage, now) for stage, since in self._since.items() if len(since)}

    def change(self, gone: str, come: str) -> None:
        """Entries leave and others take their place: two tables of SQL with the columns of `entries`."""
        if self._is_known:
            self._add(self._found(come), self._found(gone))

    def _found(self, table: str) -> Mapping[str, Any]:
        return self._read(f"SELECT stage, us, company FROM {table} WHERE left_us IS NULL AND NOT late")

    def _of(self, stage: int, now: int) -> tuple[int, int, float]:
        since = self._since[stage]
        middle = quantile(now - since[::-1], 0.5)
        assert middle is not None
        return len(since), count(self._companies[stage]), middle / DAY

    def _add(self, come: Mapping[str, Any], gone: Mapping[str, Any] | None = None) -> None:
        nothing = np.zeros(0, np.int64)
        size = 1 + max(
            [len(counts) for counts in self._companies.values()]
            + [_largest(some) for some in (come, gone or {})]
        )
        new, left = _by_stage(come, size), _by_stage(gone or {}, size)
        for stage in {*new, *left}:
            more, less = new.get(stage, (nothing, nothing)), left.get(stage, (nothing, nothing))
            self._since[stage] = merged(self._since.get(stage, nothing), less[0], more[0])
            counts = _padded(self._companies.get(stage, nothing), size)
            self._companies[stage] = counts + _padded(more[1], size) - _padded(less[1], size)


def _by_stage(found: Mapping[str, Any], size: int) -> dict[int, tuple[Ints, Ints]]:
    """Since when, sorted; and how many of each company."""
    if not found:
        return {}
    stage, since = np.asarray(found["stage"]), np.asarray(found["us"], np.int64)
    company = np.ma.asarray(found["company"])
    known = ~np.ma.getmaskarray(company)
    return {
        int(each): (
            np.sort(since[stage == each]),
            np.bincount(np.asarray(company.data)[known & (stage == each)], minlength=size),
        )
        for each in np.unique(stage)
    }


def _largest(found: Mapping[str, Any]) -> int:
    if not found:
        return 0
    companies = np.ma.asarray(found["company"]).compressed()
    return int(companies.max()) if len(companies) else 0


def _padded(counts: NDArray[Any], size: int) -> Ints:
    return np.pad(counts, (0, size - len(counts))).astype(np.int64)
