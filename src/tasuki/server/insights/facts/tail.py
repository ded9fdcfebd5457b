"""What a table has that was not read yet: rows by their id after a cursor, and those that were committed late.

Ids are given before a transaction commits, so that a smaller one may come to light after a larger one. Where ids are missing
among rows that are new, their place is remembered for an hour and looked at again; what is read once is not read twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet

PATIENCE = timedelta(hours=1)
"""No transaction takes longer than that."""
FEW = 50
"""So many gaps are asked for one by one; with more, the ids between the first and the last are looked through."""
AT_ONCE = 500


@dataclass
class Cursor:
    """Up to which id a table was read, and the gaps below it: first id, last id, when they were noticed (ISO 8601)."""

    id: int = 0
    gaps: list[tuple[int, int, str]] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """For the file of cursors."""
        return {"id": self.id, "gaps": self.gaps}

    @classmethod
    def of_json(cls, raw: dict[str, Any]) -> Cursor:
        """What `to_json` gave."""
        return cls(int(raw["id"]), [(int(a), int(b), str(since)) for a, b, since in raw["gaps"]])


def new_rows(rows: QuerySet[Any], cursor: Cursor, most: int, now: datetime) -> list[tuple[Any, ...]]:
    """Rows (`values_list` that begins with the id and the time at which the row was recorded) that are new, by id.

    The cursor moves on. `most` bounds how many are read after it.
    """
    late = _late_ids(rows, cursor)
    found = [
        row
        for place in range(0, len(late), AT_ONCE)
        for row in rows.filter(pk__in=late[place : place + AT_ONCE]).order_by("pk")
    ]
    coming = list(rows.filter(pk__gt=cursor.id).order_by("pk")[:most])
    cursor.gaps = list(_still_open(cursor, late, now))
    cursor.gaps += _gaps([(row[0], row[1]) for row in coming], cursor.id, now)
    if coming:
        cursor.id = coming[-1][0]
    return [*found, *coming]


def _late_ids(rows: QuerySet[Any], cursor: Cursor) -> list[int]:
    """Ids in the gaps that are there by now."""
    if not cursor.gaps:
        return []
    ids = rows.order_by("pk")
    if len(cursor.gaps) <= FEW:
        wanted = Q()
        for first, last, _since in cursor.gaps:
            wanted |= Q(pk__gte=first, pk__lte=last)
        return list(ids.filter(wanted).values_list("pk", flat=True))
    between = ids.filter(pk__gte=cursor.gaps[0][0], pk__lte=cursor.gaps[-1][1])
    return list(_inside(between.values_list("pk", flat=True).iterator(), cursor.gaps))


def _inside(ids: Iterator[int], gaps: Sequence[tuple[int, int, str]]) -> Iterator[int]:
    place = 0
    for each in ids:
        while place < len(gaps) and gaps[place][1] < each:
            place += 1
        if place < len(gaps) and gaps[place][0] <= each:
            yield each


def _still_open(cursor: Cursor, late: list[int], now: datetime) -> Iterator[tuple[int, int, str]]:
    """The gaps without what came; those that are too old are forgotten."""
    place = 0
    for first, last, since in cursor.gaps:
        while place < len(late) and late[place] <= last:
            if first < late[place] and now - datetime.fromisoformat(since) < PATIENCE:
                yield first, late[place] - 1, since
            first = late[place] + 1
            place += 1
        if first <= last and now - datetime.fromisoformat(since) < PATIENCE:
            yield first, last, since


def _gaps(
    rows: list[tuple[int, datetime | None]], after: int, now: datetime
) -> Iterator[tuple[int, int, str]]:
    """Ids that are missing before rows that were recorded lately."""
    for id_, recorded_at in rows:
        if id_ > after + 1 and (recorded_at is None or now - recorded_at < PATIENCE):
            yield after + 1, id_ - 1, now.isoformat()
        after = id_
