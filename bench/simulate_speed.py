"""How fast the simulator makes up leads."""

from __future__ import annotations

import statistics
import tempfile
from pathlib import Path

from bench.table import Figure, Result
from bench.timing import say, seconds_of
from tasuki.simulate import simulate

LEADS, MONTHS, SEED = 50_000, 24, 7
RUNS = 2
MILLION = 1_000_000


def run(scale: float) -> Result:
    """Leads a second into CSV files, after a small company that is not counted."""
    leads = int(LEADS * scale)
    with tempfile.TemporaryDirectory() as folder:
        say(f"simulate: {leads:,} leads over {MONTHS} months")
        simulate(Path(folder), 100, MONTHS, SEED)
        seconds = [seconds_of(lambda: simulate(Path(folder), leads, MONTHS, SEED)) for _ in range(RUNS)]
        rows = dict(simulate(Path(folder), leads, MONTHS, SEED).rows)
    rate = leads / statistics.median(seconds)
    figures = [
        Figure("simulate, leads a second", rate, ""),
        Figure("… a million leads would take", MILLION / rate / 60, "min"),
    ]
    return Result(figures, {"leads": leads, "months": MONTHS, "rows": rows, "seconds": seconds})
