"""How fast a CSV of activities is imported, beside DuckDB reading and sorting the same file."""

from __future__ import annotations

import resource
import shutil
import sys
import tempfile
from pathlib import Path
from time import perf_counter

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from tasuki.history import open_history
from tasuki.history.importing import import_files

THREADS = 2
ENTRIES_A_LEAD = 50
BLOCK = 1_000_000
TYPES = ["page_view", "email_click", "download", "form_submit"]
CHANNELS = ["web", "email", "ads", "event"]
KINDS = ["whitepaper", "case_study", "", "pricing"]
PATHS = [f"/products/{i}" for i in range(200)]
FIRST, LAST = 1_640_995_200, 1_704_067_200  # the years 2022 and 2023, seconds since 1970


def run(rows: int) -> dict[str, float]:
    """Import, and DuckDB's own CREATE TABLE … ORDER BY, over one made-up file of so many activities."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "activities.csv"
        write_csv(file, rows)
        warm_up(Path(folder))
        seconds = import_seconds(file, Path(folder) / "history", rows)
        duckdb_seconds = sort_seconds(file)
        return {
            "rows": rows,
            "megabytes": file.stat().st_size / 1e6,
            "import_seconds": seconds,
            "duckdb_seconds": duckdb_seconds,
            "ratio": seconds / duckdb_seconds,
            "peak_megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        }


def write_csv(file: Path, rows: int) -> None:
    """Activities of rows / 50 leads in random order."""
    random = np.random.default_rng(1)
    leads = [f"L{i:07d}" for i in range(max(rows // ENTRIES_A_LEAD, 1))]
    with file.open("wb") as sink:
        for first in range(0, rows, BLOCK):
            size = min(BLOCK, rows - first)
            seconds = pa.array(random.integers(FIRST, LAST, size), pa.timestamp("s"))
            columns = {
                "lead": pick(random, leads, size),
                "at": pc.strftime(seconds, format="%Y-%m-%dT%H:%M:%SZ"),
                "type": pick(random, TYPES, size),
                "channel": pick(random, CHANNELS, size),
                "path": pick(random, PATHS, size),
                "content.kind": pick(random, KINDS, size),
            }
            options = pyarrow.csv.WriteOptions(include_header=first == 0, quoting_style="none")
            pyarrow.csv.write_csv(pa.table(columns), sink, options)


def pick(random: np.random.Generator, values: list[str], size: int) -> pa.Array:
    return pa.array(values).take(pa.array(random.integers(0, len(values), size)))


def warm_up(folder: Path) -> None:
    """Compile what is compiled at first use."""
    small = folder / "small.csv"
    small.write_text("lead,at,type\nb,2024-05-01,t\na,2024-05-01,t\n", encoding="utf-8")
    import_files(folder / "small", activities=[small])


def import_seconds(file: Path, out: Path, rows: int) -> float:
    start = perf_counter()
    import_files(out, activities=[file], timezone="UTC", threads=THREADS)
    seconds = perf_counter() - start
    assert open_history(out).entries == rows
    shutil.rmtree(out)
    return seconds


def sort_seconds(file: Path) -> float:
    with duckdb.connect() as connection:
        connection.execute(f"SET threads = {THREADS}")
        start = perf_counter()
        connection.execute(f"CREATE TABLE t AS SELECT * FROM read_csv('{file}') ORDER BY lead, \"at\"")
        return perf_counter() - start


if __name__ == "__main__":
    for name, value in run(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000_000).items():
        print(f"{name:16} {value:,.2f}")
