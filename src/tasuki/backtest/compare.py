"""Two agreements over one history: who would be gained and lost, and which MQLs really came to something."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tasuki.agreement import Agreement
from tasuki.backtest.months import months_of
from tasuki.backtest.outcomes import check_stage, first_decided, first_entered, precision, recall
from tasuki.engine.layout import NEVER
from tasuki.engine.replay import Progress, Replay, replay
from tasuki.history import History
from tasuki.shares import Share


@dataclass(frozen=True)
class StageMonth:
    """Leads that entered a stage for the first time in a month, under each agreement and under only one of them."""

    stage: str
    month: str
    before: int
    after: int
    gained: int
    lost: int


@dataclass(frozen=True)
class Judged:
    """How well entering the measured stage foretold the outcome."""

    entered: int
    precision: Share
    recall: Share


@dataclass(frozen=True)
class Comparison:
    """`gained` and `lost`: ids of the leads that enter the measured stage under one agreement only, ascending."""

    before: Replay
    after: Replay
    measure: str
    outcome: str
    months: tuple[StageMonth, ...]
    judged: tuple[Judged, Judged]
    gained: tuple[str, ...]
    lost: tuple[str, ...]


def compare(
    before: Agreement,
    after: Agreement,
    history: History,
    outcome: str,
    *,
    measure: str = "MQL",
    as_of: int | None = None,
    threads: int | None = None,
    progress: Progress | None = None,
) -> Comparison:
    """Replay both and compare; `outcome` is a stage reached by decisions in the history. UsageError for unknown stages."""
    until = as_of if as_of is not None else history.last_at or 0
    reached = first_decided(history, outcome, until)
    one, other = (replay(a, history, until, threads=threads, progress=progress) for a in (before, after))
    for done in (one, other):
        check_stage(done.compiled.stage_names, measure)
    mine, theirs = first_entered(one, measure), first_entered(other, measure)
    return Comparison(
        one, other, measure, outcome, tuple(_months(one, other)),
        (_judged(mine, reached), _judged(theirs, reached)),
        _only(one, theirs, mine), _only(one, mine, theirs),
    )  # fmt: skip


def _judged(entered: NDArray[np.int64], reached: NDArray[np.int64]) -> Judged:
    return Judged(int((entered != NEVER).sum()), precision(entered, reached), recall(entered, reached))


def _only(done: Replay, has: NDArray[np.int64], has_not: NDArray[np.int64]) -> tuple[str, ...]:
    rows = np.flatnonzero((has != NEVER) & (has_not == NEVER))
    return tuple(sorted(done.lead_ids.take(rows).to_pylist()))


def _months(one: Replay, other: Replay) -> list[StageMonth]:
    zone = one.compiled.agreement.timezone
    stages = dict.fromkeys(name for done in (one, other) for name in done.compiled.stage_names if name)
    found = []
    for stage in stages:
        ever = [_first(done, stage) for done in (one, other)]
        months = [months_of(first, zone) for first in ever]
        for month in sorted((set(months[0]) | set(months[1])) - {""}):
            inside = [np.array(m) == month for m in months]
            gained = int((inside[1] & (ever[0] == NEVER)).sum())
            lost = int((inside[0] & (ever[1] == NEVER)).sum())
            found.append(StageMonth(stage, month, int(inside[0].sum()), int(inside[1].sum()), gained, lost))
    return found


def _first(done: Replay, stage: str) -> NDArray[np.int64]:
    if stage not in done.compiled.stage_names:
        return np.full(len(done.stage), NEVER)
    return first_entered(done, stage)
