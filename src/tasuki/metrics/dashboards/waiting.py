"""What waits at an instant: open handoffs that are late, or that nobody has touched."""

from __future__ import annotations

from dataclasses import dataclass

from tasuki.metrics.asking import Question, check_slices, narrowing
from tasuki.metrics.derived import SLICES
from tasuki.metrics.reader import Facts


@dataclass(frozen=True)
class Waiting:
    """Handoffs of every stage that are open at `as_of`: how many, past their due time, and without any contact so far."""

    handoffs: int
    overdue: int
    untouched: int


def waiting(facts: Facts, question: Question | None = None) -> Waiting:
    """Looked at in an instant: of the question only `where` counts. UsageError: a slice that there is not."""
    question = Question(where=question.where if question else {})
    check_slices(question, SLICES, "what waits")
    conditions, parameters = narrowing(question)
    sql = f"""
        SELECT count(*), count(*) FILTER (due_us <= $now), count(*) FILTER (touch_hours IS NULL) FROM handed
        WHERE {" AND ".join(["NOT late", "outcome = 'open'", *conditions])}
    """
    return Waiting(*facts.rows(sql, {**parameters, "now": facts.as_of})[0])
