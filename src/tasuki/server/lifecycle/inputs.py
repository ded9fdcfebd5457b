"""What is handed in to be decided, and what comes back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from tasuki.server.people.inputs import LeadRef


@dataclass(frozen=True, slots=True)
class DecisionInput:
    """A decision that was made elsewhere, or earlier: it is applied by its own time.

    `at` and `until` are aware. Without `to` it only records answers. `role` is the one as which the person decided; empty:
    the caller's own. `answers`: question → yes, no, or a text that stands for one of them. `key` names it within its source.
    """

    ref: LeadRef
    at: datetime
    to: str = ""
    role: str = ""
    reason: str = ""
    until: datetime | None = None
    answers: Mapping[str, str] | None = None
    key: str | None = None
    note: str = ""
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Recorded:
    """A decision that is stored: now, or already (`duplicate`)."""

    lead_id: int
    duplicate: bool
    decision_id: int | None = None


@dataclass(frozen=True, slots=True)
class Entered:
    """A transition that a fold recorded."""

    id: int
    lead_id: int
    from_stage: str
    to_stage: str
    at: datetime
    cause: str


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision that was applied, and the transitions recorded with it; `deal_id` where one was opened or closed."""

    decision_id: int
    lead_id: int
    transitions: tuple[Entered, ...] = ()
    deal_id: int | None = None


@dataclass(frozen=True, slots=True)
class Folded:
    """What one pass of the worker did. `failed`: leads put aside, see the log."""

    leads: int = 0
    transitions: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True)
class Move:
    """A stage that a person of this role may decide on. `questions` are those that `requires` asks.

    `legal`: now, as things stand. Else `why_not` says why, and `answerable` that answers could make it legal.
    """

    to: str
    name: str
    role: str
    reasons: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()
    legal: bool = True
    why_not: str = ""
    answerable: bool = False
