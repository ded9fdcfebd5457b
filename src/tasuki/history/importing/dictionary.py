"""The growing dictionary of distinct shapes of one kind during an import."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

from tasuki.history import files
from tasuki.history.importing.distinct import Distinct

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tasuki.history.shapes import FileShapes

_CELLS: Final = 2**22
"""Cells of the table of rows that are numbered at a time."""


class Dictionary:
    """Shapes of one kind: a shape is a row of value numbers + 1, 0 for absent, without the zeros at its end.

    So a row stays the same when later files bring new fields.
    """

    def __init__(self) -> None:
        self._fields: dict[str, int] = {}
        self._values: list[Distinct] = []
        self._rows = Distinct()
        self._codes = np.empty(0, np.int32)
        self.new = 0
        """Shapes that the file of the last generation lacks."""

    def load(self, file: FileShapes) -> None:
        """Begin with the shapes of the last generation."""
        columns: dict[str, NDArray[np.int32]] = {}
        for field in file.fields:
            index, values = files.read_coded_column(file.path, field, file.rows)
            numbers = np.append(self._distinct(field).numbers(*text_bounds(values)), np.int32(-1))
            columns[field] = numbers[index]
        places = self._places(columns, file.rows)
        self._codes = np.empty(self._rows.count, np.int32)
        self._codes[places] = file.codes()

    def _distinct(self, field: str) -> Distinct:
        if field not in self._fields:
            self._fields[field] = len(self._values)
            self._values.append(Distinct())
        return self._values[self._fields[field]]

    def number(
        self, field: str, data: NDArray[np.uint8], start: NDArray[np.int32], end: NDArray[np.int32]
    ) -> NDArray[np.int32]:
        """Numbers (n,) of a field's values at `data[start[i]:end[i]]`; -1 where it is empty."""
        return self._distinct(field).numbers(data, start, end)

    def number_texts(self, field: str, texts: list[str]) -> NDArray[np.int32]:
        """Numbers (n,) of a field's values; -1 for an empty one."""
        return self.number(field, *text_bounds(pa.array(texts, pa.large_string())))

    def codes(self, columns: dict[str, NDArray[np.int32]], rows: int, next_code: int) -> NDArray[np.int32]:
        """Codes (rows,) of rows given as numbers per field; a new shape takes the next code."""
        places = self._places(columns, rows)
        added = self._rows.count - len(self._codes)
        if added:
            fresh = np.arange(next_code, next_code + added, dtype=np.int32)
            self._codes = np.concatenate([self._codes, fresh])
            self.new += added
        return self._codes[places]

    def _places(self, columns: dict[str, NDArray[np.int32]], rows: int) -> NDArray[np.int32]:
        """Places (rows,) among the distinct rows, of rows given as numbers per field."""
        places = np.empty(rows, np.int32)
        step = max(1, _CELLS // max(len(self._fields), 1))
        for first in range(0, rows, step):
            part = slice(first, min(first + step, rows))
            table = np.zeros((part.stop - first, len(self._fields)), np.int32)
            for field, numbers in columns.items():
                table[:, self._fields[field]] = numbers[part] + 1
            places[part] = self._number_rows(table)
        return places

    def _number_rows(self, table: NDArray[np.int32]) -> NDArray[np.int32]:
        rows, width = table.shape
        used = np.zeros(rows, np.int32)
        for place in range(width):
            used[table[:, place] > 0] = place + 1
        start = np.arange(rows, dtype=np.int32) * np.int32(4 * width)
        data = np.ascontiguousarray(table).reshape(-1).view(np.uint8)
        return self._rows.numbers(data, start, start + 4 * used, keep_empty=True)

    def __len__(self) -> int:
        return self._rows.count

    def all_codes(self) -> NDArray[np.int32]:
        """(n,) the code of each shape, ascending."""
        return self._codes

    def columns(self) -> dict[str, tuple[NDArray[np.int32], pa.Array]]:
        """Per field that some shape has: the place (n,) in its values, -1 for absent, and the values."""
        starts = self._rows.ends[:-1] // 4
        widths = np.diff(self._rows.ends) // 4
        cells = self._rows.text.view(np.int32)
        found: dict[str, tuple[NDArray[np.int32], pa.Array]] = {}
        for field, place in self._fields.items():
            index = np.full(len(starts), -1, np.int32)
            reaching = widths > place
            index[reaching] = cells[starts[reaching] + place] - 1
            if (index >= 0).any():
                found[field] = (index, self._values[place].values())
        return found


def text_bounds(values: pa.Array) -> tuple[NDArray[np.uint8], NDArray[np.int32], NDArray[np.int32]]:
    """The bytes of an Arrow string array, and where each string starts and ends in them."""
    whole = pa.concat_arrays([values.cast(pa.large_string()), pa.array([], pa.large_string())])
    offsets = (
        np.frombuffer(whole.buffers()[1], np.int64)[: len(whole) + 1] if len(whole) else np.zeros(1, np.int64)
    )
    size = int(offsets[-1])
    data = np.empty(max(size, 1), np.uint8)
    if size:
        data[:size] = np.frombuffer(whole.buffers()[2], np.uint8, size)
    bounds = offsets.astype(np.int32)
    return data, bounds[:-1].copy(), bounds[1:].copy()
