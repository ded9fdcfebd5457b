"""Rows into tables as fast as the database takes them: plain values, ids given, no checks, indexes made at the end.

Values are text, numbers or None: times as Django writes them into SQLite (`2026-04-01 09:00:00.000000`, UTC), which
PostgreSQL reads as well; JSON as text; truth as 0 and 1. Texts hold no tab, backslash or line end.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from typing import Any

from django.db import connection, models
from psycopg import Cursor

Row = Sequence[Any]
LINES = 5_000
INDEXES = {
    "postgresql": "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"
    " AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conname = indexname)",
    "sqlite": "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL",
}


def store(model: type[models.Model], names: Sequence[str], rows: Iterable[Row]) -> None:
    """Insert the rows; fields that are not named get the model's defaults."""
    fields = {field.name: field for field in model._meta.concrete_fields}
    chosen = [model._meta.pk if name == "pk" else fields[name] for name in names]
    rest = [field for field in fields.values() if field not in chosen and not _counts_itself(field)]
    columns = ", ".join(f'"{field.column}"' for field in [*chosen, *rest])
    fixed = tuple(plain(field.get_default()) for field in rest)
    table = model._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            _copy(cursor, f'COPY "{table}" ({columns}) FROM STDIN', rows, fixed)
            return
        marks = ", ".join("?" * (len(chosen) + len(rest)))
        whole = ((*row, *fixed) for row in rows) if fixed else rows
        cursor.connection.execute("BEGIN")
        cursor.connection.executemany(f'INSERT INTO "{table}" ({columns}) VALUES ({marks})', whole)
        cursor.connection.commit()


def _counts_itself(field: models.Field[Any, Any]) -> bool:
    return field.primary_key and isinstance(field, models.AutoField)


def _copy(cursor: Any, statement: str, rows: Iterable[Row], fixed: Row) -> None:
    raw: Cursor[Any] = cursor.cursor
    ending = "".join(f"\t{_cell(value)}" for value in fixed) + "\n"
    lines = ("\t".join(map(_cell, row)) + ending for row in rows)
    with raw.copy(statement.encode()) as copy:
        while some := "".join(islice(lines, LINES)):
            copy.write(some)


def _cell(value: Any) -> str:
    if value.__class__ is str:
        return value
    return "\\N" if value is None else str(value)


def plain(value: Any) -> Any:
    """A Python value as it is stored here."""
    if isinstance(value, datetime):
        return text(value)
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    return int(value) if isinstance(value, bool) else value


def text(at: datetime) -> str:
    """A time in UTC as it is stored here."""
    return at.replace(tzinfo=None).isoformat(" ", "microseconds")


@contextmanager
def in_bulk() -> Iterator[None]:
    """No indexes, no checks and no care for a crash meanwhile; then everything as before, and statistics."""
    begin, end = _PREPARE[connection.vendor]
    with connection.cursor() as cursor:
        for statement in begin:
            cursor.execute(statement)
        cursor.execute(INDEXES[connection.vendor])
        indexes = cursor.fetchall()
        for name, _ in indexes:
            cursor.execute(f'DROP INDEX "{name}"')
        yield
        for _, statement in indexes:
            cursor.execute(statement)
        for statement in end:
            cursor.execute(statement)
        _count_on(cursor)


_PREPARE: dict[str, tuple[Sequence[str], Sequence[str]]] = {
    "postgresql": (
        [
            "SET session_replication_role = replica",
            "SET synchronous_commit = off",
            "SET maintenance_work_mem = '1GB'",
        ],
        [
            "SET session_replication_role = DEFAULT",
            "SET synchronous_commit = DEFAULT",
            "VACUUM ANALYZE",
            "CHECKPOINT",
        ],
    ),
    "sqlite": (
        [
            "PRAGMA foreign_keys = OFF",
            "PRAGMA journal_mode = OFF",
            "PRAGMA synchronous = OFF",
            "PRAGMA cache_size = -500000",
        ],
        ["ANALYZE", "PRAGMA journal_mode = WAL", "PRAGMA foreign_keys = ON"],
    ),
}  # fmt: skip


def _count_on(cursor: Any) -> None:
    """PostgreSQL's counters go on after the ids that were given."""
    if connection.vendor != "postgresql":
        return
    for model in _models():
        key = model._meta.pk
        if isinstance(key, models.AutoField):
            table = model._meta.db_table
            cursor.execute(
                f"SELECT setval(pg_get_serial_sequence('\"{table}\"', '{key.column}'),"
                f' greatest((SELECT max("{key.column}") FROM "{table}"), 1))'
            )


def _models() -> Iterator[type[models.Model]]:
    from django.apps import apps

    for model in apps.get_models():
        if model._meta.managed and not model._meta.proxy:
            yield model
