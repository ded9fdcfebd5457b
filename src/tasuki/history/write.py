"""Writing a history from arrays that are ready: what a generator of large histories does."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from tasuki.errors import UsageError
from tasuki.history import files
from tasuki.history.change import Change, changing, file_size
from tasuki.history.entries import KINDS, shard_of
from tasuki.history.manifest import DictionaryFile, Manifest, ShardFiles

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tasuki.history.shapes import Shapes
    from tasuki.history.store import Shard

MAX_SHARDS = 256


def write_history(
    path: str | Path,
    shards: Iterable[Shard],
    profiles: Shapes,
    activities: Shapes,
    decisions: Shapes,
    shard_count: int,
) -> None:
    """Write a new history, shard by shard; only one of them is held at a time.

    `shards` are `shard_count` shards in order (see Shard.of): the leads that `shard_of` puts there,
    ascending, entries sorted by (lead, at, kind, seq), codes those of the shapes. Raises UsageError if the
    folder holds a history already or a shard is not as described.
    """
    check_shard_count(shard_count)
    kinds = (profiles, activities, decisions)
    table = kind_table(kinds)
    with changing(Path(path)) as change:
        if change.old is not None:
            raise UsageError(f"{path}: there is a history in this folder already; give another one")
        dictionaries = {
            kind: _write_shapes(change, kind, shapes) for kind, shapes in zip(KINDS, kinds, strict=True)
        }
        manifest = Manifest(shards=(), dictionaries=dictionaries, next_code=len(table))
        for shard in shards:
            _check_shard(len(manifest.shards), shard_count, shard, len(table))
            manifest = _add_shard(change, manifest, shard, table)
        if len(manifest.shards) != shard_count:
            raise UsageError(f"{len(manifest.shards)} shards were given, shard_count says {shard_count}")
        change.commit(replace(manifest, generation=change.generation))


def check_shard_count(shards: int) -> None:
    """Raise UsageError for a number of shards that cannot be."""
    if not 1 <= shards <= MAX_SHARDS:
        raise UsageError(f"{shards} shards: give a number from 1 to {MAX_SHARDS}")


def kind_table(kinds: tuple[Shapes, Shapes, Shapes]) -> NDArray[np.uint8]:
    """(codes,) the kind of each code."""
    size = max((int(shapes.codes[-1]) + 1 for shapes in kinds if len(shapes)), default=0)
    table = np.full(size, len(KINDS), np.uint8)
    for kind, shapes in enumerate(kinds):
        if np.any(table[shapes.codes] != len(KINDS)):
            raise UsageError(f"a code of {KINDS[kind]} is used twice; each code belongs to one shape")
        table[shapes.codes] = kind
    return table


def _write_shapes(change: Change, kind: str, shapes: Shapes) -> DictionaryFile:
    columns = {}
    for name in shapes.fields:
        column = shapes.column(name)
        if column is not None:
            columns[name] = (column.index, pa.array(column.values, pa.string()))
    return write_dictionary(change, kind, shapes.codes, columns)


def write_dictionary(
    change: Change,
    kind: str,
    codes: NDArray[np.int32],
    columns: dict[str, tuple[NDArray[np.int32], pa.Array]],
) -> DictionaryFile:
    """Write the shapes of one kind as a file of this change."""
    name = f"{kind}-{change.generation}.parquet"
    path = change.new_file(kind, name)
    files.write_shapes(path, codes, columns)
    return DictionaryFile(name, len(codes), tuple(columns), file_size(path))


def _check_shard(number: int, count: int, shard: Shard, codes: int) -> None:
    where = f"shard {number}"
    if any(shard_of(lead, count) != number for lead in shard.ids):
        raise UsageError(f"{where}: holds a lead that belongs to another shard; place leads by shard_of")
    if any(a >= b for a, b in zip(shard.ids, shard.ids[1:], strict=False)):
        raise UsageError(f"{where}: the ids of its leads are not ascending")
    if len(shard.offsets) != shard.leads + 1 or shard.offsets[0] != 0 or shard.offsets[-1] != shard.entries:
        raise UsageError(f"{where}: offsets must run from 0 to the number of entries, one more than leads")
    if shard.entries and not 0 <= int(shard.code.min()) <= int(shard.code.max()) < codes:
        raise UsageError(f"{where}: has a code that no shape has")
    later = np.diff(shard.at) >= 0
    later[shard.offsets[1:-1][(shard.offsets[1:-1] > 0) & (shard.offsets[1:-1] < shard.entries)] - 1] = True
    if not later.all():
        raise UsageError(f"{where}: the entries of a lead are not sorted by time")


def _add_shard(change: Change, manifest: Manifest, shard: Shard, table: NDArray[np.uint8]) -> Manifest:
    ids = pa.array(shard.ids, pa.string())
    leads = np.repeat(np.arange(shard.leads, dtype=np.int32), np.diff(shard.offsets))
    number = len(manifest.shards)
    written = write_shard(change, number, ids, shard.offsets, leads, shard.at, shard.seq, shard.code)
    per_kind = np.bincount(table[shard.code], minlength=len(KINDS))
    return replace(
        manifest,
        shards=(*manifest.shards, written),
        leads=manifest.leads + shard.leads,
        entries={kind: manifest.entries[kind] + int(per_kind[i]) for i, kind in enumerate(KINDS)},
        first_at=earliest(manifest.first_at, shard.at),
        last_at=latest(manifest.last_at, shard.at),
        next_seq=max(manifest.next_seq, int(shard.seq.max()) + 1) if shard.entries else manifest.next_seq,
    )


def write_shard(
    change: Change,
    number: int,
    ids: pa.Array,
    offsets: NDArray[np.int64],
    lead: NDArray[np.int32],
    at: NDArray[np.int64],
    seq: NDArray[np.int64],
    code: NDArray[np.int32],
) -> ShardFiles:
    """Write one shard as files of this change: ids (leads,) ascending, the rest sorted and (entries,)."""
    if len(at) > files.MAX_ENTRIES:
        raise UsageError(
            f"{len(at)} entries in one shard: import into a new history with more shards (`shards=`)"
        )
    name = f"{number:05d}-{change.generation}.parquet"
    leads_path, entries_path = change.new_file("leads", name), change.new_file("entries", name)
    files.write_leads(leads_path, ids, offsets)
    files.write_entries(entries_path, lead, at, seq, code)
    return ShardFiles(name, len(ids), len(at), file_size(leads_path), file_size(entries_path))


def earliest(known: int | None, at: NDArray[np.int64]) -> int | None:
    """The earlier of a known time and the earliest of these."""
    times = ([] if known is None else [known]) + ([int(at.min())] if len(at) else [])
    return min(times, default=None)


def latest(known: int | None, at: NDArray[np.int64]) -> int | None:
    """The later of a known time and the latest of these."""
    times = ([] if known is None else [known]) + ([int(at.max())] if len(at) else [])
    return max(times, default=None)
