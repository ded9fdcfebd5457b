"""What an agreement means, with every name resolved. Durations are int microseconds."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tasuki.agreement.conditions import Condition
    from tasuki.agreement.document import CalendarPart, Kind, Share
    from tasuki.agreement.predicates import Predicate
    from tasuki.agreement.values import Cap, Every, ServiceTime, Target

ANY = "any"
NONE = "none"
FOREVER = -1
"""`repeats` of a silence without end."""
PERSON_WORDS = ("former_owner", "account_owner", "same_account")
"""What `to` of a route may say of a person instead of a role, a team's name or `user:` with a name."""
USER = "user:"
HOLD = "hold"
MANAGER = "manager"
"""Who hears of a breach where `escalate` is left out."""


@dataclass(frozen=True)
class Named:
    """A signal or a trait: a predicate with the names people read."""

    id: str
    name: Mapping[str, str]
    predicate: Predicate


@dataclass(frozen=True)
class Rule:
    """One rule of a score; `position` is its place in the score's list, from 0."""

    score: str
    position: int
    kind: Kind
    names: tuple[str, ...]
    """The signal or trait; for a silence the signals it is a silence of, empty for any activity."""
    points: float = 0.0
    silence: int = 0
    after: tuple[str, ...] = ()
    repeats: int = 1
    at_most: Cap | None = None
    every: Every | None = None
    expires: int | None = None
    halves: int | None = None
    fades: int | None = None
    max: float | None = None
    resets: bool = False
    while_: tuple[str, ...] = ()
    because: str = ""

    @property
    def id(self) -> str:
        """Like `behavior.3`: score and place."""
        return f"{self.score}.{self.position}"


@dataclass(frozen=True)
class Score:
    """A number from rules or from other scores (`parts`); `low` and `high` may be infinite."""

    id: str
    name: Mapping[str, str]
    low: float
    high: float
    rules: tuple[Rule, ...] = ()
    parts: tuple[str, ...] = ()
    grades: tuple[tuple[str, float], ...] = ()
    because: str = ""


@dataclass(frozen=True)
class Path:
    """One way into a stage. `from_` holds stages, `none`, or `any`."""

    stage: str
    position: int
    from_: tuple[str, ...]
    when: Condition | None
    by: tuple[str, ...]
    requires: Condition | None
    because: str = ""

    @property
    def id(self) -> str:
        """Like `MQL.0`."""
        return f"{self.stage}.{self.position}"

    def leaves(self, stage: str | None) -> bool:
        """Whether the path may be taken from this stage (None: no stage yet)."""
        return ANY in self.from_ or (stage or NONE) in self.from_


@dataclass(frozen=True)
class Timeout:
    """After this long in a stage, enter `to`."""

    after: int
    to: str
    reason: str


@dataclass(frozen=True)
class Route:
    """One way of a handoff to somebody. `to`: one of PERSON_WORDS, a role, a team's name, or `user:` with a user's name.

    `by` says how a role or team shares its leads; it means nothing where `names_person`.
    """

    to: str
    by: Share = "load"
    when: Condition | None = None
    because: str = ""

    @property
    def names_person(self) -> bool:
        """Whether `to` means one person rather than a role or team."""
        return self.to in PERSON_WORDS or self.to.startswith(USER)


@dataclass(frozen=True)
class Handoff:
    """Who gets a lead that enters, and how fast it is answered; every name is a role or a team's name.

    `remind` is before the due time, counted as `within` is, and shorter; `reassign` is after it, None: never.
    `routes` in order, none: to `to` by load. `full`: `hold`, where the lead overflows to, or "": given all the same.
    `fallback` "": managers, then administrators.
    """

    to: str
    within: ServiceTime | None = None
    remind: ServiceTime | None = None
    escalate: str = MANAGER
    reassign: ServiceTime | None = None
    routes: tuple[Route, ...] = ()
    full: str = ""
    fallback: str = ""


@dataclass(frozen=True)
class Stage:
    """Where a lead can stand."""

    id: str
    name: Mapping[str, str]
    paths: tuple[Path, ...]
    timeout: Timeout | None = None
    recheck: int | None = None
    handoff: Handoff | None = None
    resets: tuple[str, ...] = ()
    because: str = ""


@dataclass(frozen=True)
class Agreement:
    """One version of the file. `version` is a digest of its text."""

    name: str
    file: str
    version: str
    timezone: str
    calendar: CalendarPart | None
    signals: Mapping[str, Named]
    traits: Mapping[str, Named]
    excluded: Condition | None
    scores: Mapping[str, Score]
    stages: tuple[Stage, ...]
    qualification: Mapping[str, tuple[str, ...]]
    reasons: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    targets: Mapping[str, Target] = field(default_factory=dict)

    @cached_property
    def stage(self) -> Mapping[str, Stage]:
        """Stages by id."""
        return {stage.id: stage for stage in self.stages}

    @cached_property
    def rules(self) -> tuple[Rule, ...]:
        """Every rule of every score, in the order of the file."""
        return tuple(rule for score in self.scores.values() for rule in score.rules)

    @cached_property
    def paths(self) -> tuple[Path, ...]:
        """Every path of every stage, in the order of the file."""
        return tuple(path for stage in self.stages for path in stage.paths)

    @cached_property
    def routes(self) -> tuple[Route, ...]:
        """Every route of every handoff, in the order of the file."""
        return tuple(route for stage in self.stages if stage.handoff for route in stage.handoff.routes)
