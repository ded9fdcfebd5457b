"""The one statement behind a figure: its items, each with part, value and whether it counts.

Figures are sums over it and the leads behind a figure are its rows, so the two cannot disagree. Texts of users only ever
come in as parameters; what is put together are columns of our own tables and the SQL of definitions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tasuki.metrics.asking import PERIODS, Question, narrowing
from tasuki.metrics.formulas import NO_STAGE, Items, Kpi, Mean, Money, Quantile, Rate
from tasuki.metrics.reader import Facts

MATURE = 0.9
"""An item is mature when it is older than this quantile of the times that others took."""


@dataclass(frozen=True)
class Statement:
    """SQL that gives `n, us, item, account, part, second, value, hit, lag, currency, late, young, counted`.

    `part` is that of `by`, `second` that of `across`.
    """

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
    return [
        (role, target)
        for role, target in needs
        if facts.place(role) is None and not (target and role in stages)
    ]


@dataclass(frozen=True)
class Columns:
    """What a KPI asks of each row of its table, as SQL: whether the row is an item, and what it counts with.

    A row is an item where `key` is `place` and `where` and `when` hold: its stage, what else, its slices and time. `late`,
    `young` and `known` say why an item may not count; `parameters` are those that `when` names.
    """

    table: str
    key: str
    place: int
    where: str
    when: str
    part: str
    value: str
    hit: str
    lag: str
    late: str
    young: str
    known: str
    parameters: dict[str, Any]

    @property
    def is_item(self) -> str:
        """All that makes a row an item."""
        return f"{self.key} = {self.place} AND {self.where} AND {self.when}"


def columns_of(facts: Facts, kpi: Kpi, question: Question) -> Columns:
    """Of a KPI whose stages are there."""
    items = kpi.formula.items
    narrow, parameters = narrowing(question, items.time)
    value, hit, lag = _columns(facts, kpi)
    key, place = _stage(facts, items)
    where = [items.where] if items.where else []
    if items.before:
        where.append(f"came_from = {-1 if items.before == NO_STAGE else facts.place_of(items.before)}")
    if isinstance(kpi.formula, Quantile) and kpi.formula.reaches:
        where.append(f"reached_{facts.target(kpi.formula.reaches)} IS NOT NULL")
    mature = mature_until(facts, kpi)
    young = "false" if not kpi.matures else "true" if mature is None else f"{items.time}us > {mature}"
    known = {
        Rate: f"({hit}) IS NOT NULL", Mean: f"({value}) IS NOT NULL", Quantile: f"({value}) IS NOT NULL",
        Money: "amount IS NOT NULL AND currency IS NOT NULL",
    }.get(type(kpi.formula), "true")  # fmt: skip
    return Columns(
        items.table, key, place, _all(where), _all(narrow), _part(question.by, items), value, hit, lag,
        f"{items.time}late" if facts.has_late else "false", young, known, parameters,
    )  # fmt: skip


def items_of(facts: Facts, kpi: Kpi, question: Question) -> Statement:
    """The items of a KPI; the stages that it needs must be there."""
    one, time = columns_of(facts, kpi, question), kpi.formula.items.time
    deal = one.table == "worth"
    across = _part(question.across, kpi.formula.items)
    sql = f"""
        SELECT *, NOT late AND NOT young AND known AS counted FROM (
            SELECT n, {time}us AS us, {"deal" if deal else "NULL::VARCHAR"} AS item, account, company, {one.part} AS part,
                   {across} AS second, {one.value} AS value, {one.hit} AS hit, {one.lag} AS lag,
                   {"currency" if deal else "NULL::VARCHAR"} AS currency, {one.late} AS late, {one.known} AS known,
                   NOT {one.late} AND {one.young} AS young
            FROM {one.table} WHERE {one.is_item})
    """
    if question.grain == "account":
        sql = f"""
            SELECT NULL::INTEGER AS n, min(us) AS us, NULL::VARCHAR AS item, any_value(account) AS account,
                   company, arg_min_null(part, us) AS part, arg_min_null(second, us) AS second,
                   NULL::DOUBLE AS value, bool_or(hit AND counted) AS hit, NULL::BIGINT AS lag, NULL::VARCHAR AS currency,
                   bool_and(late) AS late, NOT bool_or(counted) AND bool_or(young) AS young, bool_or(counted) AS counted
            FROM ({sql}) WHERE company IS NOT NULL GROUP BY company
        """
    return Statement(sql, one.parameters, lag_of(facts, kpi) if kpi.matures else None)


def _all(conditions: Sequence[str]) -> str:
    return " AND ".join(f"({one})" for one in conditions) or "true"


def _stage(facts: Facts, items: Items) -> tuple[str, int]:
    """The column that has the stage, and its number; alike for all rows where it does not matter."""
    if not items.role and not items.stage:
        return "0", 0
    place = facts.place(items.role) if items.role else facts.place_of(items.stage)
    assert place is not None, f"asked for {items.role} without a stage for it"
    return items.side, place


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
    if isinstance(formula, Quantile) and formula.reaches:
        return f"(reached_{facts.target(formula.reaches)} - us) / 86400e6", "NULL::BOOLEAN", "NULL::BIGINT"
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
    """Days within which nine of ten of all items that have reached the stage did so."""
    formula = kpi.formula
    assert isinstance(formula, Rate), f"{kpi.id} does not mature"
    with facts.lock:
        return facts.lags.days(_stage(facts, formula.items)[1], facts.target(formula.reaches), MATURE)
