from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tasuki.history import open_history
from tasuki.history.importing import ImportReport, import_files
from tests.history.support import Ledgers, ledgers_of


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "history"


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Writes a file of some text or bytes."""

    def write_file(name: str, content: str | bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write_file


@pytest.fixture
def activities(out: Path, write: Callable[..., Path]) -> Callable[..., tuple[ImportReport, Ledgers]]:
    """Imports one file of activities and reads the history back."""

    def import_activities(
        content: str | bytes, name: str = "a.csv", timezone: str = "UTC"
    ) -> tuple[ImportReport, Ledgers]:
        report = import_files(out, activities=[write(name, content)], timezone=timezone)
        return report, ledgers_of(open_history(out))

    return import_activities
