"""The logs of some leads out of the database: a query for each kind of entry, rows of plain values, no model instances."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db.models import BigIntegerField, Func, Model, QuerySet, TextField
from django.db.models.functions import Cast

from tasuki.engine.book import DecisionShape
from tasuki.engine.ledger import Fact, LeadLog, LiveDecision
from tasuki.server.activities.models import Activity
from tasuki.server.lifecycle.models import Decision, Transition
from tasuki.server.people.models import Profile

NO_ANSWERS = "{}"


class Micros(Func):
    """A time as the engine counts it, µs since 1970 UTC: making a datetime of each costs more than the fold."""

    output_field = BigIntegerField()

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """Exact: the epoch is a decimal number there."""
        template = "(EXTRACT(EPOCH FROM %(expressions)s) * 1000000)::bigint"
        return self.as_sql(compiler, connection, template=template, **context)

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """From text like `2026-04-01 00:00:00.000001`, whose fraction is left out when it is zero."""
        at = "%(expressions)s"
        whole, fraction = f"strftime('%%%%s', substr({at}, 1, 19))", f"CAST(substr({at}, 21, 6) AS integer)"
        return self.as_sql(compiler, connection, template=f"({whole} * 1000000 + {fraction})", **context)


def logs_of(leads: Sequence[int], *, until: datetime | None = None) -> dict[int, LeadLog]:
    """Lead → its log; all of it, or what was so up to `until`. JSON stays text, which is looked up as it is."""
    logs = {lead: LeadLog(lead) for lead in leads}
    profiles = _entries(Profile, leads, until).annotate(text=Cast("fields", TextField()))
    for lead, at, seq, text in profiles.values_list("lead_id", "micros", "id", "text"):
        logs[lead].profiles.append((at, seq, text))
    activities = _entries(Activity, leads, until).annotate(text=Cast("properties", TextField()))
    for lead, at, seq, type_, text in activities.values_list("lead_id", "micros", "id", "type", "text"):
        logs[lead].activities.append((at, seq, (type_, text)))
    decisions = _entries(Decision, leads, until).annotate(text=Cast("answers", TextField()))
    for row in decisions.values_list("lead_id", "micros", "id", "to", "role", "text", "refused"):
        logs[row[0]].decisions.append(_decision(row))
    return logs


def _entries(model: type[Model], leads: Sequence[int], until: datetime | None) -> QuerySet[Any]:
    found: QuerySet[Any] = model._default_manager.filter(lead_id__in=leads).annotate(micros=Micros("at"))
    return found.filter(at__lte=until) if until else found


def _decision(row: tuple[Any, ...]) -> LiveDecision:
    _, at, number, to, role, answers, refused = row
    shape = DecisionShape(to, role, "" if answers == NO_ANSWERS else answers)
    return LiveDecision(at, number, shape, refused)


class Facts:
    """The recorded transitions of some leads, with the version under which each was made."""

    def __init__(self, leads: Iterable[int], *, until: datetime | None = None) -> None:
        self._facts: dict[int, list[Fact]] = defaultdict(list)
        self._versions: dict[int, set[int]] = defaultdict(set)
        rows = Transition.objects.filter(lead_id__in=list(leads)).order_by("lead_id", "ordinal")
        rows = rows.annotate(micros=Micros("at"))
        if until:
            rows = rows.filter(at__lte=until)
        columns = ("lead_id", "to_stage", "micros", "cause", "decision_id", "path", "agreement_id")
        for lead, to, at, cause, decision, path, version in rows.values_list(*columns):
            self._facts[lead].append(Fact(to, at, cause, decision, path))
            self._versions[lead].add(version)

    def of(self, lead: int) -> tuple[Fact, ...]:
        """In their order."""
        return tuple(self._facts[lead])

    def versions(self, lead: int) -> set[int]:
        """Ids of the versions under which they were made."""
        return self._versions[lead]
