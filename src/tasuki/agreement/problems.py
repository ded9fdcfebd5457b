"""A mistake in a file: where it is, what is wrong, what would be right."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

Severity = Literal["error", "warning"]


@dataclass(frozen=True, order=True)
class Problem:
    """One mistake; `line` and `column` count from 1."""

    file: str
    line: int
    column: int
    severity: Severity
    code: str
    text: str

    @property
    def is_error(self) -> bool:
        """True for an error, False for a warning."""
        return self.severity == "error"

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.severity}[{self.code}] {self.text}"


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`: did you mean `x`?`, or what there is when nothing is near, or nothing when there is nothing.

    In the order of `known`; a set has none, so it is told by name.
    """
    names = list(dict.fromkeys(sorted(known) if isinstance(known, (set, frozenset)) else known))
    folded = {name.casefold(): name for name in names}
    near = difflib.get_close_matches(word.casefold(), folded, n=1, cutoff=0.6)
    if near:
        return f": did you mean `{folded[near[0]]}`?"
    if not names:
        return ""
    shown = ", ".join(f"`{name}`" for name in names[:8])
    return f"; there is {shown}" + (" …" if len(names) > 8 else "")
