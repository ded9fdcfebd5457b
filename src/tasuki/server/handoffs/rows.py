"""Rows of handoffs and clocks as `core.bulk` takes them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tasuki.server.handoffs.models import Clock, Handoff

FOREIGN = frozenset(
    {"handoff", "lead", "transition", "team", "person", "calendar", "closed_by", "started_by", "stopped_by"}
)


def values(row: Handoff | Clock, names: Iterable[str]) -> list[Any]:
    """What the fields of the row hold, ids for foreign keys."""
    return [getattr(row, f"{name}_id" if name in FOREIGN else name) for name in names]
