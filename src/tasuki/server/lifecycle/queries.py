"""Reading what became of leads, why, and what may be decided now."""

from __future__ import annotations

from tasuki.server.core.access import Actor
from tasuki.server.handoffs.models import Promise
from tasuki.server.lifecycle.answering import Answer, answers
from tasuki.server.lifecycle.board import Board, as_it_stands, board, handoff, ledger
from tasuki.server.lifecycle.company import Company, buying_group, company, handoffs_of_company
from tasuki.server.lifecycle.inputs import Move
from tasuki.server.lifecycle.models import Decision, Transition
from tasuki.server.lifecycle.moving import moves
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
from tasuki.server.lifecycle.worklist import WorkList, work_list
from tasuki.server.people.models import Lead

__all__ = [
    "CONTACTS",
    "MOST",
    "Answer",
    "Board",
    "Company",
    "Dossier",
    "Item",
    "Move",
    "Only",
    "Ways",
    "WorkList",
    "answers",
    "as_it_stands",
    "board",
    "buying_group",
    "company",
    "company_timeline",
    "decisions",
    "dossier",
    "explanation",
    "handoff",
    "handoffs_of_company",
    "ledger",
    "moves",
    "promises",
    "timeline",
    "transitions",
    "work_list",
]  # fmt: skip


def transitions(actor: Actor, lead_id: int | Lead) -> list[Transition]:
    """All of the lead's, in their order, with decision, who made it, and agreement version."""
    lead = lead_of(actor, lead_id)
    return list(transitions_of(lead).order_by("ordinal"))


def decisions(actor: Actor, lead_id: int) -> list[Decision]:
    """All of the lead's decisions, the latest first, refused ones with the cause."""
    lead = lead_of(actor, lead_id)
    return list(Decision.objects.filter(lead=lead).select_related("by").order_by("-at", "-pk")[:MOST])


def promises(actor: Actor, lead_id: int | Lead) -> list[Promise]:
    """Calls promised to the lead and not made yet, the next first."""
    lead = lead_of(actor, lead_id)
    found = Promise.objects.filter(lead=lead, done_at=None).select_related("person", "made_by")
    return list(found.order_by("at", "pk")[:MOST])
