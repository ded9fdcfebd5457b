"""A worker: folds leads that are due, and runs jobs, until it is told to stop."""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Callable
from datetime import timedelta
from time import monotonic

from django.conf import settings
from django.db import DatabaseError, close_old_connections, connection

from tasuki.server.core import clock
from tasuki.server.notify import courier, keeping
from tasuki.server.people import searching
from tasuki.server.running import heartbeat, jobs
from tasuki.server.running.kernel import warm
from tasuki.server.running.starting import calm_collector

LOG = logging.getLogger("tasuki.worker")
FACTS_IDLE = 3.0  # seconds between two looks for new facts
FACTS_SHARE = 30.0  # what took a second is done every half minute: it holds up those who fold
SEARCH_IDLE = 0.5  # seconds between two looks when nothing is to be read anew
REPORTS = 10.0  # seconds between two looks for a weekly report that is due
HOUR = 3600.0
MINUTE = 60.0
PATIENCE = 25.0  # seconds a loop is given to end its present batch


class _Loop(threading.Thread):
    """A thread that must not end before it is told to; remembers what ended it."""

    def __init__(self, name: str, stop: threading.Event, run: Callable[[threading.Event], None]) -> None:
        super().__init__(name=name, daemon=True)
        self._stop_asked, self._loop = stop, run
        self.fault: BaseException | None = None

    def run(self) -> None:
        """Until the loop returns; then its connection is closed."""
        try:
            self._loop(self._stop_asked)
        except BaseException as fault:
            self.fault = fault
            LOG.exception("the %s loop ended", self.name)
        finally:
            connection.close()


def stop_on_signals(stop: threading.Event) -> None:
    """SIGTERM and Ctrl-C ask to stop."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())


def work(stop: threading.Event) -> int:
    """Work until `stop`; the exit status: 0, or 1 if a loop ended by itself, so that whoever watches starts anew."""
    name, started_at = heartbeat.new_name(), clock.now()
    loops = [
        _Loop("live", stop, _live),
        _Loop("clocks", stop, _clocks),
        _Loop("courier", stop, courier.run),
        _Loop("search", stop, _search),
        _Loop("facts", stop, _facts),
        _Loop("reports", stop, _reports),
        _Loop("house", stop, _house),
        _Loop("stalled", stop, _stalled),
        _Loop("jobs", stop, lambda asked: jobs.run_jobs(asked, name)),
    ]
    _beat(name, started_at)
    LOG.info("worker begins", extra={"worker": name})
    calm_collector()
    for loop in loops:
        loop.start()
    while not stop.wait(heartbeat.EVERY) and all(loop.is_alive() for loop in loops):
        _beat(name, started_at)
    broken = not stop.is_set()
    stop.set()
    for loop in loops:
        loop.join(PATIENCE)
    _say_goodbye(name)
    LOG.info("worker ends", extra={"worker": name})
    return int(broken)


def _live(stop: threading.Event) -> None:
    """Fold, once the kernel is there: were it compiled at the first fold, that transaction would last half a minute."""
    from tasuki.server.lifecycle import worker

    warm()
    worker.run(stop)


def _clocks(stop: threading.Event) -> None:
    """Reminders, breaches, reassignments."""
    from tasuki.server.lifecycle import relay

    relay.run(stop)


def _search(stop: threading.Event) -> None:
    """What leads are found by, a moment after they changed."""
    from tasuki.server.lifecycle import worker

    worker.repeat(stop, lambda: 0.0 if searching.read_due() else SEARCH_IDLE)


def _facts(stop: threading.Event) -> None:
    """What figures are counted in, some seconds after it happened; leads wait for their stage, figures need not."""
    from tasuki.server.insights import commands
    from tasuki.server.lifecycle import worker

    def turn() -> float:
        begin = monotonic()
        commands.refresh()
        return min(max(FACTS_IDLE, FACTS_SHARE * (monotonic() - begin)), MINUTE)

    worker.repeat(stop, turn)


def _reports(stop: threading.Event) -> None:
    """Weekly reports that are due; a look costs a query or two.

    What the mails were counted in stays open for as long as an hour, and no longer: it may be large.
    """
    from tasuki.server.insights import opened
    from tasuki.server.lifecycle import worker
    from tasuki.server.reports import commands

    kept_since = monotonic()

    def turn() -> float:
        nonlocal kept_since
        commands.send_due()
        if monotonic() - kept_since > HOUR:
            opened.forget()
            kept_since = monotonic()
        return REPORTS

    worker.repeat(stop, turn)


def _house(stop: threading.Event) -> None:
    """Forget messages of long ago; once an hour is enough."""
    from tasuki.server.lifecycle import worker

    age = timedelta(days=settings.ENVIRONMENT.keep_messages_days)
    worker.repeat(stop, lambda: 0.0 if keeping.forget(clock.now() - age) else HOUR)


def _stalled(stop: threading.Event) -> None:
    """Look after what was left standing, every minute."""
    from tasuki.server.lifecycle import worker

    worker.repeat(stop, lambda: 0.0 if take_up() else MINUTE)


def take_up() -> int:
    """Have imports and changes of many leads go on whose worker died, or whose job the database ended; how many."""
    from tasuki.server.imports import commands as imports
    from tasuki.server.lists import doing

    return imports.resume_stale() + doing.resume_stale()


def _beat(name: str, started_at: object) -> None:
    """A database that is away for a moment ends no worker."""
    try:
        close_old_connections()
        heartbeat.beat(name, started_at)  # type: ignore[arg-type]
        jobs.take_back()
    except DatabaseError:
        LOG.warning("no sign of life could be stored: the database does not answer")
        connection.close()


def _say_goodbye(name: str) -> None:
    try:
        heartbeat.end(name)
    except DatabaseError:
        LOG.warning("the worker's end could not be stored")
