"""One KPI by two slices at once: sources by months, reps by outcomes, companies by stages of an agreement's versions."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from tasuki.errors import UsageError
from tasuki.metrics.asking import Question, check, label
from tasuki.metrics.compute import figure_of
from tasuki.metrics.figures import Amount, Figure, Row, money_figure
from tasuki.metrics.formulas import Kpi, Mean, Money, Quantile, Stock
from tasuki.metrics.items import Statement, items_of, missing_stages
from tasuki.metrics.reader import Facts
from tasuki.metrics.stock import there


@dataclass(frozen=True)
class Crossing:
    """`rows` and `columns` as the parts are called, in order; `cells` those where there is an item."""

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    cells: dict[tuple[str, str], Figure]


def crossing(facts: Facts, kpi: Kpi, question: Question, *, most: int = 1_000_000) -> Crossing:
    """`question.by` × `question.across`. A stock is looked at in its instant, so it can only be split by what leads are.

    `most`: only so many rows, and so many columns, those with the most items. UsageError as `compute`; one of the two is
    missing, or they are the same.
    """
    with facts.lock:
        check(kpi, question)
        if not question.by or not question.across or question.by == question.across:
            raise UsageError("a table of two needs two different slices: `by` and `across`")
        if missing_stages(facts, kpi):
            return Crossing((), (), {})
        statement = _items(facts, kpi, question)
        cells = (
            _money(facts, kpi.formula, statement, most)
            if isinstance(kpi.formula, Money)
            else _plain(facts, kpi, statement, most)
        )
    rows = _in_order({row for (row, _), _ in cells})
    columns = _in_order({column for (_, column), _ in cells})
    called = {(label(r, question.by), label(c, question.across)): figure for (r, c), figure in cells}
    return Crossing(
        tuple(label(row, question.by) for row in rows),
        tuple(label(column, question.across) for column in columns),
        called,
    )


def _items(facts: Facts, kpi: Kpi, question: Question) -> Statement:
    return there(facts, kpi, question) if isinstance(kpi.formula, Stock) else items_of(facts, kpi, question)


def _kept(cells: str, most: int) -> str:
    """Of these cells, each with its size, those of the parts with the most items."""
    wanted = " AND ".join(
        f"""coalesce({column}::VARCHAR, '') IN (
            SELECT coalesce({column}::VARCHAR, '') FROM cells GROUP BY 1 ORDER BY sum(size) DESC, 1 LIMIT {int(most)}
        )"""
        for column in ("part", "second")
    )
    return f"WITH cells AS ({cells}) SELECT * EXCLUDE (size) FROM cells WHERE {wanted}"


def _in_order(parts: set[object]) -> list[object]:
    """By name or time, what has none last."""
    return sorted(parts, key=lambda part: (part is None, str(part)))


Cells = list[tuple[tuple[object, object], Figure]]


def _plain(facts: Facts, kpi: Kpi, statement: Statement, most: int) -> Cells:
    value = "NULL"
    if isinstance(kpi.formula, Mean):
        value = "round(favg(value) FILTER (counted), 9)"
    elif isinstance(kpi.formula, Quantile):
        value = f"quantile_cont(value, {kpi.formula.of}) FILTER (counted)"
    sql = f"""
        SELECT part, second, count(*) FILTER (counted AND hit), count(*) FILTER (counted), count(*) FILTER (young),
               count(*) FILTER (NOT counted AND NOT young AND NOT late), count(*) FILTER (late), {value}, count(*) AS size
        FROM ({statement.sql}) GROUP BY part, second
    """
    return [
        ((part, second), figure_of(facts, kpi, None, Row(None, False, *row), statement.lag))
        for part, second, *row in facts.rows(_kept(sql, most), statement.parameters)
    ]


def _money(facts: Facts, formula: Money, statement: Statement, most: int) -> Cells:
    """Each currency for itself."""
    how = "sum" if formula.how == "sum" else "avg"
    sql = f"""
        SELECT part, second, currency, count(*) FILTER (counted), {how}(value) FILTER (counted),
               count(*) FILTER (NOT counted AND NOT late), count(*) FILTER (late), count(*) AS size
        FROM ({statement.sql}) GROUP BY part, second, currency
    """
    found: dict[tuple[object, object], tuple[list[Row], list[Amount]]] = {}
    ordered = f"{_kept(sql, most)} ORDER BY size DESC, currency"
    for part, second, currency, counted, value, unknown, late in facts.rows(ordered, statement.parameters):
        rows, amounts = found.setdefault((part, second), ([], []))
        rows.append(Row(None, False, counted, counted, 0, unknown, late, None))
        if counted:
            amounts.append(Amount(currency, Decimal(str(value)), counted))
    return [(key, money_figure(None, *both)) for key, both in found.items()]
