"""Import beside DuckDB reading and sorting the same file, in turn."""

from __future__ import annotations

import tempfile
from pathlib import Path

from bench import import_speed
from bench.table import Figure, Result
from bench.timing import medians, say

ROWS = 10_000_000
RUNS = 3


def run(scale: float) -> Result:
    """Rows of a CSV file of activities in no order; import and DuckDB with two threads each."""
    rows = int(ROWS * scale)
    with tempfile.TemporaryDirectory() as folder:
        say(f"import: writing a file of {rows:,} rows")
        file = Path(folder) / "activities.csv"
        import_speed.write_csv(file, rows)
        import_speed.warm_up(Path(folder))
        seconds: dict[str, list[float]] = {"import": [], "duckdb": []}
        for number in range(RUNS):
            say(f"import: import and DuckDB, {number + 1} of {RUNS}")
            seconds["import"].append(import_speed.import_seconds(file, Path(folder) / "history", rows))
            seconds["duckdb"].append(import_speed.sort_seconds(file))
        size = file.stat().st_size
    median = medians(seconds)
    figures = [
        Figure(f"import of {rows / 1e6:,.0f} million rows ({size / 1e6:,.0f} MB)", median["import"], "s"),
        Figure("DuckDB reads and sorts the same file", median["duckdb"], "s"),
        Figure(
            "import's part of DuckDB's speed", median["duckdb"] / median["import"], "×", 0.5, at_least=True
        ),
    ]
    return Result(figures, {"rows": rows, "bytes": size, "seconds": seconds, "medians": median})
