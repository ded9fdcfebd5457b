"""How many are there at an instant: entries less exits, period by period."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from itertools import accumulate

from tasuki.metrics.asking import PERIODS, Question, day_of, label
from tasuki.metrics.figures import Answer, Figure
from tasuki.metrics.formulas import Kpi
from tasuki.metrics.items import Statement, items_of
from tasuki.metrics.reader import Facts

THERE = "left_us IS NULL"


def answer(facts: Facts, kpi: Kpi, question: Question, statement: Statement) -> Answer:
    """The stock at `as_of` as total; its parts, or the stock at the end of each period, the last one at `as_of`."""
    if question.by in PERIODS:
        return _by_period(facts, kpi, question)
    now = there(facts, kpi, question)
    sql = f"""
        SELECT part, grouping(part) = 1, count(*) FILTER (counted), count(*) FILTER (late) FROM ({now.sql})
        GROUP BY GROUPING SETS ((part), ()) ORDER BY part NULLS LAST
    """
    rows = facts.rows(sql, now.parameters)
    parts = tuple(
        _figure(label(part, question.by), n, late)
        for part, whole, n, late in rows
        if not whole and question.by
    )
    total = next(_figure(None, n, late) for _, whole, n, late in rows if whole)
    return Answer(kpi, question, facts.as_of, total, parts)


def at_end(
    facts: Facts, kpi: Kpi, question: Question, part: str | None
) -> tuple[Question, str | None, Statement]:
    """Who is behind a figure: those there at the end of the period `part`, else at `as_of`, narrowed to the part."""
    if part is None or question.by not in PERIODS:
        return question, part, there(facts, kpi, question)
    day = day_of(part, question.by).isoformat()
    left = f"left_{question.by}"
    inside = f"{question.by} <= DATE '{day}' AND ({left} IS NULL OR {left} > DATE '{day}')"
    whole = replace(question, by="")
    return whole, None, items_of(facts, _narrowed(kpi, inside), whole)


def there(facts: Facts, kpi: Kpi, question: Question) -> Statement:
    """Those that are there at `as_of`."""
    return items_of(facts, _narrowed(kpi, THERE), question)


def _narrowed(kpi: Kpi, where: str) -> Kpi:
    items = replace(kpi.formula.items, where=where)
    return replace(kpi, formula=replace(kpi.formula, items=items))


def _figure(part: str | None, count: int, late: int) -> Figure:
    return Figure(part, float(count), count, count, late=late)


def _by_period(facts: Facts, kpi: Kpi, question: Question) -> Answer:
    """Sums of what came and went, so that a million entries are read once and not for each period."""
    came = items_of(facts, kpi, question)
    gone = items_of(facts, _narrowed(kpi, "left_us IS NOT NULL"), replace(question, by=question.by))
    left = gone.sql.replace(f"{question.by} AS part", f"left_{question.by} AS part", 1)
    sql = f"""
        SELECT part, sum(moves)::BIGINT, sum(late)::BIGINT FROM (
            SELECT part, count(*) FILTER (counted) AS moves, count(*) FILTER (late) AS late FROM ({came.sql}) GROUP BY part
            UNION ALL SELECT part, -count(*) FILTER (counted), 0 FROM ({left}) GROUP BY part
        ) GROUP BY part ORDER BY part
    """
    moves = {part: (n, late) for part, n, late in facts.rows(sql, came.parameters)}
    days = list(_periods(min(moves), _day_of_now(facts, question.by), question.by)) if moves else []
    sums = accumulate(moves.get(day, (0, 0))[0] for day in days)
    parts = [
        _figure(label(day, question.by), n, moves.get(day, (0, 0))[1])
        for day, n in zip(days, sums, strict=True)
    ]
    late = sum(n for _, n in moves.values())
    total = _figure(None, int(parts[-1].value or 0) if parts else 0, late)
    return Answer(kpi, question, facts.as_of, total, tuple(parts))


def _day_of_now(facts: Facts, by: str) -> date:
    sql = f"SELECT date_trunc('{by}', timezone($zone, make_timestamptz($now)))::DATE"
    found: date = facts.rows(sql, {"zone": facts.terms.timezone, "now": facts.as_of})[0][0]
    return found


def _periods(first: date, last: date, by: str) -> list[date]:
    days = [first]
    while days[-1] < last:
        days.append(days[-1] + timedelta(weeks=1) if by == "week" else _next_month(days[-1]))
    return days


def _next_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)
