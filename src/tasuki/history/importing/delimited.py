"""Reading CSV and TSV, block by block."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tasuki.errors import InputUnreadable
from tasuki.history.importing import tokens
from tasuki.history.importing.block import Block, Rejected
from tasuki.history.importing.columns import check_columns
from tasuki.history.importing.opening import LONGEST_ROW

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tasuki.history.importing.opening import Text
    from tasuki.history.importing.tokens import Tokens

LONGEST_HEADER: Final = 4 * 2**20
SHOWN: Final = 10_000
"""Bytes of a rejected row that are kept."""


@dataclass(frozen=True)
class _Header:
    line: int
    """Physical line of the names, from 1."""
    lines: int
    """How many physical lines the names take."""
    names: tuple[str, ...]
    delimiter: str
    size: int
    """Bytes up to the first row."""


def read_delimited(name: str, text: Text, kind: int) -> Iterator[Block]:
    """Blocks of a file; the first line holds the names of its columns. Raises InputUnreadable."""
    carry = text.read()
    header = _header(name, carry)
    check_columns(f"{name}:{header.line}", header.names, kind)
    carry = carry[header.size :]
    next_line = header.line + header.lines
    final = False
    while not final:
        chunk = text.read()
        final = not chunk
        carry += chunk
        found = tokens.cut(carry, final, ord(header.delimiter), len(header.names))
        yield _block(found, header.names, next_line)
        next_line += found.lines
        carry = carry[found.consumed :]
        if len(carry) > LONGEST_ROW:
            raise InputUnreadable(
                f"{name}:{next_line}: a line of more than {LONGEST_ROW >> 20} MiB; is this a text file?"
            )


def _header(name: str, chunk: bytes) -> _Header:
    text = chunk[:LONGEST_HEADER]
    blank = len(text) - len(text.lstrip(b"\r\n"))
    line = text[:blank].count(b"\n") + 1
    decoded = text[blank:].decode("utf-8", "surrogateescape")
    if not decoded.strip():
        raise InputUnreadable(f"{name}: holds nothing but empty lines; its first line must name the columns")
    source = io.StringIO(decoded, newline="")
    delimiter = _delimiter(decoded.split("\n", 1)[0])
    try:
        row = next(csv.reader(source, delimiter=delimiter))
    except csv.Error as error:
        raise InputUnreadable(f"{name}:{line}: the names of the columns cannot be read ({error})") from error
    used = decoded[: source.tell()]
    return _Header(
        line=line,
        lines=used.count("\n") or 1,
        names=tuple(column.strip().encode("utf-8", "replace").decode() for column in row),
        delimiter=delimiter,
        size=blank + len(used.encode("utf-8", "surrogateescape")),
    )


def _delimiter(names_line: str) -> str:
    """The delimiter that the first line uses most; a comma if it uses none."""
    return max(",\t;", key=names_line.count)


def _block(found: Tokens, names: tuple[str, ...], first_line: int) -> Block:
    text = found.data
    rows = found.rows

    def line_of(row: int) -> int:
        return first_line + int(rows[0, row])

    def text_of(row: int) -> str:
        return _shown(text, int(rows[1, row]), int(rows[2, row]))

    return Block(
        names,
        text,
        found.start,
        found.end,
        line_of,
        text_of,
        _clean(text[: found.consumed]),
        [_rejected(found, i, first_line, len(names)) for i in range(found.bad.shape[1])],
    )


def _clean(text: NDArray[np.uint8]) -> bool:
    whole = text.tobytes()
    if b"\0" in whole:
        return False
    if whole.isascii():
        return True
    try:
        whole.decode()
    except UnicodeDecodeError:
        return False
    return True


def _rejected(found: Tokens, i: int, first_line: int, columns: int) -> Rejected:
    line, start, end, problem, fields = found.bad[:, i].tolist()
    reasons = {
        tokens.RAGGED: f"{fields} fields where the first line names {columns} columns",
        tokens.OPEN_END: "a quote is opened and not closed",
        tokens.UNCLOSED: "a quote is opened and not closed (or a quoted field is longer than 1 MiB)",
        tokens.STRAY: "text stands behind a closing quote; double the quotes inside a field",
    }
    return Rejected(first_line + line, reasons[problem], _shown(found.data, start, end))


def _shown(text: NDArray[np.uint8], start: int, end: int) -> str:
    return text[start : min(end, start + SHOWN)].tobytes().decode("utf-8", "replace")
