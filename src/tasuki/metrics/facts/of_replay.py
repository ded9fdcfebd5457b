"""Facts of a replay: what an agreement makes of a history, as tables of facts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa

from tasuki.engine.replay import Replay
from tasuki.metrics.facts.handoffs import handoffs_of
from tasuki.metrics.facts.leads import people_and_activities
from tasuki.metrics.facts.schema import DEALS
from tasuki.metrics.facts.transitions import transitions_of
from tasuki.metrics.roles import Terms, terms_of


@dataclass(frozen=True)
class FactTables:
    """Facts in memory: a table for each name of `schema.TABLES`; `known_until` (µs UTC) is when they were looked at."""

    terms: Terms
    known_until: int
    tables: Mapping[str, pa.Table]


def facts_of(
    done: Replay, *, deals: pa.Table | None = None, roles: Mapping[str, str] | None = None
) -> FactTables:
    """The facts of a replay. `deals`: of `read_deals`. `roles`: which stage plays which part, where names do not tell.

    A history knows each entry from its own time on, so `recorded_at` is `at`. UsageError: roles that do not fit.
    """
    agreement = done.compiled.agreement
    terms = terms_of(agreement, roles)
    transitions = transitions_of(done, terms)
    leads, activities, raw = people_and_activities(done.history, agreement, done.as_of)
    tables = {
        "transitions": transitions,
        "handoffs": handoffs_of(agreement, transitions, leads, raw),
        "leads": leads,
        "activities": activities,
        "deals": DEALS.schema.empty_table() if deals is None else deals,
    }
    return FactTables(terms, done.as_of, tables)
