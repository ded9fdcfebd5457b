"""The Parquet files of a history: how each is written and read.

Entries are written uncompressed and plain, one page per column, so that the values of a column lie one after
the other in the file and are mapped into memory instead of being read.
"""

from __future__ import annotations

import mmap
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tasuki.errors import HistoryDamaged

if TYPE_CHECKING:
    from numpy.typing import NDArray

ENTRY_SCHEMA: Final = pa.schema(
    [
        pa.field("lead", pa.int32(), nullable=False),
        pa.field("at", pa.timestamp("us", "UTC"), nullable=False),
        pa.field("seq", pa.int64(), nullable=False),
        pa.field("code", pa.int32(), nullable=False),
    ]
)
LEAD_SCHEMA: Final = pa.schema(
    [
        pa.field("lead", pa.int32(), nullable=False),
        pa.field("id", pa.string(), nullable=False),
        pa.field("first", pa.int64(), nullable=False),
        pa.field("entries", pa.int64(), nullable=False),
    ]
)
ENTRY_TYPES: Final = {"lead": np.int32, "at": np.int64, "seq": np.int64, "code": np.int32}
MAX_ENTRIES: Final = 2**27
"""Entries in one shard; a page of Parquet ends below 2 GiB."""

_HUGE: Final = 2**31 - 1
_CODE: Final = "code"


def write_entries(
    path: Path,
    lead: NDArray[np.int32],
    at: NDArray[np.int64],
    seq: NDArray[np.int64],
    code: NDArray[np.int32],
) -> None:
    """Write the entries of one shard, four arrays of one length, sorted by (lead, at, kind, seq)."""
    arrays = [pa.array(lead), pa.array(at).view(pa.timestamp("us", "UTC")), pa.array(seq), pa.array(code)]
    table = pa.Table.from_arrays(arrays, schema=ENTRY_SCHEMA)
    with path.open("wb") as sink:
        pq.write_table(
            table,
            sink,
            compression="NONE",
            use_dictionary=False,
            write_statistics=False,
            store_schema=False,
            row_group_size=max(len(lead), 1),
            data_page_size=_HUGE,
            max_rows_per_page=_HUGE,
            write_batch_size=max(len(lead), 1),
        )
        _settle(sink)


def write_leads(path: Path, ids: pa.Array, offsets: NDArray[np.int64]) -> None:
    """Write the leads of one shard: ids (n,) sorted, offsets (n + 1,) into the shard's entries."""
    columns = [
        pa.array(np.arange(len(ids), dtype=np.int32)),
        ids.cast(pa.string()),
        pa.array(offsets[:-1]),
        pa.array(np.diff(offsets)),
    ]
    _write_table(path, pa.Table.from_arrays(columns, schema=LEAD_SCHEMA))


def write_shapes(
    path: Path, codes: NDArray[np.int32], columns: dict[str, tuple[NDArray[np.int32], pa.Array]]
) -> None:
    """Write a dictionary of shapes: per field the place (n,) in its values, -1 for absent, and the values."""
    names = [_CODE, *map(column_name, columns)]
    arrays = [pa.array(codes), *(_text_array(index, values) for index, values in columns.values())]
    schema = pa.schema([pa.field(name, a.type, name != _CODE) for name, a in zip(names, arrays, strict=True)])
    _write_table(path, pa.Table.from_arrays(arrays, schema=schema))


def column_name(field: str) -> str:
    """Name of a field's column in the file; a field that is itself called `code` steps aside."""
    return f"{field} (field)" if field.lower() == _CODE else field


def _text_array(index: NDArray[np.int32], values: pa.Array) -> pa.Array:
    """A plain string column made of places in values; -1 is null."""
    return values.cast(pa.string()).take(pa.array(index, mask=index < 0))


def _write_table(path: Path, table: pa.Table) -> None:
    with path.open("wb") as sink:
        pq.write_table(table, sink, compression="zstd", store_schema=False)
        _settle(sink)


def _settle(sink: Any) -> None:
    sink.flush()
    os.fsync(sink.fileno())


def read_codes(path: Path, rows: int) -> NDArray[np.int32]:
    """The `code` column of a dictionary file: int32 (rows,)."""
    column = _read(path, [_CODE], rows).column(0)
    codes: NDArray[np.int32] = column.to_numpy()
    return codes


