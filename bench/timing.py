"""Wall-clock seconds of things done in turn, and the resident memory of this process."""

from __future__ import annotations

import statistics
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, process_time
from types import TracebackType
from typing import Any

from rich.console import Console

console = Console(stderr=True)
Action = Callable[[], Any]


def say(text: str) -> None:
    """Tell what is being done, beside the results."""
    console.print(f"[dim]{text} …[/dim]", highlight=False)


def seconds_of(action: Action) -> float:
    """Seconds of one call."""
    begin = perf_counter()
    action()
    return perf_counter() - begin


@dataclass(frozen=True)
class Spent:
    """Seconds of each run by name: on the wall, and of all processors, which a busy machine disturbs less."""

    wall: dict[str, list[float]]
    processor: dict[str, list[float]]


def in_turn(actions: Mapping[str, Action], runs: int) -> Spent:
    """Each so many times, A B C A B C …, so that what else the machine does falls on all alike.

    A first round is not counted: compiling, caches, memory from the system.
    """
    for action in actions.values():
        action()
    rounds = [{name: both_clocks(action) for name, action in actions.items()} for _ in range(runs)]
    wall, processor = ({name: [each[name][clock] for each in rounds] for name in actions} for clock in (0, 1))
    return Spent(wall, processor)


def both_clocks(action: Action) -> tuple[float, float]:
    """Seconds of one call: on the wall, and of all processors."""
    processor = process_time()
    wall = seconds_of(action)
    return wall, process_time() - processor


def medians(seconds: Mapping[str, list[float]]) -> dict[str, float]:
    """Median of each."""
    return {name: statistics.median(each) for name, each in seconds.items()}


def resident_memory() -> int:
    """Bytes of this process in memory that are not mapped from files (`RssAnon`, Linux only; elsewhere 0)."""
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("RssAnon:"))


class MemoryWatch:
    """A thread looks at the resident memory every 5 ms inside `with`; `peak` in bytes."""

    def __init__(self) -> None:
        self.peak = 0
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> MemoryWatch:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        self._thread.join()

    def _look(self) -> None:
        while True:
            self.peak = max(self.peak, resident_memory())
            if self._done.wait(0.005):
                return
