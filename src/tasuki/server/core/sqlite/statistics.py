"""What SQLite knows of how much lies in its tables, by which it chooses its way to what is asked for.

PostgreSQL learns it by itself. SQLite learns it when it is told to, and without it goes through all that is open, say, to
find what is open of sixteen leads. A part of each table is not enough: from the first rows of an index it takes one
person for a few leads, and reads the tens of thousands that they have.
"""

from __future__ import annotations

from time import monotonic

from django.db import connection, transaction

from tasuki.server.core import bulk

EVERY = 60.0
"""Seconds between two looks whether much has come."""
FEW = 1_000
"""Rows of a table for which no way is long."""


class Statistics:
    """Renews them for each table that has doubled: a second for three million rows, in which others do not write.

    For the connection of one thread, which goes by them at once; others do when their connection is renewed, within ten
    minutes.
    """

    def __init__(self) -> None:
        self._next = 0.0
        self._known: dict[str, int] = {}

    def keep(self) -> list[str]:
        """Renew them if it is time to; the tables that were looked at. Nothing to do on PostgreSQL."""
        if connection.vendor != "sqlite" or monotonic() < self._next:
            return []
        self._next = monotonic() + EVERY
        rows = _rows()
        grown = [name for name, last in rows.items() if last >= 2 * self._known.get(name, 0) + FEW]
        for name in grown:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(f"ANALYZE {connection.ops.quote_name(name)}")
            self._known[name] = rows[name]
        return grown


def _rows() -> dict[str, int]:
    """Each table's last row, which is found at once; more than there are, where some were deleted."""
    names = connection.introspection.django_table_names(only_existing=True)
    parts = [
        f"SELECT '{name}', max(rowid) FROM {connection.ops.quote_name(name)}"  # noqa: S608 — names of ours
        for name in names
    ]
    return {name: last or 0 for name, last in bulk.select(" UNION ALL ".join(parts), [])}
