"""A small simulated company, its history, and the agreement that fits it."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from tasuki.history.importing import import_files
from tasuki.simulate import simulate
from tests.cli.support import Run, runner

YAMADA = Path(__file__).parents[2] / "examples" / "yamada" / "agreement.yaml"


class Company(NamedTuple):
    """Where its files are."""

    raw: Path
    history: Path
    agreement: Path


@pytest.fixture(scope="session")
def company(tmp_path_factory: pytest.TempPathFactory) -> Company:
    raw, history = tmp_path_factory.mktemp("raw"), tmp_path_factory.mktemp("store") / "history"
    files = simulate(raw, leads=600, months=12, seed=5, format="csv").files
    import_files(history, [files["profiles"]], [files["activities"]], [files["decisions"]])
    return Company(raw, history, YAMADA)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    return runner(capsys, monkeypatch)
