"""Entries on their way into shards: kept as bare numbers in a temporary file, then sorted shard by shard."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tasuki.history.compiled import compiled

if TYPE_CHECKING:
    from numpy.typing import NDArray

ENTRY = np.dtype([("lead", np.int32), ("code", np.int32), ("at", np.int64), ("seq", np.int64)])


class Spill:
    """One temporary file; each block lies in it ordered by shard."""

    def __init__(self, path: Path, shards: int) -> None:
        self._path = path
        self._sink = path.open("wb")
        self._shards = shards
        self._blocks: list[NDArray[np.int64]] = []
        self._rows = 0

    def add(
        self,
        shard: NDArray[np.uint8],
        lead: NDArray[np.int32],
        code: NDArray[np.int32],
        at: NDArray[np.int64],
        seq: NDArray[np.int64],
    ) -> None:
        """Add entries, five arrays (n,)."""
        order = np.argsort(shard, kind="stable")
        entries = np.empty(len(lead), ENTRY)
        for name, values in (("lead", lead), ("code", code), ("at", at), ("seq", seq)):
            entries[name] = values[order]
        bounds = np.zeros(self._shards + 1, np.int64)
        np.cumsum(np.bincount(shard, minlength=self._shards), out=bounds[1:])
        self._blocks.append(bounds + self._rows)
        self._rows += len(lead)
        self._sink.write(entries.data)

    def finish(self) -> None:
        """No more entries come; they can be taken now."""
        self._sink.close()

    def counts(self) -> NDArray[np.int64]:
        """(shards,) entries per shard."""
        return sum((np.diff(bounds) for bounds in self._blocks), np.zeros(self._shards, np.int64))

    def take(self, shard: int) -> NDArray[np.void]:
        """All entries of one shard in the order in which they came, dtype ENTRY."""
        parts = [
            np.fromfile(
                self._path,
                ENTRY,
                int(bounds[shard + 1] - bounds[shard]),
                offset=int(bounds[shard]) * ENTRY.itemsize,
            )
            for bounds in self._blocks
            if bounds[shard + 1] > bounds[shard]
        ]
        return np.concatenate(parts) if parts else np.empty(0, ENTRY)


@compiled
def sort_entries(
    lead: NDArray[Any], at: NDArray[Any], kind: NDArray[Any], seq: NDArray[Any], leads: int
) -> tuple[NDArray[Any], NDArray[Any]]:
    """The order (n,) that sorts entries by (lead, at, kind, seq), and each lead's offsets (leads + 1,).

    Stable; `kind` uint8, the rest int64 or int32, each (n,).
    """
    offsets = np.zeros(leads + 1, np.int64)
    for i in range(len(lead)):
        offsets[lead[i] + 1] += 1
    for i in range(leads):
        offsets[i + 1] += offsets[i]
    order = np.empty(len(lead), np.int64)
    free = offsets[:-1].copy()
    for i in range(len(lead)):
        order[free[lead[i]]] = i
        free[lead[i]] += 1
    for i in range(leads):
        _sort_lead(order[offsets[i] : offsets[i + 1]], at, kind, seq)
    return order, offsets


@compiled
def _after(a: int, b: int, at: NDArray[Any], kind: NDArray[Any], seq: NDArray[Any]) -> bool:
    """Whether entry a belongs behind entry b."""
    if at[a] != at[b]:
        return bool(at[a] > at[b])
    if kind[a] != kind[b]:
        return bool(kind[a] > kind[b])
    return bool(seq[a] > seq[b])


@compiled
def _sort_lead(order: NDArray[Any], at: NDArray[Any], kind: NDArray[Any], seq: NDArray[Any]) -> None:
    """Sort one lead's entries in place, merging runs of 1, 2, 4 …; mostly they are sorted already."""
    n = len(order)
    i = 1
    while i < n and not _after(order[i - 1], order[i], at, kind, seq):
        i += 1
    if i >= n:
        return
    width = 1
    merged = np.empty_like(order)
    while width < n:
        for first in range(0, n, 2 * width):
            _merge(order, merged, first, min(first + width, n), min(first + 2 * width, n), at, kind, seq)
        order[:] = merged
        width *= 2


@compiled
def _merge(
    order: NDArray[Any],
    merged: NDArray[Any],
    first: int,
    middle: int,
    end: int,
    at: NDArray[Any],
    kind: NDArray[Any],
    seq: NDArray[Any],
) -> None:
    """Merge the sorted runs `first:middle` and `middle:end`; of equal entries the first run's goes first."""
    left, right = first, middle
    for i in range(first, end):
        if right >= end or (left < middle and not _after(order[left], order[right], at, kind, seq)):
            merged[i] = order[left]
            left += 1
        else:
            merged[i] = order[right]
            right += 1
