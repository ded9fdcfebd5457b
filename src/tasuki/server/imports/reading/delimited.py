"""Rows of delimited text. A quote that is never closed costs its own line, never the lines behind it."""

from __future__ import annotations

import contextlib
import csv
from collections import Counter, deque
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import IO, Final

from django.utils.translation import gettext as _

from tasuki.server.imports.reading.rows import LONGEST_CELL, MOST_COLUMNS, Row

LONGEST: Final = 1 << 20
"""Characters of one row, however many lines it has."""
MOST_LINES: Final = 1_000
DELIMITERS: Final = (",", "\t", ";", "|")
csv.field_size_limit(2 * LONGEST)


class _RowTooLong(Exception):
    """A row went on past its bounds."""


class _Lines:
    """Physical lines for `csv.reader`, with a way back: the lines of a row that went wrong are read again."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream
        self._again: deque[str] = deque()
        self.taken: list[str] = []
        self.line = 0
        self._size = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        text = self._again.popleft() if self._again else self._read()
        if not text:
            raise StopIteration
        self.taken.append(text)
        self._size += len(text)
        if self._size > LONGEST or len(self.taken) > MOST_LINES:
            raise _RowTooLong
        return text

    def _read(self) -> str:
        text = self._stream.readline(LONGEST + 2)
        if len(text) > LONGEST and not text.endswith(("\n", "\r")):
            while (more := self._stream.readline(LONGEST)) and not more.endswith(("\n", "\r")):
                pass  # the rest of an endless line is passed over, never held
        return text

    def begin(self) -> None:
        """The row before is done with."""
        self.line += len(self.taken)
        self.taken, self._size = [], 0

    def back_to_first(self) -> str:
        """Only the first line of this row is given up; it is returned."""
        first, *rest = self.taken
        self._again.extendleft(reversed(rest))
        self.taken = [first]
        return first


def delimited_rows(
    path: Path, encoding: str, delimiter: str, *, from_line: int = 1, columns: int | None = None
) -> Iterator[Row]:
    """Rows from a physical line on (the first is 1). With `columns`, rows of another width come with a fault."""
    errors = "replace" if encoding.startswith("utf-16") else "surrogateescape"
    with path.open(encoding=encoding, errors=errors, newline="") as stream:
        lines = _Lines(stream)
        for _skipped in range(from_line - 1):
            _pass_over(lines)
        yield from _rows(lines, delimiter, columns, encoding)


def _pass_over(lines: _Lines) -> None:
    lines.begin()
    with contextlib.suppress(_RowTooLong):
        next(lines, "")


def _rows(lines: _Lines, delimiter: str, columns: int | None, encoding: str) -> Iterator[Row]:
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        lines.begin()
        line = lines.line + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except (csv.Error, _RowTooLong) as error:
            yield Row(line, [lines.back_to_first().rstrip("\r\n")[:LONGEST_CELL]], _broken(error))
            reader = csv.reader(lines, delimiter=delimiter, strict=True)
            continue
        cells, fault = checked(cells, columns)
        if fault and len(lines.taken) > 1:
            cells = [lines.back_to_first().rstrip("\r\n")]
            reader = csv.reader(lines, delimiter=delimiter, strict=True)
        yield _readable(Row(line, cells, fault), encoding)


def _broken(error: Exception) -> str:
    if isinstance(error, _RowTooLong):
        return _(
            "The row is longer than %(most)s characters or lines: a quote mark may lack its partner."
        ) % {"most": f"{LONGEST:,}"}
    return _('A quote mark (") is not closed, or stands within a cell; double it there.')


def checked(cells: list[str], columns: int | None) -> tuple[list[str], str]:
    """The cells cut to the header's width where only empty ones are beyond it, and what is wrong with them."""
    if columns is not None and len(cells) != columns and cells:
        if len(cells) > columns and not any(cells[columns:]):
            cells = cells[:columns]
        else:
            return cells, _("The row has %(found)s cells, the header has %(columns)s.") % {
                "found": len(cells),
                "columns": columns,
            }
    if len(cells) > MOST_COLUMNS:
        return cells[:MOST_COLUMNS], _("The row has more than %(most)s cells.") % {
            "most": f"{MOST_COLUMNS:,}"
        }
    if cells and max(map(len, cells)) > LONGEST_CELL:
        return [cell[:100] for cell in cells], _("A cell has more than %(most)s characters.") % {
            "most": f"{LONGEST_CELL:,}"
        }
    return cells, ""


def _readable(row: Row, encoding: str) -> Row:
    """The row with a fault where some of it is no text; what could not be read is shown as \\x83."""
    text = "".join(row.cells)
    if text.isascii() and "\0" not in text:
        return row
    try:
        raw = text.encode("utf-8")
    except UnicodeEncodeError:
        return _undecoded(row, encoding)
    if b"\0" in raw:
        return Row(
            row.line, [cell.replace("\0", "\\0") for cell in row.cells], _("The row holds a NUL byte.")
        )
    if encoding.startswith("utf-16") and "\ufffd" in text:
        return Row(row.line, row.cells, row.fault or _("The row holds bytes that are not UTF-16."))
    return row


def _undecoded(row: Row, encoding: str) -> Row:
    shown = [
        cell.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace") for cell in row.cells
    ]
    return Row(
        row.line,
        shown,
        _("The row is not in the encoding %(encoding)s, in which the file is read.") % {"encoding": encoding},
    )


def find_delimiter(path: Path, encoding: str) -> str:
    """The delimiter by which the first rows agree most on a number of columns."""
    return max(DELIMITERS, key=lambda delimiter: _agreement(path, encoding, delimiter))


def _agreement(path: Path, encoding: str, delimiter: str) -> int:
    rows = islice(delimited_rows(path, encoding, delimiter), 100)
    widths = Counter(len(row.cells) for row in rows if len(row.cells) > 1)
    return max(((width - 1) * count for width, count in widths.items()), default=0)
