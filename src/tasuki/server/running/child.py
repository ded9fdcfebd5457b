"""The processes that another one of ours starts: `python -m tasuki.server.running.child web|worker|aside …`.

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
    """A worker."""
    from tasuki.server.running.starting import start_django

    start_django(measured=True)
    from tasuki.server.running.loops import until_stopped
    from tasuki.server.running.worker import work

    return until_stopped(work)


def aside() -> int:
    """What is done beside a worker."""
    from tasuki.server.running.starting import start_django

    start_django(measured=True)
    from tasuki.server.running.aside import work
    from tasuki.server.running.loops import until_stopped

    return until_stopped(work)


PARTS: dict[str, Callable[..., int]] = {"web": web, "worker": worker, "aside": aside}


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
