"""Replay against DuckDB's best SQL for what SQL can say, and against one read of the same columns."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from bench import company, duck
from bench.table import Figure, Result
from bench.timing import in_turn, medians, say, seconds_of
from tasuki.engine.compile import compile_agreement
from tasuki.engine.replay import Replay, replay
from tasuki.history import open_history

if TYPE_CHECKING:
    from tasuki.history import History

ACTIVITIES, LEADS = 10_000_000, 200_000
THREADS, RUNS = 2, 5


def run(scale: float) -> Result:
    """Replay, DuckDB's quickest way and a read by numpy in turn; all ways give the same answer."""
    with tempfile.TemporaryDirectory() as folder:
        say("replay: making a history")
        company.write_company(Path(folder) / "history", int(ACTIVITIES * scale), int(LEADS * scale))
        return _measured(open_history(Path(folder) / "history"))


def _measured(history: History) -> Result:
    compiled = compile_agreement(company.agreement())
    expected = first_entries(replay(compiled, history, threads=THREADS))
    with duck.loaded(history, THREADS) as db:
        say("replay: looking for the best SQL")
        ways = _ways(db, expected)
        best = duck.queries()[min(ways, key=lambda way: ways[way])]
        say("replay: replay, DuckDB, numpy in turn")
        seconds = in_turn(
            {
                "replay": lambda: replay(compiled, history, threads=THREADS),
                "duckdb": lambda: db.execute(best).fetchnumpy(),
                "numpy": lambda: read_columns(history),
            },
            RUNS,
        )
    median = medians(seconds)
    facts = {
        "activities": history.entries - history.leads,
        "leads": history.leads,
        "crossings": len(expected),
    }
    return Result(_figures(median), {**facts, "seconds": seconds, "medians": median, "duckdb_ways": ways})


def _figures(median: dict[str, float]) -> list[Figure]:
    ours = median["replay"]
    return [
        Figure("replay, two threads", ours * 1000, "ms"),
        Figure("DuckDB's best SQL, same answer, two threads", median["duckdb"] * 1000, "ms"),
        Figure("replay is faster than DuckDB", median["duckdb"] / ours, "×", 15, 30, at_least=True),
        Figure("numpy reads the same columns", median["numpy"] * 1000, "ms"),
        Figure("replay costs reads by numpy", ours / median["numpy"], "×", 20, 8),
    ]


def _ways(db: duck.Connection, expected: dict[int, int]) -> dict[str, float]:
    """Seconds of each way, the better of two runs after the one that checks its answer."""
    seconds = {}
    for way, sql in duck.queries().items():
        if duck.crossings(db, sql) != expected:
            raise SystemExit(
                f"bench/duck.py, {way}: DuckDB's answer differs from the replay's; one of them is wrong"
            )
        seconds[way] = min(seconds_of(lambda sql=sql: db.execute(sql).fetchnumpy()) for _ in range(2))  # type: ignore[misc]
    return seconds


def first_entries(done: Replay) -> dict[int, int]:
    """First entry into MQL (µs UTC) by row of lead; a lead enters it once under this agreement."""
    number = done.compiled.stage_names.index("MQL")
    entered = done.transitions[done.transitions["to"] == number]
    return dict(zip(entered["lead"].tolist(), entered["at"].tolist(), strict=True))


def read_columns(history: History) -> int:
    """One pass over the columns that the kernel reads."""
    return sum(int(shard.at.sum()) + int(shard.code.sum()) for shard in history.shards)
