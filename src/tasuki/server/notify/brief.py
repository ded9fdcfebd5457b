"""What a message tells of a lead: gathered when it is sent, so that it says what is true then.

Handoffs and transitions belong to apps beside and above this one; they are reached through the lead.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from tasuki.engine.worths import grades_of
from tasuki.server.agreements import queries as agreements
from tasuki.server.agreements.rules import rule_text
from tasuki.server.agreements.stages import Stages
from tasuki.server.core import clock, formats, words
from tasuki.server.core.models import User
from tasuki.server.notify.attempts import DROPPED, Attempt
from tasuki.server.notify.kinds import KINDS
from tasuki.server.notify.models import Delivery

if TYPE_CHECKING:
    from tasuki.agreement import Agreement
    from tasuki.server.people.models import Lead

Handoff: TypeAlias = Any  # models of apps that this one does not import
Clock: TypeAlias = Any
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
class Promised:
    """A call that was promised."""

    at: datetime
    phone: str
    note: str


class CameBy(Protocol):
    """How a handoff came to whoever has it, in the reader's language; the rule's reason; the note of who gave it."""

    @property
    def text(self) -> str: ...  # noqa: D102
    @property
    def because(self) -> str: ...  # noqa: D102
    @property
    def note(self) -> str: ...  # noqa: D102


TELLS_WAY: list[Callable[[Handoff], CameBy | None]] = []
"""Who tells it: an app above this one adds itself here."""
CALLS: dict[str, str | Promise] = {}
"""What came of a call → its word; the app above that knows calls adds its own."""


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
    as_of: datetime | None = None  # score, grade and reasons are those of then, where that is not now
    holder: str = ""  # of an open handoff: person (team)
    late: str = ""  # whose time ran out, where that is not the reader's
    queued: bool = False  # nobody has it yet
    came_by: CameBy | None = None
    promised: Promised | None = None


def brief_of(delivery: Delivery, lead: Lead) -> Brief | Attempt:
    """What there is to tell now; an attempt that drops the message where it is out of date."""
    transition, handoff, breached = _transition(delivery, lead), None, None
    kind = KINDS[delivery.kind]
    if kind.held:
        known = lead.handoffs.filter(outcome="open")
        handoff = known.select_related("transition__decision__by", "person", "team").first()
        if handoff is None or not _is_still(delivery, handoff, own=kind.own):
            return DROPPED("late")
        breached = _clock(delivery, handoff)
        transition = handoff.transition
    elif _is_over(delivery, lead):
        return DROPPED("late")
    return _brief(lead, transition, handoff, breached if delivery.kind == "breach" else None, delivery)


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
    reader = _reader(delivery)
    if delivery.kind == "breach" and reader and handoff.person_id != reader:
        told = _clock(delivery, handoff)
        return told is None or told.person_id != reader
    return not own or reader is None or handoff.person_id in {None, reader}


def _reader(delivery: Delivery) -> int | None:
    return delivery.channel.user_id if delivery.channel else None


def _clock(delivery: Delivery, handoff: Handoff) -> Clock | None:
    """The clock that the news tells of."""
    name, _sign, number = delivery.cause.partition(":")
    return (
        handoff.clocks.select_related("person", "team").filter(pk=number).first() if name == "clock" else None
    )


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


def _brief(
    lead: Lead,
    transition: Transition | None,
    handoff: Handoff | None,
    breached: Clock | None,
    delivery: Delivery,
) -> Brief:
    reader, later = _reader(delivery), not delivery.cause.startswith("transition:")
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
        grade=grades_of(found.compiled, scores).get(main, "") if found and main else "",
        as_of=transition.at if transition and later else None,
        reasons=_reasons(transition.contributions, agreement, stages, main)
        if transition and agreement
        else (),
        lately=_lately(lead),
        channel=" · ".join(filter(None, (words.say(words.CHANNELS, lead.channel), lead.campaign))),
        due=(breached or handoff).due_at if handoff else None,
        answer=answer_of(transition.decision) if transition and transition.decision and not handoff else None,
        holder=holder_of(handoff) if handoff else "",
        late=holder_of(breached) if breached and (reader is None or breached.person_id != reader) else "",
        queued=handoff is not None and handoff.person_id is None,
        promised=_promised(delivery, lead),
        came_by=next((way for tell in TELLS_WAY if handoff and (way := tell(handoff))), None),
    )


def _promised(delivery: Delivery, lead: Lead) -> Promised | None:
    name, number = [*delivery.cause.split(":"), ""][:2]
    found = lead.promises.filter(pk=number).first() if name == "promise" else None
    phone = lead.phone or str(lead.fields.get("mobile") or "")
    return Promised(found.at, phone, found.note) if found else None


def holder_of(one: Handoff | Clock) -> str:
    """Who has, or had, it: the person, with the team."""
    if one.person and one.team:
        return formats.beside(one.person.shown_name, one.team.name)
    return one.person.shown_name if one.person else one.team.name if one.team else ""


def _stage(stages: Stages, code: str) -> str:
    name = stages.name(code)
    return formats.beside(code, name) if code in stages.named else name


def _reasons(
    contributions: Sequence[dict[str, Any]], agreement: Agreement, stages: Stages, main: str | None
) -> list[Reason]:
    """The strongest of what makes up the main score, so that the points do not contradict it."""
    rules = {rule.id: rule for rule in agreement.rules}
    counted = _parts(agreement, main)
    strongest = sorted(
        (one for one in contributions if one["score"] in counted), key=lambda one: -abs(one["worth"])
    )
    return [
        Reason(rule_text(rules[one["rule"]], stages), one["hits"], one["worth"], rules[one["rule"]].because)
        for one in strongest[:REASONS]
        if one["rule"] in rules and abs(one["worth"]) >= LEAST
    ]


def _parts(agreement: Agreement, score: str | None) -> set[str]:
    """The score, and those that it is the sum of."""
    known = agreement.scores.get(score) if score else None
    return {known.id}.union(*(_parts(agreement, part) for part in known.parts)) if known else set()


def _lately(lead: Lead) -> list[Did]:
    return [
        Did(one.at, words.say(words.ACTIVITIES, one.type), " ".join(_about(one.type, one.properties).split()))
        for one in lead.activities.order_by("-at", "-pk")[:ACTIVITIES]
    ]


def _about(kind: str, properties: Mapping[str, str]) -> str:
    """What it was about; a call as the page of the lead tells it."""
    if kind != "call":
        return words.about(properties)
    outcome, by = properties.get("outcome", ""), properties.get("by", "")
    caller = User.objects.filter(username=by).first() if by else None
    told = (str(CALLS.get(outcome, outcome)), caller.shown_name if caller else by, properties.get("note", ""))
    return " · ".join(filter(None, told))


def answer_of(decision: Decision) -> Answered:
    """What was decided, by whom and why, in the reader's language."""
    by = decision.by.shown_name if decision.by else words.say(words.ROLES, decision.role) or _("somebody")
    reason = words.say(words.REASONS, decision.reason) if decision.reason else ""
    return Answered(by, reason, decision.note, decision.until)
