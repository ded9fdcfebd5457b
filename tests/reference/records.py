"""What goes into the evaluator and what comes out of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, NamedTuple


@dataclass(frozen=True)
class Entry:
    """One entry of a ledger; `at` in µs UTC, `seq` the order among equals. An empty field is absent."""

    at: int
    kind: Literal["profile", "activity", "decision"]
    seq: int
    fields: dict[str, str]
    answers: dict[str, str] = field(default_factory=dict)


class Transition(NamedTuple):
    """An entry into a stage. `scores`: all values just before the stage's resets."""

    from_: str | None
    to: str
    at: int
    cause: Literal["path", "decision", "timeout"]
    path: str  # `MQL.0` of a path, the role of a decision, empty for a timeout
    scores: dict[str, float]


class Refused(NamedTuple):
    at: int
    to: str
    role: str
    from_: str | None
    why: Literal["unknown_stage", "role", "from", "requires"]


@dataclass(frozen=True)
class Result:
    """What became of one lead up to `as_of`; scores and grades are those at `as_of`."""

    transitions: list[Transition]
    refused: list[Refused]
    stage: str | None
    entered_at: int | None
    scores: dict[str, float]
    grades: dict[str, str | None]
    next_check_at: int | None
