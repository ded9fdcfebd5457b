"""The log of one lead as the live fold takes it, and how its recorded transitions are enforced."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from tasuki.engine import layout as at
from tasuki.engine.book import ActivityShape, DecisionShape
from tasuki.history import Activity, Decision, History, Profile, history_of

Cause = Literal["path", "decision", "timeout"]
ALWAYS = -at.NEVER
"""`acts_from` of an agreement that acts on all of a lead's past."""
LATE = "late"
"""Why a decision was refused whose time lies before a recorded transition: only its answers count."""

FREEZE, TIMEOUTS, PATHS, THAW = -2, -1, at.DECISION + 1, at.DECISION + 2
"""Places among the entries of one instant, where 0 to 2 are the kinds of entries."""


class Fact(NamedTuple):
    """A recorded transition; `decision` is the number of the decision that caused it, if one did and it is known."""

    to: str
    at: int
    cause: Cause
    decision: int | None = None
    path: str = ""


class LiveDecision(NamedTuple):
    """A decision of the log; `number` is its place in the order of entries of one time, and its name in the outcome."""

    at: int
    number: int
    shape: DecisionShape
    refused: str = ""


@dataclass
class LeadLog:
    """Everything known of one lead. Activities and profiles as (at, seq, shape); see `ShapeBook` for shapes.

    `same_agreement`: whether all facts were made under the agreement given. `acts_from`: from when it acts on this lead.
    """

    lead: int
    profiles: list[tuple[int, int, str]] = field(default_factory=list)
    activities: list[tuple[int, int, ActivityShape]] = field(default_factory=list)
    decisions: list[LiveDecision] = field(default_factory=list)
    facts: tuple[Fact, ...] = ()
    same_agreement: bool = True
    acts_from: int = ALWAYS

    @property
    def is_free(self) -> bool:
        """Whether the agreement alone may say all that happened."""
        return self.same_agreement and self.acts_from == ALWAYS

    @property
    def ends(self) -> int:
        """The time of the last fact."""
        return self.facts[-1].at if self.facts else ALWAYS

    def first_after(self, instant: int) -> int | None:
        """The time of the first entry later than that."""
        times = [
            *(one[0] for one in self.profiles),
            *(one[0] for one in self.activities),
            *(one.at for one in self.decisions),
        ]
        return min((time for time in times if time > instant), default=None)


Ranked = tuple[LiveDecision, int, int]
"""A decision, its rank among the entries of its instant, and its place in that rank."""


def enforced(lead: LeadLog) -> list[Ranked]:
    """The decisions of a lead with its facts enforced: facts, what is left of decisions before them, freeze and thaw."""
    last = lead.facts[-1].at if lead.facts else ALWAYS
    thaw = max(last, lead.acts_from)
    causes = {fact.decision for fact in lead.facts if fact.cause == "decision"}
    kept = [
        (_left(one, last), at.DECISION, one.number) for one in lead.decisions if _counts(one, last, causes)
    ]
    ends: list[Ranked] = []
    if thaw > ALWAYS:
        begins = [part[0][0] for part in (sorted(lead.profiles), sorted(lead.activities)) if part]
        begins += [one.at for one in lead.decisions] + [fact.at for fact in lead.facts]
        ends = [
            (LiveDecision(min([*begins, thaw]), -1, DecisionShape(fact="freeze")), FREEZE, 0),
            (LiveDecision(thaw, -1, DecisionShape(fact="thaw")), THAW, 0),
        ]
    return [*_facts(lead), *kept, *ends]


def _counts(decision: LiveDecision, last: int, causes: set[int | None]) -> bool:
    """Whether it is an entry beside the facts: it caused none of them, and was not refused before them."""
    return decision.number not in causes and not (decision.refused not in ("", LATE) and decision.at <= last)


def _left(decision: LiveDecision, last: int) -> LiveDecision:
    """Up to the last fact a decision only gives its answers."""
    if decision.at > last:
        return decision
    return decision._replace(shape=decision.shape._replace(to="", role=""))


def _facts(lead: LeadLog) -> Iterator[Ranked]:
    """The facts as decisions, each where its cause stands in its instant, and never before the fact before it."""
    by_number = {one.number: one for one in lead.decisions}
    natural = {"timeout": TIMEOUTS, "decision": at.DECISION, "path": PATHS}
    before = (ALWAYS, FREEZE, 0)
    for ordinal, fact in enumerate(lead.facts):
        cause = by_number.get(fact.decision) if fact.decision is not None else None
        answers = cause.shape.answers if cause else ""
        number = cause.number if cause else -1
        place = (fact.at, natural[fact.cause], number if fact.cause == "decision" else ordinal)
        if place <= before:
            place = (fact.at, before[1], before[2] + 1)
        before = place
        shape = DecisionShape(fact.to, cause.shape.role if cause else "", answers, fact.cause)
        yield LiveDecision(fact.at, number, shape), place[1], place[2]


def refused_before(lead: LeadLog) -> dict[int, str]:
    """Decisions up to the last fact that did not move the lead: refused then, or come when it was too late to."""
    last = lead.facts[-1].at
    causes = {fact.decision for fact in lead.facts}
    return {
        one.number: one.refused or LATE
        for one in lead.decisions
        if one.at <= last and one.shape.to and one.number not in causes
    }


def history_of_log(log: LeadLog, *, enforce: bool, reasons: Mapping[int, str]) -> History:
    """The log as a history of one lead, to be explained; `reasons` are those of decisions, by number."""
    lead = str(log.lead)
    decisions = enforced(log) if enforce else [(one, at.DECISION, one.number) for one in log.decisions]
    paths = {(fact.at, fact.to): fact.path for fact in log.facts if fact.cause == "path"}
    return history_of(
        [Profile(lead, time, json.loads(text), seq) for time, seq, text in log.profiles],
        [Activity(lead, time, {"type": shape[0], **json.loads(shape[1])}, seq) for time, seq, shape in log.activities],
        [
            Decision(
                lead, one.at, one.shape.to or None, one.shape.role or None,
                paths.get((one.at, one.shape.to)) if one.shape.fact == "path" else reasons.get(one.number),
                None, json.loads(one.shape.answers or "{}"), seq, one.shape.fact or None, rank,
            )
            for one, rank, seq in decisions
        ],
    )  # fmt: skip
