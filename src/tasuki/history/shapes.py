"""The distinct shapes of one kind of entry: each combination of values is stored once and has a code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from tasuki.history import files

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Column:
    """One field over n distinct shapes, dictionary-coded."""

    index: NDArray[np.int32]
    """(n,) place in `values`; -1 where the field is absent."""
    values: list[str]
    """The distinct values; each at least one character long."""


class ShapeSource(Protocol):
    """Where the columns of a kind come from: a file or memory."""

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields that some shape may have."""
        ...

    def __len__(self) -> int: ...

    def codes(self) -> NDArray[np.int32]:
        """(n,) global codes, ascending."""
        ...

    def column(self, field: str) -> Column:
        """The column of a known field."""
        ...


class Shapes:
    """The distinct shapes of one kind. Columns are read when first asked for, and kept. Picklable."""

    def __init__(self, source: ShapeSource) -> None:
        self._source = source
        self._columns: dict[str, Column] = {}
        self._codes: NDArray[np.int32] | None = None

    def __reduce__(self) -> tuple[type[Shapes], tuple[ShapeSource]]:
        return Shapes, (self._source,)

    def __len__(self) -> int:
        return len(self._source)

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields that at least one shape may have."""
        return self._source.fields

    @property
    def codes(self) -> NDArray[np.int32]:
        """(n,) the global code of each shape, ascending."""
        if self._codes is None:
            self._codes = self._source.codes()
        return self._codes

    def column(self, field: str) -> Column | None:
        """One field over all shapes; None if no shape has such a field."""
        if field not in self._source.fields:
            return None
        if field not in self._columns:
            self._columns[field] = self._source.column(field)
        return self._columns[field]

    def row(self, position: int) -> dict[str, str]:
        """The fields present in the shape at this place (not code), in the order of `fields`."""
        found: dict[str, str] = {}
        for field in self.fields:
            column = self.column(field)
            if column is not None and column.index[position] >= 0:
                found[field] = column.values[column.index[position]]
        return found


@dataclass(frozen=True)
class FileShapes:
    """Shapes in a Parquet file of the history."""

    path: Path
    rows: int
    fields: tuple[str, ...]

    def __len__(self) -> int:
        return self.rows

    def codes(self) -> NDArray[np.int32]:
        """See ShapeSource."""
        return files.read_codes(self.path, self.rows)

    def column(self, field: str) -> Column:
        """See ShapeSource."""
        return Column(*files.read_text_column(self.path, field, self.rows))


@dataclass(frozen=True)
class MemoryShapes:
    """Shapes in memory, row by row; few of them, so columns are made when asked for."""

    numbers: Sequence[int]
    rows: Sequence[Mapping[str, str]]
    fields: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.rows)

    def codes(self) -> NDArray[np.int32]:
        """See ShapeSource."""
        return np.array(self.numbers, np.int32)

    def column(self, field: str) -> Column:
        """See ShapeSource."""
        places: dict[str, int] = {}
        index = np.full(len(self.rows), -1, np.int32)
        for position, row in enumerate(self.rows):
            value = row.get(field)
            if value:
                index[position] = places.setdefault(value, len(places))
        return Column(index, list(places))


@dataclass(frozen=True, eq=False)
class ColumnShapes:
    """Shapes in memory, column by column: what a generator of large histories makes."""

    numbers: NDArray[np.int32]
    columns: Mapping[str, Column]

    def __len__(self) -> int:
        return len(self.numbers)

    @property
    def fields(self) -> tuple[str, ...]:
        """See ShapeSource."""
        return tuple(self.columns)

    def codes(self) -> NDArray[np.int32]:
        """See ShapeSource."""
        return self.numbers

    def column(self, field: str) -> Column:
        """See ShapeSource."""
        return self.columns[field]


def shapes_of(first_code: int, rows: Sequence[Mapping[str, str]]) -> Shapes:
    """Shapes made of rows of fields, with the codes `first_code`, `first_code + 1`, ….

    Empty values count as absent. The rows are taken to be distinct.
    """
    fields = tuple(dict.fromkeys(field for row in rows for field in row))
    return Shapes(MemoryShapes(range(first_code, first_code + len(rows)), rows, fields))


def shapes_of_columns(codes: NDArray[np.int32], columns: Mapping[str, Column]) -> Shapes:
    """Shapes made of columns, each over the same n shapes; `codes` (n,) ascending."""
    return Shapes(ColumnShapes(codes, dict(columns)))
