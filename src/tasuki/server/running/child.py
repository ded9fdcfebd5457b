"""The processes that `tasuki up` starts: `python -m tasuki.server.running.child web|worker …`.

Their standard input is a pipe from the one that watches over them. When that ends, so do they, however it ended.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
from collections.abc import Callable


def end_with_parent() -> None:
    """Ask this process to stop when its standard input ends."""

    def watch() -> None:
        while os.read(0, 1024):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="parent", daemon=True).start()


def web(host: str, port: str, workers: str, threads: str) -> int:
    """The web process."""
    from tasuki.server.running.web import serve

    serve(host, int(port), int(workers), int(threads))
    return 0


def worker() -> int:
    """The worker."""
    from tasuki.server.running.starting import start_django

    stop = threading.Event()
    start_django(measured=True)
    from tasuki.server.running.worker import stop_on_signals, work

    stop_on_signals(stop)
    return work(stop)


PARTS: dict[str, Callable[..., int]] = {"web": web, "worker": worker}


def main() -> None:
    """Run the part that is named."""
    end_with_parent()
    name, *options = sys.argv[1:]
    status = PARTS[name](*options)
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)  # at once: else DuckDB's binding tells at length of what it leaves behind


if __name__ == "__main__":
    main()
