"""How far the database was read, beside the facts: a small file for each generation of them.

The file is written before the facts of its generation, and the manifest of these is replaced last: whoever dies between
leaves the facts and the cursors of the generation before, and what was read is read again.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tasuki.server.insights.facts.tail import Cursor

TABLES = ("change", "lead", "transition", "handoff", "deal", "activity")


@dataclass
class State:
    """Cursors by table. `undone`: the last import whose undoing is known. `forms`: by form the first activity that sent
    it, and the first that told of a look at it (0: none)."""

    cursors: dict[str, Cursor] = field(default_factory=lambda: {name: Cursor() for name in TABLES})
    undone: str = ""
    forms: dict[str, list[int]] = field(default_factory=dict)


def _file(folder: Path, generation: int) -> Path:
    return folder / f"cursors-{generation:06}.json"


def read_state(folder: Path, generation: int) -> State | None:
    """Of this generation; None where it is not there or cannot be read, so that all is to be made anew."""
    try:
        raw: Any = json.loads(_file(folder, generation).read_text(encoding="utf-8"))
        cursors = {name: Cursor.of_json(raw["cursors"][name]) for name in TABLES}
        return State(
            cursors, str(raw["undone"]), {str(k): [int(n) for n in v] for k, v in raw["forms"].items()}
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_state(folder: Path, generation: int, state: State) -> None:
    """For the generation that is written next; those of two before are taken away."""
    folder.mkdir(parents=True, exist_ok=True)
    raw = {
        "cursors": {name: cursor.to_json() for name, cursor in state.cursors.items()},
        "undone": state.undone, "forms": state.forms,
    }  # fmt: skip
    aside = folder / f".cursors.{os.getpid()}"
    aside.write_text(json.dumps(raw, ensure_ascii=False) + "\n", encoding="utf-8")
    aside.replace(_file(folder, generation))
    for old in folder.glob("cursors-*.json"):
        if old.name < _file(folder, generation - 1).name:
            old.unlink(missing_ok=True)
