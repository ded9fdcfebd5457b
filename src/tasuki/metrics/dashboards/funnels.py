"""Two funnels, never to be mixed: a cohort followed over time, and where everybody stands at an instant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tasuki.errors import UsageError
from tasuki.metrics.asking import PERIODS, Question, check_slices, label, narrowing
from tasuki.metrics.derived import SLICES
from tasuki.metrics.formulas import Words
from tasuki.metrics.items import lag_of, mature_until
from tasuki.metrics.kpis.pairs import reach
from tasuki.metrics.lags import count
from tasuki.metrics.reader import Facts
from tasuki.shares import Share

WAY = ("MAL", "MQL", "SAL", "SQL", "OPPORTUNITY", "WON")
WAY_OF_SGL = ("SGL", "SAL", "SQL", "OPPORTUNITY", "WON")


@dataclass(frozen=True)
class Step:
    """Of the cohort, how many entries have reached a stage, and of how many companies.

    `share`: of those old enough to tell; `lag`: days until they are.
    """

    stage: str
    name: Words
    reached: int
    accounts: int
    share: Share
    young: int
    lag: float | None


@dataclass(frozen=True)
class CohortFunnel:
    """`entries` into the first stage, and what became of them until `as_of`, by the time of their entry."""

    entries: int
    steps: tuple[Step, ...]


def way_of(facts: Facts, sgl: bool = False) -> list[str]:
    """The stages of the way to a customer that the agreement has; all of its stages if their parts are not known."""
    found = [stage for role in (WAY_OF_SGL if sgl else WAY) if (stage := facts.terms.stage(role))]
    return found if len(found) > 1 else [stage.id for stage in facts.terms.stages]


def cohort_funnel(
    facts: Facts, question: Question | None = None, *, stages: Sequence[str] = ()
) -> CohortFunnel:
    """Entries into the first of the stages, and how many of them have reached each later one on the same run.

    `stages`: ids; the way from MAL to WON when left out. An entry that skips a stage has not reached that one.
    """
    question, stages = question or Question(), list(stages) or way_of(facts)
    check_slices(question, SLICES, "a funnel")
    if not stages:
        raise UsageError("a funnel needs a stage: the agreement has none")
    conditions, parameters = narrowing(question)
    reached = "".join(
        f", reached_{place} IS NOT NULL AS there_{place}"
        for place in {facts.place_of(one) for one in stages[1:]}
    )
    wanted = " AND ".join([f"stage = {facts.place_of(stages[0])}", "NOT late", *conditions])
    found = facts.columns(f"SELECT us, company{reached} FROM entries WHERE {wanted}", parameters)
    names = {stage.id: Words(stage.called("en"), stage.called("ja")) for stage in facts.terms.stages}
    entries, companies = len(found["us"]), _different(np.ma.asarray(found["company"]))
    first = Step(stages[0], names[stages[0]], entries, companies, Share(entries, entries), 0, 0.0)
    steps = [_step(facts, found, stages[0], stage, names[stage]) for stage in stages[1:]]
    return CohortFunnel(entries, (first, *steps))


def _step(facts: Facts, found: Mapping[str, Any], source: str, stage: str, name: Words) -> Step:
    """Of entries into `source`: those that have reached the stage."""
    there, kpi = found[f"there_{facts.place_of(stage)}"], reach(facts.terms, source, stage)
    until = mature_until(facts, kpi)
    old = ~there & there if until is None else found["us"] <= until
    grown = count(old)
    share = Share(count(there & old), grown)
    companies = _different(np.ma.asarray(found["company"])[there])
    return Step(stage, name, count(there), companies, share, len(there) - grown, lag_of(facts, kpi))


def _different(numbers: np.ma.MaskedArray[Any, Any]) -> int:
    """How many different ones there are; by a place for each, which takes a tenth of what SQL takes."""
    return count(np.bincount(numbers.compressed()))


def mature_of(facts: Facts, stages: Sequence[str]) -> list[int | None]:
    """Up to when entries into the first stage may have begun to be old enough, for each later one; see `mature_until`."""
    return [mature_until(facts, reach(facts.terms, stages[0], stage)) for stage in stages[1:]]


@dataclass(frozen=True)
class Standing:
    """How many leads, and companies, stand in a stage at `as_of`; and since when half of them do, in days."""

    stage: str
    name: Words
    leads: int
    accounts: int
    days: float | None


def snapshot_funnel(facts: Facts, question: Question | None = None) -> list[Standing]:
    """Where leads stand at `as_of`, in funnel order: each lead in exactly one stage. It has no begin and no end."""
    question = question or Question()
    check_slices(question, SLICES, "a funnel")
    conditions, parameters = narrowing(question)
    found: Mapping[int, tuple[Any, ...]]
    if conditions:
        sql = f"""
            SELECT stage, count(*), count(DISTINCT company), median($now - us) / 86400e6 FROM entries
            WHERE {" AND ".join(["left_us IS NULL", "NOT late", *conditions])} GROUP BY stage
        """
        rows = facts.rows(sql, parameters | {"now": facts.as_of})
        found = {stage: tuple(rest) for stage, *rest in rows}
    else:
        with facts.lock:
            found = facts.stands.at(facts.as_of)
    return [
        Standing(stage.id, Words(stage.called("en"), stage.called("ja")), *found.get(place, (0, 0, None)))
        for place, stage in enumerate(facts.terms.stages)
    ]


@dataclass(frozen=True)
class Cell:
    """Leads that first entered a stage, of one part of a slice."""

    part: str
    stage: str
    leads: int


def matrix(facts: Facts, question: Question, *, most: int = 1_000_000) -> list[Cell]:
    """`question.by` × stage: leads at their first entry into each stage. A lead is in one part only.

    `most`: only so many parts, those with the most leads.
    """
    check_slices(question, (*SLICES, *PERIODS), "a matrix")
    if not question.by or set(PERIODS) & set(question.where):
        raise UsageError(
            "a matrix needs a slice: say by what with `by`, and narrow it by other slices than periods"
        )
    conditions, parameters = narrowing(question)
    conditions = ["pass = 1", "NOT late", *conditions]
    if question.by == "account":
        conditions.append(_of_large_companies(conditions, most))
    sql = f"""
        WITH cells AS (
            SELECT nullif({question.by}::VARCHAR, '') AS part, any_value({question.by}) AS value, stage, count(*) AS leads
            FROM entries WHERE {" AND ".join(conditions)} GROUP BY part, stage
        ), kept AS (SELECT part FROM cells GROUP BY part ORDER BY sum(leads) DESC, part LIMIT {int(most)})
        SELECT value, stage, leads FROM cells
        WHERE EXISTS (SELECT 1 FROM kept WHERE kept.part IS NOT DISTINCT FROM cells.part) ORDER BY part NULLS LAST, stage
    """
    ids = [stage.id for stage in facts.terms.stages]
    return [
        Cell(label(value, question.by), ids[stage], leads)
        for value, stage, leads in facts.rows(sql, parameters)
    ]


def _of_large_companies(conditions: Sequence[str], most: int) -> str:
    """The condition of entries of so many companies with the most of them, and of any others that have as many as the last.

    Companies are counted by their numbers, which takes a quarter of what their names would.
    """
    return f"""coalesce(company, -1) IN (
        SELECT coalesce(company, -1) AS number FROM entries WHERE {" AND ".join(conditions)}
        GROUP BY number QUALIFY rank() OVER (ORDER BY count(*) DESC) <= {int(most)}
    )"""
