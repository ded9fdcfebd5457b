"""Reading what became of leads, why, and what may be decided now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from tasuki.agreement import Agreement
from tasuki.agreement import conditions as ex
from tasuki.engine.book import DecisionShape
from tasuki.engine.explain import Explanation, explain
from tasuki.engine.ledger import LeadLog, LiveDecision, history_of_log
from tasuki.engine.live import LeadOutcome, fold_leads_live
from tasuki.server.activities.models import Activity
from tasuki.server.agreements import queries as agreements
from tasuki.server.agreements.queries import InForce
from tasuki.server.core import clock
from tasuki.server.core.access import Actor, decision_roles, require, sight
from tasuki.server.core.clock import microseconds
from tasuki.server.core.errors import NotFound
from tasuki.server.core.models import User
from tasuki.server.handoffs.models import Promise
from tasuki.server.lifecycle import telling
from tasuki.server.lifecycle.board import Board, as_it_stands, board, handoff, ledger
from tasuki.server.lifecycle.flow import Flow, Measured, flow, measured
from tasuki.server.lifecycle.folding import LeadFold, place_under, read
from tasuki.server.lifecycle.inputs import Move
from tasuki.server.lifecycle.models import Decision, Held, Transition
from tasuki.server.lifecycle.queue import Task, queue, waits
from tasuki.server.lifecycle.routed import Ways
from tasuki.server.lifecycle.worklist import WorkList, overview, work_list
from tasuki.server.people.models import Lead, Profile

__all__ = [
    "Answer", "Board", "Flow", "Item", "Measured", "Move", "Task", "Ways", "WorkList", "answers", "as_it_stands", "board",
    "decisions", "explanation", "flow", "handoff", "held", "ledger", "measured", "moves", "overview", "promises", "queue",
    "timeline", "transitions", "waits", "work_list",
]  # fmt: skip

MOST = 500
TOLD = timedelta(days=1)
"""So long it is told on the lead that something was not recorded."""
TRYING = 2**62
"""Numbers of decisions that are only tried, above those of any that was made."""

Kind = Literal["activity", "profile", "decision", "transition"]


@dataclass(frozen=True, slots=True)
class Item:
    """One line of a lead's timeline; `entry` is the row itself."""

    at: datetime
    kind: Kind
    entry: Activity | Profile | Decision | Transition


@dataclass(frozen=True, slots=True)
class Answer:
    """The latest answer to a question, by whom and when."""

    answer: str
    by: User | None
    at: datetime


def lead_of(actor: Actor, lead_id: int) -> Lead:
    """The lead; a merged one is the one it was merged into. NotFound if there is none that the actor may see."""
    require(actor, "leads.read")
    wanted = lead_id if 0 < lead_id < 2**63 else 0
    while True:
        found = Lead.objects.filter(sight(actor), pk=wanted).select_related("owner", "account").first()
        if found is None:
            raise NotFound(
                "lead_unknown",
                _("There is no lead %(lead)s.") % {"lead": lead_id},
                cure=_("Look for it in the list of leads; it may not be yours to see."),
            )
        if not found.merged_into_id:
            return found
        wanted = found.merged_into_id


# What may be decided.


def moves(actor: Actor, lead_id: int) -> list[Move]:
    """Every stage that the actor may decide on in one of its roles, in the order of the agreement; each tried on the engine.

    Those that are legal now, and those that are not, with the reason. Empty while no agreement is in force.
    """
    lead = lead_of(actor, lead_id)
    under = agreements.in_force()
    if under is None:
        return []
    stands, open_now = _open_stages(actor, lead, under)
    known = answers_of(lead) if any(open_now.values()) else {}
    return [
        _move(under.agreement, stands, to, role, open_now[to, role], known)
        for to, role in _asked(actor, under, stands)
    ]


def _asked(actor: Actor, under: InForce, stands: str) -> list[tuple[str, str]]:
    """Stage and role: the first of the actor's roles that may from here, else the first that may at all."""
    mine = decision_roles(actor)
    found: dict[str, str] = {}
    here = {role: telling.stages_open_to(under.agreement, stands, [role]) for role in mine}
    for path in under.agreement.paths:
        roles = [role for role in mine if role in path.by]
        if roles and path.stage != stands:
            open_here = [role for role in mine if path.stage in here[role]]
            found.setdefault(path.stage, (open_here or roles)[0])
    return list(found.items())


def _open_stages(actor: Actor, lead: Lead, under: InForce) -> tuple[str, dict[tuple[str, str], str]]:
    """Where the lead stands, and for each (stage, role) why the decision would be refused now, or nothing."""
    (one,) = read([lead])
    place_under(one, under)
    now = max(microseconds(clock.now()), one.log.ends + 1)
    stands = _outcome(one, under, now).stage
    asked = _asked(actor, under, stands)
    tries = [_with(one.log, DecisionShape(to, role), now) for to, role in asked]
    outcomes = fold_leads_live(under.compiled, tries, now, book=under.book)
    return (
        stands,
        {which: outcome.refused.get(TRYING, "") for which, outcome in zip(asked, outcomes, strict=True)},
    )


def _with(log: LeadLog, shape: DecisionShape, at: int) -> LeadLog:
    return LeadLog(
        log.lead, log.profiles, log.activities, [*log.decisions, LiveDecision(at, TRYING, shape)], log.facts,
        log.same_agreement, log.acts_from,
    )  # fmt: skip


def _outcome(one: LeadFold, under: InForce, now: int) -> LeadOutcome:
    return fold_leads_live(under.compiled, [one.log], now, book=under.book)[0]


