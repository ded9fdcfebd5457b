"""Facts of a replay: every transition."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tasuki.agreement import is_return
from tasuki.engine import layout as at
from tasuki.engine.replay import CAUSES, Replay
from tasuki.engine.tables import by_lead, decision_field, grades_of, paths_of, stacked
from tasuki.metrics.facts.schema import TEXT, TIME, TRANSITIONS
from tasuki.metrics.roles import Terms


def transitions_of(done: Replay, terms: Terms) -> pa.Table:
    """The table `transitions`, by lead, then as they happened; in a history what happened is known at once."""
    order = by_lead(done, done.transitions)
    rows, scores = done.transitions[order], stacked(done, "transition_scores")[order]
    decided = rows["cause"] == at.BY_DECISION
    codes = np.where(decided, rows["code"], -1)
    when = pa.array(rows["at"], pa.int64()).cast(TIME)
    names = pa.array([name or "" for name in done.compiled.stage_names], TEXT)
    columns = {
        "lead": done.lead_ids.take(pa.array(rows["lead"])),
        "ordinal": pa.array(_counted(rows["lead"]), pa.int32()),
        "at": when,
        "recorded_at": when,
        "from_stage": _given(names.take(pa.array(rows["from_"]))),
        "to_stage": names.take(pa.array(rows["to"])),
        "cause": pa.array(CAUSES).take(pa.array(rows["cause"])),
        "path": _given(paths_of(done, rows)),
        "role": _given(decision_field(done.history.decisions, "role", codes)),
        "by_hand": pa.array(decided),
        "is_return": pa.array(_returns(done)[rows["from_"], rows["to"]]),
        "reason": _given(_reasons(done, rows, codes)),
        "version": pa.array([terms.version]).take(pa.array(np.zeros(len(rows), np.int64))),
        "score": _score(done, scores, terms.main),
        "engagement": _score(done, scores, terms.engagement),
        "fit": _score(done, scores, terms.fit),
        "grade": _grade(done, scores, terms.fit),
        "scores": _all_scores(done, scores),
        "pass": pa.array(_passes(rows["lead"], rows["to"]), pa.int32()),
    }
    return pa.table(columns).cast(TRANSITIONS.schema)


def _given(texts: pa.Array) -> pa.Array:
    """Null where the text is empty."""
    return pc.if_else(pc.equal(texts, ""), pa.scalar(None, TEXT), texts)


def _counted(keys: NDArray[np.integer]) -> NDArray[np.int64]:
    """1, 2, 3 … within each run of equal keys."""
    begins = np.flatnonzero(np.diff(keys, prepend=keys[:1] - 1))
    return np.arange(len(keys)) - np.repeat(begins, np.diff([*begins, len(keys)])) + 1


def _passes(leads: NDArray[np.integer], stages: NDArray[np.integer]) -> NDArray[np.int64]:
    """The how manieth entry of the lead into that stage each one is."""
    keys = leads.astype(np.int64) * (int(stages.max(initial=0)) + 1) + stages
    order = np.argsort(keys, kind="stable")
    passes = np.empty(len(keys), np.int64)
    passes[order] = _counted(keys[order])
    return passes


def _returns(done: Replay) -> NDArray[np.bool_]:
    """(from, to) whether a lead goes back that way."""
    names = done.compiled.stage_names
    agreement = done.compiled.agreement
    found = [[bool(b) and bool(a) and is_return(agreement, str(a), str(b)) for b in names] for a in names]
    return np.array(found, bool)


def _reasons(done: Replay, rows: at.Records, codes: NDArray[np.int32]) -> pa.Array:
    """The decision's; for a timeout that of the stage it ended."""
    agreement = done.compiled.agreement
    ends = [(agreement.stage[name].timeout if name else None) for name in done.compiled.stage_names]
    of_timeouts = pa.array([end.reason if end else "" for end in ends], TEXT).take(pa.array(rows["from_"]))
    given = decision_field(done.history.decisions, "reason", codes)
    return pc.if_else(pa.array(rows["cause"] == at.BY_TIMEOUT), of_timeouts, given)


def _score(done: Replay, scores: NDArray[np.float64], name: str | None) -> pa.Array:
    if name is None:
        return pa.nulls(len(scores), pa.float64())
    return pa.array(scores[:, done.compiled.score_names.index(name)] + 0.0)


def _grade(done: Replay, scores: NDArray[np.float64], name: str | None) -> pa.Array:
    if name is None or not done.compiled.agreement.scores[name].grades:
        return pa.nulls(len(scores), TEXT)
    return _given(grades_of(done, name, scores[:, done.compiled.score_names.index(name)]))


def _all_scores(done: Replay, scores: NDArray[np.float64]) -> pa.Array:
    names = done.compiled.score_names
    keys = pa.array(list(names), TEXT).take(pa.array(np.tile(np.arange(len(names)), len(scores))))
    ends = pa.array(np.arange(len(scores) + 1) * len(names), pa.int32())
    return pa.MapArray.from_arrays(ends, keys, pa.array(scores.reshape(-1) + 0.0))
