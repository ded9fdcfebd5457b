"""Rows of an Excel workbook (.xlsx). Before it is opened it is measured, so that a small file cannot fill the memory."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time
from pathlib import Path
from typing import Final

from django.utils.translation import gettext as _
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

from tasuki.server.core.errors import Invalid, TooLarge
from tasuki.server.imports.reading.delimited import checked
from tasuki.server.imports.reading.rows import Row

MOST_UNPACKED: Final = 256 << 20
MOST_CELLS: Final = 8_000_000
"""Of a sheet's rectangle: the reader holds all of it."""
MOST_PARTS: Final = 10_000
_REFERENCE: Final = re.compile(rb'\sr="([A-Z]{1,3})(\d{1,7})"|<row\s[^>]*?\br="(\d{1,7})"')
_CHUNK: Final = 1 << 20


def check_workbook(path: Path) -> None:
    """Invalid if this is no workbook; TooLarge if it would unpack to more than this server reads."""
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
            if "xl/workbook.xml" not in archive.namelist():
                raise _not_one()
            if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
                raise _too_large()
            left = MOST_UNPACKED
            for part in parts:
                left -= _measured(archive, part, left)
    except (zipfile.BadZipFile, EOFError, OSError, ValueError, NotImplementedError, RuntimeError) as error:
        raise _not_one() from error
    except zipfile.LargeZipFile as error:
        raise _too_large() from error


def _measured(archive: zipfile.ZipFile, part: zipfile.ZipInfo, left: int) -> int:
    """Bytes that a part really unpacks to; TooLarge past `left`, or where a sheet's rectangle has too many cells."""
    sheet = part.filename.startswith("xl/worksheets/")
    part.file_size = left + 1  # what it says of itself is not believed
    size, last_row, last_column, tail = 0, 0, 0, b""
    with archive.open(part) as file:
        file._expected_crc = None  # type: ignore[attr-defined]  # calamine judges the content
        while chunk := file.read(_CHUNK):
            size += len(chunk)
            if size > left:
                raise _too_large()
            if sheet:
                last_row, last_column = _furthest(tail + chunk, last_row, last_column)
                tail = chunk[-64:]
            if last_row * last_column > MOST_CELLS:
                raise _too_large()
    return size


def _furthest(text: bytes, last_row: int, last_column: int) -> tuple[int, int]:
    for letters, digits, row in _REFERENCE.findall(text):
        last_row = max(last_row, int(digits or row))
        if letters:
            last_column = max(last_column, _column(letters))
    return last_row, last_column


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _not_one() -> Invalid:
    return Invalid(
        "not_a_workbook",
        _("This is no Excel workbook (.xlsx) that can be read."),
        cure=_("Save it again as .xlsx without a password, or as CSV (UTF-8)."),
        field="file",
    )


def _too_large() -> TooLarge:
    return TooLarge(
        "workbook_too_large",
        _(
            "Unpacked, this workbook is larger than what is read at once (%(size)s MB, %(cells)s cells a sheet)."
        )
        % {"size": MOST_UNPACKED >> 20, "cells": f"{MOST_CELLS:,}"},
        cure=_("Save the sheet as CSV (UTF-8), or split it."),
        field="file",
    )


def sheets_of(path: Path) -> list[str]:
    """Names of the sheets, in their order."""
    try:
        with CalamineWorkbook.from_path(str(path)) as book:
            return list(book.sheet_names)
    except (CalamineError, OSError, ValueError) as error:
        raise _not_one() from error


def height_of(path: Path, sheet: str) -> int:
    """Rows of a sheet."""
    try:
        with CalamineWorkbook.from_path(str(path)) as book:
            return int(book.get_sheet_by_name(sheet).total_height)
    except (CalamineError, OSError, ValueError) as error:
        raise _not_one() from error


def workbook_rows(path: Path, sheet: str, *, from_line: int = 1, columns: int | None = None) -> Iterator[Row]:
    """Rows from a row number on (the first is 1)."""
    try:
        with CalamineWorkbook.from_path(str(path)) as book:
            found = book.get_sheet_by_name(sheet)
            yield from _rows(found, from_line, columns)
    except (CalamineError, OSError, ValueError) as error:
        raise _not_one() from error


def _rows(sheet: CalamineSheet, from_line: int, columns: int | None) -> Iterator[Row]:
    if sheet.start is None:
        return
    line, left = sheet.start[0], sheet.start[1]
    for values in sheet.iter_rows():
        line += 1
        if line < from_line:
            continue
        cells, fault = checked([""] * left + [text_of(value) for value in values], columns)
        if not fault and "\0" in "".join(cells):
            cells, fault = [cell.replace("\0", "\\0") for cell in cells], _("The row holds a NUL byte.")
        yield Row(line, cells, fault)


def text_of(value: object) -> str:
    """A cell as people would write it: 3 not 3.0, dates in ISO 8601."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(sep=" ")
    return value.isoformat() if isinstance(value, (date, time)) else str(value)
