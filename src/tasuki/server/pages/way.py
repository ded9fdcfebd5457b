"""One sentence of the agreement with its reason."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Way:
    """A way into a stage, or to whom a lead is handed over: a sentence, and why it stands there."""

    text: str
    because: str
