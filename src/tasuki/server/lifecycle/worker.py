"""The engine's worker: a loop that folds what is due, and records what can be taken back no more.

As many as one likes, in threads, processes or machines.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from django.db import DatabaseError, InterfaceError, close_old_connections, connection

from tasuki.server.agreements.models import AgreementVersion
from tasuki.server.core import clock
from tasuki.server.core.sqlite.statistics import Statistics
from tasuki.server.lifecycle.commands import fold_due, record_held, roll_out

log = logging.getLogger(__name__)

IDLE = 0.1
"""Seconds between two looks when nothing is due."""
AWAY = 2.0
"""Seconds until the next try when the database does not answer."""


def run(stop: threading.Event, *, limit: int = 200) -> None:
    """Fold leads as they fall due until `stop` is set; then return once the batch in hand is committed.

    A database that is away is waited for. Runs in a thread or a process of its own, with a connection of its own.
    """
    statistics = Statistics()
    repeat(stop, lambda: _turn(limit, statistics))


def _turn(limit: int, statistics: Statistics) -> float:
    """One pass; how long to wait until the next."""
    statistics.keep()
    record_held()
    if fold_due(limit=limit).leads >= limit // 2:
        return 0.0
    return 0.0 if _rolls_out() and roll_out() else IDLE


def repeat(stop: threading.Event, turn: Callable[[], float]) -> None:
    """Do `turn`, which says how many seconds to wait until the next, until `stop` is set; then close the connection.

    A turn that fails, or a database that is away, ends nothing: it is tried again.
    """
    try:
        while not stop.is_set():
            pause = _safely(turn)
            if pause:
                stop.wait(pause)
    finally:
        connection.close()


def _safely(turn: Callable[[], float]) -> float:
    """Never raises: a worker that dies does nothing."""
    try:
        pause = turn()
    except (DatabaseError, InterfaceError):
        log.exception("the database does not answer; trying again in %s s", AWAY)
        _close()
        return AWAY
    except Exception:
        log.exception("a pass failed; trying again in %s s", AWAY)
        _close()
        return AWAY
    if pause:
        close_old_connections()
    return pause


def _rolls_out() -> bool:
    """Whether an agreement has come into force whose leads are not all queued yet; a read, which locks nothing."""
    return AgreementVersion.objects.filter(rolled_out=False, effective_from__lte=clock.now()).exists()


def _close() -> None:
    try:
        connection.close()
    except DatabaseError:
        log.debug("the connection was gone already", exc_info=True)
