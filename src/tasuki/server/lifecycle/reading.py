"""The logs of some leads out of the database: a query for each kind of entry, rows of plain values, no model instances."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from django.db import connection
from django.db.models import JSONField, Model

from tasuki.engine.book import DecisionShape
from tasuki.engine.ledger import Fact, LeadLog, LiveDecision
from tasuki.server.activities.models import Activity
from tasuki.server.core import bulk
from tasuki.server.lifecycle.models import Decision, Transition
from tasuki.server.people.models import Profile

NO_ANSWERS = "{}"


MICROS = {
    # exact: the epoch is a decimal number there
    "postgresql": "(EXTRACT(EPOCH FROM at) * 1000000)::bigint",
    # from text like `2026-04-01 00:00:00.000001`, whose fraction is left out when it is zero
    "sqlite": "strftime('%%s', substr(at, 1, 19)) * 1000000 + CAST(substr(at, 21, 6) AS integer)",
}
"""A time as the engine counts it, µs since 1970 UTC: making a datetime of each costs more than the fold."""


def logs_of(leads: Sequence[int], *, until: datetime | None = None) -> dict[int, LeadLog]:
    """Lead → its log; all of it, or what was so up to `until`. JSON stays text, which is looked up as it is."""
    logs = {lead: LeadLog(lead) for lead in leads}
    for lead, at, seq, text in _rows(Profile, ("id", "fields"), leads, until):
        logs[lead].profiles.append((at, seq, text))
    for lead, at, seq, type_, text in _rows(Activity, ("id", "type", "properties"), leads, until):
        logs[lead].activities.append((at, seq, (type_, text)))
    for row in _rows(Decision, ("id", "to", "role", "answers", "refused"), leads, until):
        logs[row[0]].decisions.append(_decision(row))
    return logs


def _rows(
    model: type[Model], columns: Sequence[str], leads: Iterable[int], until: datetime | None, order: str = ""
) -> list[tuple[Any, ...]]:
    """Lead, µs of `at`, and the columns, JSON as text. The ORM would take longer over each value than the fold does."""
    condition, parameters = bulk.any_of("lead_id", leads)
    if until is not None:
        condition, parameters = f"{condition} AND at <= %s", [*parameters, _adapted(until)]
    return bulk.select(
        f"{_selection(model, tuple(columns), connection.vendor)} {condition}{order}", parameters
    )


@cache
def _selection(model: type[Model], columns: tuple[str, ...], vendor: str) -> str:
    quote, as_text = connection.ops.quote_name, "::text" if vendor == "postgresql" else ""
    fields = {one.name: one for one in model._meta.concrete_fields}
    named = [
        quote(str(fields[name].column)) + (as_text if isinstance(fields[name], JSONField) else "")
        for name in columns
    ]
    chosen = ", ".join(("lead_id", MICROS[vendor], *named))
    return f"SELECT {chosen} FROM {quote(model._meta.db_table)} WHERE"  # noqa: S608 — names of ours


def _adapted(instant: datetime) -> Any:
    return connection.ops.adapt_datetimefield_value(instant)


def _decision(row: tuple[Any, ...]) -> LiveDecision:
    _, at, number, to, role, answers, refused = row
    shape = DecisionShape(to, role, "" if answers == NO_ANSWERS else answers)
    return LiveDecision(at, number, shape, refused)


class Facts:
    """The recorded transitions of some leads, with the version under which each was made."""

    def __init__(self, leads: Iterable[int], *, until: datetime | None = None) -> None:
        self._facts: dict[int, list[Fact]] = defaultdict(list)
        self._versions: dict[int, set[int]] = defaultdict(set)
        columns = ("to_stage", "cause", "decision", "path", "agreement")
        for lead, at, to, cause, decision, path, version in _rows(
            Transition, columns, list(leads), until, " ORDER BY lead_id, ordinal"
        ):
            self._facts[lead].append(Fact(to, at, cause, decision, path))
            self._versions[lead].add(version)

    def of(self, lead: int) -> tuple[Fact, ...]:
        """In their order."""
        return tuple(self._facts[lead])

    def versions(self, lead: int) -> set[int]:
        """Ids of the versions under which they were made."""
        return self._versions[lead]
