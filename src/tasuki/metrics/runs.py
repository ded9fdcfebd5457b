"""What came after each entry into a stage: how long the lead stayed, and when it reached each other stage on the same run.

A *run* of an entry ends where the lead enters the same stage again, or where its path changes: from marketing's to that of
SGL, when it enters SGL, or back, when it enters MAL or MQL. So an entry reaches a stage at most once, a second pass counts
for itself, and what sales found by itself never counts for marketing's MQLs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
NONE = -1
"""No stage; a time that is not there."""
MARKETING, FOUND = 0, 1
"""Paths: marketing's, and that of SGL."""


@dataclass(frozen=True)
class Runs:
    """For n entries: `left`, `again` and `reached[:, stage]` in µs UTC, NONE where it did not happen.

    `path`: MARKETING or FOUND. `again`: when the lead entered the same stage the next time, on whatever run.
    """

    left: Ints
    again: Ints
    path: NDArray[np.int8]
    reached: Ints


def runs_of(lead: Ints, at: Ints, stage: Ints, stages: int, begins: tuple[int, ...], found: int) -> Runs:
    """Entries in order of lead, then as they happened; `stage` is a number below `stages`.

    `begins`: the stages at which marketing's path begins (MAL, MQL), `found` the one at which that of SGL does; NONE if the
    agreement has none. Each stage costs one pass over the entries.
    """
    count = len(lead)
    ends = np.searchsorted(lead, lead, side="right") - 1  # the lead's last entry
    path, changes = _paths(lead, stage, begins, found)
    left = np.full(count, NONE, np.int64)
    left[:-1] = np.where(lead[1:] == lead[:-1], at[1:], NONE)
    after = [_next(stage == each) for each in range(stages)]
    again = _again(stage, after)
    end = np.minimum(np.minimum(ends, changes), again)  # the last entry of the run
    reached = np.full((count, stages), NONE, np.int64)
    for each in range(stages):
        inside = after[each] <= end
        reached[inside, each] = at[after[each][inside]]
    anew = np.full(count, NONE, np.int64)
    anew[again <= ends] = at[again[again <= ends]]
    return Runs(left, anew, path, reached)


def _next(wanted: NDArray[np.bool_]) -> Ints:
    """The place of the next wanted entry after each one; the count where there is none."""
    count = len(wanted)
    places = np.where(wanted, np.arange(count), count)
    after = np.minimum.accumulate(places[::-1])[::-1] if count else places
    return np.append(after[1:], count)


def _again(stage: Ints, after: list[Ints]) -> Ints:
    """The place of the next entry into the same stage."""
    found = np.empty(len(stage), np.int64)
    for each, places in enumerate(after):
        found[stage == each] = places[stage == each]
    return found


def _paths(lead: Ints, stage: Ints, begins: tuple[int, ...], found: int) -> tuple[NDArray[np.int8], Ints]:
    """The path of each entry, and the place of the last one before the path changes."""
    count = len(lead)
    places = np.arange(count)
    tells = np.isin(stage, [each for each in (*begins, found) if each != NONE])
    teller = np.maximum.accumulate(np.where(tells, places, -1)) if count else places
    first = np.searchsorted(lead, lead, side="left")
    known = teller >= first
    path = np.where(
        known & (stage[np.maximum(teller, 0)] == found) & (found != NONE), FOUND, MARKETING
    ).astype(np.int8)
    changed = np.zeros(count, np.bool_)
    changed[1:] = (path[1:] != path[:-1]) & (lead[1:] == lead[:-1])
    return path, _next(changed) - 1
