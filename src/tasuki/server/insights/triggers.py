"""Triggers that write the journal, alike on both databases.

They watch a few columns and fire only where one of them differs, since updates of many rows set columns that stay as
they are. A fold, which writes stage and scores, costs nothing here, and neither does an insert: as long as a row was never
changed it is its own first image, and its first change writes that one too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.db import connection

WATCHED: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "lead": (
        "people_lead",
        ("account_id", "owner_id", "team_id", "channel", "campaign", "first_touch_at", "anonymous", "merged_into_id",
         "erased_at"),
    ),
    "handoff": (
        "handoffs_handoff",
        ("lead_id", "team_id", "person_id", "due_at", "first_touch_at", "closed_at", "outcome"),
    ),
    "deal": (
        "deals_deal",
        ("lead_id", "account_id", "owner_id", "amount", "currency", "state", "opened_at", "closed_at"),
    ),
    "user": ("core_user", ("team_id",)),
}  # fmt: skip
"""Kind → the table, and the columns that make its image."""
EXACT = frozenset({"amount"})
"""Columns that are kept as text, so that no cent is lost in a float."""


def install(execute: Any = None) -> None:
    """Make the triggers, where they are not there: SQLite loses those of a table that a migration writes anew."""
    if execute is None:
        with connection.cursor() as cursor:
            install(cursor.execute)
        return
    for kind, (table, columns) in WATCHED.items():
        for statement in _statements(kind, table, columns):
            execute(statement)


def remove(execute: Any) -> None:
    """Take them away."""
    for kind, (table, _columns) in WATCHED.items():
        if connection.vendor == "postgresql":
            execute(f"DROP TRIGGER IF EXISTS insights_{kind}_changed ON {table}")
            execute(f"DROP FUNCTION IF EXISTS insights_{kind}_changed()")
        else:
            execute(f"DROP TRIGGER IF EXISTS insights_{kind}_changed")


def _statements(kind: str, table: str, columns: tuple[str, ...]) -> Iterator[str]:
    if connection.vendor == "postgresql":
        differs = " OR ".join(f"OLD.{name} IS DISTINCT FROM NEW.{name}" for name in columns)
        body = _body(kind, columns, "jsonb_build_object", "clock_timestamp()")
        yield (
            f"CREATE OR REPLACE FUNCTION insights_{kind}_changed() RETURNS trigger LANGUAGE plpgsql AS"
            f" $$ BEGIN {body} RETURN NULL; END $$"
        )
        yield (
            f"CREATE OR REPLACE TRIGGER insights_{kind}_changed AFTER UPDATE OF {', '.join(columns)} ON {table}"
            f" FOR EACH ROW WHEN ({differs}) EXECUTE FUNCTION insights_{kind}_changed()"
        )
        return
    differs = " OR ".join(f"OLD.{name} IS NOT NEW.{name}" for name in columns)
    # SQLite knows milliseconds: the next one, for what was known in this one was known without the change
    now = "strftime('%Y-%m-%d %H:%M:%f', 'now', '+0.001 seconds')"
    yield (
        f"CREATE TRIGGER IF NOT EXISTS insights_{kind}_changed AFTER UPDATE OF {', '.join(columns)} ON {table}"
        f" WHEN {differs} BEGIN {_body(kind, columns, 'json_object', now)} END"
    )


def _body(kind: str, columns: tuple[str, ...], made_by: str, now: str) -> str:
    into = 'INSERT INTO insights_change (kind, "row", at, image)'
    known = f"SELECT 1 FROM insights_change WHERE kind = '{kind}' AND \"row\" = NEW.id"  # noqa: S608 - names of ours
    first = (
        f"{into} SELECT '{kind}', OLD.id, NULL, {_image(columns, 'OLD', made_by)} WHERE NOT EXISTS ({known});"
    )
    return f"{first} {into} VALUES ('{kind}', NEW.id, {now}, {_image(columns, 'NEW', made_by)});"


def _image(columns: tuple[str, ...], which: str, made_by: str) -> str:
    parts = (
        f"'{name}', CAST({which}.{name} AS text)" if name in EXACT else f"'{name}', {which}.{name}"
        for name in columns
    )
    return f"{made_by}({', '.join(parts)})"
