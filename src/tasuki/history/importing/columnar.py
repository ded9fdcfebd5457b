"""Reading Parquet, batch by batch, every value as text."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tasuki.errors import InputUnreadable
from tasuki.history.importing.block import Block, block_of_arrays
from tasuki.history.importing.columns import check_columns

if TYPE_CHECKING:
    from tasuki.history.importing.opening import Source

CELLS: Final = 2**20


def read_parquet(source: Source, kind: int) -> Iterator[Block]:
    """Blocks of a file; times without a zone stay local, those finer than a microsecond are cut to it.

    The "line" of a row is its number, from 1. Raises InputUnreadable.
    """
    try:
        file = pq.ParquetFile(source.plain)
        names = _flat_names(file.schema_arrow)
        check_columns(f"{source.path}:1", names, kind)
        first = 1
        for batch in file.iter_batches(batch_size=max(1, CELLS // max(len(names), 1))):
            yield _block(batch, names, first)
            first += batch.num_rows
    except (pa.ArrowException, OSError) as error:
        raise InputUnreadable(
            f"{source.path}: cannot be read as Parquet ({error}); write the file again"
        ) from error


def _flat_names(schema: pa.Schema) -> tuple[str, ...]:
    return tuple(name.strip() for name in _flattened(pa.Table.from_batches([], schema=schema)).column_names)


def _flattened(table: pa.Table) -> pa.Table:
    while any(
        pa.types.is_struct(column.type) and column_name != "answers" for column_name, column in _named(table)
    ):
        table = table.flatten()
    return table


def _named(table: pa.Table) -> Iterator[tuple[str, Any]]:
    return zip(table.column_names, table.columns, strict=True)


def _block(batch: pa.RecordBatch, names: tuple[str, ...], first: int) -> Block:
    table = _flattened(pa.Table.from_batches([batch]))
    arrays = {name: _text(column) for name, column in zip(names, table.columns, strict=True)}

    def text_of(row: int) -> str:
        return json.dumps({name: array[row].as_py() for name, array in arrays.items()}, ensure_ascii=False)

    return block_of_arrays(arrays, batch.num_rows, lambda row: first + row, text_of, ())


def _text(column: Any) -> pa.Array:
    """A column as large_string: numbers in shortest form, times in ISO 8601, lists and maps as JSON."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        return _text(column.cast(kind.value_type))
    if pa.types.is_timestamp(kind):
        column = column.cast(pa.timestamp("us", kind.tz), safe=False)
    elif pa.types.is_nested(kind):
        column = pa.chunked_array([[_json(value) for value in column.to_pylist()]], pa.large_string())
    text = pc.cast(column, pa.large_string()).combine_chunks()
    whole = pa.concat_arrays(text.chunks) if isinstance(text, pa.ChunkedArray) else text
    return whole if whole.offset == 0 else pa.concat_arrays([whole, whole.slice(0, 0)])


def _json(value: Any) -> str | None:
    if value is None:
        return None
    return json.dumps(value, ensure_ascii=False, default=_plain)


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, date | datetime) else str(value)
