"""Figures as a file: the very rows that the page shows and the API gives."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tasuki.metrics.figures import Answer
from tasuki.metrics.rows import rows_of
from tasuki.server.core import audit, formats
from tasuki.server.core.access import Actor, require
from tasuki.server.insights import names, queries
from tasuki.server.insights.asking import Asked
from tasuki.server.lists import exporting

COLUMNS: Mapping[str, str | Promise] = {
    "kpi": gettext_lazy("Figure"),
    "name": gettext_lazy("Part"),
    "value": gettext_lazy("Value"),
    "unit": gettext_lazy("Unit"),
    "currency": gettext_lazy("Currency"),
    "numerator": gettext_lazy("Hits"),
    "denominator": gettext_lazy("Of"),
    "low": gettext_lazy("Interval from"),
    "high": gettext_lazy("Interval to"),
    "young": gettext_lazy("Too young, left out"),
    "unknown": gettext_lazy("Not known, left out"),
    "late": gettext_lazy("Late"),
    "reason": gettext_lazy("Why there is none"),
    "as_of": gettext_lazy("As of"),
}


def rows_named(answer: Answer) -> list[dict[str, Any]]:
    """The rows of an answer with `name`, what each part is called; that of the total is empty. Money as a number."""
    rows = list(rows_of(answer, formats.language()))
    called = names.names_of(answer.question.by, [row["part"] for row in rows])
    return [
        {
            **row,
            "name": called.get(row["part"], row["part"]) if row["part"] is not None else "",
            "value": None if row["value"] is None else float(row["value"]),
        }
        for row in rows
    ]


def export_figure(actor: Actor, id: str, asked: Asked, kind: str = exporting.CSV) -> Iterator[bytes]:
    """A figure and its parts as a file in pieces; `kind`: csv, plain or xlsx. The audit tells who took it out.

    Invalid; NotFound; NotAllowed.
    """
    exporting.check_kind(kind)
    answer = queries.figure(actor, id, asked)
    rows = rows_named(answer)
    with transaction.atomic():
        audit.record(
            actor, "numbers.export", "", kind=kind, figure=answer.kpi.id, by=asked.by, rows=len(rows)
        )
    return exporting.table(kind, [str(word) for word in COLUMNS.values()], iter([list(map(_cells, rows))]))


def export_table(
    actor: Actor, name: str, head: Sequence[str], rows: Sequence[Sequence[Any]], kind: str = exporting.CSV
) -> Iterator[bytes]:
    """A table of one of the pages, which was read with the actor's rights, as a file in pieces. Audited; Invalid."""
    require(actor, "numbers.read")
    exporting.check_kind(kind)
    with transaction.atomic():
        audit.record(actor, "numbers.export", "", kind=kind, figure=name, by="", rows=len(rows))
    return exporting.table(kind, head, iter([[list(row) for row in rows]]))


def _cells(row: dict[str, Any]) -> list[Any]:
    return [row[name] if row["name"] or name != "name" else _("All") for name in COLUMNS]
