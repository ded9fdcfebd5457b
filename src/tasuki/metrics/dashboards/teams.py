"""How handoffs are followed up, as a whole and by rep; and what comes of it in money."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from tasuki.errors import UsageError
from tasuki.metrics.asking import Question, check_slices, label, narrowing
from tasuki.metrics.compute import compute
from tasuki.metrics.derived import SLICES
from tasuki.metrics.figures import Amount, Answer
from tasuki.metrics.kpis import kpi_of
from tasuki.metrics.lags import count, quantile
from tasuki.metrics.reader import Facts
from tasuki.metrics.together import compute_all
from tasuki.shares import Share

BINS = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 24.0, 48.0, 96.0)
"""Hours at which a bar of the distribution begins; the last one has no end."""


@dataclass(frozen=True)
class FollowUp:
    """Handoffs of a stage by the time to their first touch. `bars`: hours from, to (None: on), handoffs; `wall_bars` and
    `wall_median` the same by the clock on the wall.

    `untouched`: handoffs that ended without a touch, `waiting`: those that are open and have had none. `in_time`: answered
    by their due time, of those of which that is known. `late` ones are counted nowhere else.
    """

    given: int
    bars: tuple[tuple[float, float | None, int], ...]
    wall_bars: tuple[tuple[float, float | None, int], ...]
    untouched: int
    waiting: int
    median: float | None
    nine_tenths: float | None
    wall_median: float | None
    wall_nine_tenths: float | None
    in_time: Share
    late: int


def follow_up(facts: Facts, question: Question | None = None, *, stage: str = "") -> FollowUp:
    """In working hours and by the clock on the wall, by the time of the handoff. `stage`: its id, else that of MQL."""
    question = question or Question()
    wanted, parameters = _handed(facts, question, stage)
    found = facts.columns(
        f"""
        SELECT late, outcome = 'open' AS open, met IS NOT NULL AS known, coalesce(met, false) AS met, touch_business_hours,
               touch_hours
        FROM handed WHERE {wanted}
        """,
        parameters,
    )
    told = ~found["late"]
    untouched, waiting = told & np.ma.getmaskarray(found["touch_hours"]), told & found["open"]
    business, wall = (
        np.sort(np.ma.asarray(found[name])[told].compressed())
        for name in ("touch_business_hours", "touch_hours")
    )
    in_time = Share(count(told & found["met"]), count(told & found["known"]))
    return FollowUp(
        count(told), _bars(business), _bars(wall), count(untouched & ~waiting), count(untouched & waiting),
        quantile(business, 0.5), quantile(business, 0.9), quantile(wall, 0.5), quantile(wall, 0.9), in_time, count(~told),
    )  # fmt: skip


def _bars(hours: NDArray[np.float64]) -> tuple[tuple[float, float | None, int], ...]:
    """Of sorted hours."""
    places = [*np.searchsorted(hours, BINS), len(hours)]
    counts = [int(after - before) for before, after in pairwise(places)]
    return tuple(zip(BINS, [*BINS[1:], None], counts, strict=True))


def _handed(facts: Facts, question: Question, stage: str) -> tuple[str, dict[str, object]]:
    check_slices(question, (*SLICES, "outcome", "month", "week"), "a follow-up")
    conditions, parameters = narrowing(question)
    place = facts.place_of(stage) if stage else facts.place("MQL")
    return " AND ".join([f"stage = {-2 if place is None else place}", *conditions]), parameters


@dataclass(frozen=True)
class Standing:
    """One rep: what became of all handoffs *given* to them that ended, so that passing over the hard ones helps nobody.

    `accepted` and `in_time` are shares of all that ended (of those whose due time is known). `won`: deals won, `amounts` of
    those that have one. Each is the part of a KPI (`OF_STANDING`), so that what is behind it can be opened.
    """

    rep: str
    given: int
    waiting: int
    touched: Share
    accepted: Share
    in_time: Share
    median: float | None
    won: int
    amounts: tuple[Amount, ...]


OF_STANDING = {
    "given": "handoffs.given",
    "waiting": "handoffs.waiting",
    "touched": "handoffs.touched",
    "accepted": "handoffs.accepted",
    "in_time": "handoffs.in_time",
    "median": "handoffs.follow_up",
    "won": "won.deals",
    "amounts": "won.amount",
}
"""Field → KPI."""


def leaderboard(
    facts: Facts, question: Question | None = None, *, stage: str = "", by: str = "rep"
) -> list[Standing]:
    """By rep or team, by the time of the handoff; handoffs of every stage unless one is named. By name, none last.

    Deals won are those closed in the same time.
    """
    question = question or Question()
    if by not in ("rep", "team"):
        raise UsageError(f"a leaderboard is by rep or team, not by `{by}`")
    wanted, parameters = _handed(facts, question, stage)
    if not stage:
        wanted = " AND ".join(narrowing(question)[0]) or "true"
    over = "CASE WHEN outcome <> 'open' THEN 1 END AS ended"
    sql = f"""
        SELECT coalesce({by}, '') AS part, count(*), count(CASE WHEN outcome = 'open' THEN 1 END), count(ended),
               count(CASE WHEN touch_hours IS NOT NULL THEN ended END), count(CASE WHEN outcome = 'accepted' THEN 1 END),
               count(CASE WHEN met THEN 1 END), count(met), median(touch_business_hours)
        FROM (SELECT *, {over} FROM handed WHERE NOT late AND {wanted}) GROUP BY part
    """
    handed = {part: rest for part, *rest in facts.rows(sql, parameters)}
    won = _won(facts, question, by)
    found = []
    for part in sorted({*handed, *won}, key=lambda name: (name == "", name)):
        given, waiting, ended, touched, accepted, met, known, median = handed.get(part, (0,) * 7 + (None,))
        deals, amounts = won.get(part, (0, ()))
        found.append(Standing(
            label(part, by), given, waiting, Share(touched, ended), Share(accepted, ended), Share(met, known), median,
            deals, amounts,
        ))  # fmt: skip
    return found


def _won(facts: Facts, question: Question, by: str) -> Mapping[str, tuple[int, tuple[Amount, ...]]]:
    """Deals won by part, and what they brought."""
    narrowed = Question(
        by, {k: v for k, v in question.where.items() if k in SLICES}, question.since, question.until
    )
    deals, worth = (compute(facts, OF_STANDING[field], narrowed) for field in ("won", "amounts"))
    amounts = {figure.part: figure.amounts for figure in worth.parts}
    return {
        "" if one.part == label(None, by) else str(one.part): (one.numerator, amounts.get(one.part, ()))
        for one in deals.parts
    }


REVENUE = (
    "won.amount",
    "won.average",
    "won.deals",
    "won.rate",
    "won.cycle",
    "opportunity.opened",
    "opportunity.open_amount",
    "opportunity.lost_amount",
)


def revenue(facts: Facts, question: Question | None = None) -> Mapping[str, Answer]:
    """What ends in money, KPI by KPI, with the same question."""
    asked = [(kpi_of(facts.terms, kpi), question or Question()) for kpi in REVENUE]
    return dict(zip(REVENUE, compute_all(facts, asked), strict=True))
