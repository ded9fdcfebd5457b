"""Results of replays as plain values that can be compared."""

from __future__ import annotations

from typing import Any

from tasuki.engine.replay import Replay
from tasuki.engine.tables import leads_table, refused_table, transitions_table

Rows = list[dict[str, Any]]


def tables(done: Replay) -> tuple[Rows, Rows, Rows]:
    """Transitions, leads and refusals, all of them exactly."""
    return tuple(make(done).to_pylist() for make in (transitions_table, leads_table, refused_table))
