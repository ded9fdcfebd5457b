"""Gathering the entries of all files of an import, and writing them into the shards."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tasuki.history import files
from tasuki.history.entries import DECISIONS, KINDS, shard_of
from tasuki.history.importing.dictionary import Dictionary, text_bounds
from tasuki.history.importing.distinct import Distinct
from tasuki.history.importing.rows import (
    DecisionChecks,
    Rows,
    check_needed,
    check_text,
    fields_of,
    read_seq,
    read_times,
)
from tasuki.history.importing.spill import Spill, sort_entries
from tasuki.history.manifest import DictionaryFile, Manifest, ShardFiles
from tasuki.history.shapes import FileShapes
from tasuki.history.store import file_shard
from tasuki.history.write import earliest, latest, write_dictionary, write_shard

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tasuki.history.change import Change
    from tasuki.history.importing.block import Block, Rejected
    from tasuki.history.times import Zone


class Gathered:
    """Everything that an import has read so far: leads and shapes in memory, entries in a temporary file."""

    def __init__(self, change: Change, zone: Zone, shards: int) -> None:
        self._change = change
        self._zone = zone
        self._manifest = change.old or Manifest(
            shards=tuple(ShardFiles("") for _ in range(shards)),
            dictionaries={kind: DictionaryFile("") for kind in KINDS},
        )
        self.shards = len(self._manifest.shards)
        self._dictionaries = [self._load_dictionary(kind) for kind in KINDS]
        self._leads = Distinct()
        self._shard_of = np.empty(0, np.uint8)
        self._first_lead: list[int] = []
        self._load_leads()
        self._spill = Spill(change.scratch / "entries", self.shards)
        self._decision_checks = DecisionChecks(zone)

    def _load_dictionary(self, kind: str) -> Dictionary:
        file = self._manifest.dictionaries[kind]
        dictionary = Dictionary()
        if file.rows:
            path = self._change.folder / kind / file.file
            dictionary.load(FileShapes(path, file.rows, file.fields))
        return dictionary

    def _load_leads(self) -> None:
        """Number the leads of the old history, shard by shard in the order of their ids."""
        for shard in self._manifest.shards:
            self._first_lead.append(self._leads.count)
            if shard.leads:
                ids, _ = files.read_leads(file_shard(self._change.folder, shard).leads_path, shard.leads)
                self._leads.numbers(*text_bounds(ids))
        sizes = [shard.leads for shard in self._manifest.shards]
        self._shard_of = np.repeat(np.arange(self.shards), sizes).astype(np.uint8)

    def close(self) -> None:
        """Let go of the temporary file."""
        self._spill.finish()

    def add(self, kind: int, block: Block) -> tuple[int, Sequence[Rejected]]:
        """Add the rows of a block; how many were stored, and which were not."""
        rows = Rows(block)
        check_text(rows)
        check_needed(rows, kind)
        read_times(rows, self._zone)
        read_seq(rows, self._manifest.next_seq)
        code = self._codes(kind, rows)
        if len(rows):
            self._keep(kind, rows, code)
        return len(rows), rows.rejected

    def _codes(self, kind: int, rows: Rows) -> NDArray[np.int32]:
        dictionary = self._dictionaries[kind]
        columns = self._decision_checks.apply(rows, dictionary) if kind == DECISIONS else {}
        for name in fields_of(rows):
            if name not in columns:
                columns[name] = dictionary.number(name, *rows.bounds(name))
        before = len(dictionary)
        codes = dictionary.codes(columns, len(rows), self._manifest.next_code)
        added = len(dictionary) - before
        self._manifest = replace(self._manifest, next_code=self._manifest.next_code + added)
        return codes

    def _keep(self, kind: int, rows: Rows, code: NDArray[np.int32]) -> None:
        lead = self._leads.numbers(*rows.bounds("lead"))
        self._place_leads()
        at, seq = rows.values["at"], rows.values["seq"]
        self._spill.add(self._shard_of[lead], lead, code, at, seq)
        known = self._manifest
        self._manifest = replace(
            known,
            entries={**known.entries, KINDS[kind]: known.entries[KINDS[kind]] + len(rows)},
            first_at=earliest(known.first_at, at),
            last_at=latest(known.last_at, at),
            next_seq=max(known.next_seq, int(seq.max()) + 1),
        )

    def _place_leads(self) -> None:
        """Find the shard of each lead that is new."""
        known = len(self._shard_of)
        if known == self._leads.count:
            return
        fresh = [
            shard_of(self._leads.value(number).decode(), self.shards)
            for number in range(known, self._leads.count)
        ]
        self._shard_of = np.concatenate([self._shard_of, np.array(fresh, np.uint8)])

    def store(self, threads: int) -> Manifest:
        """Write the shards that have grown and the dictionaries; the manifest of the new generation."""
        self._spill.finish()
        counts = self._spill.counts()
        kinds = self._kind_table()
        ids = self._leads.values()
        members = np.argsort(self._shard_of, kind="stable")
        bounds = np.searchsorted(self._shard_of[members], np.arange(self.shards + 1))

        def write(number: int) -> ShardFiles:
            old = self._manifest.shards[number]
            if counts[number] == 0 and old.file:
                return old
            return self._write_shard(number, old, ids, members[bounds[number] : bounds[number + 1]], kinds)

        with ThreadPoolExecutor(threads) as pool:
            try:
                shards = tuple(pool.map(write, range(self.shards)))
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise
        return replace(
            self._manifest,
            shards=shards,
            dictionaries={kind: self._write_dictionary(i, kind) for i, kind in enumerate(KINDS)},
            generation=self._change.generation,
            leads=self._leads.count,
        )

    def _kind_table(self) -> NDArray[np.uint8]:
        table = np.zeros(self._manifest.next_code, np.uint8)
        for kind, dictionary in enumerate(self._dictionaries):
            table[dictionary.all_codes()] = kind
        return table

    def _write_dictionary(self, kind: int, name: str) -> DictionaryFile:
        dictionary = self._dictionaries[kind]
        old = self._manifest.dictionaries[name]
        if dictionary.new == 0 and old.file:
            return old
        return write_dictionary(self._change, name, dictionary.all_codes(), dictionary.columns())

    def _write_shard(
        self,
        number: int,
        old: ShardFiles,
        ids: pa.Array,
        members: NDArray[np.int64],
        kinds: NDArray[np.uint8],
    ) -> ShardFiles:
        """Merge a shard's old and new entries; `members` are the numbers of its leads, ascending."""
        own = ids.take(pa.array(members))
        by_id = pc.sort_indices(own).to_numpy()
        rank = np.empty(len(members), np.int32)
        rank[by_id] = np.arange(len(members), dtype=np.int32)
        new = self._spill.take(number)
        lead, at, seq, code = new["lead"], new["at"], new["seq"], new["code"]
        if old.entries:
            before = files.map_entries(file_shard(self._change.folder, old).entries_path, old.entries)
            numbers = before["lead"] + np.int32(self._first_lead[number])
            lead = np.concatenate([numbers, lead])
            at, seq, code = (np.concatenate([before[n], new[n]]) for n in ("at", "seq", "code"))
        place = rank[np.searchsorted(members, lead)]
        at, seq, code = (np.ascontiguousarray(values) for values in (at, seq, code))
        order, offsets = sort_entries(place, at, kinds[code], seq, len(members))
        return write_shard(
            self._change,
            number,
            own.take(pa.array(by_id)),
            offsets,
            place[order],
            at[order],
            seq[order],
            code[order],
        )
