"""Figures of handoffs on SQLite and on PostgreSQL: 100,000 open ones with clocks, and leads that are routed."""

from __future__ import annotations

from typing import Any

from bench.server.measure import on_each_database
from bench.table import Figure, Result


def run(scale: float) -> Result:
    """Both databases in turn; `scale` shrinks what is stored, not the rate at which clocks run out."""
    numbers = on_each_database("handing", scale)
    return Result([figure for name, of in numbers.items() for figure in _figures(name, of)], numbers)


def _figures(database: str, numbers: Any) -> list[Figure]:
    on_postgresql = database == "postgresql"
    open_ = f"{numbers['open']:,} open handoffs"
    return [
        Figure(f"{database}: {open_}: from due to acted on, worst", numbers["worst"], "s", 5.0),
        Figure(f"{database}: the same, median", numbers["median"], "s"),
        Figure(f"{database}: {numbers['burst_of']:,} due at one instant, all acted on", numbers["burst"], "s", 5.0),
        Figure(f"{database}: a look when nothing is due", numbers["idle"] * 1_000, "ms"),
        Figure(
            f"{database}: leads routed, clocks started", numbers["routed"], "/s",
            2_000 if on_postgresql else None, at_least=True,
        ),
        Figure(f"{database}: the same with their whole fold", numbers["folded"], "/s", at_least=True),
    ]  # fmt: skip
