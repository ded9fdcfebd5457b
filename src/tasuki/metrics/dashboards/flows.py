"""How leads move: from where to where, and how fast."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from tasuki.errors import UsageError
from tasuki.metrics.asking import PERIODS, Question, check_slices, label, narrowing
from tasuki.metrics.compute import compute
from tasuki.metrics.dashboards.funnels import mature_of, way_of
from tasuki.metrics.derived import SLICES
from tasuki.metrics.figures import Answer
from tasuki.metrics.kpis import kpi_of, target_of
from tasuki.metrics.reader import Facts


@dataclass(frozen=True)
class Link:
    """Moves from one stage (None: none yet) to another; `is_return`: they go back. `late` ones are not among `moves`."""

    source: str | None
    target: str
    moves: int
    by_hand: int
    is_return: bool
    late: int = 0


def flow(facts: Facts, question: Question | None = None) -> list[Link]:
    """Every way that was gone, by the time of the move, in funnel order: for a picture of streams with returns."""
    question = question or Question()
    check_slices(question, (*SLICES, "reason"), "a flow")
    conditions, parameters = narrowing(question)
    sql = f"""
        SELECT came_from, stage, count(*) FILTER (NOT late), count(*) FILTER (by_hand AND NOT late), bool_or(is_return),
               count(*) FILTER (late)
        FROM entries WHERE {" AND ".join(conditions) or "true"} GROUP BY came_from, stage ORDER BY came_from, stage
    """
    ids = [stage.id for stage in facts.terms.stages]
    return [
        Link(None if before < 0 else ids[before], ids[after], *rest)
        for before, after, *rest in facts.rows(sql, parameters)
    ]


@dataclass(frozen=True)
class Pace:
    """Days from entering one stage to reaching another on the same run, of those that did; quantiles None if nobody did.

    `young`: entries not old enough to tell whether they will. `part`: those of one month or slice, None for all.
    """

    source: str
    target: str
    entered: int
    reached: int
    quarter: float | None
    median: float | None
    three_quarters: float | None
    nine_tenths: float | None
    young: int = 0
    part: str | None = None


def velocity(
    facts: Facts, question: Question | None = None, *, steps: Sequence[tuple[str, str]] = ()
) -> list[Pace]:
    """How fast leads go from stage to stage, by the time of the first entry. `steps`: pairs of ids; each step of the way.

    All together, then part by part if the question has a `by`: step by step in each.
    """
    question, steps = question or Question(), list(steps) or list(pairwise(way_of(facts)))
    check_slices(question, (*SLICES, *PERIODS), "velocity")
    if set(PERIODS) & set(question.where):
        raise UsageError("velocity cannot be narrowed by a period: there is `since` and `until`")
    if not steps:
        return []
    for stage in {stage for step in steps for stage in step}:
        facts.place_of(stage)  # refuses what there is not
    conditions, parameters = narrowing(question)
    untils = [mature_of(facts, step)[0] for step in steps]
    columns = [_pace(facts, *step, until) for step, until in zip(steps, untils, strict=True)]
    by, head, tail = question.by or "NULL", "true, NULL", ""
    if question.by:
        head = "grouping(part) = 1, any_value(value)"
        tail = "GROUP BY GROUPING SETS ((part), ()) ORDER BY 1 DESC, part NULLS LAST"
    sql = f"""
        SELECT {head}, {", ".join(columns)} FROM (
            SELECT *, nullif({by}::VARCHAR, '') AS part, {by} AS value FROM entries
            WHERE {" AND ".join(["NOT late", f"stage IN ({_places(facts, steps)})", *conditions])}
        ) {tail}
    """
    found = []
    for is_total, value, *row in facts.rows(sql, parameters):
        for place, (before, after) in enumerate(steps):
            entered, reached, young, quantiles = row[4 * place : 4 * place + 4]
            called = None if is_total else label(value, question.by)
            times = quantiles or (None,) * 4
            found.append(Pace(before, after, entered, reached, *times, young, called))
    return found


def _pace(facts: Facts, before: str, after: str, until: int | None) -> str:
    """Entered, reached, too young, and the quantiles of the days, as SQL."""
    mine, reached = f"stage = {facts.place_of(before)}", f"reached_{facts.place_of(after)}"
    lag = f"CASE WHEN {mine} THEN ({reached} - us) / 86400e6 END"
    young = f"{mine} AND us > {until}" if until is not None else mine
    return (
        f"count(CASE WHEN {mine} THEN 1 END), count({lag}), count(CASE WHEN {young} THEN 1 END),"
        f" quantile_cont({lag}, [0.25, 0.5, 0.75, 0.9])"
    )


def _places(facts: Facts, steps: Sequence[tuple[str, str]]) -> str:
    return ", ".join(sorted({str(facts.place_of(before)) for before, _ in steps}))


@dataclass(frozen=True)
class Trend:
    """A KPI period by period, beside what the agreement wants of it."""

    answer: Answer
    target: str | None


def trend(facts: Facts, kpi: str, question: Question | None = None) -> Trend:
    """By month unless the question says otherwise. UsageError as `compute`."""
    question = question or Question(by="month")
    return Trend(compute(facts, kpi, question), target_of(facts.terms, kpi_of(facts.terms, kpi)))
