"""How leads move: from where to where, and how fast."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
    paces = [pace for some in _apart(steps) for pace in _paces(facts, question, some)]
    order = {(pace.source, pace.target): place for place, pace in enumerate(paces)}
    parts = {pace.part: place for place, pace in enumerate(paces)}
    return sorted(paces, key=lambda pace: (parts[pace.part], order[pace.source, pace.target]))


def _apart(steps: Sequence[tuple[str, str]]) -> list[dict[str, str]]:
    """The steps in groups in which each begins at another stage."""
    groups: list[dict[str, str]] = []
    for before, after in steps:
        group = next((one for one in groups if before not in one), None)
        if group is None:
            groups.append(group := {})
        group[before] = after
    return groups


def _paces(facts: Facts, question: Question, steps: Mapping[str, str]) -> list[Pace]:
    """Of steps from different stages, so that each entry has one time to reach what it should, and is read once."""
    conditions, parameters = narrowing(question)
    places = {before: facts.place_of(before) for before in steps}
    reached = " ".join(f"WHEN {places[b]} THEN reached_{facts.place_of(a)}" for b, a in steps.items())
    untils = {places[step[0]]: mature_of(facts, step)[0] for step in steps.items()}
    young = " ".join(
        f"WHEN {place} THEN {'true' if at is None else f'us > {at}'}" for place, at in untils.items()
    )
    by = question.by or "NULL"
    whole, sets, part = ("true, NULL", "(stage)", "NULL")
    if question.by:
        whole, sets, part = "grouping(part) = 1, any_value(value)", "(stage, part), (stage)", "part"
    wanted = " AND ".join(["NOT late", f"stage IN ({', '.join(map(str, untils))})", *conditions])
    sql = f"""
        SELECT stage, {whole}, {part} AS part, count(*), count(days), count(CASE WHEN young THEN 1 END),
               quantile_cont(days, [0.25, 0.5, 0.75, 0.9])
        FROM (
            SELECT stage, nullif({by}::VARCHAR, '') AS part, {by} AS value,
                   ((CASE stage {reached} END) - us) / 86400e6 AS days, CASE stage {young} END AS young
            FROM entries WHERE {wanted}
        ) GROUP BY GROUPING SETS ({sets}) ORDER BY part NULLS LAST
    """
    found = {
        (is_total, None if is_total else value, stage): row
        for stage, is_total, value, _part, *row in facts.rows(sql, parameters)
    }
    parts = [(True, None), *dict.fromkeys((total, value) for total, value, _ in found if not total)]
    paces = []
    for is_total, value in parts:
        for before, after in steps.items():
            entered, arrived, young_ones, times = found.get(
                (is_total, value, places[before]), (0, 0, 0, None)
            )
            called = None if is_total else label(value, question.by)
            quarter, median, three, nine = times or (None,) * 4
            paces.append(
                Pace(before, after, entered, arrived, quarter, median, three, nine, young_ones, called)
            )
    return paces


@dataclass(frozen=True)
class Trend:
    """A KPI period by period, beside what the agreement wants of it."""

    answer: Answer
    target: str | None


def trend(facts: Facts, kpi: str, question: Question | None = None) -> Trend:
    """By month unless the question says otherwise. UsageError as `compute`."""
    question = question or Question(by="month")
    return Trend(compute(facts, kpi, question), target_of(facts.terms, kpi_of(facts.terms, kpi)))
