"""Leads as a file: CSV row by row as they are read, or Excel, which is written aside and then given out."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, tzinfo
from typing import IO, Any

import xlsxwriter
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from tasuki.server.agreements.stages import Stages
from tasuki.server.core.access import Actor
from tasuki.server.core.errors import Invalid
from tasuki.server.lists import columns, queries
from tasuki.server.lists.columns import Column
from tasuki.server.people.models import Lead

CSV, PLAIN, EXCEL = "csv", "plain", "xlsx"
KINDS = {CSV: "text/csv; charset=utf-8", PLAIN: "text/csv; charset=utf-8",
         EXCEL: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}  # fmt: skip
"""`csv` begins with a mark by which Excel knows UTF-8; `plain` does not."""
MARK = "\ufeff"
MOST_ROWS = 1_048_575
"""Of an Excel sheet, without its head."""
FORMULA = ("=", "+", "-", "@", "\t", "\r")
PIECE = 64 * 1024
Pages = Iterable[list[Lead]]


def check_kind(kind: str) -> None:
    """Invalid `export_kind`: no file is written like that."""
    if kind not in KINDS:
        raise Invalid(
            "export_kind",
            _("There is no such kind of file."),
            cure=_("Possible: %(known)s.") % {"known": ", ".join(KINDS)},
            field="kind",
        )


def written(
    actor: Actor, kind: str, shown: Sequence[Column], stages: Stages, pages: Pages
) -> Iterator[bytes]:
    """The file in pieces, in the language and time zone of whoever asks, though they are read after the page is done."""
    house = translation.get_language() or "en", timezone.get_current_timezone()
    rows = _rows(actor, shown, stages, pages, house)
    head = ["ID", *(str(column.word) for column in shown)]
    return table(kind, head, rows)


def table(kind: str, head: Sequence[str], pages: Iterator[list[list[Any]]]) -> Iterator[bytes]:
    """Any table as such a file, in pieces: its head, then its rows, some at a time."""
    return _excel(head, pages) if kind == EXCEL else _csv(head, pages, MARK if kind == CSV else "")


@contextmanager
def _at_home(house: tuple[str, tzinfo]) -> Iterator[None]:
    with translation.override(house[0]), timezone.override(house[1]):
        yield


def _rows(
    actor: Actor, shown: Sequence[Column], stages: Stages, pages: Pages, house: tuple[str, tzinfo]
) -> Iterator[list[list[Any]]]:
    found = iter(pages)
    while True:
        with _at_home(house):
            leads = next(found, None)
            if leads is None:
                return
            queries.with_further(actor, leads, shown)
            rows = [
                [lead.pk, *(_local(columns.told(column, lead, stages)) for column in shown)] for lead in leads
            ]
        yield rows


def _local(value: Any) -> Any:
    """Times as the reader's clock shows them, without a zone, for spreadsheets know none."""
    return timezone.localtime(value).replace(tzinfo=None) if isinstance(value, datetime) else value


def _csv(head: Sequence[str], pages: Iterator[list[list[Any]]], mark: str) -> Iterator[bytes]:
    yield (mark + _lines([head])).encode()
    for rows in pages:
        yield _lines([[_cell(value) for value in row] for row in rows]).encode()


def _lines(rows: Iterable[Sequence[Any]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue()


def _cell(value: Any) -> Any:
    """What no spreadsheet takes for a formula: a text that begins like one gets an apostrophe, which shows it as it is."""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}"
    if isinstance(value, float):
        return int(value) if value.is_integer() else round(value, 6)
    if isinstance(value, str) and value.lstrip().startswith(FORMULA):
        return f"'{value}"
    return "" if value is None else value


def _excel(head: Sequence[str], pages: Iterator[list[list[Any]]]) -> Iterator[bytes]:
    with tempfile.TemporaryFile() as file:
        _write_sheet(file, head, pages)
        file.seek(0)
        while piece := file.read(PIECE):
            yield piece


def _write_sheet(file: IO[bytes], head: Sequence[str], pages: Iterator[list[list[Any]]]) -> None:
    """Row by row, so that memory does not grow with the rows. Texts are texts, whatever they begin with."""
    book = xlsxwriter.Workbook(
        file,
        {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "in_memory": False},
    )
    sheet = book.add_worksheet()
    bold, at = book.add_format({"bold": True}), book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
    sheet.freeze_panes(1, 0)
    sheet.set_column(1, len(head) - 1, 18)
    for place, text in enumerate(head):
        sheet.write_string(0, place, text, bold)
    number = 0
    for rows in pages:
        for row in rows[: MOST_ROWS - number]:
            number += 1
            for place, value in enumerate(row):
                _write(sheet, number, place, value, at)
    book.close()


def _write(sheet: Any, row: int, place: int, value: Any, at: Any) -> None:
    if isinstance(value, datetime):
        sheet.write_datetime(row, place, value, at)
    elif isinstance(value, int | float):
        sheet.write_number(row, place, value)
    elif value:
        sheet.write_string(row, place, str(value))
