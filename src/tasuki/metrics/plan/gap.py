"""What is missing to a goal, or above it, and why: effects that add up to it exactly."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from babel.numbers import get_currency_precision

from tasuki.metrics.plan.ahead import Ahead, decision_lags, look_ahead
from tasuki.metrics.plan.assumed import Assumed, Floats
from tasuki.metrics.plan.need import Goal, needed, reach_back
from tasuki.metrics.plan.quarters import day_number
from tasuki.metrics.plan.record import Record
from tasuki.metrics.plan.way import DEALS

Kind = Literal["volume", "rate", "lag", "others", "value", "spread"]
NEGLIGIBLE = 1e-9


@dataclass(frozen=True)
class Effect:
    """What one cause adds to the result, against the plan.

    `volume`: entries into `source`, where the way begins. `rate`: which share of those decided went on from `source` to
    `target`. `lag`: how many were decided by then, of all who came. `others`: entries into `source` that came again or
    otherwise. `value`: what a deal brings. `spread`: what the plan itself smooths between quarters of different goals.

    `deals` in won deals (0 for value), `money` in hundredths of the currency. `planned` and `actual` are what is compared:
    rates; else entries, decided ones, each weighted by the deals that one of its day is worth within the time; money.
    """

    kind: Kind
    source: str
    target: str
    planned: float
    actual: float
    deals: float
    money: int = 0
    cases: float | None = None
    """Of how many deals `actual` is, for value."""


@dataclass(frozen=True)
class Flow:
    """Entries into a stage within the time, as needed and as they were."""

    stage: str
    planned: float
    actual: float


@dataclass(frozen=True)
class Gap:
    """Of one quarter from its begin through the day number `until`: money in hundredths of the currency.

    `gap` is `actual` − `target` and the sum of the effects' money, the largest first. `is_projected`: with days to come.
    """

    goal: Goal
    until: int
    target: int
    actual: int
    deals: tuple[float, float]
    effects: tuple[Effect, ...]
    flows: tuple[Flow, ...]
    is_projected: bool

    @property
    def gap(self) -> int:
        """Below 0: so much is missing."""
        return self.actual - self.target

    @property
    def greatest(self) -> Effect | None:
        """The effect that does most in the direction of the gap."""
        sign = -1 if self.gap < 0 else 1
        pulling = [one for one in self.effects if one.money * sign > 0]
        return max(pulling, key=lambda one: abs(one.money), default=None)


def gap_of(
    record: Record, assumed: Assumed, goals: Sequence[Goal], goal: Goal, *, through: int | None = None
) -> Gap | None:
    """Why a quarter is where it is, through the day number `through` (the last that is over when None).

    None where the quarter has no such day, or no value is known.

    `assumed` is what the plan went by: own figures of before the quarter began. Days after today are expected as
    `ahead.look_ahead` says, with new entries as planned.

    An entry into stage s on day c is worth k_s(c) won deals within the time: 1 for a deal won in it, and rate · Σ over lags
    d of (share of d · k(c + d)) of the next stage for a stage before it. Then, of each step a → s, with everything weighted
    by k_s: N got there, of D decided; plan's rates and lags make of the very entries into a that came V of P decided.
    N − V = (D − P) · mean of both rates [lag] + (N/D − V/P) · mean of D and P [rate], Shapley's values of the product of
    two factors. And V is the sum of k_a over entries into a: what is left is the same question of a, one stage earlier, up
    to where the way begins. So the effects add up to the gap in deals exactly; in money by the same halving with the value.
    """
    if assumed.value is None:
        return None
    begin, end = day_number(goal.quarter.begin), day_number(goal.quarter.end)
    until = min(record.over if through is None else through, end - 1)
    if until < begin:
        return None
    first = begin - reach_back(assumed)
    count = max(until, record.today) - first + 1
    plan = {stage: rows[0] for stage, rows in needed(assumed, goals, first, count).items()}
    ahead = look_ahead(record, assumed, first, count, plan)
    window = np.zeros(count)
    window[begin - first : until - first + 1] = 1.0
    found = _together(_effects(assumed, ahead, plan, DEALS, window))
    deals = (float(plan[DEALS] @ window), float(ahead.entries[DEALS] @ window))
    grain = 10 ** max(2 - get_currency_precision(record.currency), 0)
    target = grain * round(100 * goal.amount * (until - begin + 1) / goal.quarter.days / grain)
    actual, value = _money(record, assumed, deals[1], begin, until, grain)
    effects = _in_money(found, deals, (float(assumed.value[0]), value), actual - target, grain)
    flows = tuple(
        Flow(stage, float(plan[stage] @ window), float(ahead.entries[stage] @ window))
        for stage in (*record.way.stages, DEALS)
        if stage in plan
    )
    return Gap(goal, until, target, actual, deals, effects, flows, until > record.today)


def _together(effects: Iterable[Effect]) -> list[Effect]:
    """The same with one effect for all that the plan smooths by itself."""
    found = list(effects)
    smoothed = sum(one.deals for one in found if one.kind == "spread")
    return [
        *(one for one in found if one.kind != "spread"),
        Effect("spread", "", "", 0.0, smoothed, smoothed),
    ]


def _effects(
    assumed: Assumed, ahead: Ahead, plan: Mapping[str, Floats], stage: str, weight: Floats
) -> Iterator[Effect]:
    """Of entries into a stage, each weighted by its day: what they are more or less than planned."""
    links = [link for link in assumed.own.way.feeders(stage) if link.source in plan]
    planned, actual = float(plan[stage] @ weight), float(ahead.entries[stage] @ weight)
    left = (planned, actual)
    for link in links:
        source = link.source
        rate, lags = float(assumed.rates[source][0]), assumed.lags[source][0]
        worth = rate * back(weight, lags)
        came, step = ahead.entries[source], ahead.passing[source]
        got, decided = float(step.reached @ weight), float(step.decided @ weight)
        usual = (float(came @ worth), float(came @ back(weight, decision_lags(assumed, source))))
        yield from _step(source, stage, (got, decided), usual, rate)
        yield from _effects(assumed, ahead, plan, source, worth)
        wanted = float(assumed.shares[source][0]) * planned
        yield Effect(
            "spread", source, stage, wanted, float(plan[source] @ worth), float(plan[source] @ worth) - wanted
        )
        left = (left[0] - wanted, left[1] - got)
    kind: Kind = "others" if links else "volume"
    yield Effect(kind, stage, "", *left, left[1] - left[0])


def _step(
    source: str, target: str, got_of: tuple[float, float], usual_of: tuple[float, float], rate: float
) -> Iterator[Effect]:
    """Lag and rate of one step."""
    (got, decided), (usual, awaited) = got_of, usual_of
    planned = usual / awaited if awaited > NEGLIGIBLE else rate
    actual = got / decided if decided > NEGLIGIBLE else planned
    yield Effect("lag", source, target, awaited, decided, (decided - awaited) * (actual + planned) / 2)
    yield Effect("rate", source, target, planned, actual, (actual - planned) * (decided + awaited) / 2)


def back(weight: Floats, lags: Floats) -> Floats:
    """On each day Σ over lags d of (share of d · weight of the day d later); nothing is later than the last day."""
    return np.convolve(weight[::-1], lags)[: len(weight)][::-1]


def _money(
    record: Record, assumed: Assumed, deals: float, begin: int, until: int, grain: int
) -> tuple[int, float]:
    """What was won from `begin` through `until`, with what is expected, in hundredths; and what a deal of it brings."""
    inside = (record.wins.day >= begin) & (record.wins.day <= until)
    assert assumed.value is not None
    usual = float(assumed.value[0])
    cents = int(record.wins.cents[inside].sum())
    total = cents + grain * round(100 * usual * max(deals - int(inside.sum()), 0.0) / grain)
    return total, total / 100 / deals if deals > NEGLIGIBLE else usual


def _in_money(
    found: Sequence[Effect], deals: tuple[float, float], value: tuple[float, float], gap: int, grain: int
) -> tuple[Effect, ...]:
    """The effects with their money, to the last yen or cent; those that are nothing left out, the largest first."""
    each = sum(value) / 2
    full = [(one, 100 * one.deals * each) for one in found]
    worth = Effect("value", DEALS, "", value[0], value[1], 0.0, cases=deals[1])
    full.append((worth, 100 * (value[1] - value[0]) * sum(deals) / 2))
    step = grain if gap % grain == 0 else 1
    cents = [step * count for count in _whole([money / step for _, money in full], gap // step)]
    made = [
        replace(one, money=money)
        for (one, _), money in zip(full, cents, strict=True)
        if money or abs(one.deals) > NEGLIGIBLE
    ]
    return tuple(sorted(made, key=lambda one: -abs(one.money)))


def _whole(parts: Sequence[float], total: int) -> list[int]:
    """Whole numbers near these that add up to the total: rounded down, and what is left to those with the largest rests."""
    found = [int(np.floor(part)) for part in parts]
    rests = sorted(range(len(parts)), key=lambda place: found[place] - parts[place])
    left = total - sum(found)
    for turn in range(abs(left)):
        found[rests[turn % len(rests)]] += 1 if left > 0 else -1
    return found
