"""How leads move: from where to where, and how fast."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from tasuki.errors import UsageError
from tasuki.metrics.asking import NO_VALUE, PERIODS, Question, check_slices, label, narrowing
from tasuki.metrics.compute import compute
from tasuki.metrics.dashboards.funnels import mature_of, way_of
from tasuki.metrics.derived import SLICES
from tasuki.metrics.figures import Answer
from tasuki.metrics.kpis import kpi_of, target_of
from tasuki.metrics.reader import Facts, Statement
from tasuki.metrics.roles import OUT


@dataclass(frozen=True)
class Link:
    """Moves from one stage (None: none yet) to another. `late` ones are not among `moves`.

    `is_return`: they go back. `is_out`: into a stage in which a lead is out, which is no return of those that were nowhere.
    """

    source: str | None
    target: str
    moves: int
    by_hand: int
    is_return: bool
    late: int = 0
    is_out: bool = False


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
    stages = facts.terms.stages
    return [
        Link(
            None if before < 0 else stages[before].id, stages[after].id, moves, by_hand, is_return, late,
            stages[after].role in OUT,
        )
        for before, after, moves, by_hand, is_return, late in facts.rows(sql, parameters)
    ]  # fmt: skip


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
    told = facts.each([_pace_of(facts, question, *step) for step in steps])
    found = [_paces(question, step, rows) for step, rows in zip(steps, told, strict=True)]
    parts = {part for paces in found for part in paces if part is not None}
    in_order = [None, *sorted(parts, key=lambda part: (part == NO_VALUE, part))]
    nothing = [Pace(*step, 0, 0, None, None, None, None) for step in steps]
    return [
        paces.get(part, replace(none, part=part)) for part in in_order for paces, none in zip(found, nothing, strict=True)
    ]  # fmt: skip


def _pace_of(facts: Facts, question: Question, before: str, after: str) -> Statement:
    """What asks for one step, all together and by part."""
    conditions, parameters = narrowing(question)
    (until,) = mature_of(facts, (before, after))
    part = question.by if question.by in PERIODS else f"nullif({question.by}, '')" if question.by else "NULL"
    whole, sets = "true, NULL", ""
    if question.by:
        whole, sets = "grouping(part) = 1, part", "GROUP BY GROUPING SETS ((part), ())"
    sql = f"""
        SELECT {whole}, count(*), count(days), quantile_cont(days, [0.25, 0.5, 0.75, 0.9]),
               count(CASE WHEN {"true" if until is None else f"us > {until}"} THEN 1 END)
        FROM (
            SELECT us, {part} AS part, (reached_{facts.place_of(after)} - us) / 86400e6 AS days FROM entries
            WHERE {" AND ".join([f"stage = {facts.place_of(before)}", "NOT late", *conditions])}
        ) {sets}
    """
    return sql, parameters


def _paces(
    question: Question, step: tuple[str, str], rows: Sequence[tuple[Any, ...]]
) -> dict[str | None, Pace]:
    """What that gives: of all together, and by part."""
    found: dict[str | None, Pace] = {}
    for is_total, value, entered, reached, times, young in rows:
        called = None if is_total else label(value, question.by)
        quarter, median, three, nine = times or (None,) * 4
        found[called] = Pace(*step, entered, reached, quarter, median, three, nine, young, called)
    return found


@dataclass(frozen=True)
class Trend:
    """A KPI period by period, beside what the agreement wants of it."""

    answer: Answer
    target: str | None


def trend(facts: Facts, kpi: str, question: Question | None = None) -> Trend:
    """By month unless the question says otherwise. UsageError as `compute`."""
    question = question or Question(by="month")
    return Trend(compute(facts, kpi, question), target_of(facts.terms, kpi_of(facts.terms, kpi)))
