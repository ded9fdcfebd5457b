"""Changing a history on disk: one at a time, all or nothing."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from tasuki.errors import HistoryMissing, UsageError
from tasuki.history.entries import KINDS
from tasuki.history.manifest import FILE, Manifest, read_manifest, sync_folder, write_manifest

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

FOLDERS = ("entries", "leads", *KINDS)


@dataclass
class Change:
    """One change of a history: new files are written beside the old ones, then the manifest is replaced."""

    folder: Path
    old: Manifest | None
    generation: int
    written: list[Path] = field(default_factory=list)
    committed: bool = False

    @property
    def scratch(self) -> Path:
        """A folder for temporary files; gone when the change ends."""
        return self.folder / ".scratch"

    def new_file(self, folder: str, name: str) -> Path:
        """Path of a new file, removed again if the change fails."""
        path = self.folder / folder / name
        path.parent.mkdir(exist_ok=True)
        self.written.append(path)
        return path

    def commit(self, manifest: Manifest) -> None:
        """Make the new files the history, then delete the files it no longer needs."""
        for name in FOLDERS:
            if (self.folder / name).is_dir():
                sync_folder(self.folder / name)
        write_manifest(self.folder, manifest)
        self.committed = True
        _remove_strangers(self.folder, manifest)

    def undo(self) -> None:
        """Remove what was written."""
        for path in self.written:
            path.unlink(missing_ok=True)
        (self.folder / f"{FILE}.new").unlink(missing_ok=True)


@contextlib.contextmanager
def changing(folder: Path) -> Iterator[Change]:
    """Lock a history (made if it is not there) for one change, and undo the change if it is not committed.

    Raises UsageError if another change is going on or the folder cannot be made, or a HistoryError.
    """
    made = _make_folder(folder)
    try:
        with _locked(folder):
            old = _manifest_or_none(folder)
            change = Change(folder, old, (old.generation if old else 0) + 1)
            try:
                if old is not None:
                    _remove_strangers(folder, old)
                shutil.rmtree(change.scratch, ignore_errors=True)
                change.scratch.mkdir()
                yield change
            finally:
                if not change.committed:
                    change.undo()
                shutil.rmtree(change.scratch, ignore_errors=True)
    finally:
        if not (folder / FILE).exists():
            _remove_empty(folder, made)


def _make_folder(folder: Path) -> bool:
    if folder.is_dir():
        return False
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        raise UsageError(f"{folder}: cannot be made a folder for a history ({error.strerror})") from error
    return True


def _manifest_or_none(folder: Path) -> Manifest | None:
    with contextlib.suppress(HistoryMissing):
        return read_manifest(folder)
    return None


def _remove_strangers(folder: Path, manifest: Manifest) -> None:
    """Delete data files of other generations, left by this change or by one that was killed."""
    known = manifest.paths(folder)
    for name in FOLDERS:
        for path in (folder / name).glob("*.parquet"):
            if path not in known:
                path.unlink(missing_ok=True)


def _remove_empty(folder: Path, made: bool) -> None:
    (folder / ".lock").unlink(missing_ok=True)
    with contextlib.suppress(OSError):
        for name in FOLDERS:
            if (folder / name).is_dir():
                (folder / name).rmdir()
        if made:
            folder.rmdir()


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold the lock of a history; the system lets go of it even if this process is killed."""
    with (folder / ".lock").open("a") as handle:
        try:
            _lock(handle)
        except OSError as error:
            raise UsageError(
                f"{folder}: another import into this history is going on; wait until it has ended"
            ) from error
        yield


def _lock(handle: IO[str]) -> None:
    if sys.platform == "win32":
        msvcrt.locking(handle.fileno(), msvcrt.LK_NBLCK, 1)
    else:
        fcntl.flock(handle.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)


def file_size(path: Path) -> int:
    """Size of a file in bytes."""
    return os.stat(path).st_size
