"""Entries of a history as rows: one kind, with the fields asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tasuki.history import History, Shapes
from tasuki.metrics.facts.schema import TEXT, TIME

Marks = Mapping[str, NDArray[np.bool_]]
"""Further columns: for each shape of the kind, yes or no."""


def entries_of(
    history: History, kind: int, fields: Sequence[str], as_of: int, marks: Marks | None = None
) -> pa.Table:
    """`lead, at, <field>…, <mark>…` of every entry of a kind up to `as_of` (µs UTC), by shard, lead and time.

    A field that is absent is null. Texts are dictionary-coded, so that a row costs some bytes.
    """
    shapes = history.shapes[kind]
    known = history.kinds() == kind
    names = ["lead", "at", *fields, *(marks or {})]
    types = [TEXT, TIME, *[TEXT] * len(fields), *[pa.bool_()] * len(marks or {})]
    parts = []
    for shard in history.shards:
        places = np.flatnonzero(known[shard.code])
        places = places[shard.at[places] <= as_of]
        lead = np.searchsorted(shard.offsets, places, side="right") - 1
        rows = np.searchsorted(shapes.codes, shard.code[places])
        columns = [_coded(lead, shard.ids), pa.array(shard.at[places]).cast(TIME)]
        columns += [_field(shapes, field, rows) for field in fields]
        columns += [pa.array(mark[rows]) for mark in (marks or {}).values()]
        parts.append(pa.table(columns, names=names))
    empty = pa.table([pa.array([], type_) for type_ in types], names=names)
    return pa.concat_tables([part.unify_dictionaries() for part in parts]) if parts else empty


def _field(shapes: Shapes, field: str, rows: NDArray[Any]) -> pa.Array:
    column = shapes.column(field)
    if column is None:
        return _coded(np.full(len(rows), -1), [])
    return _coded(column.index[rows], column.values)


def _coded(index: NDArray[Any], values: list[str]) -> pa.Array:
    places = pa.array(index.astype(np.int32), mask=index < 0)
    return pa.DictionaryArray.from_arrays(places, pa.array(values, TEXT))
