"""SQLite does not know how many leads a value has: told nothing, it fetches all 800,000 of a stage to sort them by name.

So it is told: where more leads than a few have the value, the column has no index for this question, and the list is walked
in its order until the page is full. PostgreSQL counts its values itself.
"""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.db.models import F, Func, Q, QuerySet

from tasuki.server.people.models import Lead

COLUMNS = {"stage": "stage", "owner": "owner", "team": "team"}
"""Filters of a column with an index, by their names."""
FEW = 3_000


class Walked(Func):
    """A column as SQLite has no index for."""

    template = "+%(expressions)s"
    arity = 1


def filtered(rows: QuerySet[Lead], name: str, condition: Any, sort: str) -> QuerySet[Lead]:
    """The rows that fit, by the index of the filter or in the order of the list, whichever is shorter."""
    column = COLUMNS.get(name)
    if connection.vendor != "sqlite" or column is None or not sort or not isinstance(condition, Q):
        return rows.filter(condition)
    if _gives_order(condition, sort) or not _is_common(condition):
        return rows.filter(condition)
    alias = f"walked_{column}"
    return rows.alias(**{alias: Walked(F(column))}).filter(_renamed(condition, column, alias))


def _gives_order(condition: Q, sort: str) -> bool:
    """Whether the index of the filter has the order of the list in it: that of one stage by score."""
    child = condition.children[0]
    return sort == "-score" and isinstance(child, tuple) and child[0] == "stage__in" and len(child[1]) == 1


def _is_common(condition: Q) -> bool:
    return len(Lead.objects.filter(condition).order_by().values_list("pk")[: FEW + 1]) > FEW


def _renamed(condition: Q, column: str, alias: str) -> Q:
    """The same condition on the alias."""
    made = Q(_connector=condition.connector, _negated=condition.negated)
    for child in condition.children:
        if isinstance(child, Q):
            made.children.append(_renamed(child, column, alias))
            continue
        name, value = child  # type: ignore[misc]
        made.children.append((alias + name.removeprefix(column), value))
    return made
