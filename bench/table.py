"""What a benchmark found: figures beside the limits set for them, as a table and as JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.table import Table

if TYPE_CHECKING:
    from rich.console import Console


@dataclass(frozen=True)
class Figure:
    """One measured number; `at_least`: more is better. Neither limit nor goal: for information."""

    name: str
    measured: float
    unit: str
    limit: float | None = None
    goal: float | None = None
    at_least: bool = False

    @property
    def met(self) -> str:
        """`goal`, `yes` (within the limit), `no`, or nothing where no limit is set."""
        if self.goal is not None and self._reaches(self.goal):
            return "goal"
        if self.limit is None:
            return ""
        return "yes" if self._reaches(self.limit) else "no"

    def _reaches(self, bound: float) -> bool:
        return self.measured >= bound if self.at_least else self.measured <= bound


@dataclass(frozen=True)
class Result:
    """Figures for the table, and every number behind them for the JSON file."""

    figures: Sequence[Figure]
    numbers: Mapping[str, Any]


def readable(number: float | None, unit: str = "") -> str:
    """Three digits that count, thousands set apart; empty for none."""
    if number is None:
        return ""
    places = max(0, 2 - math.floor(math.log10(abs(number)))) if number else 0
    text = f"{number:,.{places}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return f"{text} {unit}".strip()


def print_table(figures: Sequence[Figure], title: str, console: Console) -> None:
    """One row for each figure."""
    table = Table("figure", title=title, title_justify="left")
    for heading in ("measured", "limit", "goal", "met?"):
        table.add_column(heading, justify="left" if heading == "met?" else "right", no_wrap=True)
    for figure in figures:
        sign = "≥" if figure.at_least else "≤"
        bounds = (
            f"{sign} {readable(bound)}" if bound is not None else "" for bound in (figure.limit, figure.goal)
        )
        table.add_row(figure.name, readable(figure.measured, figure.unit), *bounds, figure.met)
    console.print(table)


def write_json(path: Path, machine: Mapping[str, Any], scale: float, results: Mapping[str, Result]) -> None:
    """Machine, figures and numbers; replaced in one step."""
    figures = [
        {"benchmark": name, **asdict(figure), "met": figure.met}
        for name, result in results.items()
        for figure in result.figures
    ]
    found = {
        "machine": machine,
        "scale": scale,
        "figures": figures,
        "numbers": {name: result.numbers for name, result in results.items()},
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_suffix(".new")
    aside.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    aside.replace(path)
