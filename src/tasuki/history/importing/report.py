"""What an import did, and the file of the rows it left out."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tasuki.history.importing.block import Rejected


@dataclass
class FileReport:
    """One file: rows read = stored + rejected."""

    path: Path
    kind: str
    format: str
    encoding: str | None = None
    """utf-8, utf-8-sig (with a mark at its beginning) or cp932; None for Parquet."""
    stored: int = 0
    rejected: int = 0

    @property
    def read(self) -> int:
        """Rows read."""
        return self.stored + self.rejected


@dataclass(frozen=True)
class ImportReport:
    """All files of an import, and the history as it is now."""

    files: tuple[FileReport, ...]
    rejects: Path | None
    """The file of rejected rows; None if there are none."""
    leads: int
    entries: int
    shards: int

    @property
    def stored(self) -> int:
        """Rows stored by this import."""
        return sum(file.stored for file in self.files)

    @property
    def rejected(self) -> int:
        """Rows rejected by this import."""
        return sum(file.rejected for file in self.files)


class Rejects:
    """The file of rejected rows: written aside, and put in its place if the import succeeds."""

    def __init__(self, aside: Path, target: Path) -> None:
        self._aside = aside
        self._target = target
        self._sink: IO[str] | None = None
        self._writer: Any = None

    def add(self, file: Path, rejected: Sequence[Rejected]) -> None:
        """Add rows of one file, in the order of their lines."""
        if not rejected:
            return
        if self._sink is None:
            self._sink = self._aside.open("w", encoding="utf-8", newline="")
            self._writer = csv.writer(self._sink)
            self._writer.writerow(["file", "line", "reason", "row"])
        ordered = sorted(rejected, key=lambda each: each.line)
        self._writer.writerows((str(file), each.line, each.reason, each.row) for each in ordered)

    def close(self) -> None:
        """Close the file; the import may have failed."""
        if self._sink is not None:
            self._sink.close()

    def finish(self) -> Path | None:
        """Put the file in its place; None if no row was rejected."""
        if self._sink is None:
            return None
        self._sink.close()
        self._target.parent.mkdir(parents=True, exist_ok=True)
        # the target may lie on another disk than the history
        aside = self._target.with_name(self._target.name + ".new")
        aside.write_bytes(self._aside.read_bytes())
        aside.replace(self._target)
        return self._target
