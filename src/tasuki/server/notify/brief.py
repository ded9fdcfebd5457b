"""What a message tells of a lead: gathered when it is sent, so that it says what is true then.

Handoffs and transitions belong to apps beside and above this one; they are reached through the lead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeAlias

from django.utils.translation import gettext as _

from tasuki.server.agreements import queries as agreements
from tasuki.server.agreements.rules import rule_text
from tasuki.server.agreements.stages import Stages
from tasuki.server.core import clock, words
from tasuki.server.notify.attempts import DROPPED, Attempt
from tasuki.server.notify.kinds import KINDS
from tasuki.server.notify.models import Delivery

if TYPE_CHECKING:
    from tasuki.agreement import Agreement
    from tasuki.server.people.models import Lead

Handoff: TypeAlias = Any  # models of apps that this one does not import
Transition: TypeAlias = Any
Decision: TypeAlias = Any
REASONS, ACTIVITIES = 3, 5
LEAST = 0.05
"""Points that have faded to less than this are not told."""


@dataclass(frozen=True)
class Reason:
    """What one rule gave: in words, how often it counted, its points, and why the rule exists."""

    text: str
    hits: int
    points: float
    because: str


@dataclass(frozen=True)
class Did:
    """One thing the lead did."""

    at: datetime
    what: str
    detail: str


@dataclass(frozen=True)
class Answered:
    """What somebody decided, in their words."""

    by: str
    reason: str
    note: str
    until: datetime | None


@dataclass(frozen=True)
class Brief:
    """Everything a message may tell. Texts are in the language that was active when it was made."""

    lead: Lead
    stage: str
    score: float | None
    score_name: str
    grade: str
    reasons: Sequence[Reason]
    lately: Sequence[Did]
    channel: str
    due: datetime | None
    answer: Answered | None


def brief_of(delivery: Delivery, lead: Lead) -> Brief | Attempt:
    """What there is to tell now; an attempt that drops the message where it is out of date."""
    transition, handoff = _transition(delivery, lead), None
    kind = KINDS[delivery.kind]
    if kind.held:
        handoff = lead.handoffs.filter(outcome="open").select_related("transition__decision__by").first()
        if handoff is None or not _is_still(delivery, handoff, own=kind.own):
            return DROPPED("late")
        transition = handoff.transition
    elif _is_over(delivery, lead):
        return DROPPED("late")
    return _brief(lead, transition, handoff)


def _transition(delivery: Delivery, lead: Lead) -> Transition | None:
    """The one that the news comes from; else the lead's latest."""
    name, _sign, number = delivery.cause.partition(":")
    known = lead.transitions.select_related("decision__by").order_by("-ordinal")
    return (known.filter(pk=number) if name == "transition" else known).first()


def _is_still(delivery: Delivery, handoff: Handoff, *, own: bool) -> bool:
    """Whether the news still tells of this handoff, this clock of it, and of who has it."""
    name, number = [*delivery.cause.split(":"), ""][:2]
    if name == "transition" and number != str(handoff.transition_id):
        return False
    if name == "handoff" and number != str(handoff.pk):
        return False
    if name == "clock" and not _has_clock(handoff, number, running=own):
        return False
    reader = delivery.channel.user_id if delivery.channel else None
    return not own or reader is None or handoff.person_id in {None, reader}


def _has_clock(handoff: Handoff, number: str, *, running: bool) -> bool:
    """Whether the clock is the handoff's, and, where that matters, runs still. A breach stays one."""
    clocks = handoff.clocks.filter(pk=number)
    return bool((clocks.filter(stopped_at=None) if running else clocks).exists())


def _is_over(delivery: Delivery, lead: Lead) -> bool:
    """Whether a date that had come is no longer one: the lead was taken up, the call was made, or moved."""
    if delivery.kind == "reapproach":
        return lead.reapproach_at is None
    name, number = [*delivery.cause.split(":"), ""][:2]
    open_ones = lead.promises.filter(done_at=None, at__lte=clock.now())
    return name == "promise" and not open_ones.filter(pk=number).exists()


def _brief(lead: Lead, transition: Transition | None, handoff: Handoff | None) -> Brief:
    found = agreements.ready(transition.agreement, first=False) if transition else agreements.in_force()
    agreement = found.agreement if found else None
    stages = (
        Stages(agreement, {one.id: n for n, one in enumerate(agreement.stages)}) if agreement else Stages()
    )
    main = agreements.main_score(found.compiled) if found else None
    scores = transition.scores if transition else lead.scores
    stage = transition.to_stage if transition else lead.stage
    return Brief(
        lead=lead,
        stage=_stage(stages, stage),
        score=scores.get(main) if main else None,
        score_name=stages.score(main) if main else "",
        grade=str(lead.grades.get(main) or "") if main else "",
        reasons=_reasons(transition.contributions, agreement, stages) if transition and agreement else (),
        lately=_lately(lead),
        channel=" · ".join(filter(None, (words.say(words.CHANNELS, lead.channel), lead.campaign))),
        due=handoff.due_at if handoff else None,
        answer=_answer(transition.decision) if transition and transition.decision and not handoff else None,
    )


def _stage(stages: Stages, code: str) -> str:
    name = stages.name(code)
    return f"{code} ({name})" if code in stages.named else name


def _reasons(contributions: Sequence[dict[str, Any]], agreement: Agreement, stages: Stages) -> list[Reason]:
    rules = {rule.id: rule for rule in agreement.rules}
    strongest = sorted(contributions, key=lambda one: -abs(one["worth"]))
    return [
        Reason(rule_text(rules[one["rule"]], stages), one["hits"], one["worth"], rules[one["rule"]].because)
        for one in strongest[:REASONS]
        if one["rule"] in rules and abs(one["worth"]) >= LEAST
    ]


def _lately(lead: Lead) -> list[Did]:
    return [
        Did(one.at, words.say(words.ACTIVITIES, one.type), words.about(one.properties))
        for one in lead.activities.order_by("-at", "-pk")[:ACTIVITIES]
    ]


def _answer(decision: Decision) -> Answered:
    by = decision.by.shown_name if decision.by else words.say(words.ROLES, decision.role) or _("somebody")
    reason = words.say(words.REASONS, decision.reason) if decision.reason else ""
    return Answered(by, reason, decision.note, decision.until)
