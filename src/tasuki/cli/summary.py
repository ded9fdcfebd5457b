"""The tables that `tasuki replay` prints."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from tasuki.agreement import Stage
from tasuki.backtest.months import months_of
from tasuki.cli.show import local, table
from tasuki.engine import layout as at
from tasuki.engine.replay import Replay

if TYPE_CHECKING:
    from rich.table import Table


def summary(done: Replay) -> Iterator[Table | str]:
    """Entries per stage and how they came about, present stock, refusals; then entries per month."""
    agreement = done.compiled.agreement
    leads, zone = len(done.stage), agreement.timezone
    yield f"{agreement.name}: {leads:,} leads, {done.history.entries:,} entries, as of {local(done.as_of, zone)} ({zone})"
    yield _stages(done)
    if len(done.transitions):
        yield _months(done, zone)


def _stages(done: Replay) -> Table:
    shown = table(
        "Stages",
        "Stage",
        "Name",
        "Leads",
        "Entries",
        "by itself",
        "by hand",
        "timeout",
        "There now",
        "Refused",
        text=2,
    )
    moves, refused = done.transitions, _refused(done)
    for number, stage in enumerate(done.compiled.agreement.stages, start=1):
        mine = moves[moves["to"] == number]
        causes = [
            f"{int((mine['cause'] == cause).sum()):,}"
            for cause in (at.BY_PATH, at.BY_DECISION, at.BY_TIMEOUT)
        ]
        shown.add_row(
            stage.id, _name(stage), f"{len(np.unique(mine['lead'])):,}", f"{len(mine):,}", *causes,
            f"{int((done.stage == number).sum()):,}", f"{int((refused == number).sum()):,}",
        )  # fmt: skip
    shown.add_row("–", "no stage yet", *[""] * 5, f"{int((done.stage == 0).sum()):,}", "")
    if unknown := int((refused == 0).sum()):
        shown.add_row("?", "a stage the agreement does not have", *[""] * 6, f"{unknown:,}")
    return shown


def _name(stage: Stage) -> str:
    name = stage.name.get("en") or stage.name.get("ja", "")
    return "" if name == stage.id else name


def _refused(done: Replay) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """The stage that each refused decision wanted, 0 if the agreement does not have it."""
    decisions = done.history.decisions
    column = decisions.column("to")
    if column is None or not len(done.refusals):
        return np.empty(0, np.int64)
    numbers = {name: i for i, name in enumerate(done.compiled.stage_names)}
    wanted = np.array([numbers.get(value, 0) for value in column.values] + [0])
    return wanted[column.index[np.searchsorted(decisions.codes, done.refusals["code"])]]


def _months(done: Replay, zone: str) -> Table:
    names = [stage.id for stage in done.compiled.agreement.stages]
    shown = table("Entries per month", "Month", *names)
    month = months_of(done.transitions["at"], zone)
    for this in np.unique(month):
        counts = np.bincount(done.transitions["to"][month == this], minlength=len(names) + 1)
        shown.add_row(str(this), *(f"{count:,}" if count else "·" for count in counts[1:]))
    return shown
