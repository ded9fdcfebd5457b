"""No question may hold the database for long: what has no index and finds next to nothing looks through everything."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import OperationalError, connection
from django.utils.translation import gettext as _

from tasuki.server.core.errors import Refused

SECONDS = 8.0
STEPS = 20_000
"""Of SQLite's machine between two looks at the time."""
CANCELLED = "57014"


@contextmanager
def for_a_while(seconds: float = SECONDS) -> Iterator[None]:
    """Let the queries inside take so long. Refused: one took longer."""
    try:
        with _on_postgresql(seconds) if connection.vendor == "postgresql" else _on_sqlite(seconds):
            yield
    except OperationalError as error:
        cause = error.__cause__
        stopped = getattr(cause, "sqlstate", None) == CANCELLED or "interrupted" in str(cause)
        if not stopped:
            raise
        raise Refused(
            "takes_too_long",
            _("Too many leads would have to be looked through for these filters."),
            cure=_("Add a stage, an owner or a word, so that fewer are left."),
        ) from None


@contextmanager
def _on_postgresql(seconds: float) -> Iterator[None]:
    """For the transaction, or without one for the session until it is said otherwise."""
    connection.ensure_connection()
    raw, inside = connection.connection, connection.in_atomic_block
    told = "SELECT set_config('statement_timeout', %s, %s)"
    raw.execute(told, [str(int(seconds * 1000)), inside])
    try:
        yield
    finally:
        if not inside and not raw.closed:
            raw.execute(told, ["0", False])


@contextmanager
def _on_sqlite(seconds: float) -> Iterator[None]:
    connection.ensure_connection()
    raw: sqlite3.Connection = connection.connection
    end = time.monotonic() + seconds
    raw.set_progress_handler(lambda: time.monotonic() > end, STEPS)
    try:
        yield
    finally:
        raw.set_progress_handler(None, 0)
