"""The web process: granian, whose processes run Django on several threads each."""

from __future__ import annotations

import os
import signal
import socket

from tasuki.errors import UsageError
from tasuki.server.environment import read_environment

WORKERS = 2  # one process computes on one core only, and a page is mostly computed, whatever the database
THREADS = 8
THREADS_ON_SQLITE = 4  # one writes at a time; more would only stand in line
STOP_WITHIN = 20


def check_free(host: str, port: int) -> None:
    """UsageError if nobody can listen there."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or error
            raise UsageError(
                f"--host {host} --port {port}: nothing can listen there ({reason}); stop what does, or name another port"
            ) from None


def serve(host: str, port: int, workers: int = 0, threads: int = 0) -> None:
    """Serve until SIGTERM or Ctrl-C; requests that run are finished first.

    `workers` and `threads` 0: as many as the database bears.

    SystemExit 1: a process of it died.
    """
    from granian.constants import Interfaces
    from granian.log import LogLevels
    from granian.server import Server

    os.register_at_fork(after_in_child=_end_when_asked)
    Server(
        "tasuki.server.running.application:build",
        factory=True,
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers or _workers(),
        blocking_threads=threads or _threads(),
        blocking_threads_idle_timeout=600,  # a thread takes its database connection with it
        workers_kill_timeout=STOP_WITHIN,
        log_level=LogLevels.error,
        websockets=False,
    ).serve()


def _end_when_asked() -> None:
    """A process that granian has just forked listens to what stops its parent, until granian teaches it better: asked to
    stop while it still loads the application it would go on, and be waited for in vain."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)


def _workers() -> int:
    return min(WORKERS, os.cpu_count() or 1)


def _threads() -> int:
    return THREADS if read_environment().database_url else THREADS_ON_SQLITE