def _move(
    agreement: Agreement, stands: str, to: str, role: str, why: str, answers: Mapping[str, str]
) -> Move:
    stage = agreement.stage[to]
    paths = [path for path in stage.paths if role in path.by and path.leaves(stands or None)]
    asked = {
        question: None
        for path in paths
        for node in (ex.walk(path.requires) if path.requires else ())
        if isinstance(node, ex.Answered)
        for question in agreement.qualification[node.questions]
    }
    said = {"stage": stands, "to": to, "role": role, "why": why}
    why_not = telling.why_refused(agreement, **said, answers=answers) if why else ""
    return Move(
        to, telling.name_of(agreement, to), role, tuple(agreement.reasons.get(to, ())), tuple(asked), not why,
        why_not, why == "requires" and bool(asked),
    )  # fmt: skip


# Why.


def explanation(actor: Actor, lead_id: int, at: datetime | None = None) -> Explanation | None:
    """Why the lead stands where it stood at a time (aware; now when None): with its recorded transitions as facts.

    Under the agreement that was in force then. None while there is no agreement.
    """
    lead = lead_of(actor, lead_id)
    when = at or clock.now()
    under = agreements.acting(when)
    if under is None:
        return None
    (one,) = read([lead], until=when if at else None)
    place_under(one, under)
    instant = microseconds(when) if at else max(microseconds(when), one.log.ends)
    enforce = _outcome(one, under, instant).enforced
    named = Decision.objects.filter(lead=lead).exclude(reason="").values_list("pk", "reason")
    history = history_of_log(one.log, enforce=enforce, reasons=dict(named))
    if not history.leads:
        return None
    return explain(under.compiled, history, str(lead.pk), instant)


# What happened.


def transitions(actor: Actor, lead_id: int) -> list[Transition]:
    """All of the lead's, in their order, with decision, who made it, and agreement version."""
    lead = lead_of(actor, lead_id)
    return list(_transitions(lead).order_by("ordinal"))


def _transitions(lead: Lead) -> QuerySet[Transition]:
    found = Transition.objects.filter(lead=lead).select_related("decision__by", "agreement")
    return found.defer("agreement__text")


def decisions(actor: Actor, lead_id: int) -> list[Decision]:
    """All of the lead's decisions, the latest first, refused ones with the cause."""
    lead = lead_of(actor, lead_id)
    return list(Decision.objects.filter(lead=lead).select_related("by").order_by("-at", "-pk")[:MOST])


def timeline(
    actor: Actor,
    lead_id: int,
    *,
    before: datetime | None = None,
    limit: int = 50,
    at: datetime | None = None,
) -> list[Item]:
    """What happened to the lead, the latest first: at most `limit` (≤ 500) lines, those earlier than `before`.

    `at` leaves out what came later than that. The lines of one instant come whole, so that none is lost between two pages:
    go on with the time of the last line as `before`.
    """
    lead = lead_of(actor, lead_id)
    most = max(1, min(limit, MOST))
    found: list[Item] = []
    rows: tuple[tuple[Kind, QuerySet[Any]], ...] = (
        ("transition", _transitions(lead)),
        ("decision", Decision.objects.filter(lead=lead).select_related("by")),
        ("activity", Activity.objects.filter(lead=lead)),
        ("profile", Profile.objects.filter(lead=lead)),
    )
    for kind, entries in rows:
        found += [Item(one.at, kind, one) for one in _newest(entries, before, at, most)]
    found.sort(key=lambda item: item.at, reverse=True)
    if len(found) <= most:
        return found
    last = found[most - 1].at
    return [item for item in found if item.at >= last]


def _newest(entries: QuerySet[Any], before: datetime | None, at: datetime | None, most: int) -> list[Any]:
    """The newest `most` rows, and all others of the same time as the last."""
    if before is not None:
        entries = entries.filter(at__lt=before)
    if at is not None:
        entries = entries.filter(at__lte=at)
    ordered = entries.order_by("-at", "-pk")
    found = list(ordered[:most])
    if len(found) == most:
        have = {one.pk for one in found}
        found += [one for one in ordered.filter(at=found[-1].at) if one.pk not in have]
    return found


def answers(actor: Actor, lead_id: int) -> dict[str, Answer]:
    """Question → the latest answer that counts, with who gave it and when."""
    lead = lead_of(actor, lead_id)
    return _answers(lead)


def answers_of(lead: Lead) -> dict[str, str]:
    """Question → the latest answer that counts."""
    return {question: one.answer for question, one in _answers(lead).items()}


def _answers(lead: Lead) -> dict[str, Answer]:
    found: dict[str, Answer] = {}
    counting = Decision.objects.filter(lead=lead, refused__in=["", "late"]).select_related("by")
    for decision in counting.order_by("at", "pk"):
        for question, answer in decision.answers.items():
            found[question] = Answer(answer, decision.by, decision.at)
    return found


def promises(actor: Actor, lead_id: int) -> list[Promise]:
    """Calls promised to the lead and not made yet, the next first."""
    lead = lead_of(actor, lead_id)
    found = Promise.objects.filter(lead=lead, done_at=None).select_related("person", "made_by")
    return list(found.order_by("at", "pk")[:MOST])


def held(actor: Actor, lead_id: int) -> list[Held]:
    """What is about to be recorded of the lead, by anybody; and of what the actor did, what was refused within a day."""
    lead = lead_of(actor, lead_id)
    waiting = Q(state=Held.State.WAITING)
    lost = Q(state=Held.State.REFUSED, by=actor.user, ended_at__gte=clock.now() - TOLD)
    found = Held.objects.filter(waiting | lost if actor.user else waiting, lead=lead)
    return list(found.select_related("by").order_by("at", "pk"))
