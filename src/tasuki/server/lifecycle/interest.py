"""Why now: of what leads did lately, the one thing that tells the most, how often, and when last."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from tasuki.agreement import Agreement, Rule
from tasuki.engine.predicates import holds_of
from tasuki.server.activities.models import Activity
from tasuki.server.agreements import queries as agreements
from tasuki.server.core.prepared import prepared
from tasuki.server.lifecycle.hot import COOLING, FRESH, OURS

MOST = 4_000
"""So many activities of all the leads together, the newest, are looked at."""
Properties = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Interest:
    """`signal` of the agreement, empty where it knows none for it: then `type` and `properties` of the activity say it."""

    signal: str
    type: str
    properties: Properties
    times: int
    at: datetime


def interests(leads: Iterable[tuple[int, str]], now: datetime) -> dict[int, Interest]:
    """Lead → what tells the most of the last seven days, for those that did anything; `leads` with their stages.

    What is worth the most points, each counting half for every three days since. One query.
    """
    stages = dict(leads)
    under = agreements.in_force(now)
    worth = worth_under(under.agreement if under else None)
    heat: dict[int, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    latest: dict[tuple[int, str], Interest] = {}
    for lead, type_, properties, at in _lately(list(stages), now - FRESH, now):
        signal, points = worth.of(type_, properties, stages[lead])
        thing = signal or f"{type_} {properties.get('path', '')}"
        heat[lead][thing] += points * 0.5 ** ((now - at) / COOLING)
        known = latest.get((lead, thing))
        if known is None:
            latest[lead, thing] = Interest(signal, type_, properties, 1, at)
        else:
            latest[lead, thing] = Interest(signal, known.type, known.properties, known.times + 1, known.at)
    return {lead: latest[lead, max(things, key=lambda one: things[one])] for lead, things in heat.items()}


@prepared
def _lately(
    leads: list[int], since: datetime, now: datetime
) -> QuerySet[Any, tuple[int, str, Properties, datetime]]:
    did = Activity.objects.filter(lead__in=leads, at__gt=since, at__lte=now).exclude(type__in=OURS)
    return did.order_by("-at").values_list("lead_id", "type", "properties", "at")[:MOST]


UNKNOWN = 0.1
"""What an activity counts in this order of which the agreement says nothing."""


KNOWN = 10_000
"""So many kinds of activities are kept with what they show, of so many agreements."""
AGREEMENTS = 4


class Worth:
    """Which signal an activity shows, and what its rule gives; of several the one that gives the most."""

    def __init__(self, agreement: Agreement | None) -> None:
        self._agreement = agreement
        rules = agreement.rules if agreement else ()
        self._rules = [one for one in rules if one.kind == "signal" and one.points > 0 and not one.every]
        self._known: dict[tuple[str, frozenset[tuple[str, str]]], list[Rule]] = {}

    def of(self, type_: str, properties: Properties, stage: str) -> tuple[str, float]:
        """Signal and points; no signal, and next to nothing, where the agreement says nothing of it."""
        key = (type_, frozenset((name, str(value)) for name, value in properties.items()))
        known = self._known.get(key)
        if known is None:
            if len(self._known) >= KNOWN:
                self._known.clear()
            fields = {"type": type_, **properties}
            known = self._known[key] = [one for one in self._rules if self._shows(one, fields)]
        found = [one for one in known if not one.while_ or stage in one.while_]
        best = max(found, key=lambda one: one.points, default=None)
        return (best.names[0], best.points) if best else ("", UNKNOWN)

    def _shows(self, rule: Rule, fields: Properties) -> bool:
        assert self._agreement
        return holds_of(self._agreement.signals[rule.names[0]].predicate, fields)


_kept: dict[str, Worth] = {}


def worth_under(agreement: Agreement | None) -> Worth:
    """The one that has seen the most activities of this agreement."""
    version = agreement.version if agreement else ""
    if len(_kept) >= AGREEMENTS and version not in _kept:
        _kept.clear()
    return _kept.setdefault(version, Worth(agreement))
