"""Small companies whose figures can be counted by hand: facts from a few words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa

from tasuki.metrics.facts.of_replay import FactTables
from tasuki.metrics.facts.schema import TABLES
from tasuki.metrics.reader import Facts, open_facts
from tasuki.metrics.roles import ROLES, StageTerm, Terms

START = datetime(2025, 4, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
RETURNS = ("RECYCLED", "DISQUALIFIED", "LOST")
Row = dict[str, Any]


def day(number: float) -> datetime:
    """So many days after 1 April 2025, 00:00 UTC."""
    return START + timedelta(days=number)


def micros(number: float) -> int:
    """The same in µs since 1970 UTC."""
    return (day(number) - datetime(1970, 1, 1, tzinfo=UTC)) // MICROSECOND


def terms(
    *,
    without: Sequence[str] = (),
    renamed: Mapping[str, str] | None = None,
    timezone: str = "UTC",
    fit: str | None = "fit",
) -> Terms:
    """All ten stages under their own names, unless left out or renamed."""
    names = renamed or {}
    stages = tuple(
        StageTerm(names.get(role, role), role, {"en": role}) for role in ROLES if role not in without
    )
    return Terms("山田電機", "v1", timezone, stages, "person", "behavior", fit, {"MQL": "120 per month"})


def way(lead: str, *steps: tuple[float, str], **more: Any) -> list[Row]:
    """A lead's transitions: (day, stage) each; `more` goes into every row. `late` is how many days later it was recorded."""
    rows: list[Row] = []
    late = more.pop("late", 0)
    for ordinal, (at, stage) in enumerate(steps, start=1):
        before = steps[ordinal - 2][1] if ordinal > 1 else None
        rows.append({
            "lead": lead, "ordinal": ordinal, "at": day(at), "recorded_at": day(at + late), "from_stage": before,
            "to_stage": stage, "cause": "path", "by_hand": False, "is_return": bool(before) and stage in RETURNS,
            "version": "v1", "pass": sum(s == stage for _, s in steps[:ordinal]), "scores": [], **more,
        })  # fmt: skip
    return rows


def person(lead: str, *, recorded: float = 0, **more: Any) -> Row:
    """A lead as it is known."""
    return {
        "lead": lead, "revision": 1, "created_at": day(recorded), "recorded_at": day(recorded), "anonymous": False, **more
    }  # fmt: skip


def handed(lead: str, opened: float, **more: Any) -> Row:
    """A handoff of an MQL, in one version."""
    return {
        "id": f"{lead}:{opened}", "revision": 1, "lead": lead, "stage": "MQL", "team_role": "inside_sales",
        "opened_at": day(opened), "outcome": "open", "recorded_at": day(opened), **more,
    }  # fmt: skip


def deal(
    name: str, opened: float, closed: float | None = None, *, won: bool = True, **more: Any
) -> list[Row]:
    """A deal as it went: opened, then closed."""
    amount = more.pop("amount", None)
    known = {
        "deal": name, "revision": 1, "amount": None if amount is None else Decimal(amount), "currency": "JPY",
        "state": "open", "opened_at": day(opened), "recorded_at": day(opened), **more,
    }  # fmt: skip
    if closed is None:
        return [known]
    ended = {
        "state": "won" if won else "lost",
        "closed_at": day(closed),
        "recorded_at": day(closed),
        "revision": 2,
    }
    return [known, known | ended]


def did(lead: str, at: float, type: str, **more: Any) -> Row:
    """One activity."""
    return {"lead": lead, "at": day(at), "recorded_at": day(at), "type": type, **more}


def tables_of(
    moves: Iterable[Sequence[Row]] = (),
    *,
    leads: Iterable[Row] = (),
    handoffs: Iterable[Row] = (),
    deals: Iterable[Sequence[Row]] = (),
    activities: Iterable[Row] = (),
    until: float = 365,
    known: Terms | None = None,
) -> FactTables:
    """Facts in memory, known until a day."""
    rows = {
        "transitions": [row for one in moves for row in one], "leads": leads, "handoffs": handoffs,
        "deals": [row for one in deals for row in one], "activities": activities,
    }  # fmt: skip
    made = {
        name: pa.Table.from_pylist(list(rows[name]), schema=table.schema) for name, table in TABLES.items()
    }
    return FactTables(known or terms(), micros(until), made)


def facts_of(*moves: Sequence[Row], as_of: float | None = None, **more: Any) -> Facts:
    """The same, opened."""
    return open_facts(tables_of(moves, **more), None if as_of is None else micros(as_of))
