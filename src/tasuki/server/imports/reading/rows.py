"""What every reader gives."""

from __future__ import annotations

from typing import NamedTuple

LONGEST_CELL = 32_767
"""Characters: what a cell of Excel holds."""
MOST_COLUMNS = 2_000


class Row(NamedTuple):
    """One row: the line it begins at, its cells; `fault` says in words why it cannot be read, empty where it can."""

    line: int
    cells: list[str]
    fault: str = ""

    @property
    def blank(self) -> bool:
        """Nothing in it."""
        return not self.fault and not any(cell and not cell.isspace() for cell in self.cells)
