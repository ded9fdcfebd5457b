"""From typing `tasuki --help` to the prompt."""

from __future__ import annotations

import statistics
import subprocess
import sys
from pathlib import Path

from bench.table import Figure, Result
from bench.timing import say, seconds_of

RUNS = 10


def run(scale: float) -> Result:
    """Whole processes, after one that is not counted; `scale` changes nothing."""
    say("start: tasuki --help")
    command = [str(_script()), "--help"]

    def once() -> None:
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)

    once()
    seconds = [seconds_of(once) for _ in range(RUNS)]
    return Result([Figure("tasuki --help", statistics.median(seconds), "s", 0.3)], {"seconds": seconds})


def _script() -> Path:
    """The command that was installed beside the Python that runs this."""
    folder = Path(sys.executable).parent
    for name in ("tasuki", "tasuki.exe"):
        if (folder / name).exists():
            return folder / name
    raise SystemExit(f"{folder}: no command `tasuki` here; install the project first: pip install -e .")
