"""An import as its pages show it: where columns go and why, rows with their faults, what undoing takes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.forms import BoundField
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from tasuki.server.core import clock
from tasuki.server.core.words import COLUMNS, say
from tasuki.server.imports import queries

if TYPE_CHECKING:
    from tasuki.server.imports.models import ImportJob
    from tasuki.server.imports.previewing import Preview
    from tasuki.server.pages.import_forms import Plan

COLUMN = "column_"
WHY = {
    "format": gettext_lazy("files of this program call it so"),
    "usual": gettext_lazy("a usual name for it"),
    "name": gettext_lazy("it is named so itself"),
    "chosen": gettext_lazy("chosen by hand"),
    "unknown": gettext_lazy("no field is called so"),
}
KINDS = {
    "leads": gettext_lazy("leads"),
    "accounts": gettext_lazy("companies"),
    "activities": gettext_lazy("activities"),
    "decisions": gettext_lazy("decisions"),
    "deals": gettext_lazy("deals"),
}
MOST_COLUMNS = 12


@dataclass(frozen=True)
class ColumnShown:
    """A column: its name, the field to choose where it goes, why it was guessed so, how full it is, some values."""

    header: str
    field: BoundField
    why: str
    is_left_out: bool
    filled: int
    percent: int
    samples: Sequence[str]


@dataclass(frozen=True)
class Cell:
    """A cell of a row; `fault`: why the row does not come in, where it is for this value."""

    text: str
    fault: str = ""


@dataclass(frozen=True)
class RowShown:
    """A row as it would come in, or would not; `fault`: of the whole row."""

    line: int
    outcome: str
    cells: Sequence[Cell]
    fault: str = ""


def columns(job: ImportJob, preview: Preview, form: Plan) -> list[ColumnShown]:
    """Every column of the file."""
    why = queries.guesses(job.plan)
    return [
        ColumnShown(
            column.header, form[f"{COLUMN}{place}"], str(WHY[why.get(column.header, "unknown")]),
            column.field is None, column.filled,
            round(100 * column.filled / preview.read) if preview.read else 0, column.samples,
        )
        for place, column in enumerate(preview.columns)
    ]  # fmt: skip


def first_rows(preview: Preview) -> tuple[list[str], list[RowShown]]:
    """The words of the fields that the first rows fill, and the rows under them."""
    names = list(dict.fromkeys(name for row in preview.rows for name in row.fields))[:MOST_COLUMNS]
    rows = [
        RowShown(
            row.line, row.outcome, [Cell(row.fields.get(name, "")[:80]) for name in names] if row.fields else [],
            row.reason,
        )
        for row in preview.rows
    ]  # fmt: skip
    return [say(COLUMNS, name) for name in names], rows


def rejected_rows(plan: Mapping[str, Any], rejects: Iterable[Any]) -> tuple[list[str], list[RowShown]]:
    """The file's own headers, and rejected rows under them, the reason beside the cell that is at fault.

    A reject has `line`, `field`, `reason`, and its cells as `cells` or `row`."""
    headers = [str(header) for header in plan.get("headers", ())][:MOST_COLUMNS]
    places = {
        name: headers.index(header)
        for header, name in plan.get("columns", {}).items()
        if name and header in headers
    }
    return headers, [_rejected(one, headers, places) for one in rejects]


def _rejected(reject: Any, headers: Sequence[str], places: Mapping[str, int]) -> RowShown:
    cells = list(getattr(reject, "cells", None) or getattr(reject, "row", None) or [])[: len(headers)]
    at = places.get(reject.field)
    shown = [Cell(str(text)[:80], reject.reason if place == at else "") for place, text in enumerate(cells)]
    is_there = at is not None and at < len(cells)
    return RowShown(reject.line, "rejected", shown, "" if is_there else reject.reason)


def takes_back(job: ImportJob) -> list[str]:
    """What undoing would take back, a sentence each."""
    entries = int(job.report.get("entries", 0))
    counted = (
        (job.created, ngettext("%(n)s that it created goes.", "%(n)s that it created go.", job.created)),
        (job.updated, ngettext("%(n)s that it changed is put back.", "%(n)s that it changed are put back.", job.updated)),
        (entries, ngettext("%(n)s entry of activities goes.", "%(n)s entries of activities go.", entries)),
    )  # fmt: skip
    return [text % {"n": f"{count:,}"} for count, text in counted if count]


def time_left(job: ImportJob) -> str:
    """About how long it still takes, by the pace so far; empty as long as that cannot be said."""
    if job.started_at is None or not 0 < job.done < job.rows:
        return ""
    return _left(clock.now(), job.started_at, job.done, job.rows)


def _left(now: datetime, begin: datetime, done: int, rows: int) -> str:
    seconds = (now - begin).total_seconds() / done * (rows - done)
    if seconds < 60:
        return _("less than a minute left")
    minutes = round(seconds / 60)
    return ngettext("about %(n)s minute left", "about %(n)s minutes left", minutes) % {"n": minutes}
