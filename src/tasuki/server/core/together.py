"""Several writes and reads in one round trip: on PostgreSQL one statement, on SQLite, which has no way to go, one by one.

What is written for one lead goes into ten tables and more; sent one by one, the statements would cost more than the work.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from django.db import connection, models

from tasuki.server.core import bulk

Pairs = list[tuple[int, int]]


class Together:
    """Collects statements until `send`. None may need what another one of them writes, for all see what was there before.

    They take effect in no certain order; many rows at once go by a statement of their own, after the queries.
    """

    def __init__(self) -> None:
        self._at_once = connection.vendor == "postgresql"
        self._writes: list[str] = []
        self._asks: list[tuple[str, Sequence[Any], Callable[[Pairs], None]]] = []
        self._parameters: list[Any] = []
        self._copies: list[tuple[type[models.Model], Sequence[str], Sequence[bulk.Row]]] = []

    def insert(self, model: type[models.Model], fields: Sequence[str], rows: Sequence[bulk.Row]) -> None:
        """The same as `bulk.insert`."""
        if self._at_once and len(rows) >= bulk.MANY:
            self._copies.append((model, fields, rows))
        elif rows and self._at_once:
            self.write(*bulk.insertion(model, fields, rows))
        else:
            bulk.insert(model, fields, rows)

    def write(self, statement: str, parameters: Sequence[Any]) -> None:
        """A statement of which nothing comes back."""
        if self._at_once:
            self._writes.append(statement)
            self._parameters += parameters
            return
        bulk.straight(statement, parameters)

    def ask(self, statement: str, parameters: Sequence[Any], take: Callable[[Pairs], None]) -> None:
        """A query for pairs of integers, which `take` gets when all has been written."""
        self._asks.append((statement, parameters, take))

    def send(self) -> None:
        """Execute what has gathered. IntegrityError: a constraint does not hold; what `take` raises."""
        asks, self._asks = self._asks, []
        if not self._at_once:
            for statement, parameters, take in asks:
                take(bulk.straight(statement, parameters))
            return
        found: list[Pairs] = [[] for _ask in asks]
        if self._writes or asks:
            for nth, one, other in bulk.recurring(*self._whole(asks)):
                if nth >= 0:
                    found[nth].append((one, other))
        copies, self._copies = self._copies, []
        for copied in copies:  # last, so that no query has seen them
            bulk.copy(*copied)
        for (_statement, _given, take), pairs in zip(asks, found, strict=True):
            take(pairs)

    def _whole(self, asks: Sequence[tuple[str, Sequence[Any], object]]) -> tuple[str, list[Any]]:
        parts = ", ".join(f"w{nth} AS ({statement})" for nth, statement in enumerate(self._writes))
        questions = " UNION ALL ".join(
            f"SELECT {nth}, a.* FROM ({statement}) AS a"  # noqa: S608 — statements of ours
            for nth, (statement, _given, _take) in enumerate(asks)
        )
        whole = (f"WITH {parts} " if parts else "") + (questions or "SELECT -1, 0, 0")
        parameters = [*self._parameters, *(value for _statement, given, _take in asks for value in given)]
        self._writes, self._parameters = [], []
        return whole, parameters


def new_ids(wanted: Mapping[type[models.Model], int]) -> list[list[int]]:
    """So many ids for rows about to be inserted, ascending, for each model; within a transaction."""
    if connection.vendor != "postgresql":
        return [_next_ids(model, count) for model, count in wanted.items()]
    found: list[list[int]] = [[] for _model in wanted]
    parts, parameters = [], []
    for nth, (model, count) in enumerate(wanted.items()):
        if count:
            parts.append(f"SELECT {nth}, nextval('{_sequence(model)}') FROM generate_series(1, %s)")  # noqa: S608
            parameters.append(count)
    for nth, pk in bulk.recurring(" UNION ALL ".join(parts), parameters) if parts else ():
        found[nth].append(pk)
    return [sorted(ids) for ids in found]


@cache
def _sequence(model: type[models.Model]) -> str:
    """The name of what counts a table's ids; asked once, for it would be looked up again for every id."""
    ((name,),) = bulk.select("SELECT pg_get_serial_sequence(%s, 'id')", [model._meta.db_table])
    return str(name)


def _next_ids(model: type[models.Model], count: int) -> list[int]:
    """SQLite counts by itself; nobody else writes within our transaction."""
    if not count:
        return []
    rows = bulk.straight("SELECT seq FROM sqlite_sequence WHERE name = %s", [model._meta.db_table])
    first = rows[0][0] + 1 if rows else 1
    return list(range(first, first + count))
