"""Ten times the activities: how much more time, and how much memory beyond the mapped files.

Each size is replayed in a process of its own, `python -m bench.scale HISTORY RUNS`, which prints JSON.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from bench import company
from bench.table import Figure, Result
from bench.timing import MemoryWatch, say, seconds_of
from tasuki.engine.compile import compile_agreement
from tasuki.engine.replay import replay
from tasuki.history import open_history

SMALL, LARGE = 10_000_000, 100_000_000
ACTIVITIES_OF_A_LEAD = 50
THREADS, RUNS = 2, 3
GIB = 2**30


def run(scale: float) -> Result:
    """Small, large, small again, so that other load falls on both. Some 3 GB of disk."""
    with tempfile.TemporaryDirectory() as folder:
        small, large = Path(folder) / "small", Path(folder) / "large"
        for path, size in ((small, SMALL), (large, LARGE)):
            activities = int(size * scale)
            say(f"scale: making a history of {activities:,} activities")
            company.write_company(path, activities, activities // ACTIVITIES_OF_A_LEAD)
        runs = []
        for path in (small, large, small):
            say(f"scale: replay of the {path.name} one")
            runs.append(_fresh(path))
    return _result(runs[1], [runs[0], runs[2]])


def _fresh(path: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "bench.scale", str(path), str(RUNS)]
    done = subprocess.run(
        command, stdout=subprocess.PIPE, text=True, check=True, cwd=Path(__file__).parents[1]
    )
    return dict(json.loads(done.stdout))


def _result(large: dict[str, Any], small: list[dict[str, Any]]) -> Result:
    time = statistics.median(large["seconds"])
    short = statistics.median([seconds for each in small for seconds in each["seconds"]])
    growth = large["entries"] / small[0]["entries"]
    figures = [
        Figure(f"replay of {large['entries'] / 1e6:,.0f} million entries", time, "s"),
        Figure(f"… costs the time of {small[0]['entries'] / 1e6:,.0f} million", time / short, "×", 11),
    ]
    if large["memory_bytes"]:
        memory = large["memory_bytes"] / GIB
        figures.append(Figure("… resident memory beyond the mapped files", memory, "GiB", 4))
    return Result(figures, {"large": large, "small": small, "growth": growth})


def measure(path: Path, runs: int) -> dict[str, Any]:
    """Seconds of each run after one that is not counted, and the peak of resident memory over all of them."""
    with MemoryWatch() as watch:
        history = open_history(path)
        compiled = compile_agreement(company.agreement())

        def once() -> None:
            replay(compiled, history, threads=THREADS)

        once()
        seconds = [seconds_of(once) for _ in range(runs)]
    return {
        "entries": history.entries,
        "leads": history.leads,
        "seconds": seconds,
        "memory_bytes": watch.peak,
    }


if __name__ == "__main__":
    print(json.dumps(measure(Path(sys.argv[1]), int(sys.argv[2]))))