def read_text_column(path: Path, field: str, rows: int) -> tuple[NDArray[np.int32], list[str]]:
    """One field of a dictionary file: places int32 (rows,), -1 for absent, and the distinct values."""
    index, values = read_coded_column(path, field, rows)
    return index, values.to_pylist()


def read_coded_column(path: Path, field: str, rows: int) -> tuple[NDArray[np.int32], pa.Array]:
    """The same with the values as an Arrow string array."""
    name = column_name(field)
    coded = _read(path, [name], rows, dictionary=[name]).column(0)
    if coded.num_chunks == 0:
        return np.empty(0, np.int32), pa.array([], pa.string())
    whole = coded.unify_dictionaries().combine_chunks()
    whole = whole.chunk(0) if isinstance(whole, pa.ChunkedArray) else whole
    index: NDArray[np.int32] = whole.indices.fill_null(-1).to_numpy()
    return index, whole.dictionary


def read_leads(path: Path, rows: int) -> tuple[pa.Array, NDArray[np.int64]]:
    """Ids (rows,) as an Arrow string array, and offsets int64 (rows + 1,)."""
    table = _read(path, ["id", "first", "entries"], rows).combine_chunks()
    offsets = np.zeros(rows + 1, np.int64)
    np.cumsum(table.column("entries").to_numpy(), out=offsets[1:])
    if not np.array_equal(offsets[:-1], table.column("first").to_numpy()):
        raise HistoryDamaged(f"{path}: the leads do not follow each other; import the history again")
    ids = table.column("id")
    return (ids.chunk(0) if ids.num_chunks else pa.array([], pa.string())), offsets


def _read(path: Path, columns: list[str], rows: int, dictionary: list[str] | None = None) -> pa.Table:
    try:
        table = pq.read_table(path, columns=columns, read_dictionary=dictionary, partitioning=None)
    except (OSError, KeyError, pa.ArrowException) as error:
        raise damaged(path, str(error)) from error
    if table.num_rows != rows or table.num_columns != len(columns):
        raise damaged(path, f"{table.num_rows} rows and {table.num_columns} columns")
    return table


def damaged(path: Path, found: str) -> HistoryDamaged:
    """The error for a file that is not what the manifest says."""
    return HistoryDamaged(
        f"{path}: not what the manifest of the history says ({found}); "
        "open it again if an import has just ended, else import the history again"
    )


def map_entries(path: Path, rows: int) -> dict[str, NDArray[Any]]:
    """Map the columns of an entries file: `lead`, `at` (µs UTC), `seq`, `code`, each (rows,), read-only."""
    if rows == 0:
        return {name: np.empty(0, kind) for name, kind in ENTRY_TYPES.items()}
    try:
        with path.open("rb") as source:
            meta = pq.read_metadata(source)
            mapped = mmap.mmap(source.fileno(), 0, access=mmap.ACCESS_READ)
    except (OSError, ValueError, pa.ArrowException) as error:
        raise damaged(path, str(error)) from error
    if meta.num_rows != rows or meta.num_row_groups != 1 or meta.num_columns != len(ENTRY_TYPES):
        raise damaged(path, f"{meta.num_rows} entries in {meta.num_row_groups} groups")
    group = meta.row_group(0)
    return {
        name: _map_column(path, group.column(i), mapped, np.dtype(kind), rows)
        for i, (name, kind) in enumerate(ENTRY_TYPES.items())
    }


def _map_column(path: Path, chunk: Any, mapped: mmap.mmap, kind: np.dtype[Any], rows: int) -> NDArray[Any]:
    size = rows * kind.itemsize
    header = chunk.total_compressed_size - size
    plain = chunk.compression == "UNCOMPRESSED" and set(chunk.encodings) <= {"PLAIN", "RLE"}
    end = chunk.data_page_offset + chunk.total_compressed_size
    # a second page would add a second header; one header is 20 to 60 bytes long
    if not plain or chunk.has_dictionary_page or not 0 < header < 64 or end > len(mapped):
        raise damaged(path, f"column {chunk.path_in_schema} is not one plain page")
    return np.frombuffer(mapped, kind, rows, end - size)
