"""Facts about a history, for people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tasuki.history.entries import ACTIVITIES, KINDS

if TYPE_CHECKING:
    from tasuki.history.shapes import Shapes
    from tasuki.history.store import History


@dataclass(frozen=True)
class KindFacts:
    """One kind of entry."""

    kind: str
    entries: int
    shapes: int
    """Distinct shapes."""
    fields: tuple[str, ...]


@dataclass(frozen=True)
class HistoryFacts:
    """What `tasuki history info` shows. Times in µs since 1970 UTC."""

    leads: int
    entries: int
    shards: int
    generation: int | None
    """How many imports made it what it is; None in memory."""
    bytes: int | None
    """Size on disk; None in memory."""
    first_at: int | None
    last_at: int | None
    kinds: tuple[KindFacts, ...]
    activity_types: dict[str, int]
    """Entries per type of activity, most frequent first."""


def describe(history: History) -> HistoryFacts:
    """Count what is in a history; reads the column `code` of every shard once."""
    counts = _entries_per_code(history)
    manifest = history.manifest
    return HistoryFacts(
        leads=history.leads,
        entries=history.entries,
        shards=len(history.shards),
        generation=manifest.generation if manifest else None,
        bytes=manifest.bytes if manifest else None,
        first_at=history.first_at,
        last_at=history.last_at,
        kinds=tuple(
            KindFacts(kind, int(counts[shapes.codes].sum()), len(shapes), shapes.fields)
            for kind, shapes in zip(KINDS, history.shapes, strict=True)
        ),
        activity_types=_per_type(history.shapes[ACTIVITIES], counts),
    )


def _entries_per_code(history: History) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    counts = np.zeros(history.codes, np.int64)
    for shard in history.shards:
        counts += np.bincount(shard.code, minlength=history.codes)
    return counts


def _per_type(activities: Shapes, counts: np.ndarray[tuple[int], np.dtype[np.int64]]) -> dict[str, int]:
    column = activities.column("type")
    if column is None:
        return {}
    present = column.index >= 0
    weights = counts[activities.codes[present]]
    totals = np.bincount(column.index[present], weights=weights, minlength=len(column.values))
    by_size = sorted(zip(column.values, totals.astype(int).tolist(), strict=True), key=lambda each: -each[1])
    return {name: total for name, total in by_size if total}
