"""Two funnels, never to be mixed: a cohort followed over time, and where everybody stands at an instant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tasuki.errors import UsageError
from tasuki.metrics.asking import Question, check_slices, label, narrowing
from tasuki.metrics.derived import SLICES
from tasuki.metrics.formulas import Items, Kpi, Rate, Unit, Words
from tasuki.metrics.items import lag_of, mature_until
from tasuki.metrics.reader import Facts
from tasuki.shares import Share

WAY = ("MAL", "MQL", "SAL", "SQL", "OPPORTUNITY", "WON")
WAY_OF_SGL = ("SGL", "SAL", "SQL", "OPPORTUNITY", "WON")


@dataclass(frozen=True)
class Step:
    """Of the cohort, how many have reached a stage. `share`: of those old enough to tell; `lag`: days until they are."""

    stage: str
    name: Words
    reached: int
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
    columns, lags = ["count(*)"], []
    for stage in stages[1:]:
        kpi = step_kpi(stages[0], stage)
        lags.append(lag_of(facts, kpi))
        until = mature_until(facts, kpi)
        reached, old = f"reached_{facts.place_of(stage)}", f"us <= {until}" if until is not None else "false"
        columns += [f"count({reached})", f"count({reached}) FILTER ({old})", f"count(*) FILTER ({old})"]
    wanted = " AND ".join([f"stage = {facts.place_of(stages[0])}", "NOT late", *conditions])
    entries, *counts = facts.rows(f"SELECT {', '.join(columns)} FROM entries WHERE {wanted}", parameters)[0]
    names = {stage.id: Words(stage.called("en"), stage.called("ja")) for stage in facts.terms.stages}
    steps = [
        Step(stage, names[stage], reached, Share(hits, old), entries - old, lag)
        for stage, lag, reached, hits, old in zip(
            stages[1:], lags, counts[::3], counts[1::3], counts[2::3], strict=True
        )
    ]
    return CohortFunnel(
        entries, (Step(stages[0], names[stages[0]], entries, Share(entries, entries), 0, 0.0), *steps)
    )


def step_kpi(before: str, after: str) -> Kpi:
    """The rate from one stage to another, as a KPI that no list has."""
    name = Words(f"{before} → {after}", f"{before}→{after}")
    formula = Rate(Items("entries", stage=before), reaches=after)
    return Kpi(f"{before}→{after}", before, name, name, name, Unit.RATE, "entry", formula, accounts=True)


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
    sql = f"""
        SELECT stage, count(*), count(DISTINCT account), median($now - us) / 86400e6 FROM entries
        WHERE {" AND ".join(["left_us IS NULL", "NOT late", *conditions])} GROUP BY stage
    """
    found = {stage: rest for stage, *rest in facts.rows(sql, parameters | {"now": facts.as_of})}
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


def matrix(facts: Facts, question: Question) -> list[Cell]:
    """`question.by` × stage: leads at their first entry into each stage. A lead is in one part only."""
    check_slices(question, (*SLICES, "month", "week"), "a matrix")
    conditions, parameters = narrowing(question)
    sql = f"""
        SELECT nullif({question.by}::VARCHAR, '') AS part, any_value({question.by}), stage, count(*) FROM entries
        WHERE {" AND ".join(["pass = 1", "NOT late", *conditions])} GROUP BY part, stage ORDER BY part NULLS LAST, stage
    """
    ids = [stage.id for stage in facts.terms.stages]
    return [
        Cell(label(value, question.by), ids[stage], count)
        for _, value, stage, count in facts.rows(sql, parameters)
    ]
