"""Replay against DuckDB's best SQL for what SQL can say, and against one read of the same columns."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from bench import company
from tasuki.engine.compile import compile_agreement
from tasuki.engine.replay import Replay, replay
from tasuki.history import History, open_history

SQL = """
with hits as (
  select e.lead, e.t, r.points, r.expires
  from entries e join rules r using (code)
  where r.cap = 0
  union all
  select lead, t, points, expires from (
    select e.lead, e.t, r.points, r.expires, r.cap, row_number() over (partition by e.lead, r.rule order by e.t) as n
    from entries e join rules r using (code) where r.cap > 0
  ) where n <= cap
), sums as (
  select lead, t,
    sum(case when expires then 0 else points end) over (partition by lead order by t range between unbounded preceding and current row)
    + sum(case when expires then points else 0 end) over (partition by lead order by t range between 7775999999999 preceding and current row) as behavior
  from hits
)
select lead, min(t) as t from sums join fits using (lead) where behavior + fit >= {bar} group by lead
"""


def timed(action: Callable[[], Any], runs: int) -> tuple[list[float], Any]:
    """Seconds of each run, after one that is not counted, and the last result."""
    result = action()
    seconds = []
    for _ in range(runs):
        begin = time.perf_counter()
        result = action()
        seconds.append(time.perf_counter() - begin)
    return seconds, result


def load(db: duckdb.DuckDBPyConnection, history: History) -> None:
    """The same columns as DuckDB's own table, in the same order, and the rules and traits as tables."""
    db.execute("create table entries (lead integer, t bigint, code integer)")
    db.execute("create table fits (lead integer, fit integer)")
    first = 0
    for shard in history.shards:
        lead = np.repeat(np.arange(first, first + shard.leads, dtype=np.int32), np.diff(shard.offsets))
        columns = pa.table({"lead": lead, "t": np.array(shard.at), "code": np.array(shard.code)})  # noqa: F841
        db.execute("insert into entries select * from columns where code < ?", [company.SHAPES])
        db.execute("insert into fits select lead, 5 * r from (select lead, ((code - ?) % 7) % 7 as r from columns where code >= ?)", [company.SHAPES, company.SHAPES])
        first += shard.leads
    db.execute(f"update fits set fit = 0 where fit > {5 * (company.TRAITS - 1)}")
    db.execute("create table rules (code integer, rule integer, points integer, cap integer, expires boolean)")
    for i in range(company.RULES):
        db.execute("insert into rules values (?, ?, ?, ?, ?)", [i, i, company.points(i), company.cap(i), company.expires(i)])


def crossings(done: Replay) -> dict[int, int]:
    """First entry into MQL by row of lead."""
    mql = done.transitions[done.transitions["to"] == 2]
    return dict(zip(mql["lead"].tolist(), mql["at"].tolist(), strict=True))


def numpy_read(history: History) -> int:
    """One pass over the columns that the kernel reads."""
    return sum(int(shard.at.sum()) + int(shard.code.sum()) for shard in history.shards)


def run(activities: int = 10_000_000, leads: int = 200_000, runs: int = 5) -> dict[str, float]:
    """Medians in seconds and the ratios."""
    with tempfile.TemporaryDirectory() as folder:
        company.write_company(Path(folder) / "history", activities, leads)
        history = open_history(Path(folder) / "history")
        compiled = compile_agreement(company.agreement())
        db = duckdb.connect()
        db.execute("set threads = 2")
        load(db, history)
        ours, done = timed(lambda: replay(compiled, history, threads=2), runs)
        reads, _ = timed(lambda: numpy_read(history), runs)
        theirs, rows = timed(lambda: db.execute(SQL.format(bar=company.BAR)).fetchnumpy(), max(runs // 2, 1))
        same = dict(zip(rows["lead"].tolist(), rows["t"].tolist(), strict=True)) == crossings(done)
        if not same:
            raise SystemExit("the two answers differ")
        ours_s, theirs_s, read_s = statistics.median(ours), statistics.median(theirs), statistics.median(reads)
        return {
            "entries": history.entries,
            "leads over the bar": len(rows["lead"]),
            "replay s": ours_s,
            "duckdb s": theirs_s,
            "numpy read s": read_s,
            "duckdb / replay": theirs_s / ours_s,
            "replay / numpy read": ours_s / read_s,
        }


if __name__ == "__main__":
    for name, value in run().items():
        print(f"{name:>24} {value:,.4g}")
