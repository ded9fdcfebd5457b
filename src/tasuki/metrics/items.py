"""The one statement behind a figure: its items, each with part, value and whether it counts.

Figures are sums over it and the leads behind a figure are its rows, so the two cannot disagree. Texts of users only ever
come in as parameters; what is put together are columns of our own tables and the SQL of definitions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tasuki.metrics.asking import PERIODS, Question, narrowing
from tasuki.metrics.formulas import Items, Kpi, Mean, Money, Quantile, Rate
from tasuki.metrics.reader import Facts

MATURE = 0.9
"""An item is mature when it is older than this quantile of the times that others took."""


@dataclass(frozen=True)
class Statement:
    """SQL that gives `n, us, item, account, part, value, hit, lag, currency, late, young, counted`, and its parameters."""

    sql: str
    parameters: dict[str, Any]
    lag: float | None = None
    """Days within which nine of ten reach what they reach; None where nothing has to mature, or nobody has."""


def missing_stages(facts: Facts, kpi: Kpi) -> list[tuple[str, bool]]:
    """Parts of stages that the KPI needs and the agreement lacks, with whether it is one to reach."""
    items = kpi.formula.items
    needs = [(items.role, False)] if items.role else []
    if isinstance(kpi.formula, Rate) and kpi.formula.reaches:
        needs.append((kpi.formula.reaches, True))
    stages = {stage.id for stage in facts.terms.stages}
    return [(role, target) for role, target in needs if facts.place(role) is None and role not in stages]


def items_of(facts: Facts, kpi: Kpi, question: Question) -> Statement:
    """The items of a KPI; the stages that it needs must be there."""
    items = kpi.formula.items
    narrow, parameters = narrowing(question, items.time)
    conditions = [_stage(facts, items), items.where or "true", *narrow]
    value, hit, lag = _columns(facts, kpi)
    mature = mature_until(facts, kpi)
    young = "false" if not kpi.matures else "true" if mature is None else f"{items.time}us > {mature}"
    known = {Rate: "hit IS NOT NULL", Mean: "value IS NOT NULL", Quantile: "value IS NOT NULL"}.get(
        type(kpi.formula), "true"
    )
    if isinstance(kpi.formula, Money):
        known = "value IS NOT NULL AND currency IS NOT NULL"
    deal = items.table == "worth"
    sql = f"""
        SELECT *, NOT late AND NOT young AND {known} AS counted FROM (
            SELECT n, {items.time}us AS us, {"deal" if deal else "NULL::VARCHAR"} AS item, account,
                   {_part(question.by, items)} AS part, {value} AS value, {hit} AS hit, {lag} AS lag,
                   {"currency" if deal else "NULL::VARCHAR"} AS currency, {_late(items)} AS late,
                   NOT {_late(items)} AND {young} AS young
            FROM {items.table} WHERE {" AND ".join(f"({one})" for one in conditions)})
    """
    if question.grain == "account":
        sql = f"""
            SELECT NULL::INTEGER AS n, min(us) AS us, NULL::VARCHAR AS item, account, arg_min(part, us) AS part,
                   NULL::DOUBLE AS value, bool_or(hit AND counted) AS hit, NULL::BIGINT AS lag, NULL::VARCHAR AS currency,
                   bool_and(late) AS late, NOT bool_or(counted) AND bool_or(young) AS young, bool_or(counted) AS counted
            FROM ({sql}) WHERE account IS NOT NULL GROUP BY account
        """
    return Statement(sql, parameters, lag_of(facts, kpi) if kpi.matures else None)


def _late(items: Items) -> str:
    return f"{items.time}late"


def _stage(facts: Facts, items: Items) -> str:
    if not items.role and not items.stage:
        return "true"
    place = facts.place(items.role) if items.role else facts.place_of(items.stage)
    assert place is not None, f"asked for {items.role} without a stage for it"
    return f"{items.side} = {place}"


def _part(by: str, items: Items) -> str:
    if not by:
        return "NULL::VARCHAR"
    return f"{items.time}{by}" if by in PERIODS else f"nullif({by}, '')"


def _columns(facts: Facts, kpi: Kpi) -> tuple[str, str, str]:
    """Value, hit and lag as SQL."""
    formula = kpi.formula
    if isinstance(formula, Rate):
        if not formula.reaches:
            return "NULL::DOUBLE", formula.hit, "NULL::BIGINT"
        reached = f"reached_{facts.target(formula.reaches)}"
        return "NULL::DOUBLE", f"{reached} IS NOT NULL", f"{reached} - us"
    if isinstance(formula, (Mean, Quantile)):
        quality = "fit" if facts.terms.fit else "score"
        return quality if formula.value == "quality" else formula.value, "NULL::BOOLEAN", "NULL::BIGINT"
    if isinstance(formula, Money):
        return "amount", "NULL::BOOLEAN", "NULL::BIGINT"
    return "NULL::DOUBLE", "NULL::BOOLEAN", "NULL::BIGINT"


def mature_until(facts: Facts, kpi: Kpi) -> int | None:
    """Up to when an item may have begun to be mature (µs UTC); None if nobody has reached it, so that nothing is."""
    if not kpi.matures:
        return None
    lag = lag_of(facts, kpi)
    return None if lag is None else facts.as_of - round(lag * 86_400_000_000)


def lag_of(facts: Facts, kpi: Kpi) -> float | None:
    """Days within which nine of ten of all items that have reached the stage did so; remembered."""
    key = ("lag", kpi.id)
    if key not in facts.remembered:
        items, (_, _, lag) = kpi.formula.items, _columns(facts, kpi)
        sql = f"SELECT quantile_cont({lag}, {MATURE}) / 86400e6 FROM {items.table} WHERE {_stage(facts, items)} AND NOT late"
        facts.remembered[key] = facts.rows(sql)[0][0]
    found: float | None = facts.remembered[key]
    return found
