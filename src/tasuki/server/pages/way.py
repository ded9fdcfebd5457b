"""One sentence of the agreement with its reason."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Way:
    """A way into a stage, or to whom a lead is handed over: a sentence, why it stands there, how many came by it."""

    text: str
    because: str
    lately: int | None = None
