"""Lists of leads in an order that an index gives, a page at a time, forward and back.

A page is asked for by the mark of a row: those beyond it. Nothing is counted and nothing skipped, so the last page costs
what the first one does, and a row that comes in meanwhile moves no other one to another page.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from tasuki.server.core.errors import Invalid
from tasuki.server.core.marks import a_time, mark, read_mark

Sort = Literal[
    "-score", "score", "name", "-name", "-created", "created", "-stage_entered", "stage_entered",
    "reapproach", "-reapproach", "-id",
]  # fmt: skip
SORTS: dict[str, str] = {
    "-score": "-score",
    "score": "score",
    "name": "name",
    "-name": "-name",
    "-created": "-",  # ids are given as leads come in
    "created": "",
    "-stage_entered": "-stage_entered_at",
    "stage_entered": "stage_entered_at",
    "reapproach": "reapproach_at",
    "-reapproach": "-reapproach_at",
    "-id": "-",
}
"""What one may ask for, and the column that is: `-` before it for the other way round; none: the id."""

MAY_LACK = ("stage_entered_at", "reapproach_at")
"""Columns that leads may have nothing in: pages in their order have the others only, as the index has."""


@dataclass(frozen=True)
class Page:
    """Some rows; `after` asks for the next ones, `before` for the ones before, each empty where there are none."""

    rows: list[Any]
    after: str = ""
    before: str = ""


def column(sort: str) -> str:
    """The column of an order. Invalid: there is no such order."""
    if sort not in SORTS:
        raise Invalid(
            "unknown_sort",
            _("Leads cannot be sorted by “%(sort)s”.") % {"sort": sort[:40]},
            cure=_("Use one of: %(sorts)s.") % {"sorts": ", ".join(SORTS)},
            field="sort",
        )
    return SORTS[sort]


def page(rows: QuerySet[Any], order: str, limit: int, *, after: str = "", before: str = "") -> Page:
    """So many rows beyond the mark `after`, or the ones that come just before the mark `before`.

    `order`: a column of `SORTS`, or any other that is never null. Invalid: a mark of a page that is none of ours.
    """
    name, down = order.removeprefix("-"), order.startswith("-")
    back = bool(before)
    rows = _there(rows, name)
    if after or before:
        rows = rows.filter(_beyond(before or after, name, down != back))
    sign = "-" if down != back else ""
    found = list(rows.order_by(*([f"{sign}{name}"] if name else []), f"{sign}pk")[: limit + 1])
    more, shown = len(found) > limit, found[:limit]
    if back:
        shown.reverse()
    if not shown:
        return Page([])
    later, earlier = (True, more) if back else (more, bool(after))
    return Page(shown, _mark(shown[-1], name) if later else "", _mark(shown[0], name) if earlier else "")


def without(rows: QuerySet[Any], order: str) -> QuerySet[Any] | None:
    """The rows that an order leaves out, for they have nothing there; None: it leaves out none."""
    name = order.removeprefix("-")
    return rows.filter(**{f"{name}__isnull": True}) if name in MAY_LACK else None


def _there(rows: QuerySet[Any], name: str) -> QuerySet[Any]:
    return rows.filter(**{f"{name}__isnull": False}) if name in MAY_LACK else rows


def _beyond(text: str, name: str, down: bool) -> Q:
    """Rows after the marked one: a range that the index begins at, and of the same value those with a further id."""
    value, pk = _read_mark(text, name)
    beyond = "lt" if down else "gt"
    further = Q(**{f"pk__{beyond}": pk})
    if not name:
        return further
    return Q(**{f"{name}__{beyond}e": value}) & (Q(**{f"{name}__{beyond}": value}) | further)


def _mark(row: Any, name: str) -> str:
    return mark(getattr(row, name) if name else None, row.pk)


def _read_mark(text: str, name: str) -> tuple[Any, int]:
    if name.endswith("_at"):
        return read_mark(text, a_time)
    return read_mark(text, _a_name if name == "name" else float if name else lambda value: value)


def _a_name(value: Any) -> str:
    """A name of a mark. ValueError: it is none, or no database has it."""
    if not isinstance(value, str) or "\0" in value:
        raise ValueError
    value.encode()
    return value
