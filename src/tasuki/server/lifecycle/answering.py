"""What leads were asked, and what they answered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from tasuki.server.core.access import Actor
from tasuki.server.core.models import User
from tasuki.server.core.prepared import prepared
from tasuki.server.lifecycle.models import Decision
from tasuki.server.lifecycle.seeing import lead_of
from tasuki.server.people.models import Lead


@dataclass(frozen=True, slots=True)
class Answer:
    """The latest answer to a question, by whom and when."""

    answer: str
    by: User | None
    at: datetime


def answers(actor: Actor, lead_id: int | Lead, at: datetime | None = None) -> dict[str, Answer]:
    """Question → the latest answer that counts, with who gave it and when; those given up to a time, where one is given."""
    lead = lead_of(actor, lead_id)
    return _answers(lead, at)


def answers_of(lead: Lead) -> dict[str, str]:
    """Question → the latest answer that counts."""
    return {question: one.answer for question, one in _answers(lead).items()}


def _answers(lead: Lead, at: datetime | None = None) -> dict[str, Answer]:
    found: dict[str, Answer] = {}
    for decision in _counting(lead.pk, at):
        for question, answer in decision.answers.items():
            found[question] = Answer(answer, decision.by, decision.at)
    return found


@prepared
def _counting(lead: int, at: datetime | None) -> QuerySet[Any, Decision]:
    counting = Decision.objects.filter(lead=lead, refused__in=["", "late"]).select_related("by")
    return (counting if at is None else counting.filter(at__lte=at)).order_by("at", "pk")
