"""Reading JSON Lines: one object a line; nested objects become dotted names."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final, NoReturn

import pyarrow as pa

from tasuki.errors import InputUnreadable
from tasuki.history.importing.block import Block, Rejected, block_of_arrays
from tasuki.history.importing.columns import REQUIRED, check_columns
from tasuki.history.importing.delimited import SHOWN
from tasuki.history.importing.opening import LONGEST_ROW

if TYPE_CHECKING:
    from tasuki.history.importing.opening import Text

ROWS: Final = 20_000


def read_json_lines(name: str, text: Text, kind: int) -> Iterator[Block]:
    """Blocks of a file; raises InputUnreadable if its first object lacks a needed column."""
    pending: list[tuple[int, bytes]] = []
    first = True
    for line, raw in _lines(name, text):
        if raw.strip():
            pending.append((line, raw))
        if len(pending) == ROWS:
            yield _block(name, pending, kind, first)
            pending, first = [], False
    if pending:
        yield _block(name, pending, kind, first)


def _lines(name: str, text: Text) -> Iterator[tuple[int, bytes]]:
    carry, line = b"", 1
    while chunk := text.read():
        parts = (carry + chunk).split(b"\n")
        carry = parts.pop()
        for part in parts:
            yield line, part
            line += 1
        if len(carry) > LONGEST_ROW:
            raise InputUnreadable(
                f"{name}:{line}: a line of more than {LONGEST_ROW >> 20} MiB; one object a line?"
            )
    if carry:
        yield line, carry


def _block(name: str, pending: list[tuple[int, bytes]], kind: int, first: bool) -> Block:
    rows: list[dict[str, str]] = []
    lines: list[int] = []
    texts: list[bytes] = []
    rejected: list[Rejected] = []
    for line, raw in pending:
        try:
            rows.append(flat_object(raw))
        except ValueError as error:
            rejected.append(Rejected(line, str(error), _shown(raw)))
        else:
            lines.append(line)
            texts.append(raw)
    columns = tuple(dict.fromkeys([*REQUIRED[kind], *(column for row in rows for column in row)]))
    if first and rows:
        found = tuple(dict.fromkeys(column for row in rows for column in row))
        check_columns(f"{name}:{lines[0]}", found, kind)
    arrays = {column: pa.array([row.get(column) for row in rows], pa.large_string()) for column in columns}
    return block_of_arrays(arrays, len(rows), lines.__getitem__, lambda i: _shown(texts[i]), rejected)


def _shown(raw: bytes) -> str:
    return raw[:SHOWN].decode("utf-8", "replace").rstrip("\r")


def flat_object(raw: bytes) -> dict[str, str]:
    """One JSON object as dotted names and text; null is left out. Raises ValueError with the reason."""
    try:
        value = json.loads(raw.decode("utf-8"), parse_constant=_no_constant)
    except UnicodeDecodeError:
        raise ValueError("not UTF-8 text") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON: {error.msg} at character {error.pos + 1}") from error
    except RecursionError:
        raise ValueError("not JSON: nested too deeply") from None
    if not isinstance(value, dict):
        raise ValueError("not a JSON object")
    fields: dict[str, str] = {}
    _flatten("", value, fields)
    if b"\\u" in raw and not _encodable(fields):
        raise ValueError("not UTF-8 text: half of a surrogate pair")
    return fields


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"not JSON: {name} is no number")


def _flatten(prefix: str, value: dict[str, Any], into: dict[str, str]) -> None:
    for name, inner in value.items():
        path = prefix + name.strip()
        if isinstance(inner, dict) and path != "answers":
            _flatten(path + ".", inner, into)
        elif inner is not None:
            into[path] = inner if isinstance(inner, str) else json.dumps(inner, ensure_ascii=False)


def _encodable(fields: dict[str, str]) -> bool:
    try:
        "".join([*fields, *fields.values()]).encode()
    except UnicodeEncodeError:
        return False
    return True
