"""Today for who works leads: the rows of the queue, and the lead that is open beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from django.utils.html import format_html
from django.utils.translation import gettext as _

from tasuki.server.agreements.rules import rule_text
from tasuki.server.agreements.stages import Stages, stages_now
from tasuki.server.core import formats, words
from tasuki.server.core.access import Actor
from tasuki.server.core.clock import instant
from tasuki.server.deals.queries import open_deal
from tasuki.server.lifecycle import queries
from tasuki.server.lifecycle.commands import CallOutcome
from tasuki.server.lifecycle.queries import Task
from tasuki.server.pages import conditions
from tasuki.server.pages.deciding import Offer, as_forms_say, offers, verb
from tasuki.server.pages.visits import visits
from tasuki.server.people.models import Lead

if TYPE_CHECKING:
    from tasuki.engine.explain import Explanation
    from tasuki.server.lifecycle.models import Held, Transition
    from tasuki.server.pages.forms import Decide

REASONS = 3
LEAST = 0.05
"""Points that have faded to less than this are not told."""
KEYS = {"SAL": "a", "DISQUALIFIED": "r", "RECYCLED": "b", "SQL": "q"}
"""Stage → the key that decides on it; other stages get the first letter of theirs that is free."""
TAKEN = "jkcznabrq"
"""Letters that mean something else on this page, or the same on every agreement."""


@dataclass(frozen=True)
class Row:
    """One row of the queue: the one reason why it is there, with its time."""

    task: Task
    reason: str
    times: int = 1
    at: datetime | None = None


@dataclass(frozen=True)
class Strong:
    """One of the strongest reasons: the rule, how often, its points, when last."""

    text: str
    times: int
    points: float
    at: datetime | None
    because: str


@dataclass(frozen=True)
class Next:
    """What the next stage still lacks."""

    stage: str
    lacks: list[conditions.Lack]


@dataclass(frozen=True)
class Act:
    """One thing that one can do on the lead, with its key."""

    offer: Offer
    key: str
    reasons: Sequence[tuple[int, str, str]]
    asks_until: bool
    is_simple: bool

    @property
    def verb(self) -> str:
        """What it is called."""
        return self.offer.verb


@dataclass(frozen=True)
class Question:
    """One question of the agreement with its answer: yes, no or nothing; `n` is its key."""

    n: int
    code: str
    answer: str
    given: queries.Answer | None

    @property
    def other(self) -> str:
        """What its key answers: yes first, no if that is what it says already."""
        return "no" if self.answer == "yes" else "yes"


@dataclass(frozen=True)
class Pending:
    """Something about to be recorded, or that was not: in words."""

    held: Held
    what: str
    note: str
    is_lost: bool


@dataclass(frozen=True)
class Answered:
    """Something that sales answered: a handoff's outcome in words where its stage does not say it, and the transition."""

    lead: Lead
    at: datetime
    outcome: str
    moved: Transition | None


def answers(work: queries.WorkList) -> list[Answered]:
    """What came back from sales, the latest first: answers to handoffs, and what it sent back after it had accepted it."""
    found = [
        Answered(
            one.lead, one.closed_at or one.opened_at,
            "" if one.outcome == "returned" and one.closed_by else one.get_outcome_display(), one.closed_by,
        )
        for one in work.came_back
    ]  # fmt: skip
    found += [Answered(one.lead, one.at, "", one) for one in work.sent_back]
    return sorted(found, key=lambda one: one.at, reverse=True)


# The queue.


def rows(tasks: Sequence[Task], stages: Stages) -> list[Row]:
    """The queue in words."""
    return [_row(one, stages) for one in tasks]


def _row(task: Task, stages: Stages) -> Row:
    if task.kind in ("reapproach", "anybody") and task.at:
        return Row(task, _("to be approached again from %(day)s") % {"day": formats.day(task.at)})
    if task.kind in ("call", "coming") and task.promise:
        when = {"when": formats.short(task.promise.at), "note": task.promise.note}
        said = _("promised for %(when)s: %(note)s") if task.promise.note else _("promised for %(when)s")
        return Row(task, said % when)
    interest = task.interest
    if interest is None:
        said = _("handed over") if task.standing else _("in this stage since")
        return Row(task, said, 1, task.at)
    text = stages.signal(interest.signal) if interest.signal else _activity(interest)
    return Row(task, text, interest.times, interest.at)


def _activity(interest: Any) -> str:
    return f"{words.say(words.ACTIVITIES, interest.type)} {words.about(interest.properties)}".strip()


def version(found: Sequence[Row]) -> str:
    """Another text as soon as anything in the queue is otherwise."""
    return " ".join(
        f"{one.task.lead.pk}{one.task.kind}{one.task.lead.stage}{one.task.lead.score:.0f}{one.at or ''}{one.times}"
        for one in found
    )


# The open lead.


