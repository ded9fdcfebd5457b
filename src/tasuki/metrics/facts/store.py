"""Facts in a folder: Parquet files for each table, and `facts.json`, which says which of them belong to it.

New rows come in new files, so that a refresh costs what is new; small files are joined when there are many of them. The
manifest is replaced as the last step: a reader sees the facts before or after, nothing between.
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tasuki.errors import FactsUnreadable
from tasuki.metrics.facts.schema import TABLES
from tasuki.metrics.roles import Terms

FILE, FORMAT, VERSION = "facts.json", "tasuki-facts", 1
MOST_FILES = 12
"""Of one table; beyond them the small ones are joined."""


@dataclass(frozen=True)
class FactFile:
    """One file of a table: its rows, and the refreshes from which they come."""

    file: str
    rows: int
    first: int
    last: int


@dataclass(frozen=True)
class Manifest:
    """All that `facts.json` says. `known_until` (µs UTC): nothing that became known later is in the files.

    The rows of a table are one sequence, whatever files they lie in, and it only grows, but for what `forget_leads` takes
    out: `cut` is the generation in which that was last done, 0 if never.
    """

    generation: int
    known_until: int
    terms: Terms
    tables: Mapping[str, tuple[FactFile, ...]]
    cut: int = 0


def write_facts(folder: Path, tables: Mapping[str, pa.Table], terms: Terms, known_until: int) -> Manifest:
    """Add rows to the facts in a folder, which is made if it is not there; the terms are those in force from now on.

    Rows have the schema of `schema.TABLES`; a row that is known already is not to be given again. FactsUnreadable.
    """
    old = read_manifest(folder) if (folder / FILE).exists() else Manifest(0, known_until, terms, {})
    generation = old.generation + 1
    files = {name: list(old.tables.get(name, ())) for name in TABLES}
    for name, table in tables.items():
        if len(table):
            files[name].append(_write(folder, name, table.cast(TABLES[name].schema), generation, generation))
    kept = {name: tuple(_joined(folder, name, found)) for name, found in files.items()}
    manifest = Manifest(
        generation, max(old.known_until, known_until), _later(old.terms, terms), kept, old.cut
    )
    _write_manifest(folder, manifest)
    _sweep(folder, kept, old.tables)
    return manifest


def forget_leads(folder: Path, leads: Collection[str]) -> Manifest:
    """Take everything about these leads out of the facts in a folder: who is erased, or whose facts are to be told anew.

    Files in which they stand are written again, so it costs what those hold; the old ones are gone at once.
    """
    old = read_manifest(folder)
    generation = old.generation + 1
    gone = pa.array(sorted(leads), pa.string())
    kept: dict[str, tuple[FactFile, ...]] = {}
    for name, files in old.tables.items():
        kept[name] = tuple(_without(folder, name, file, gone, generation) for file in files)
    manifest = replace(old, generation=generation, tables=kept, cut=generation)
    _write_manifest(folder, manifest)
    _sweep(folder, kept)
    return manifest


def _without(folder: Path, name: str, file: FactFile, leads: pa.Array, generation: int) -> FactFile:
    """The file, or one without those leads."""
    (path,) = paths(folder, (file,), name)
    table = pq.read_table(path, partitioning=None)
    stays = table.filter(pc.invert(pc.fill_null(pc.is_in(table["lead"], value_set=leads), False)))
    if len(stays) == len(table):
        return file
    return _write(folder, name, stays, file.first, generation)


def read_manifest(folder: Path) -> Manifest:
    """What `facts.json` says. FactsUnreadable."""
    path = folder / FILE
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        raise FactsUnreadable(
            f"{folder}: there are no facts in this folder; "
            f"make them with `tasuki facts AGREEMENT --history DIR --out {folder}`"
        ) from None
    except (OSError, ValueError) as error:
        raise FactsUnreadable(f"{path}: cannot be read ({error}); write the facts again") from error
    if raw.get("format") == FORMAT and raw.get("version", 0) > VERSION:
        raise FactsUnreadable(
            f"{path}: written by a later Tasuki (version {raw['version']}, this one reads up to {VERSION}); upgrade Tasuki"
        )
    try:
        return _of_json(raw)
    except (KeyError, TypeError, AttributeError) as error:
        raise FactsUnreadable(
            f"{path}: not the manifest of facts ({error!r}); write the facts again"
        ) from error


def paths(folder: Path, files: tuple[FactFile, ...], name: str) -> list[Path]:
    """The files of a table. FactsUnreadable: one is missing."""
    found = [folder / name / each.file for each in files]
    if missing := next((path for path in found if not path.is_file()), None):
        raise FactsUnreadable(f"{missing}: a file of the facts is missing; write the facts again")
    return found


def rows_after(files: Sequence[FactFile], known: int) -> list[tuple[FactFile, int]]:
    """The files of a table with rows beyond the first `known` ones, each with how many of its own are among these."""
    found = []
    for file in files:
        if file.rows > known:
            found.append((file, known))
        known = max(known - file.rows, 0)
    return found


def _of_json(raw: Mapping[str, Any]) -> Manifest:
    if raw["format"] != FORMAT:
        raise KeyError(f"format {raw['format']}")
    tables = {name: tuple(FactFile(**file) for file in files) for name, files in raw["tables"].items()}
    return Manifest(
        raw["generation"], raw["known_until"], Terms.of_json(raw["terms"]), tables, raw.get("cut", 0)
    )


def _later(old: Terms, new: Terms) -> Terms:
    """The new terms with the stages that only older agreements have, for facts name them.

    One whose part is played by another stage now counts as that one; any other stays, at the end.
    """
    known = {stage.id for stage in new.stages}
    gone = [stage for stage in old.stages if stage.id not in known]
    now = {stage.id: new.stage(stage.role) if stage.role else None for stage in gone}
    kept = tuple(stage for stage in gone if now[stage.id] is None)
    older = {name: now.get(stage) or stage for name, stage in old.older.items()}
    older |= {name: stage for name, stage in now.items() if stage}
    return replace(new, stages=new.stages + kept, older={n: s for n, s in older.items() if n not in known})


def _write(folder: Path, name: str, table: pa.Table, first: int, last: int) -> FactFile:
    (folder / name).mkdir(parents=True, exist_ok=True)
    file = f"{first:06}-{last:06}.parquet"
    aside = folder / name / f".{file}.{os.getpid()}"
    try:
        pq.write_table(table, aside, compression="zstd", row_group_size=250_000)
        aside.replace(folder / name / file)
    finally:
        aside.unlink(missing_ok=True)
    return FactFile(file, len(table), first, last)


def _joined(folder: Path, name: str, files: list[FactFile]) -> list[FactFile]:
    """At most MOST_FILES: the last ones become one, at least half of them, and on until a larger one stands before.

    So a row is written again as often as its file doubles: some twenty times until there are a million.
    """
    if len(files) <= MOST_FILES:
        return files
    place, rows = len(files) - 1, files[-1].rows
    while place > 0 and (files[place - 1].rows <= rows or len(files) - place < MOST_FILES // 2):
        place -= 1
        rows += files[place].rows
    small = files[place:]
    whole = pa.concat_tables(
        [pq.read_table(path, partitioning=None) for path in paths(folder, tuple(small), name)]
    )
    return [*files[:place], _write(folder, name, whole, small[0].first, small[-1].last)]


def _write_manifest(folder: Path, manifest: Manifest) -> None:
    raw = {
        "format": FORMAT, "version": VERSION, "generation": manifest.generation, "known_until": manifest.known_until,
        "cut": manifest.cut, "terms": manifest.terms.to_json(),
        "tables": {name: [asdict(file) for file in files] for name, files in manifest.tables.items()},
    }  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    aside = folder / f".{FILE}.{os.getpid()}"
    aside.write_text(json.dumps(raw, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    aside.replace(folder / FILE)


def _sweep(folder: Path, *kept: Mapping[str, tuple[FactFile, ...]]) -> None:
    """What neither these facts nor those of one refresh ago name: somebody may still be reading the latter."""
    for name in TABLES:
        names = {file.file for tables in kept for file in tables.get(name, ())}
        for path in (folder / name).glob("*.parquet"):
            if path.name not in names:
                path.unlink(missing_ok=True)
