"""The manifest of a history, `history.json`: which files belong to it, and what is in them.

It is replaced as the last step of every import, in one go. What is not named in it is no part of the history.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from tasuki.errors import HistoryDamaged, HistoryMissing, HistoryTooNew
from tasuki.history.entries import KINDS

FILE: Final = "history.json"
FORMAT: Final = "tasuki-history"
VERSION: Final = 1


@dataclass(frozen=True)
class ShardFiles:
    """One shard: `leads/FILE` and `entries/FILE`, their rows and their sizes in bytes."""

    file: str
    leads: int = 0
    entries: int = 0
    leads_bytes: int = 0
    entries_bytes: int = 0


@dataclass(frozen=True)
class DictionaryFile:
    """The distinct shapes of one kind: `KIND/FILE`."""

    file: str
    rows: int = 0
    fields: tuple[str, ...] = ()
    bytes: int = 0


@dataclass(frozen=True)
class Manifest:
    """All that `history.json` says. Times in µs since 1970 UTC."""

    shards: tuple[ShardFiles, ...]
    dictionaries: dict[str, DictionaryFile]
    generation: int = 0
    leads: int = 0
    entries: dict[str, int] = field(default_factory=lambda: dict.fromkeys(KINDS, 0))
    """Entries per kind."""
    first_at: int | None = None
    last_at: int | None = None
    next_seq: int = 0
    next_code: int = 0

    @property
    def bytes(self) -> int:
        """Size of all files on disk."""
        return sum(self.paths(Path()).values())

    def paths(self, folder: Path) -> dict[Path, int]:
        """Every file of the history and its size in bytes."""
        found: dict[Path, int] = {}
        for shard in self.shards:
            found[folder / "leads" / shard.file] = shard.leads_bytes
            found[folder / "entries" / shard.file] = shard.entries_bytes
        for kind, dictionary in self.dictionaries.items():
            found[folder / kind / dictionary.file] = dictionary.bytes
        return found


def read_manifest(folder: Path) -> Manifest:
    """Read the manifest and check that every file it names is there in full size.

    Raises HistoryMissing, HistoryDamaged or HistoryTooNew.
    """
    path = folder / FILE
    try:
        text = path.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        raise HistoryMissing(
            f"{folder}: no history in this folder; make one with `tasuki history import --out {folder}`"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise HistoryDamaged(f"{path}: cannot be read ({error}); import the history again") from error
    manifest = _parse(path, text)
    for file, size in manifest.paths(folder).items():
        _check_size(file, size)
    return manifest


def _parse(path: Path, text: str) -> Manifest:
    try:
        raw = json.loads(text)
        if raw["format"] != FORMAT:
            raise ValueError(f"format {raw['format']!r}")
        version = int(raw["version"])
        if version <= VERSION:
            return _from_json(raw)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise HistoryDamaged(
            f"{path}: not the manifest of a history ({error!r}); import the history again"
        ) from error
    raise HistoryTooNew(
        f"{path}: written by a later Tasuki (format version {version}, this one reads up to {VERSION}); "
        "upgrade Tasuki"
    )


def _from_json(raw: dict[str, Any]) -> Manifest:
    dictionaries = {
        kind: DictionaryFile(
            **{**raw["dictionaries"][kind], "fields": tuple(raw["dictionaries"][kind]["fields"])}
        )
        for kind in KINDS
    }
    return Manifest(
        shards=tuple(ShardFiles(**shard) for shard in raw["shards"]),
        dictionaries=dictionaries,
        entries={kind: int(raw["entries"][kind]) for kind in KINDS},
        **{
            name: raw[name]
            for name in ("generation", "leads", "first_at", "last_at", "next_seq", "next_code")
        },
    )


def _check_size(file: Path, size: int) -> None:
    try:
        found = file.stat().st_size
    except OSError as error:
        raise HistoryDamaged(
            f"{file}: a file of the history is missing ({error.strerror}); import the history again"
        ) from error
    if found != size:
        raise HistoryDamaged(
            f"{file}: {found} bytes where the manifest says {size}; import the history again"
        )


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Replace the manifest in one step: a reader sees the old history or the new one, nothing between."""
    text = json.dumps(
        {"format": FORMAT, "version": VERSION, **asdict(manifest)}, indent=1, ensure_ascii=False
    )
    aside = folder / f"{FILE}.new"
    with aside.open("w", encoding="utf-8") as sink:
        sink.write(text + "\n")
        sink.flush()
        os.fsync(sink.fileno())
    aside.replace(folder / FILE)
    sync_folder(folder)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder last through a power failure, where the system can."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
