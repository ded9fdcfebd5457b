"""Replay against DuckDB's best SQL for what SQL can say, and against one read of the same columns."""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from bench import company, duck
from bench.table import Figure, Result
from bench.timing import Action, Spent, in_turn, medians, say
from tasuki.engine.compile import compile_agreement
from tasuki.engine.replay import Replay, replay
from tasuki.history import open_history

if TYPE_CHECKING:
    from tasuki.history import History

ACTIVITIES, LEADS = 10_000_000, 200_000
THREADS, RUNS = 2, 5


def run(scale: float) -> Result:
    """Replay, a read by numpy and DuckDB's ways in turn; its quickest way counts, all must agree."""
    with tempfile.TemporaryDirectory() as folder:
        say("replay: making a history")
        company.write_company(Path(folder) / "history", int(ACTIVITIES * scale), int(LEADS * scale))
        return _measured(open_history(Path(folder) / "history"))


def _measured(history: History) -> Result:
    compiled = compile_agreement(company.agreement())
    expected = first_entries(replay(compiled, history, threads=THREADS))
    with duck.loaded(history, THREADS) as db:
        say("replay: whether DuckDB's answers are the same")
        _check(db, expected)
        say("replay: replay, numpy, DuckDB in turn")
        ours: dict[str, Action] = {
            "replay": lambda: replay(compiled, history, threads=THREADS),
            "numpy": lambda: read_columns(history),
        }
        spent = in_turn(ours | _ways(db), RUNS)
    facts = {
        "activities": history.entries - history.leads,
        "leads": history.leads,
        "crossings": len(expected),
    }
    return Result(_figures(spent), {**facts, "seconds": spent.wall, "processor_seconds": spent.processor})


def _figures(spent: Spent) -> list[Figure]:
    wall, processor = medians(spent.wall), medians(spent.processor)
    ours, best, least = (
        wall["replay"],
        *(min(each[way] for way in duck.queries()) for each in (wall, processor)),
    )
    return [
        Figure("replay, two threads", ours * 1000, "ms"),
        Figure("DuckDB's best SQL, same answer, two threads", best * 1000, "ms"),
        Figure("replay is faster than DuckDB", best / ours, "×", 15, 30, at_least=True),
        Figure("… in processor time", least / processor["replay"], "×"),
        Figure("numpy reads the same columns", wall["numpy"] * 1000, "ms"),
        Figure("replay costs reads by numpy", ours / wall["numpy"], "×", 20, 8),
    ]


def _check(db: duck.Connection, expected: dict[int, int]) -> None:
    for way, sql in duck.queries().items():
        if duck.crossings(db, sql) != expected:
            raise SystemExit(
                f"bench/duck.py, {way}: DuckDB's answer is not the replay's; one of them is wrong"
            )


def _ways(db: duck.Connection) -> dict[str, Action]:
    return {way: partial(_fetch, db, sql) for way, sql in duck.queries().items()}


def _fetch(db: duck.Connection, sql: str) -> None:
    db.execute(sql).fetchnumpy()


def first_entries(done: Replay) -> dict[int, int]:
    """First entry into MQL (µs UTC) by row of lead; a lead enters it once under this agreement."""
    number = done.compiled.stage_names.index("MQL")
    entered = done.transitions[done.transitions["to"] == number]
    return dict(zip(entered["lead"].tolist(), entered["at"].tolist(), strict=True))


def read_columns(history: History) -> int:
    """One pass over the columns that the kernel reads."""
    return sum(int(shard.at.sum()) + int(shard.code.sum()) for shard in history.shards)
