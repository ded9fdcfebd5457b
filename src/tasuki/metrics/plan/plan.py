"""A plan: goals of revenue by quarter, what each stage needs in each month, and where the running quarter stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np

from tasuki.errors import UsageError
from tasuki.metrics.plan.ahead import look_ahead
from tasuki.metrics.plan.assumed import DRAWS, Assumed, Changes, Floats, assume
from tasuki.metrics.plan.days import Ints
from tasuki.metrics.plan.gap import Gap, gap_of
from tasuki.metrics.plan.need import Goal, a_day, needed, reach_back
from tasuki.metrics.plan.own import Own, own_figures, own_now
from tasuki.metrics.plan.quarters import EPOCH, Quarter, date_of, day_number, months_between, quarter_of
from tasuki.metrics.plan.record import Record, read_record, remembered
from tasuki.metrics.plan.way import DEALS, Link
from tasuki.metrics.reader import Facts
from tasuki.metrics.reasons import Reason
from tasuki.metrics.roles import Terms
from tasuki.shares import ENOUGH

INTERVAL = (2.5, 97.5)
"""Percent: between these quantiles lie 95 of 100 draws, as wide as the intervals of rates."""
MOST_QUARTERS, FARTHEST = 8, 12
"""So many goals at the most, and none of a quarter further from now."""


@dataclass(frozen=True)
class Cell:
    """A stage in a month: entries needed, with the 95 % interval; `there` are already, None in months to come.

    `coming`: expected within the month of those who are under way now, if nobody new comes in.
    """

    month: date
    needed: float
    low: float
    high: float
    there: int | None
    coming: float


@dataclass(frozen=True)
class Row:
    """A stage, or the deals won (DEALS). `early`: what the first quarter's goal needs by today, and of how much in all."""

    stage: str
    cells: tuple[Cell, ...]
    early: tuple[float, float]

    def of_quarter(self, quarter: Quarter) -> float:
        """Needed in the months of a quarter."""
        return sum(cell.needed for cell in self.cells if quarter.begin <= cell.month < quarter.end)

    @property
    def total(self) -> float:
        """Needed in all months."""
        return sum(cell.needed for cell in self.cells)


@dataclass(frozen=True)
class Month:
    """Revenue wanted in a month; won in it so far; and expected of what is under way."""

    month: date
    wanted: float
    won: float
    coming: float


@dataclass(frozen=True)
class Plan:
    """As known at `now` (µs UTC). `rows` in the order of the funnel, DEALS last; stages of which nothing can be said are in
    `lacking` with the reason. `gap` is that of the running quarter so far, `projected` to its end; None without a goal."""

    now: int
    today: date
    terms: Terms
    currency: str
    goals: tuple[Goal, ...]
    own: Own
    assumed: Assumed
    months: tuple[Month, ...]
    rows: tuple[Row, ...]
    lacking: Mapping[str, Reason]
    notes: tuple[Reason, ...]
    gap: Gap | None
    projected: Gap | None

    def row(self, stage: str) -> Row | None:
        """That of a stage."""
        return next((row for row in self.rows if row.stage == stage), None)


