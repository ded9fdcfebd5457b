"""What the tests of the examples share: where things are, and the three commands of every README."""

from __future__ import annotations

import csv
import importlib.util
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import ModuleType

import pytest
from typer.testing import CliRunner

from tasuki.cli import app

PROJECT = Path(__file__).resolve().parents[2]
EXAMPLES = PROJECT / "examples"
SHARED_DATA = PROJECT.parent / "shared" / "data"

Row = dict[str, str]


def shared(folder: str) -> Path:
    """The folder of raw data beside the project; the test is skipped where it is absent."""
    path = SHARED_DATA / folder
    if not path.is_dir():
        pytest.skip(f"the raw data shared/data/{folder} is not beside the project")
    return path


def converter(example: str) -> ModuleType:
    """The example's `convert.py` as a module."""
    path = EXAMPLES / example / "convert.py"
    spec = importlib.util.spec_from_file_location(f"convert_{example.replace('-', '_')}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def tasuki(*arguments: str | Path) -> str:
    """Run the command line; what it printed."""
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


def import_history(inputs: Path, history: Path) -> Path:
    """The history made from the three CSV files in `inputs`."""
    files = [f"--{kind}={inputs / kind}.csv" for kind in ("profiles", "activities", "decisions")]
    tasuki("history", "import", "--out", history, *files, "--timezone", "UTC")
    return history


@dataclass(frozen=True)
class Replayed:
    """The tables that `tasuki replay --out` wrote."""

    folder: Path

    @cached_property
    def transitions(self) -> list[Row]:
        """Every entry into a stage, in time order for each lead."""
        return self._table("transitions")

    @cached_property
    def leads(self) -> dict[str, Row]:
        """Where each lead stands."""
        return {row["lead"]: row for row in self._table("leads")}

    @cached_property
    def refused(self) -> list[Row]:
        """Decisions that no path allowed."""
        return self._table("refused")

    def _table(self, name: str) -> list[Row]:
        with (self.folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def way(self, lead: str) -> list[str]:
        """The stages a lead entered, in order."""
        return [row["to"] for row in self.transitions if row["lead"] == lead]


def replay(agreement: Path, history: Path, as_of: str, out: Path) -> Replayed:
    """Replay up to `as_of` and read the tables."""
    tasuki("replay", agreement, "--history", history, "--as-of", as_of, "--out", out, "--format", "csv")
    return Replayed(out)
