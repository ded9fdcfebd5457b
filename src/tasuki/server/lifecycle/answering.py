"""What leads were asked, and what they answered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tasuki.server.core.access import Actor
from tasuki.server.core.models import User
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
    counting = Decision.objects.filter(lead=lead, refused__in=["", "late"]).select_related("by")
    if at is not None:
        counting = counting.filter(at__lte=at)
    for decision in counting.order_by("at", "pk"):
        for question, answer in decision.answers.items():
            found[question] = Answer(answer, decision.by, decision.at)
    return found