def running_quarter(facts: Facts) -> Quarter:
    """In which the facts end, in the agreement's time zone."""
    at = datetime.fromtimestamp(facts.as_of // 1_000_000, ZoneInfo(facts.terms.timezone))
    return quarter_of(at.date())


def make_plan(
    facts: Facts,
    goals: Sequence[Goal] = (),
    changes: Changes | None = None,
    *,
    currency: str = "",
    where: Mapping[str, str] | None = None,
) -> Plan:
    """What goals of revenue (in units of `currency`) need of each stage in each month, by own figures or what is changed.

    Goals are of quarters one after the other. Months are those from the running one, or the first goal's, to the last
    goal's. Own figures are those of now (`own.own_figures`), with their uncertainty (`assumed.assume`); the way back is in
    `need.needed`, the expectation of what is under way in `ahead.look_ahead`, the gap of the running quarter, against own
    figures as they were before it began, in `gap.gap_of`. `currency`: that of most deals won when empty. `where`: slices.
    UsageError: goals that do not fit, changes out of bounds.
    """
    with facts.lock:
        record = read_record(facts, currency, where)
        _check(goals, running_quarter(facts))
        own = own_now(facts, currency, where)
        assumed = assume(own, changes)
        rows, months = _table(record, assumed, goals) if goals else ((), ())
        key = ("plan gap", currency, tuple(sorted((where or {}).items())), tuple(goals))
        gap, projected = remembered(facts, key, lambda: _gaps(record, goals))
        return Plan(
            facts.as_of, date_of(record.today), facts.terms, record.currency, tuple(goals), own, assumed, months, rows,
            _lacking(assumed), _notes(record, own), gap, projected,
        )  # fmt: skip


def _check(goals: Sequence[Goal], running: Quarter) -> None:
    if len(goals) > MOST_QUARTERS:
        raise UsageError(f"goals of {len(goals)} quarters: {MOST_QUARTERS} at the most")
    for goal in goals:
        if not running.next(-FARTHEST) <= goal.quarter <= running.next(FARTHEST):
            raise UsageError(f"{goal.quarter} is further than {FARTHEST} quarters from {running}")
        if not 0 < goal.amount <= 1e15:
            raise UsageError(f"the goal of {goal.quarter} should be more than 0, and 10^15 at the most")
    for one, after in pairwise(goals):
        if after.quarter != one.quarter.next():
            raise UsageError(
                f"after {one.quarter} comes {one.quarter.next()}: give goals one after the other"
            )


def _table(
    record: Record, assumed: Assumed, goals: Sequence[Goal]
) -> tuple[tuple[Row, ...], tuple[Month, ...]]:
    begin = min(date_of(record.today).replace(day=1), goals[0].quarter.begin)
    months = months_between(begin, goals[-1].quarter.end)
    first, count = day_number(begin), day_number(goals[-1].quarter.end) - day_number(begin)
    starts = np.array([day_number(month) - first for month in months])
    need = needed(assumed, goals, first, count, rows=1 + DRAWS)
    since = min(first, record.today)
    ahead = look_ahead(record, assumed, since, first + count - since)
    early = _early(record, assumed, goals[0])
    rows = []
    for stage in (*record.way.stages, DEALS):
        if stage in need:
            found, days = np.add.reduceat(need[stage], starts, axis=1), ahead.entries[stage][first - since :]
            rows.append(Row(stage, tuple(_cells(record, months, starts, found, days)), early[stage]))
    return tuple(rows), tuple(_money(record, assumed, goals, months, ahead.entries[DEALS][first - since :]))


def _cells(
    record: Record, months: Sequence[date], starts: Ints, found: Floats, days: Floats
) -> list[Cell]:  # fmt: skip
    """Of a stage; `found`: (1 + DRAWS, months)."""
    low, high = (
        np.percentile(found[1:], INTERVAL, axis=0)
        if found.shape[0] > 1
        else (found[0], found[0])
    )  # fmt: skip
    there, coming = _split(record, months, starts, days)
    return [
        Cell(
            month, float(found[0, place]), float(low[place]), float(high[place]), there[place], coming[place]
        )
        for place, month in enumerate(months)
    ]


def _split(
    record: Record, months: Sequence[date], starts: Ints, days: Floats
) -> tuple[list[int | None], list[float]]:
    """Of what stands on each day, what is there and what is only expected, by month."""
    now = record.today - day_number(months[0]) + 1
    until = np.arange(len(days)) < now
    there = np.add.reduceat(np.where(until, days, 0.0), starts)
    coming = np.add.reduceat(np.where(until, 0.0, days), starts)
    counts = [round(float(n)) if start < now else None for n, start in zip(there, starts, strict=True)]
    return counts, [float(n) for n in coming]


def _money(
    record: Record, assumed: Assumed, goals: Sequence[Goal], months: Sequence[date], deals: Floats
) -> list[Month]:
    first = day_number(months[0])
    starts = np.array([day_number(month) - first for month in months])
    wanted = np.add.reduceat(a_day(goals, first, len(deals)), starts)
    inside = (record.wins.day >= first) & (record.wins.day < first + len(deals))
    cents = np.bincount(
        record.wins.day[inside] - first, weights=record.wins.cents[inside], minlength=len(deals)
    )
    won = np.add.reduceat(cents, starts) / 100
    _, coming = _split(record, months, starts, deals)
    value = float(assumed.value[0]) if assumed.value is not None else 0.0
    return [
        Month(month, float(wanted[place]), float(won[place]), coming[place] * value)
        for place, month in enumerate(months)
    ]


def _early(record: Record, assumed: Assumed, goal: Goal) -> dict[str, tuple[float, float]]:
    """Of what a goal alone needs of each stage: until today, and in all."""
    first = day_number(goal.quarter.begin) - reach_back(assumed)
    count = day_number(goal.quarter.end) - first
    found = needed(assumed, [goal], first, count, going_on=False)
    gone = max(record.today - first + 1, 0)
    return {stage: (float(rows[0, :gone].sum()), float(rows[0].sum())) for stage, rows in found.items()}


def _gaps(record: Record, goals: Sequence[Goal]) -> tuple[Gap | None, Gap | None]:
    running = quarter_of(date_of(record.today))
    goal = next((one for one in goals if one.quarter == running), None)
    if goal is None:
        return None, None
    assumed = assume(own_figures(record, before(goal.quarter, record.zone)), draws=0)
    end = day_number(running.end) - 1
    return gap_of(record, assumed, goals, goal), gap_of(record, assumed, goals, goal, through=end)


def before(quarter: Quarter, zone: str) -> int:
    """The last instant before a quarter, in µs UTC."""
    begin = datetime.combine(quarter.begin, time(), ZoneInfo(zone))
    since = begin - datetime(EPOCH.year, 1, 1, tzinfo=ZoneInfo("UTC"))
    return since // timedelta(microseconds=1) - 1


def _lacking(assumed: Assumed) -> dict[str, Reason]:
    """Stages of which it cannot be said how many are needed, and why."""
    own = assumed.own
    if assumed.value is None:
        return {DEALS: Reason("plan_no_value")}
    found: dict[str, Reason] = {}
    for link in own.way.links:
        if link.target in found:
            found[link.source] = Reason("plan_behind", {"stage": link.target})
        elif link.source not in assumed.rates:
            found[link.source] = _why(own, link)
    return found


def _why(own: Own, link: Link) -> Reason:
    step = own.steps[link.source]
    target = "WON" if link.target == DEALS else link.target
    if not step.carried.total:
        return Reason("plan_nobody_entered", {"stage": target})
    if not step.reached.total:
        return Reason("nobody", {"role": target})
    return Reason("plan_none_reached", {"count": step.reached.total, "stage": target})


def _notes(record: Record, own: Own) -> tuple[Reason, ...]:
    """What is left out, and of what there are few."""
    found = []
    if record.left_out:
        found.append(Reason("plan_left_out", {"count": record.left_out}))
    for name, count in record.others.items():
        found.append(Reason("plan_other_currency", {"count": count, "currency": name}))
    if 0 < len(own.cents) < ENOUGH:
        found.append(Reason("plan_few_deals", {"count": len(own.cents)}))
    few = [one for one in own.steps.values() if one.reached.count and not one.reached.enough]
    found += [Reason("plan_few", {"stage": one.link.source, "count": one.reached.total}) for one in few]
    return tuple(found)
