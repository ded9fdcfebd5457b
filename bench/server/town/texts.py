"""What leads are found by, as the worker would have read it by now."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import connection

from bench.server.town.store import store
from bench.timing import say

CHUNK = 20_000


def read(leads: int) -> None:
    """Of all leads with the ids from 1 on. Nothing where this version keeps no such texts."""
    try:
        from tasuki.server.people import searching
        from tasuki.server.people.models import LeadText
    except ImportError:
        return

    def rows(first: int) -> Iterator[tuple[int, str, int]]:
        texts = searching._texts(range(first, first + CHUNK))
        for lead, text in texts.items():
            yield lead, " ".join(searching.grams_of(text)), 0

    say("  what they are found by")
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM people_leadtext")
    for first in range(1, leads + 1, CHUNK):
        store(LeadText, ("lead", "grams", "due"), list(rows(first)))


def count_finely() -> None:
    """PostgreSQL's statistics of the index, which went with it when it was dropped for the filling."""
    with connection.cursor() as cursor:
        if connection.vendor != "postgresql":
            return
        cursor.execute("SELECT 1 FROM pg_class WHERE relname = 'people_leadtext_grams'")
        if cursor.fetchone():
            cursor.execute("ALTER INDEX people_leadtext_grams ALTER COLUMN 1 SET STATISTICS 400")
            cursor.execute("ANALYZE people_leadtext")
