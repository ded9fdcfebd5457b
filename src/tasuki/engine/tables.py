"""The results of a replay as tables, and as files."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as csv
import pyarrow.parquet as pq
from numpy.typing import NDArray

from tasuki.engine import layout as at
from tasuki.engine.kernel import TOLERANCE
from tasuki.engine.replay import CAUSES, REFUSALS, Replay
from tasuki.history import Shapes

Format = Literal["csv", "parquet"]
TIME = pa.timestamp("us", "UTC")


def transitions_table(done: Replay) -> pa.Table:
    """`lead, from, to, at, cause, path, score.<id>…`: by lead, then as they happened. Scores are those before resets."""
    rows, scores = done.transitions, stacked(done, "transition_scores")
    order = by_lead(done, rows)
    rows, scores = rows[order], scores[order]
    stages = pa.array([name or "" for name in done.compiled.stage_names], pa.string())
    return pa.table(
        {
            "lead": done.lead_ids.take(pa.array(rows["lead"])),
            "from": stages.take(pa.array(rows["from_"])),
            "to": stages.take(pa.array(rows["to"])),
            "at": pa.array(rows["at"], pa.int64()).cast(TIME),
            "cause": pa.array(CAUSES).take(pa.array(rows["cause"])),
            "path": paths_of(done, rows),
            **_score_columns(done, scores),
        }
    )


def leads_table(done: Replay) -> pa.Table:
    """`lead, stage, entered_at, next_check_at, score.<id>…, grade.<id>…`, one row a lead, by lead; values at as_of."""
    order = done.lead_order
    stages = pa.array([name or "" for name in done.compiled.stage_names], pa.string())
    stage, entered, check = (
        done.stage[order],
        stacked(done, "entered")[order],
        stacked(done, "next_check")[order],
    )
    scores = stacked(done, "scores")[order]
    grades = {
        f"grade.{name}": grades_of(done, name, scores[:, i])
        for i, name in enumerate(done.compiled.score_names)
        if done.compiled.agreement.scores[name].grades
    }
    return pa.table(
        {
            "lead": done.lead_ids.take(pa.array(order)),
            "stage": stages.take(pa.array(stage)),
            "entered_at": pa.array(entered, pa.int64(), mask=stage == 0).cast(TIME),
            "next_check_at": pa.array(check, pa.int64(), mask=check == at.NEVER).cast(TIME),
            **_score_columns(done, scores),
            **grades,
        }
    )


def refused_table(done: Replay) -> pa.Table:
    """`lead, at, to, role, from, why`: decisions that changed nothing; why is unknown_stage, role, from or requires."""
    rows = done.refusals[by_lead(done, done.refusals)]
    stages = pa.array([name or "" for name in done.compiled.stage_names], pa.string())
    return pa.table(
        {
            "lead": done.lead_ids.take(pa.array(rows["lead"])),
            "at": pa.array(rows["at"], pa.int64()).cast(TIME),
            "to": decision_field(done.history.decisions, "to", rows["code"]),
            "role": decision_field(done.history.decisions, "role", rows["code"]),
            "from": stages.take(pa.array(rows["from_"])),
            "why": pa.array(REFUSALS).take(pa.array(rows["why"])),
        }
    )


def write_tables(done: Replay, folder: Path, format: Format) -> list[Path]:
    """Write the three tables; each file is whole or not there."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, table in (
        ("transitions", transitions_table(done)),
        ("leads", leads_table(done)),
        ("refused", refused_table(done)),
    ):
        path = folder / f"{name}.{format}"
        aside = folder / f".{name}.{format}.{os.getpid()}"
        try:
            if format == "parquet":
                pq.write_table(table, aside)
            else:
                csv.write_csv(_with_texts(table), aside, csv.WriteOptions(quoting_style="needed"))
            aside.replace(path)
        finally:
            aside.unlink(missing_ok=True)
        written.append(path)
    return written


def _with_texts(table: pa.Table) -> pa.Table:
    """Times as ISO 8601 in UTC with microseconds."""
    for i, field in enumerate(table.schema):
        if pa.types.is_timestamp(field.type):
            texts = pc.fill_null(pc.strftime(table.column(i), format="%Y-%m-%dT%H:%M:%SZ"), "")
            table = table.set_column(i, field.name, texts)
    return table


def stacked(done: Replay, name: str) -> NDArray[Any]:
    """An array of every shard, one after the other, in the order of `lead_ids`."""
    parts = [getattr(shard, name) for shard in done.shards]
    return np.concatenate(parts) if parts else np.empty((0, len(done.compiled.score_names)))


def by_lead(done: Replay, rows: at.Records) -> NDArray[np.int64]:
    """The order of transitions or refusals by lead id, then as they happened."""
    place = np.empty(len(done.lead_order), np.int64)
    place[done.lead_order] = np.arange(len(place))
    return np.argsort(place[rows["lead"]], kind="stable")


def _score_columns(done: Replay, scores: NDArray[Any]) -> dict[str, pa.Array]:
    # + 0.0 makes −0.0 the zero people know
    return {f"score.{name}": pa.array(scores[:, i] + 0.0) for i, name in enumerate(done.compiled.score_names)}


def grades_of(done: Replay, name: str, values: NDArray[Any]) -> pa.Array:
    """The letter of each value of a score that has grades; empty below the last bound."""
    grades = done.compiled.agreement.scores[name].grades
    number = np.full(len(values), len(grades))
    for i, (_, bound) in reversed(list(enumerate(grades))):
        number[values >= bound - TOLERANCE * np.maximum(1.0, np.maximum(np.abs(values), abs(bound)))] = i
    return pa.array([letter for letter, _ in grades] + [""], pa.string()).take(pa.array(number))


def paths_of(done: Replay, rows: at.Records) -> pa.Array:
    """`MQL.0` for a path, the role for a decision, empty for a timeout."""
    names = [""] + [path.id for path in done.compiled.agreement.paths]
    first = done.compiled.program.stages["enter_first"]
    by_path = pa.array(names).take(
        pa.array(np.where(rows["cause"] == at.BY_PATH, first[rows["to"]] + rows["path"] + 1, 0))
    )
    decided = rows["cause"] == at.BY_DECISION
    roles = decision_field(done.history.decisions, "role", np.where(decided, rows["code"], -1))
    return pc.if_else(pa.array(decided), roles, by_path)


def decision_field(decisions: Shapes, field: str, codes: NDArray[np.int32]) -> pa.Array:
    """A field of the decisions with these codes; empty for code −1 and where the field is absent."""
    column = decisions.column(field)
    if column is None or not len(decisions):
        return pa.array([""] * len(codes), pa.string())
    known = codes >= 0
    index = np.where(
        known, column.index[np.searchsorted(decisions.codes, np.where(known, codes, decisions.codes[0]))], -1
    )
    return pa.array([*column.values, ""], pa.string()).take(
        pa.array(np.where(index < 0, len(column.values), index))
    )
