"""One way to the rows of any file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Final

from django.utils.translation import gettext as _

from tasuki.server.core.errors import Invalid
from tasuki.server.imports.reading.delimited import delimited_rows, find_delimiter
from tasuki.server.imports.reading.encoding import find_encoding
from tasuki.server.imports.reading.rows import Row
from tasuki.server.imports.reading.workbook import check_workbook, height_of, sheets_of, workbook_rows

HEAD: Final = 200
"""Rows from the beginning in which a header is looked for."""
_OLE: Final = b"\xd0\xcf\x11\xe0"
_OTHERS: Final = {b"%PDF": "PDF", b"\x89PNG": "PNG", b"\x1f\x8b": "gzip", b"\xff\xd8\xff": "JPEG"}


@dataclass(frozen=True)
class Shape:
    """How the rows of a file are found: `sheet` for a workbook, encoding and delimiter for text."""

    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""


@dataclass(frozen=True)
class Look:
    """What a file shows of itself: its shape, the sheets it has, its first rows."""

    shape: Shape
    sheets: tuple[str, ...] = ()
    head: list[Row] = field(default_factory=list)


def look_at(path: Path, given: Shape | None = None) -> Look:
    """The file's shape, by its content, never by its name; what `given` names is taken from there. Invalid, TooLarge."""
    given = given or Shape()
    with path.open("rb") as file:
        begin = file.read(8)
    _readable(begin)
    if begin.startswith(b"PK"):
        return _workbook(path, given)
    encoding = given.encoding or find_encoding(path)
    shape = Shape(encoding, given.delimiter or find_delimiter(path, encoding))
    return Look(shape, (), list(islice(rows_of(path, shape), HEAD)))


def _workbook(path: Path, given: Shape) -> Look:
    check_workbook(path)
    sheets = sheets_of(path)
    if given.sheet and given.sheet not in sheets:
        raise Invalid(
            "no_such_sheet",
            _("The workbook has no sheet %(sheet)s.") % {"sheet": given.sheet},
            cure=_("Choose one of: %(sheets)s.") % {"sheets": _(", ").join(sheets)},
            field="sheet",
        )
    shape = Shape(sheet=given.sheet or _first_with_rows(path, sheets))
    return Look(shape, tuple(sheets), list(islice(rows_of(path, shape), HEAD)))


def _first_with_rows(path: Path, sheets: list[str]) -> str:
    filled = (sheet for sheet in sheets if next(rows_of(path, Shape(sheet=sheet)), None) is not None)
    return next(filled, sheets[0] if sheets else "")


def _readable(begin: bytes) -> None:
    """Invalid for what is no table at all."""
    if not begin:
        raise Invalid(
            "file_empty",
            _("The file is empty."),
            cure=_("Export it again; it needs a row with the names of its columns."),
            field="file",
        )
    if begin.startswith(_OLE):
        raise Invalid(
            "old_workbook",
            _("This is an old Excel file (.xls) or one with a password."),
            cure=_("Save it as .xlsx without a password, or as CSV (UTF-8)."),
            field="file",
        )
    for mark, name in _OTHERS.items():
        if begin.startswith(mark):
            raise Invalid(
                "not_a_table",
                _("This is a %(format)s file, not a table.") % {"format": name},
                cure=_("Bring CSV, TSV or Excel (.xlsx)."),
                field="file",
            )


def rows_of(path: Path, shape: Shape, *, from_line: int = 1, columns: int | None = None) -> Iterator[Row]:
    """Every row from a line on, those that cannot be read with their fault; memory does not grow with the file."""
    if shape.sheet:
        return workbook_rows(path, shape.sheet, from_line=from_line, columns=columns)
    return delimited_rows(path, shape.encoding, shape.delimiter, from_line=from_line, columns=columns)


def estimated_rows(path: Path, shape: Shape) -> int:
    """About how many rows there are, for a progress bar: lines of text, the height of a sheet."""
    if shape.sheet:
        return height_of(path, shape.sheet)
    with path.open("rb") as file:
        return sum(chunk.count(b"\n") for chunk in iter(lambda: file.read(1 << 20), b"")) + 1
