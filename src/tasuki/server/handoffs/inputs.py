"""What is handed in when leads are handed over, and what comes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tasuki.agreement import Agreement
from tasuki.agreement import model as language
from tasuki.server.handoffs.models import Handoff


@dataclass(frozen=True, slots=True)
class About:
    """Who a lead is at a moment: what routes ask. `times`: stage → entries into it, that moment's included.

    `fields` is None where there is no profile yet, and so no trait.
    """

    team: int | None = None
    owner: int | None = None
    account: int | None = None
    fields: Mapping[str, str] | None = None
    scores: Mapping[str, float] = field(default_factory=dict)
    grades: Mapping[str, str] = field(default_factory=dict)
    times: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Step:
    """One new transition of a lead. `by`: who decided it; `keeper`: the same, if that was in the person's own role."""

    lead: int
    transition: int
    from_stage: str
    to_stage: str
    at: datetime
    cause: str
    agreement: Agreement
    by: int | None = None
    keeper: int | None = None
    about: About = About()


@dataclass(frozen=True, slots=True)
class Told:
    """News for some people. `cause` names what it comes from, so that nobody is told twice."""

    kind: str
    lead: int | None
    users: tuple[int, ...]
    cause: str
    at: datetime
    transition: int | None = None
    team: int | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class Followed:
    """What came of some steps: lead → the team and the person that has it now; `opened` are those still open.

    `news` is what is to be told beside what opened and closed handoffs say by themselves.
    """

    teams: dict[int, int] = field(default_factory=dict)
    owners: dict[int, int | None] = field(default_factory=dict)
    opened: list[Handoff] = field(default_factory=list)
    closed: list[Handoff] = field(default_factory=list)
    news: list[Told] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Asked:
    """A handoff that wants somebody. `had`: who does not come into question any more.

    `again`: it is taken from somebody who did not answer, so that it goes to someone who has room, or stays.
    """

    lead: int
    agreement: Agreement
    terms: language.Handoff
    about: About
    had: frozenset[int] = frozenset()
    again: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """To whom a handoff goes: a person, or with None the queue of a team. `steps` say how: see `Handoff.routed`."""

    person: int | None
    team: int | None
    steps: list[dict[str, Any]]

    @property
    def why(self) -> str:
        """The last step's code: taken, fallback, held, nobody."""
        return str(self.steps[-1]["why"])


@dataclass(frozen=True, slots=True)
class Act:
    """Something the clocks made happen to a handoff: reminded, breached, reassigned, released, nobody, stopped."""

    kind: str
    handoff: Handoff
    clock: int
    at: datetime
    told: tuple[Told, ...] = ()
