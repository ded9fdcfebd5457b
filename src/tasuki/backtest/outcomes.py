"""What really happened: a stage reached by people's decisions in the history, whatever any agreement says."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tasuki.engine.layout import NEVER
from tasuki.engine.replay import Replay
from tasuki.errors import UsageError
from tasuki.history import History
from tasuki.shares import Share


def first_decided(history: History, stage: str, as_of: int) -> NDArray[np.int64]:
    """(leads,) time of each lead's first decision to `stage` (µs UTC), NEVER if none; in the order of the shards.

    UsageError if no decision of the history names that stage.
    """
    column = history.decisions.column("to")
    if column is None or stage not in column.values:
        known = ", ".join(sorted(column.values)) if column is not None else "no decision at all"
        raise UsageError(f"no decision of this history leads to `{stage}`: there is {known}")
    wanted = np.zeros(history.codes, bool)
    wanted[history.decisions.codes] = column.index == column.values.index(stage)
    found = []
    for shard in history.shards:
        first = np.full(shard.leads, NEVER)
        places = np.flatnonzero(wanted[shard.code])
        places = places[shard.at[places] <= as_of]
        leads = np.searchsorted(shard.offsets, places, side="right") - 1
        np.minimum.at(first, leads, shard.at[places])
        found.append(first)
    return np.concatenate(found) if found else np.empty(0, np.int64)


def first_entered(done: Replay, stage: str) -> NDArray[np.int64]:
    """(leads,) time of each lead's first entry into `stage` under the replayed agreement, NEVER if none."""
    first = np.full(len(done.stage), NEVER)
    rows = done.transitions[done.transitions["to"] == done.compiled.stage_names.index(stage)]
    np.minimum.at(first, rows["lead"], rows["at"])
    return first


def precision(entered: NDArray[np.int64], reached: NDArray[np.int64]) -> Share:
    """Of the leads that entered, those that reached the outcome afterwards. Whoever had reached it before is left out."""
    asked = (entered != NEVER) & (reached >= entered)
    return Share(int((asked & (reached != NEVER)).sum()), int(asked.sum()))


def recall(entered: NDArray[np.int64], reached: NDArray[np.int64]) -> Share:
    """Of the leads that reached the outcome, those that had entered before or at the same time."""
    won = reached != NEVER
    return Share(int((won & (entered <= reached)).sum()), int(won.sum()))


def check_stage(done_stages: tuple[str | None, ...], stage: str) -> None:
    """UsageError unless the agreement has the stage."""
    if stage not in done_stages:
        known = ", ".join(name for name in done_stages if name)
        raise UsageError(f"the agreement has no stage `{stage}`: there is {known}")
