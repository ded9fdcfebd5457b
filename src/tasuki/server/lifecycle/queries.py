"""Reading what became of leads, why, and what may be decided now."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet

from tasuki.server.core import clock
from tasuki.server.core.access import Actor
from tasuki.server.core.prepared import prepared
from tasuki.server.handoffs.models import Promise
from tasuki.server.handoffs.promises import ENDED_BY
from tasuki.server.lifecycle.answering import Answer, answers
from tasuki.server.lifecycle.board import Board, as_it_stands, board, handoff, ledger
from tasuki.server.lifecycle.company import Company, buying_group, company, handoffs_of_company
from tasuki.server.lifecycle.flow import Flow, Measured, flow, measured
from tasuki.server.lifecycle.inputs import Move
from tasuki.server.lifecycle.models import Decision, Held, Transition
from tasuki.server.lifecycle.moving import moves
from tasuki.server.lifecycle.queue import MANY, Task, queue, waits
from tasuki.server.lifecycle.routed import Ways
from tasuki.server.lifecycle.seeing import lead_of
from tasuki.server.lifecycle.timeline import (
    CONTACTS,
    MOST,
    Item,
    Only,
    company_timeline,
    timeline,
    transitions_of,
)
from tasuki.server.lifecycle.why import Dossier, dossier, explanation
from tasuki.server.lifecycle.worklist import WorkList, overview, work_list
from tasuki.server.people.models import Lead

__all__ = [
    "CONTACTS", "MANY", "MOST", "Answer", "Board", "Company", "Dossier", "Flow", "Item", "Measured", "Move", "Only", "Task",
    "Ways", "WorkList", "answers", "as_it_stands", "board", "buying_group", "company", "company_timeline", "decisions",
    "dossier", "explanation", "falling_away", "flow", "handoff", "handoffs_of_company", "held", "ledger", "measured",
    "moves", "overview", "promises", "queue", "timeline", "transitions", "waits", "work_list",
]  # fmt: skip

TOLD = timedelta(days=1)
"""So long it is told on the lead that something was not recorded."""


def transitions(actor: Actor, lead_id: int | Lead) -> list[Transition]:
    """All of the lead's, in their order, with decision, who made it, and agreement version."""
    lead = lead_of(actor, lead_id)
    return _transitions(lead.pk)


@prepared
def _transitions(lead: int) -> QuerySet[Any, Transition]:
    return transitions_of(lead).order_by("ordinal")


def decisions(actor: Actor, lead_id: int) -> list[Decision]:
    """All of the lead's decisions, the latest first, refused ones with the cause."""
    lead = lead_of(actor, lead_id)
    return list(Decision.objects.filter(lead=lead).select_related("by").order_by("-at", "-pk")[:MOST])


def falling_away(actor: Actor, lead_id: int, to: str) -> list[Promise]:
    """Calls promised to a lead that would be taken back by this stage. NotFound."""
    return promises(actor, lead_id) if to in ENDED_BY else []


def promises(actor: Actor, lead_id: int | Lead) -> list[Promise]:
    """Calls promised to the lead and not made yet, the next first."""
    lead = lead_of(actor, lead_id)
    return _promises(lead.pk)


@prepared
def _promises(lead: int) -> QuerySet[Any, Promise]:
    found = Promise.objects.filter(lead=lead, done_at=None).select_related("person", "made_by")
    return found.order_by("at", "pk")[:MOST]


def held(actor: Actor, lead_id: int | Lead) -> list[Held]:
    """What is about to be recorded of the lead, by anybody; and of what the actor did, what was refused within a day."""
    lead = lead_of(actor, lead_id)
    by = actor.user.pk if actor.user else None
    return _held(lead.pk, by, clock.now() - TOLD if by else None)


@prepared
def _held(lead: int, by: int | None, since: datetime | None) -> QuerySet[Any, Held]:
    waiting = Q(state=Held.State.WAITING)
    lost = Q(state=Held.State.REFUSED, by=by, ended_at__gte=since)
    found = Held.objects.filter(waiting | lost if by else waiting, lead=lead)
    return found.select_related("by").order_by("at", "pk")
