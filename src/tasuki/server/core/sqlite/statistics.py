"""What SQLite knows of how much lies in its tables, by which it chooses its way to what is asked for.

PostgreSQL learns it by itself. SQLite learns it when it is told to, and without it goes through all that is open, say, to
find what is open of sixteen leads.
"""

from __future__ import annotations

from time import monotonic

from django.db import connection, transaction

from tasuki.server.core import bulk

EVERY = 60.0
"""Seconds between two looks whether much has come."""
FEW = 1_000
"""Rows of a table for which no way is long."""
LOOKED_AT = 400
"""Rows of each index that it looks at, so that it takes a moment however much there is."""


class Statistics:
    """Renews them whenever a table has doubled. For the connection of one thread, which goes by them at once; others do when
    their connection is renewed, within ten minutes."""

    def __init__(self) -> None:
        self._next = 0.0
        self._known: dict[str, int] = {}

    def keep(self) -> bool:
        """Renew them if it is time to; whether they were. Nothing to do on PostgreSQL."""
        if connection.vendor != "sqlite" or monotonic() < self._next:
            return False
        self._next = monotonic() + EVERY
        rows = dict(bulk.select("SELECT name, seq FROM sqlite_sequence", []))
        if all(count < 2 * self._known.get(name, 0) + FEW for name, count in rows.items()):
            return False
        self._known = rows
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"PRAGMA analysis_limit = {LOOKED_AT}")
            cursor.execute("ANALYZE")
        return True
