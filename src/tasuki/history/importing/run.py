"""Importing files into a history: read, check, number, spill, then sort shard by shard."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tasuki.errors import UsageError
from tasuki.history.change import changing
from tasuki.history.entries import ACTIVITIES, DECISIONS, KINDS, PROFILES
from tasuki.history.importing.columnar import read_parquet
from tasuki.history.importing.delimited import read_delimited
from tasuki.history.importing.gather import Gathered
from tasuki.history.importing.jsonlines import read_json_lines
from tasuki.history.importing.opening import Format, Source, Text, format_of, opened
from tasuki.history.importing.report import FileReport, ImportReport, Rejects
from tasuki.history.times import zone_of
from tasuki.history.write import MAX_SHARDS, check_shard_count

if TYPE_CHECKING:
    from tasuki.history.importing.block import Block

Progress = Callable[[int, int], None]

ENTRIES_A_SHARD: Final = 1_000_000
_BYTES_A_ROW: Final = 70
_PACKING: Final = 8
"""How many bytes of text a byte of gzip or Parquet stands for, roughly."""


def import_files(
    out: str | Path,
    profiles: Sequence[str | Path] = (),
    activities: Sequence[str | Path] = (),
    decisions: Sequence[str | Path] = (),
    timezone: str = "Asia/Tokyo",
    progress: Progress | None = None,
    shards: int | None = None,
    rejects: str | Path | None = None,
    threads: int = 2,
) -> ImportReport:
    """Import files into the history in the folder `out`, made if it is not there, all of them or none.

    Files are CSV, TSV, JSON Lines or Parquet, gzipped or not. Times without offset are local in `timezone`.
    `shards` is fixed by the first import (estimated when left out). Rejected rows go to `rejects`, by default
    `out/rejects-<generation>.csv`. `progress` gets (bytes done, bytes in all).

    Raises UsageError (no files, no such time zone, another import going on), InputUnreadable, HistoryError.
    """
    inputs = [
        (kind, Path(path))
        for kind, paths in ((PROFILES, profiles), (ACTIVITIES, activities), (DECISIONS, decisions))
        for path in paths
    ]
    if not inputs:
        raise UsageError("nothing to import: give files of profiles, activities or decisions")
    zone = zone_of(timezone)
    total = _check_inputs([path for _, path in inputs])
    folder = Path(out)
    if shards is not None:
        check_shard_count(shards)
    with changing(folder) as change:
        present = len(change.old.shards) if change.old else None
        if shards is not None and present is not None and shards != present:
            raise UsageError(f"{folder}: has {present} shards since its first import; leave `shards` out")
        gathered = Gathered(change, zone, shards or _estimate([path for _, path in inputs]))
        target = Path(rejects) if rejects is not None else folder / f"rejects-{change.generation}.csv"
        left_out = Rejects(change.scratch / "rejects.csv", target)
        try:
            steps = _Steps(progress, total)
            reports = tuple(_import_file(gathered, left_out, steps, kind, path) for kind, path in inputs)
            manifest = gathered.store(threads)
            change.written.append(target)
            rejects_path = left_out.finish()
            change.commit(manifest)
        finally:
            gathered.close()
            left_out.close()
    entries = sum(manifest.entries.values())
    return ImportReport(reports, rejects_path, manifest.leads, entries, len(manifest.shards))


class _Steps:
    """Tells how far the reading of all files has come."""

    def __init__(self, progress: Progress | None, total: int) -> None:
        self._progress = progress
        self._total = total
        self._before = 0

    def at(self, done: int) -> None:
        if self._progress is not None:
            self._progress(self._before + done, self._total)

    def file_done(self, size: int) -> None:
        self.at(size)
        self._before += size


def _check_inputs(paths: list[Path]) -> int:
    """Open each file once, so that a mistake in the last one shows at once; bytes in all."""
    total = 0
    for path in paths:
        with opened(path) as source:
            total += source.size
    return total


def _estimate(paths: list[Path]) -> int:
    """Number of shards for a first import of these files."""
    size = 0
    for path in paths:
        with opened(path) as source:
            packed = source.plain is not source.raw or format_of(source) == "parquet"
            size += source.size * (_PACKING if packed else 1)
    return min(max(-(-size // (_BYTES_A_ROW * ENTRIES_A_SHARD)), 1), MAX_SHARDS)


def _import_file(gathered: Gathered, rejects: Rejects, steps: _Steps, kind: int, path: Path) -> FileReport:
    with opened(path) as source:
        text = Text(source)
        found = format_of(source)
        report = FileReport(path, KINDS[kind], found)
        for block, done in _ahead(_blocks(source, text, found, kind)):
            stored, rejected = gathered.add(kind, block)
            rejects.add(path, rejected)
            report.stored += stored
            report.rejected += len(rejected)
            steps.at(done)
        report.encoding = None if found == "parquet" else text.encoding or "utf-8"
        steps.file_done(source.size)
        return report


def _blocks(source: Source, text: Text, found: Format, kind: int) -> Iterator[tuple[Block, int]]:
    name = str(source.path)
    if found == "parquet":
        blocks = read_parquet(source, kind)
    elif found == "json lines":
        blocks = read_json_lines(name, text, kind)
    else:
        blocks = read_delimited(name, text, kind)
    for block in blocks:
        yield block, source.done()


def _ahead(blocks: Iterator[tuple[Block, int]]) -> Iterator[tuple[Block, int]]:
    """The same blocks, each made by another thread while the one before it is worked on."""
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(next, blocks, None)
        while (present := coming.result()) is not None:
            coming = pool.submit(next, blocks, None)
            yield present
