"""Cutting delimited text into fields, one pass over the bytes, knowing the physical line of every row.

A field may be in double quotes, which are doubled inside; it may then hold delimiters and line ends. A quote
that is never closed must not swallow the rows behind it: where a row of several lines does not fit, only its
first line is rejected and reading goes on with the line after it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tasuki.history.compiled import compiled

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAX_FIELD: Final = 2**20
"""Bytes in one field; a longer one is rejected."""

RAGGED: Final = 1
UNCLOSED: Final = 2
STRAY: Final = 3
OPEN_END: Final = 4
_LF: Final = 10
_CR: Final = 13
_QUOTE: Final = 34


@dataclass(frozen=True, eq=False)
class Tokens:
    """What a piece of text holds: n good rows and m bad ones. Lines count from 0 within the piece."""

    data: NDArray[np.uint8]
    """The text, and behind it the fields whose doubled quotes had to be undone."""
    start: NDArray[np.int32]
    """(columns, n) where each field begins in data."""
    end: NDArray[np.int32]
    """(columns, n) where each field ends in data."""
    rows: NDArray[np.int64]
    """(3, n) line, first byte and end of each row."""
    bad: NDArray[np.int64]
    """(5, m) line, first byte, end, what is wrong, columns found."""
    consumed: int
    """Bytes that make whole rows; the rest belongs before the next piece."""
    lines: int
    """Physical lines in what was consumed."""


def cut(text: bytes, final: bool, delimiter: int, columns: int) -> Tokens:
    """Cut text that begins with a row; `final`: nothing follows, so the last row may lack its line end."""
    size = len(text)
    data = np.empty(2 * size + 1, np.uint8)
    data[:size] = np.frombuffer(text, np.uint8)
    ends = text.count(b"\n") + text.count(b"\r") + 1
    capacity = min(ends, size // columns + 1)
    start = np.empty((columns, capacity), np.int32)
    end = np.empty((columns, capacity), np.int32)
    rows = np.empty((3, capacity), np.int64)
    bad = np.empty((5, ends), np.int64)
    good, wrong, consumed, lines = _cut(data, size, final, delimiter, columns, start, end, rows, bad)
    return Tokens(data, start[:, :good], end[:, :good], rows[:, :good], bad[:, :wrong], consumed, lines)


@compiled
def _cut(
    data: NDArray[Any],
    size: int,
    final: bool,
    delimiter: int,
    columns: int,
    start: NDArray[Any],
    end: NDArray[Any],
    rows: NDArray[Any],
    bad: NDArray[Any],
) -> tuple[int, int, int, int]:
    """Returns the number of good rows, of bad rows, the bytes consumed and their lines."""
    at, line, good, wrong, spare = 0, 0, 0, 0, size
    plain = np.ones(256, np.bool_)
    plain[delimiter] = plain[_LF] = plain[_CR] = False
    while at < size:
        row, newlines, problem, found, room = at, 0, 0, 0, spare
        p = at
        blank = data[at] == _LF or data[at] == _CR
        if not blank:
            p, found, newlines, problem, room = _row(
                data, at, size, plain, delimiter, start, end, good, spare
            )
        if p >= size and not final and problem in (0, OPEN_END):
            break
        if problem == 0 and not blank and found != columns:
            problem = RAGGED
        if problem and (newlines or problem != RAGGED):
            # only the first line is to blame for what it opened
            p, newlines = _first_line(data, row, size), 0
        after = _line_end(data, p, size, final)
        if after < 0:
            break
        if problem:
            bad[0, wrong], bad[1, wrong], bad[2, wrong] = line, row, p
            bad[3, wrong], bad[4, wrong] = problem, found
            wrong += 1
        elif not blank:
            rows[0, good], rows[1, good], rows[2, good] = line, row, p
            good += 1
            spare = room
        at = after
        line += newlines + 1
    return good, wrong, at, line


@compiled
def _row(
    data: NDArray[Any],
    at: int,
    size: int,
    plain: NDArray[Any],
    delimiter: int,
    start: NDArray[Any],
    end: NDArray[Any],
    row: int,
    spare: int,
) -> tuple[int, int, int, int, int]:
    """Cut one row: where it ends, fields found, line ends inside, what is wrong, the new spare room."""
    columns, capacity = start.shape
    p, found, newlines, problem = at, 0, 0, 0
    while True:
        if p < size and data[p] == _QUOTE:
            p, first, last, spare, newlines, problem = _quoted(data, p, size, delimiter, spare, newlines)
            if problem:
                break
        else:
            first = p
            p = last = _bare_end(data, p, size, plain)
        if found < columns and row < capacity:
            start[found, row] = first
            end[found, row] = last
        found += 1
        if p >= size or data[p] != delimiter:
            break
        p += 1
    return p, found, newlines, problem, spare


@compiled
def _bare_end(data: NDArray[Any], at: int, size: int, plain: NDArray[Any]) -> int:
    """Where a field without quotes that begins at `at` ends."""
    # unsigned places spare the check for negative ones in the innermost loop
    place, end = np.uint64(at), np.uint64(size)
    while place < end and plain[data[place]]:
        place += np.uint64(1)
    return np.int64(place)  # type: ignore[return-value]


@compiled
def _first_line(data: NDArray[Any], at: int, size: int) -> int:
    """Where the physical line that begins at `at` ends."""
    while at < size and data[at] != _LF and data[at] != _CR:
        at += 1
    return at


@compiled
def _line_end(data: NDArray[Any], at: int, size: int, final: bool) -> int:
    """Where the next line begins, `at` being an end of a line; -1 if that shows only in the next piece."""
    if at >= size:
        return size if final else -1
    if data[at] == _CR:
        if at + 1 == size:
            return size if final else -1
        if data[at + 1] == _LF:
            return at + 2
    return at + 1


@compiled
def _quoted(
    data: NDArray[Any], at: int, size: int, delimiter: int, spare: int, newlines: int
) -> tuple[int, int, int, int, int, int]:
    """A quoted field whose quote is at `at`.

    Returns where it ends, where its text begins and ends, the new end of the spare room, the line ends passed
    so far, and what is wrong with it.
    """
    first = at + 1
    p = first
    doubled = 0
    while p < size:
        if data[p] == _QUOTE:
            if p + 1 < size and data[p + 1] == _QUOTE:
                doubled += 1
                p += 1
            else:
                break
        elif data[p] == _LF or (data[p] == _CR and not (p + 1 < size and data[p + 1] == _LF)):
            newlines += 1
        p += 1
        if p - first > MAX_FIELD:
            return p, first, p, spare, newlines, UNCLOSED
    if p >= size:
        return size, first, size, spare, newlines, OPEN_END
    after = p + 1
    if after < size and data[after] != delimiter and data[after] != _LF and data[after] != _CR:
        return after, first, p, spare, newlines, STRAY
    if doubled == 0:
        return after, first, p, spare, newlines, 0
    begin = spare
    q = first
    while q < p:
        data[spare] = data[q]
        spare += 1
        q += 2 if data[q] == _QUOTE else 1
    return after, begin, spare, spare, newlines, 0
