"""DuckDB and Spark read the files of a history as they are."""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from tasuki.history import open_history
from tasuki.history.importing import import_files

LEADS = """
    SELECT l.id, a.type, epoch_us(e."at") AS "at"
    FROM read_parquet('{h}/entries/*.parquet', filename = true) e
    JOIN read_parquet('{h}/leads/*.parquet', filename = true) l
      ON l.lead = e.lead AND parse_filename(l.filename) = parse_filename(e.filename)
    JOIN '{h}/activities/*.parquet' a USING (code)
    ORDER BY ALL
"""


@pytest.fixture
def history(out: Path, write: Callable[..., Path]) -> Path:
    rows = "".join(
        f"L{i % 10},2024-05-{i % 28 + 1:02},{'page_view' if i % 3 else 'download'}\n" for i in range(100)
    )
    profiles = write("p.csv", "lead,at,title\nL1,2024-05-01,部長\n")
    import_files(out, profiles=[profiles], activities=[write("a.csv", "lead,at,type\n" + rows)], shards=3)
    return out


def test_duckdb_reads_entries_leads_and_shapes(history: Path) -> None:
    rows = duckdb.sql(LEADS.format(h=history)).fetchall()
    expected = []
    opened = open_history(history)
    types = {code: opened.activities.row(i) for i, code in enumerate(opened.activities.codes.tolist())}
    for shard in opened.shards:
        for lead, first, end in zip(shard.ids, shard.offsets, shard.offsets[1:], strict=False):
            expected += [
                (lead, types[shard.code[i]]["type"], shard.at[i])
                for i in range(first, end)
                if shard.code[i] in types
            ]
    assert rows == sorted(expected)
    assert len(rows) == 100


def test_duckdb_sees_times_in_utc(history: Path) -> None:
    (kind,) = duckdb.sql(f"SELECT DISTINCT typeof(\"at\") FROM '{history}/entries/*.parquet'").fetchall()
    assert kind == ("TIMESTAMP WITH TIME ZONE",)


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("pyspark") is None, reason="pyspark is not installed")
@pytest.mark.skipif(
    shutil.which("java") is None, reason="Spark needs java, and there is none on this machine"
)
@pytest.mark.filterwarnings("ignore")  # pyspark itself warns
def test_spark_reads_entries_and_shapes(history: Path) -> None:
    from pyspark.sql import SparkSession

    spark = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
    try:
        entries = spark.read.parquet(str(history / "entries"))
        activities = spark.read.parquet(str(history / "activities"))
        counted = entries.join(activities, "code").groupBy("type").count().collect()
        assert {row["type"]: row["count"] for row in counted} == {"download": 34, "page_view": 66}
        assert dict(entries.dtypes) == {"lead": "int", "at": "timestamp", "seq": "bigint", "code": "int"}
        assert spark.read.parquet(str(history / "leads")).count() == 10
    finally:
        spark.stop()
