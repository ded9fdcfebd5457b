"""Figures of a KPI, and what is behind them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from tasuki.errors import UsageError
from tasuki.metrics import stock
from tasuki.metrics.asking import NO_VALUE, PERIODS, Question, check, day_of, label
from tasuki.metrics.figures import (
    Amount,
    Answer,
    Figure,
    Row,
    count_figure,
    money_figure,
    rate_figure,
    value_figure,
)
from tasuki.metrics.formulas import Count, Kpi, Mean, Money, Quantile, Rate, Stock
from tasuki.metrics.items import Statement, items_of, missing_stages
from tasuki.metrics.kpis import kpi_of
from tasuki.metrics.reader import Facts
from tasuki.metrics.reasons import Reason

Side = Literal["numerator", "denominator", "young", "unknown", "late"]

_ROWS = """
    SELECT part, grouping(part) = 1 AS is_total, count(*) FILTER (counted AND hit), count(*) FILTER (counted),
           count(*) FILTER (young), count(*) FILTER (NOT counted AND NOT young AND NOT late), count(*) FILTER (late), {value}
    FROM ({items}) GROUP BY {parts} ORDER BY part NULLS LAST
"""


def compute(facts: Facts, kpi: Kpi | str, question: Question | None = None) -> Answer:
    """The figures of a KPI: the total and, with `by`, its parts; periods in order, other parts by name, NO_VALUE last.

    Never divides by nothing: then there is no value, and a reason. UsageError: a KPI or slice that there is not.
    """
    with facts.lock:
        kpi, question = kpi_of(facts.terms, kpi) if isinstance(kpi, str) else kpi, question or Question()
        return _computed(facts, kpi, question)


def _computed(facts: Facts, kpi: Kpi, question: Question) -> Answer:
    check(kpi, question)
    if lacking := missing_stages(facts, kpi):
        role, is_target = lacking[0]
        reason = Reason("no_target_stage" if is_target else "no_stage", {"role": role})
        return Answer(kpi, question, facts.as_of, Figure(None, None, 0, 0, reason=reason), ())
    if isinstance(kpi.formula, Stock):
        return stock.answer(facts, kpi, question, items_of(facts, kpi, question))
    statement = items_of(facts, kpi, question)
    if isinstance(kpi.formula, Money):
        return _money(facts, kpi, question, statement)
    rows = list(_rows(facts, kpi, question, statement))
    total = next((row for row in rows if row.is_total), Row(None, True, 0, 0, 0, 0, 0, None))
    parts = tuple(
        figure_of(facts, kpi, label(row.part, question.by), row, statement.lag)
        for row in rows
        if not row.is_total
    )
    figure = figure_of(facts, kpi, None, total, statement.lag)
    return Answer(kpi, question, facts.as_of, figure, parts, statement.lag, notes_of(facts, kpi, question))


def _rows(facts: Facts, kpi: Kpi, question: Question, statement: Statement) -> Iterator[Row]:
    value = "NULL"
    if isinstance(kpi.formula, Mean):
        value = "round(favg(value) FILTER (counted), 9)"  # whatever the order of the sum
    elif isinstance(kpi.formula, Quantile):
        value = f"quantile_cont(value, {kpi.formula.of}) FILTER (counted)"
    parts = (
        "GROUPING SETS ((part), ())"
        if question.by
        else "GROUPING SETS ((), (part)) HAVING grouping(part) = 1"
    )
    sql = _ROWS.format(value=value, items=statement.sql, parts=parts)
    for row in facts.rows(sql, statement.parameters):
        yield Row(*row)


def figure_of(facts: Facts, kpi: Kpi, part: str | None, row: Row, lag: float | None) -> Figure:
    """What a row says of a count, rate, mean or quantile; `lag` in days, of a rate that matures."""
    formula = kpi.formula
    if isinstance(formula, Count):
        return count_figure(part, row)
    if isinstance(formula, Rate):
        return rate_figure(part, row, lag, kpi)
    assert isinstance(formula, (Mean, Quantile))
    scores = {"quality": facts.terms.fit or facts.terms.main, "engagement": facts.terms.engagement}
    return value_figure(part, row, formula.value in scores and scores[formula.value] is None)


def notes_of(facts: Facts, kpi: Kpi, question: Question) -> tuple[Reason, ...]:
    """About all figures: of companies, how many items have none."""
    if question.grain != "account":
        return ()
    alone = items_of(facts, kpi, Question(where=question.where, since=question.since, until=question.until))
    sql = f"SELECT count(*) FROM ({alone.sql}) WHERE company IS NULL AND NOT late"
    count = facts.rows(sql, alone.parameters)[0][0]
    return (Reason("no_account", {"count": count}),) if count else ()


def _money(facts: Facts, kpi: Kpi, question: Question, statement: Statement) -> Answer:
    assert isinstance(kpi.formula, Money)
    how = "sum(value)" if kpi.formula.how == "sum" else "avg(value)"
    total, sets = "true", "part, currency"
    if question.by:
        total, sets = "grouping(part) = 1", "GROUPING SETS ((part, currency), (currency))"
    sql = f"""
        SELECT part, {total} AS is_total, currency, count(*) FILTER (counted), {how} FILTER (counted),
               count(*) FILTER (NOT counted AND NOT late), count(*) FILTER (late)
        FROM ({statement.sql}) GROUP BY {sets} ORDER BY part NULLS LAST, count(*) DESC, currency
    """
    found: dict[tuple[bool, str], tuple[list[Row], list[Amount]]] = {(True, ""): ([], [])}
    for part, is_total, currency, counted, value, unknown, late in facts.rows(sql, statement.parameters):
        rows, amounts = found.setdefault((is_total, "" if is_total else label(part, question.by)), ([], []))
        rows.append(Row(part, is_total, counted, counted, 0, unknown, late, None))
        if counted:
            amounts.append(Amount(currency, Decimal(str(value)), counted))
    figures = [money_figure(None if is_total else name, *both) for (is_total, name), both in found.items()]
    return Answer(kpi, question, facts.as_of, figures[0], tuple(figures[1:]))


@dataclass(frozen=True)
class Behind:
    """One item behind a figure: its lead and time (µs UTC), what it counts with, its deal if it is one."""

    lead: str | None
    at: int
    value: float | None
    hit: bool | None
    deal: str | None
    account: str | None


NEVER = 2**62
"""After any time, in µs; more than any count."""
_SIDES = {
    "numerator": "counted AND coalesce(hit, true)",
    "denominator": "counted",
    "young": "young",
    "unknown": "NOT counted AND NOT young AND NOT late",
    "late": "late",
}


def behind(
    facts: Facts,
    kpi: Kpi | str,
    question: Question | None = None,
    *,
    part: str | None = None,
    side: Side = "denominator",
    limit: int | None = None,
    offset: int = 0,
) -> list[Behind]:
    """The very items that a figure is of, by time and lead: those of its numerator, its denominator, or left out of both.

    `part` as the figure is called; None for the total. UsageError as `compute`.
    """
    with facts.lock:
        kpi, question = kpi_of(facts.terms, kpi) if isinstance(kpi, str) else kpi, question or Question()
        return _behind(facts, kpi, question, part, side, limit, offset)


def _behind(
    facts: Facts, kpi: Kpi, question: Question, part: str | None, side: Side, limit: int | None, offset: int
) -> list[Behind]:
    check(kpi, question)
    if part is not None and not question.by:
        raise UsageError("a part is one of a slice: say by what with `by`")
    if missing_stages(facts, kpi):
        return []
    if isinstance(kpi.formula, Stock):
        question, part, statement = stock.at_end(facts, kpi, question, part)
    else:
        statement = items_of(facts, kpi, question)
    parameters = dict(statement.parameters)
    wanted = _SIDES[side]
    if part is not None:
        wanted += " AND part IS NOT DISTINCT FROM $part"
        parameters["part"] = _value(part, question.by)
    if limit is not None:  # so that leads are looked up of those only that can be among them
        last = f"SELECT us FROM ({statement.sql}) WHERE {wanted} ORDER BY us LIMIT 1 OFFSET {max(limit + offset - 1, 0)}"
        wanted += f" AND coalesce(us, {NEVER}) <= coalesce(({last}), {NEVER})"
    sql = f"""
        SELECT p.lead, us, value::DOUBLE, hit, item, i.account FROM ({statement.sql}) AS i LEFT JOIN people AS p USING (n)
        WHERE {wanted} ORDER BY us, lead, item LIMIT {NEVER if limit is None else int(limit)} OFFSET {int(offset)}
    """
    return [Behind(*row) for row in facts.rows(sql, parameters)]


def _value(part: str, by: str) -> object:
    if part == NO_VALUE:
        return None
    return day_of(part, by) if by in PERIODS else part


def leads_behind(
    facts: Facts,
    kpi: Kpi | str,
    question: Question | None = None,
    *,
    part: str | None = None,
    side: Side = "denominator",
) -> list[str]:
    """The ids of the leads behind a figure, each once, in order; with grain "account" the companies."""
    found = behind(facts, kpi, question, part=part, side=side)
    by_account = question is not None and question.grain == "account"
    names = {one.account if by_account else one.lead for one in found}
    return sorted(name for name in names if name is not None)
