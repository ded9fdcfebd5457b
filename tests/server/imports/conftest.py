"""Files as people bring them, and an agreement that is not needed: imports work without one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from tasuki.server.imports.plan import Plan
from tasuki.server.imports.rows import Reader, Record, Reject

SHARED = Path(__file__).resolve().parents[4] / "shared" / "data" / "formats"


@pytest.fixture(autouse=True)
def folder_of_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(settings, "MEDIA_ROOT", tmp_path / "files")
    return tmp_path / "files"


@pytest.fixture
def formats_folder() -> Path:
    if not SHARED.is_dir():
        pytest.skip("the raw data shared/data/formats is not beside the project")
    return SHARED


@pytest.fixture
def file(tmp_path: Path) -> Callable[..., Path]:
    """Writes text (or bytes) to a file."""

    def write(content: str | bytes, encoding: str = "utf-8", name: str = "leads.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return path

    return write


def records(path: Path, plan: Plan) -> list[Record | Reject]:
    """Every row of a file as the plan reads it."""
    from tasuki.server.core import clock
    from tasuki.server.imports.guessing import data_rows

    return list(Reader(plan, clock.now()).records(data_rows(path, plan)))


def fields(path: Path, plan: Plan) -> list[dict[str, Any]]:
    """The fields of the rows that can be read."""
    return [dict(record.fields) for record in records(path, plan) if isinstance(record, Record)]


def rejects(path: Path, plan: Plan) -> dict[int, str]:
    """Line → reason."""
    return {record.line: record.reason for record in records(path, plan) if isinstance(record, Reject)}
