"""Reading a history: shards of whole leads, and the shapes their codes stand for."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from tasuki.history import files
from tasuki.history.entries import ACTIVITIES, DECISIONS, KINDS, PROFILES, shard_of
from tasuki.history.manifest import Manifest, ShardFiles, read_manifest
from tasuki.history.shapes import FileShapes, Shapes

if TYPE_CHECKING:
    from numpy.typing import NDArray


class ShardSource(Protocol):
    """Where a shard's arrays come from: files or memory."""

    @property
    def leads(self) -> int:
        """Number of leads."""
        ...

    @property
    def entries(self) -> int:
        """Number of entries."""
        ...

    def load_leads(self) -> tuple[list[str], NDArray[np.int64]]:
        """Ids in order, and offsets (leads + 1,)."""
        ...

    def load_entries(self) -> dict[str, NDArray[Any]]:
        """`at`, `seq` and `code`, each (entries,)."""
        ...


class Shard:
    """Some whole leads with all their entries: the unit of work of a thread, a process or a Spark task.

    Arrays are opened when first asked for; those of `at`, `code` and `seq` are mapped and read-only. A shard
    is picklable: by its path if it lies on disk. The entries of lead i are `offsets[i]:offsets[i + 1]`,
    sorted by (at, kind, seq).
    """

    def __init__(self, source: ShardSource) -> None:
        self._source = source

    def __reduce__(self) -> tuple[type[Shard], tuple[ShardSource]]:
        return Shard, (self._source,)

    @property
    def leads(self) -> int:
        """Number of leads."""
        return self._source.leads

    @property
    def entries(self) -> int:
        """Number of entries."""
        return self._source.entries

    @cached_property
    def _leads(self) -> tuple[list[str], NDArray[np.int64]]:
        return self._source.load_leads()

    @cached_property
    def _entries(self) -> dict[str, NDArray[Any]]:
        return self._source.load_entries()

    @property
    def ids(self) -> list[str]:
        """Ids of the leads, ascending."""
        return self._leads[0]

    @property
    def offsets(self) -> NDArray[np.int64]:
        """(leads + 1,) where the entries of each lead begin."""
        return self._leads[1]

    @property
    def at(self) -> NDArray[np.int64]:
        """(entries,) µs since 1970 UTC."""
        return self._entries["at"]

    @property
    def code(self) -> NDArray[np.int32]:
        """(entries,) code of the shape."""
        return self._entries["code"]

    @property
    def seq(self) -> NDArray[np.int64]:
        """(entries,) the order among entries of one lead, time and kind."""
        return self._entries["seq"]

    @classmethod
    def of(
        cls,
        ids: list[str],
        offsets: NDArray[np.int64],
        at: NDArray[np.int64],
        code: NDArray[np.int32],
        seq: NDArray[np.int64] | None = None,
    ) -> Shard:
        """A shard in memory, see the properties for shapes and order; `seq` counts from 0 when left out."""
        order = np.arange(len(at), dtype=np.int64) if seq is None else seq
        return cls(MemoryShard(ids, offsets, at, code, order))


@dataclass(frozen=True, eq=False)
class MemoryShard:
    """A shard in memory."""

    ids: list[str]
    offsets: NDArray[np.int64]
    at: NDArray[np.int64]
    code: NDArray[np.int32]
    seq: NDArray[np.int64]

    @property
    def leads(self) -> int:
        """See ShardSource."""
        return len(self.ids)

    @property
    def entries(self) -> int:
        """See ShardSource."""
        return len(self.at)

    def load_leads(self) -> tuple[list[str], NDArray[np.int64]]:
        """See ShardSource."""
        return self.ids, self.offsets

    def load_entries(self) -> dict[str, NDArray[Any]]:
        """See ShardSource."""
        return {"at": self.at, "code": self.code, "seq": self.seq}


@dataclass(frozen=True)
class FileShard:
    """A shard on disk: its two files and how many rows they must have."""

    leads_path: Path
    entries_path: Path
    leads: int
    entries: int

    def load_leads(self) -> tuple[list[str], NDArray[np.int64]]:
        """See ShardSource."""
        ids, offsets = files.read_leads(self.leads_path, self.leads)
        if offsets[-1] != self.entries:
            raise files.damaged(self.leads_path, f"{offsets[-1]} entries")
        return ids.to_pylist(), offsets

    def load_entries(self) -> dict[str, NDArray[Any]]:
        """See ShardSource."""
        return files.map_entries(self.entries_path, self.entries)


@dataclass(frozen=True, eq=False)
class History:
    """Every lead's entries, in shards, with the shapes that their codes stand for."""

    shards: Sequence[Shard]
    profiles: Shapes
    activities: Shapes
    decisions: Shapes
    codes: int
    """Size of the code space: every code is below it."""
    leads: int
    entries: int
    first_at: int | None
    """Time of the first entry, µs since 1970 UTC; None if there is none."""
    last_at: int | None
    manifest: Manifest | None = None
    """What the folder says about itself; None in memory."""

    @property
    def shapes(self) -> tuple[Shapes, Shapes, Shapes]:
        """Profiles, activities, decisions."""
        return self.profiles, self.activities, self.decisions

    def find(self, lead: str) -> tuple[int, int] | None:
        """Shard number and place in it of a lead; None if there is no such lead."""
        number = shard_of(lead, len(self.shards))
        ids = self.shards[number].ids
        place = bisect_left(ids, lead)
        return (number, place) if place < len(ids) and ids[place] == lead else None

    def kinds(self) -> NDArray[np.int8]:
        """(codes,) the kind of each code: 0 profile, 1 activity, 2 decision; -1 for a code not in use."""
        kinds = np.full(self.codes, -1, np.int8)
        for kind, shapes in enumerate(self.shapes):
            kinds[shapes.codes] = kind
        return kinds


def open_history(path: str | Path) -> History:
    """Open the history in a folder; files are opened when they are first needed.

    Raises HistoryMissing, HistoryDamaged or HistoryTooNew.
    """
    folder = Path(path)
    manifest = read_manifest(folder)
    dictionaries = [_file_shapes(folder, manifest, kind) for kind in KINDS]
    return History(
        shards=[Shard(file_shard(folder, each)) for each in manifest.shards],
        profiles=dictionaries[PROFILES],
        activities=dictionaries[ACTIVITIES],
        decisions=dictionaries[DECISIONS],
        codes=manifest.next_code,
        leads=manifest.leads,
        entries=sum(manifest.entries.values()),
        first_at=manifest.first_at,
        last_at=manifest.last_at,
        manifest=manifest,
    )


def _file_shapes(folder: Path, manifest: Manifest, kind: str) -> Shapes:
    dictionary = manifest.dictionaries[kind]
    path = folder / kind / dictionary.file
    return Shapes(FileShapes(path, dictionary.rows, tuple(dictionary.fields)))


def file_shard(folder: Path, shard: ShardFiles) -> FileShard:
    """The source of one shard of the manifest."""
    return FileShard(
        folder / "leads" / shard.file, folder / "entries" / shard.file, shard.leads, shard.entries
    )
