"""Loops that run side by side in one process until it is told to stop."""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Callable, Sequence
from time import monotonic

from django.db import connection

from tasuki.server.running.starting import calm_collector

LOG = logging.getLogger("tasuki.worker")
PATIENCE = 25.0  # seconds the loops are given to end their present batch


class Loop(threading.Thread):
    """A thread that must not end before it is told to."""

    def __init__(self, name: str, stop: threading.Event, run: Callable[[threading.Event], None]) -> None:
        super().__init__(name=name, daemon=True)
        self._stop_asked, self._loop = stop, run

    def run(self) -> None:
        """Until the loop returns; then its connection is closed."""
        try:
            self._loop(self._stop_asked)
        except BaseException:
            LOG.exception("the %s loop ended", self.name)
        finally:
            connection.close()


def until_stopped(work: Callable[[threading.Event], int]) -> int:
    """Work until SIGTERM or Ctrl-C asks to stop; what `work` returns. Call in the main thread."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return work(stop)


def side_by_side(
    loops: Sequence[Loop], stop: threading.Event, look: Callable[[], object], every: float
) -> int:
    """Run them until `stop`, with a `look` every so many seconds; 0, or 1 if one ended by itself, so that whoever
    watches starts the process anew."""
    calm_collector()
    for loop in loops:
        loop.start()
    while not stop.wait(every) and all(loop.is_alive() for loop in loops):
        look()
    broken = not stop.is_set()
    stop.set()
    until = monotonic() + PATIENCE
    for loop in loops:
        loop.join(max(until - monotonic(), 0.0))
    return int(broken)