def opened(actor: Actor, lead: Lead, refused: Decide | None = None) -> dict[str, Any]:
    """Everything about the lead that is open; `refused` is the form that came back, and stays as it was typed."""
    stages = stages_now()
    answers = queries.answers(actor, lead)
    moves = queries.moves(actor, lead)
    shown = acts(offers(lead, moves, stages, as_forms_say(answers), refused))
    handoffs = queries.ledger(actor, lead.pk, 1)
    handoff = next((one for one in handoffs if one.outcome == "open"), None)
    explanation = queries.explanation(actor, lead)
    return {
        "lead": lead,
        "standing": queries.as_it_stands(handoff) if handoff else None,
        "path": path(lead, stages),
        "strong": strong(explanation, stages) if explanation else [],
        "lacking": lacking(explanation, stages) if explanation else [],
        "folds": visits(actor, lead, stages),
        "questions": questions(answers, stages),
        "acts": [one for one in shown if one.offer.legal],
        "barred": [one for one in shown if not one.offer.legal],
        "outcomes": list(enumerate(CallOutcome.choices, 1)),
        "promised": queries.promises(actor, lead),
        "pending": pending(queries.held(actor, lead), stages),
        "state": state(lead),
    }


def state(lead: Lead) -> str:
    """What changes when anything was recorded of the lead, or its open deal is worth something else."""
    deal = open_deal(lead) if "OPPORTUNITY" in lead.passes else None
    worth = deal.amount if deal else ""
    return f"{lead.stage}@{lead.stage_entered_at} {lead.score:.3f} {lead.folded_at} {lead.owner_id} {worth}"


def path(lead: Lead, stages: Stages) -> list[tuple[str, bool, bool]]:
    """The stages in their order, up to where a deal is won: whether the lead has been there, and whether it is there."""
    from tasuki.server.lifecycle.flow import way

    codes = way(stages.agreement) if stages.agreement else []
    if lead.stage and lead.stage not in codes:
        codes = [code for code in stages.ids if code in codes or code == lead.stage] or [lead.stage]
    return [(code, code in lead.passes, code == lead.stage) for code in codes]


def strong(explanation: Explanation, stages: Stages) -> list[Strong]:
    """The three strongest reasons for the score as it is now."""
    latest: dict[str, int] = {}
    for hit in explanation.hits:
        if hit.worth > 0:
            latest[hit.rule.id] = max(hit.at, latest.get(hit.rule.id, 0))
    main = next((one for one in explanation.scores if one.parts), None)
    counted = {*main.parts, main.id} if main else {one.id for one in explanation.scores[:1]}
    given = [one for score in explanation.scores if score.id in counted for one in score.contributions]
    found = sorted((one for one in given if one.worth >= LEAST), key=lambda one: -one.worth)[:REASONS]
    return [
        Strong(
            rule_text(one.rule, stages), one.hits, one.worth,
            instant(latest[one.rule.id]) if one.rule.id in latest else None, one.rule.because,
        )
        for one in found
    ]  # fmt: skip


def lacking(explanation: Explanation, stages: Stages) -> list[Next]:
    """For each stage to which there is a way with conditions: the way that lacks the least."""
    found: dict[str, list[conditions.Lack]] = {}
    for way in explanation.ways:
        if way.path.when is None and way.path.requires is None:
            continue
        lacks = conditions.lacks(way, stages)
        known = found.get(way.path.stage)
        if known is None or _missing(lacks) < _missing(known):
            found[way.path.stage] = lacks
    return [Next(stage, lacks) for stage, lacks in found.items()]


def _missing(lacks: Sequence[conditions.Lack]) -> int:
    return sum(not one.holds for one in lacks)


def questions(answers: Mapping[str, queries.Answer], stages: Stages) -> list[Question]:
    """All questions of the agreement, each with the latest answer."""
    sets = stages.agreement.qualification.values() if stages.agreement else ()
    asked = dict.fromkeys(question for each in sets for question in each)
    said = as_forms_say(answers)
    return [Question(n, code, said.get(code, ""), answers.get(code)) for n, code in enumerate(asked, 1)]


def acts(found: Sequence[Offer]) -> list[Act]:
    """What may be decided, with keys: those that everybody knows, else the first free letter of the stage."""
    return [_act(offer, key) for offer, key in _with_keys(found)]


def _with_keys(found: Sequence[Offer]) -> Iterator[tuple[Offer, str]]:
    used = set(TAKEN)
    for offer in found:
        key = KEYS.get(offer.to) or next(
            (one for one in offer.to.lower() if one.isalpha() and one not in used), ""
        )
        used.add(key)
        yield offer, key


def _act(offer: Offer, key: str) -> Act:
    fields = offer.form.fields
    choices = cast("Any", fields["reason"]).choices if "reason" in fields else ()
    reasons = [(n, code, str(label)) for n, (code, label) in enumerate((one for one in choices if one[0]), 1)]
    asks = {name for name in fields if name in ("until", "amount") or name.startswith("answer_")}
    return Act(offer, key, reasons, "until" in fields, not reasons and not asks)


def pending(found: Sequence[Held], stages: Stages) -> list[Pending]:
    """What is held, and what came to nothing."""
    return [
        Pending(one, done(one.kind, one.what, stages), str(one.what.get("note", "")), one.state == "refused")
        for one in found
    ]


def done(kind: str, what: Mapping[str, Any], stages: Stages) -> str:
    """An action in words: `Accept`, `Recycled: no budget`, `Call: reached`."""
    if kind == "call":
        outcome = str(what.get("outcome", ""))
        return _("Call: %(outcome)s") % {"outcome": words.say(words.CALLS, outcome)}
    reason = str(what.get("reason", ""))
    said = verb(str(what.get("to", "")), stages)
    return f"{said}{_(': ')}{words.say(words.REASONS, reason)}" if reason else said


def toast(lead: Lead, said: str) -> str:
    """What was just done, in one line."""
    return format_html("{} – {}", lead, said)
