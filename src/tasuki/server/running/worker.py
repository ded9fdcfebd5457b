"""A worker: folds leads that are due, and runs jobs, until it is told to stop."""

from __future__ import annotations

import logging
import threading
from time import monotonic

from django.db import DatabaseError, close_old_connections, connection

from tasuki.server.core import clock
from tasuki.server.imports import commands as imports
from tasuki.server.lifecycle import relay
from tasuki.server.lifecycle import worker as engine
from tasuki.server.lists import doing
from tasuki.server.notify import courier
from tasuki.server.running import heartbeat, jobs
from tasuki.server.running.kernel import warm
from tasuki.server.running.loops import PATIENCE, Loop, side_by_side
from tasuki.server.running.supervisor import Part, spawner

LOG = logging.getLogger("tasuki.worker")
MINUTE = 60.0


def work(stop: threading.Event) -> int:
    """Work until `stop`, with a process beside for what can wait; the exit status: 0, or 1 if a loop ended by itself."""
    name, started_at = heartbeat.new_name(), clock.now()
    aside = Part("aside", spawner("aside"))
    loops = [
        Loop("live", stop, _live),
        Loop("clocks", stop, relay.run),  # reminders, breaches, reassignments
        Loop("courier", stop, courier.run),
        Loop("stalled", stop, _stalled),
        Loop("jobs", stop, lambda asked: jobs.run_jobs(asked, name)),
    ]

    def look() -> None:
        _beat(name, started_at)
        aside.look(monotonic())

    look()
    LOG.info("worker begins", extra={"worker": name})
    status = side_by_side(loops, stop, look, heartbeat.EVERY)
    aside.ask_to_stop()
    aside.wait(monotonic() + PATIENCE)
    _say_goodbye(name)
    LOG.info("worker ends", extra={"worker": name})
    return status


def _live(stop: threading.Event) -> None:
    """Fold, once the kernel is there: were it compiled at the first fold, that transaction would last half a minute."""
    warm()
    engine.run(stop)


def _stalled(stop: threading.Event) -> None:
    """Look after what was left standing, every minute."""
    engine.repeat(stop, lambda: 0.0 if take_up() else MINUTE)


def take_up() -> int:
    """Have imports and changes of many leads go on whose worker died, or whose job the database ended; how many."""
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
