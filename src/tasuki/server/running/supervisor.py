"""Watches over the processes of one machine: starts again what died, and stops all of them together."""

from __future__ import annotations

import logging
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from time import monotonic

LOG = logging.getLogger("tasuki.up")
LOOK_EVERY = 0.2
LIVED_WELL = 20.0  # seconds after which a death is a new story
LONGEST_PAUSE = 15.0
STOP_WITHIN = 30.0
Spawn = Callable[[], "subprocess.Popen[bytes]"]


def spawner(*arguments: str) -> Spawn:
    """How to start a part in a session of its own, so that Ctrl-C reaches the watcher alone."""

    def spawn() -> subprocess.Popen[bytes]:
        return subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-m", "tasuki.server.running.child", *arguments],
            stdin=subprocess.PIPE,
            start_new_session=True,
        )

    return spawn


@dataclass
class Part:
    """One process, and when it may be started again."""

    name: str
    spawn: Spawn
    process: subprocess.Popen[bytes] | None = None
    began: float = 0.0
    again_at: float = 0.0
    deaths: int = 0

    def look(self, now: float) -> None:
        """Start it if it is not there and its pause is over."""
        if self.process is not None and self.process.poll() is not None:
            self._died(self.process.returncode, now)
        if self.process is None and now >= self.again_at:
            self.process, self.began = self.spawn(), now

    def _died(self, status: int, now: float) -> None:
        self.deaths = 1 if now - self.began > LIVED_WELL else self.deaths + 1
        pause = 0.0 if self.deaths == 1 else min(2.0 ** (self.deaths - 2), LONGEST_PAUSE)
        LOG.error(
            "%s ended by itself, starting it again", self.name, extra={"status": status, "pause": pause}
        )
        self.again_at, self.process = now + pause, None

    def ask_to_stop(self) -> None:
        """SIGTERM: it finishes what it does."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()

    def wait(self, until: float) -> bool:
        """Whether it ended by itself before `until`; else it is killed."""
        if self.process is None:
            return True
        try:
            self.process.wait(max(until - monotonic(), 0.05))
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return False
        finally:
            if self.process.stdin is not None:
                self.process.stdin.close()
        return True


@dataclass
class Supervisor:
    """The parts of one `tasuki up`."""

    parts: Sequence[Part]
    stop: threading.Event = field(default_factory=threading.Event)

    def listen(self) -> None:
        """SIGTERM and Ctrl-C stop everything; call in the main thread."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self.stop.set())

    def look(self) -> None:
        """One look at every part."""
        for part in self.parts:
            part.look(monotonic())

    def run(self) -> None:
        """Watch until asked to stop, then stop all parts, the last one first."""
        try:
            while not self.stop.is_set():
                self.look()
                self.stop.wait(LOOK_EVERY)
        finally:
            self.end()

    def end(self) -> None:
        """Stop all parts together."""
        until = monotonic() + STOP_WITHIN
        for part in reversed(self.parts):
            part.ask_to_stop()
        for part in self.parts:
            if not part.wait(until):
                LOG.error("%s did not end in time and was killed", part.name)
