"""What every reader hands over: rows of one file as fields of UTF-8 text, and the rows it could not read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Rejected:
    """A row left out: its physical line in the file (from 1), why, and its text."""

    line: int
    reason: str
    row: str


@dataclass(frozen=True, eq=False)
class Block:
    """n rows of one file. An absent field is empty."""

    columns: tuple[str, ...]
    data: NDArray[np.uint8]
    start: NDArray[np.int32]
    """(columns, n) where each field begins in data."""
    end: NDArray[np.int32]
    """(columns, n) where each field ends in data."""
    line_of: Callable[[int], int]
    """Physical line (from 1) of a row of this block."""
    text_of: Callable[[int], str]
    """Text of a row, for the file of rejected rows."""
    checked: bool
    """Whether every field is known to be UTF-8 without NUL."""
    rejected: Sequence[Rejected] = field(default=())

    @property
    def rows(self) -> int:
        """Number of rows, without the rejected ones."""
        return int(self.start.shape[1])


def block_of_arrays(
    arrays: dict[str, pa.Array],
    rows: int,
    line_of: Callable[[int], int],
    text_of: Callable[[int], str],
    rejected: Sequence[Rejected],
) -> Block:
    """A block made of Arrow arrays of large_string, each (rows,) without an offset; null is absent."""
    start = np.zeros((len(arrays), rows), np.int32)
    end = np.zeros((len(arrays), rows), np.int32)
    pieces: list[NDArray[np.uint8]] = []
    size = 0
    for i, array in enumerate(arrays.values()):
        _, offsets, text = array.fill_null("").buffers()
        bounds = np.frombuffer(offsets, np.int64, rows + 1) if rows else np.zeros(1, np.int64)
        start[i], end[i] = bounds[:-1] + size, bounds[1:] + size
        used = int(bounds[-1])
        if used:
            pieces.append(np.frombuffer(text, np.uint8, used))
        size += used
    data = np.concatenate(pieces) if pieces else np.zeros(1, np.uint8)
    clean = not bool((data == 0).any())
    return Block(tuple(arrays), data, start, end, line_of, text_of, clean, rejected)
