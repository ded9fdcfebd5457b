"""How leads move: from where to where, and how fast."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from tasuki.metrics.asking import Question, check_slices, narrowing
from tasuki.metrics.compute import compute
from tasuki.metrics.dashboards.funnels import way_of
from tasuki.metrics.derived import SLICES
from tasuki.metrics.figures import Answer
from tasuki.metrics.kpis import kpi_of, target_of
from tasuki.metrics.reader import Facts


@dataclass(frozen=True)
class Link:
    """Moves from one stage (None: none yet) to another; `is_return`: they go back."""

    source: str | None
    target: str
    moves: int
    leads: int
    by_hand: int
    is_return: bool


def flow(facts: Facts, question: Question | None = None) -> list[Link]:
    """Every way that was gone, by the time of the move, in funnel order: for a picture of streams with returns."""
    question = question or Question()
    check_slices(question, (*SLICES, "reason"), "a flow")
    conditions, parameters = narrowing(question)
    sql = f"""
        SELECT came_from, stage, count(*), count(DISTINCT n), count(*) FILTER (by_hand), bool_or(is_return) FROM entries
        WHERE {" AND ".join(["NOT late", *conditions])} GROUP BY came_from, stage ORDER BY came_from, stage
    """
    ids = [stage.id for stage in facts.terms.stages]
    return [
        Link(None if before < 0 else ids[before], ids[after], *rest)
        for before, after, *rest in facts.rows(sql, parameters)
    ]


@dataclass(frozen=True)
class Pace:
    """Days from entering one stage to reaching another on the same run, of those that did; quantiles None if nobody did."""

    source: str
    target: str
    entered: int
    reached: int
    quarter: float | None
    median: float | None
    three_quarters: float | None
    nine_tenths: float | None


def velocity(
    facts: Facts, question: Question | None = None, *, steps: Sequence[tuple[str, str]] = ()
) -> list[Pace]:
    """How fast leads go from stage to stage, by the time of the first entry. `steps`: pairs of ids; each step of the way."""
    question = question or Question()
    check_slices(question, SLICES, "velocity")
    conditions, parameters = narrowing(question)
    found = []
    for before, after in steps or list(pairwise(way_of(facts))):
        lag = f"(reached_{facts.place_of(after)} - us) / 86400e6"
        wanted = " AND ".join([f"stage = {facts.place_of(before)}", "NOT late", *conditions])
        sql = f"SELECT count(*), count({lag}), quantile_cont({lag}, [0.25, 0.5, 0.75, 0.9]) FROM entries WHERE {wanted}"
        entered, reached, quantiles = facts.rows(sql, parameters)[0]
        found.append(Pace(before, after, entered, reached, *(quantiles or (None,) * 4)))
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
