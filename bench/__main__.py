"""`python -m bench`: every benchmark in one run, a table of figures beside their limits, and a JSON file."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from bench.machine import machine_facts
from bench.table import Result, print_table, write_json

OUT = Path(__file__).parent / "out" / "bench.json"
QUICK = 0.1
BUSY = 0.5


class Benchmark(StrEnum):
    """Names for --only, in the order in which they run."""

    START = "start"
    REPLAY = "replay"
    FOLD = "fold"
    SWEEP = "sweep"
    SCALE = "scale"
    IMPORT = "import"
    SIMULATE = "simulate"
    METRICS = "metrics"
    SERVER = "server"
    HANDOFFS = "handoffs"
    PAGES = "pages"


MODULES = {
    Benchmark.START: "start_speed",
    Benchmark.REPLAY: "replay_speed",
    Benchmark.FOLD: "fold_speed",
    Benchmark.SWEEP: "sweep_speed",
    Benchmark.SCALE: "scale",
    Benchmark.IMPORT: "reading_speed",
    Benchmark.SIMULATE: "simulate_speed",
    Benchmark.METRICS: "metrics_speed",
    Benchmark.SERVER: "server.measure",
    Benchmark.HANDOFFS: "server.handoff_speed",
    Benchmark.PAGES: "server.pages_speed",
}


def main(
    only: Annotated[list[Benchmark] | None, typer.Option(help="Run this one only; may be repeated.")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="A tenth of the size, to try it out.")] = False,
    out: Annotated[Path, typer.Option(help="Where the numbers go.")] = OUT,
) -> None:
    """Measure speed and memory. Takes half an hour, 11 GB of disk and a machine that does nothing else."""
    console = Console(width=110)
    machine = machine_facts()
    scale = QUICK if quick else 1.0
    results: dict[str, Result] = {}
    for name in Benchmark:
        if not only or name in only:
            results[name] = _runner(name)(scale)
            write_json(out, machine, scale, results)
    title = f"{machine['cores']} cores, {machine['memory_gib']} GiB, {machine['processor']}"
    print_table([figure for result in results.values() for figure in result.figures], title, console)
    if quick:
        console.print("A tenth of the size: limits and goals are meant for the full one.")
    if float(str(machine["load_before"] or 0)) > BUSY:
        console.print(f"The machine was busy before (load {machine['load_before']}): the figures are noisy.")
    console.print(f"All numbers: {out}", soft_wrap=True)


def _runner(name: Benchmark) -> Callable[[float], Result]:
    """Imported when it runs, so that one benchmark does not begin with what another has loaded."""
    run: Callable[[float], Result] = import_module(f"bench.{MODULES[name]}").run
    return run


if __name__ == "__main__":
    typer.run(main)
