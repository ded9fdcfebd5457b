"""DuckDB's side: its own table of the same columns, and the ways to say in SQL what SQL can say.

Points, lifetime caps, an expiry of 90 days, first crossing of the bar. Also tried, and no faster: running
sums in the table's own order (a streaming window has one thread), each hit's end as a hit of negative points,
one key of lead and time for a window without partitions, leaving out first the leads that cannot reach the
bar, sums of doubles.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import duckdb
import numpy as np
import pyarrow as pa

from bench import company

if TYPE_CHECKING:
    from tasuki.history import History

Connection: TypeAlias = Any  # duckdb ships no types that fit
EXPIRY = 90 * company.DAY

CAPS_BY_ROW_NUMBER = """
entries_of_rules as (
  select e.lead, e.t, e.code, r.points, r.expires, r.cap from entries e join rules r using (code)
),
hits as (
  select lead, t, points, expires from entries_of_rules where cap = 0
  union all
  select lead, t, points, expires from entries_of_rules where cap > 0
  qualify row_number() over (partition by lead, code order by t) <= cap
)"""

CAPS_BY_LEAST_TIMES = """
entries_of_rules as (
  select e.lead, e.t, e.code, r.points, r.expires, r.cap from entries e join rules r using (code)
),
hits as (
  select lead, t, points, expires from entries_of_rules where cap = 0
  union all
  select lead, unnest(times), points, expires from (
    select lead, code, points, expires, min(t, 3) as times from entries_of_rules where cap = 3 group by all
  )
  union all
  select lead, unnest(times), points, expires from (
    select lead, code, points, expires, min(t, 5) as times from entries_of_rules where cap = 5 group by all
  )
)"""

WORTH = """
sum(case when expires then 0 else points end) over (
  partition by lead order by t range between unbounded preceding and current row)
+ sum(case when expires then points else 0 end) over (
  partition by lead order by t range between {expiry} - 1 preceding and current row)"""

ONE_PASS = """
with {hits},
sums as (select lead, t, {worth} as behavior from hits)
select lead, min(t) as t from sums join fits using (lead) where behavior + fit >= {bar} group by lead
"""

# A lead that crosses before any hit can have expired needs no sliding window; less than half remain.
TWO_PASSES = """
with {hits},
first as materialized (
  select lead, min(t) filter (behavior + fit >= {bar}) as t, min(t) filter (expires) as earliest
  from (select lead, t, expires, sum(points) over (partition by lead order by t) as behavior from hits)
  join fits using (lead) group by lead
),
late as (select lead from first where t - earliest >= {expiry}),
sums as (select lead, t, {worth} as behavior from hits semi join late using (lead))
select lead, min(t) as t from sums join fits using (lead) where behavior + fit >= {bar} group by lead
union all
select lead, t from first where t is not null and coalesce(t - earliest < {expiry}, true)
"""


def queries() -> dict[str, str]:
    """Every way by name; all give `lead` (row) and `t` (µs UTC) of the first crossing."""
    ways = {"one pass": ONE_PASS, "two passes": TWO_PASSES}
    caps = {"row_number": CAPS_BY_ROW_NUMBER, "least times": CAPS_BY_LEAST_TIMES}
    worth = WORTH.format(expiry=EXPIRY)
    return {
        f"{way}, caps by {by}": sql.format(hits=hits, worth=worth, expiry=EXPIRY, bar=company.BAR)
        for way, sql in ways.items()
        for by, hits in caps.items()
    }


def loaded(history: History, threads: int) -> Connection:
    """A database in memory: the history's columns in the same order; rules and traits as tables."""
    db = duckdb.connect()
    db.execute(f"set threads = {threads}")
    db.execute("create table entries (lead integer, t bigint, code integer)")
    db.execute("create table profiles (lead integer, rank integer)")
    first = 0
    for shard in history.shards:
        lead = np.repeat(np.arange(first, first + shard.leads, dtype=np.int32), np.diff(shard.offsets))
        columns = pa.table({"lead": lead, "t": np.array(shard.at), "code": np.array(shard.code)})
        db.register("shard", columns)
        db.execute("insert into entries from shard where code < ?", [company.SHAPES])
        db.execute(
            "insert into profiles select lead, (code - $1) % $2 from shard where code >= $1",
            [company.SHAPES, company.RANKS],
        )
        db.unregister("shard")
        first += shard.leads
    _add_rules(db)
    return db


def _add_rules(db: Connection) -> None:
    db.execute("create table rules (code integer, points integer, cap integer, expires boolean)")
    rules = [[i, company.points(i), company.cap(i), company.expires(i)] for i in range(company.RULES)]
    db.executemany("insert into rules values (?, ?, ?, ?)", rules)
    db.execute("create table ranks (rank integer, fit integer)")
    db.executemany("insert into ranks values (?, ?)", [[i, company.fit(i)] for i in range(company.RANKS)])
    db.execute("create table fits as select lead, fit from profiles join ranks using (rank)")


def crossings(db: Connection, sql: str) -> dict[int, int]:
    """First crossing of the bar (µs UTC) by row of lead."""
    rows = db.execute(sql).fetchnumpy()
    return dict(zip(rows["lead"].tolist(), rows["t"].tolist(), strict=True))
