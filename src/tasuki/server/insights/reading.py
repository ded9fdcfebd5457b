"""One step of reading: what is new in each table, as tables of facts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pyarrow as pa

from tasuki.metrics.facts.schema import TABLES
from tasuki.server.insights.facts import activities, deals, handoffs, journal, leads, transitions
from tasuki.server.insights.facts.state import State
from tasuki.server.insights.facts.tail import new_rows

AT_ONCE = 20_000
"""So many rows of each table at the most, so that memory is bounded however many there are."""
READ = {
    "lead": leads.leads,
    "transition": transitions.transitions,
    "handoff": handoffs.handoffs,
    "deal": deals.deals,
    "activity": activities.activities,
}


def read_new(state: State, now: datetime, most: int = AT_ONCE) -> tuple[bool, Mapping[str, pa.Table]]:
    """Whether there was anything new since the cursors of `state`, which move on; and the facts of it, if it makes any.

    The journal is read before the tables: whatever it tells of is in them by then, and a change that comes in between is
    told next time.
    """
    journaled = new_rows(journal.changes(), state.cursors["change"], most, now)
    changed = journal.versions_of(journaled)
    rows = {name: new_rows(read(), state.cursors[name], most, now) for name, read in READ.items()}
    of = {kind: [one for one in changed if one.kind == kind] for kind in ("lead", "handoff", "deal")}
    found: Mapping[str, list[dict[str, Any]]] = {
        "leads": leads.lead_facts(rows["lead"], of["lead"], rows["activity"]),
        "transitions": transitions.transition_facts(rows["transition"]),
        "handoffs": handoffs.handoff_facts(rows["handoff"], of["handoff"]),
        "deals": deals.deal_facts(rows["deal"], of["deal"]),
        "activities": list(activities.activity_facts(rows["activity"], state)),
    }
    tables = {
        name: pa.Table.from_pylist(facts, schema=TABLES[name].schema)
        for name, facts in found.items()
        if facts
    }
    return bool(journaled) or any(rows.values()), tables
