"""What a plan goes by: own figures with their uncertainty, or what somebody sets instead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from tasuki.errors import UsageError
from tasuki.metrics.plan.days import Ints
from tasuki.metrics.plan.own import LONGEST, Own, Step, mean_days

Floats = NDArray[np.float64]
DRAWS = 200
SEED = 7
LEAST_RATE, MOST_DAYS, MOST_VALUE = 0.001, 365.0, 1e12
"""Bounds of what can be set: rates and shares from LEAST_RATE to 1, days from 0, money from 1."""


@dataclass(frozen=True)
class Changes:
    """What somebody sets instead of own figures; keys are the stages from which a step begins.

    `rates` and `shares` from 0 to 1, `days` on average, `value` in units of the currency.
    """

    rates: Mapping[str, float] = field(default_factory=dict)
    days: Mapping[str, float] = field(default_factory=dict)
    shares: Mapping[str, float] = field(default_factory=dict)
    value: float | None = None

    def __bool__(self) -> bool:
        return bool(self.rates or self.days or self.shares or self.value is not None)


@dataclass(frozen=True)
class Assumed:
    """Row 0 is the best guess, the rows after it are draws. `lags[source]`: (1 + draws, days), each row adds up to 1.

    A step of which something is not known is missing in all three.
    """

    own: Own
    changes: Changes
    value: Floats | None
    rates: Mapping[str, Floats]
    shares: Mapping[str, Floats]
    lags: Mapping[str, Floats]


def assume(own: Own, changes: Changes | None = None, *, draws: int = DRAWS) -> Assumed:
    """Own figures, but for what is changed. The same seed gives the same draws, whatever is changed.

    Draws are from what is believed after seeing the cases: rates Beta(hits + ½, misses + ½), Jeffreys' prior (Brown, Cai,
    DasGupta 2001: Interval Estimation for a Binomial Proportion); the shares of a target's entries Dirichlet with ½; days
    and amounts by the Bayesian bootstrap (Rubin 1981): observed values with Dirichlet weights, nothing assumed of their
    shape. What is set by hand is taken for certain. UsageError: out of bounds, or of a stage that begins no step.
    """
    changes = changes or Changes()
    _check(own, changes)
    generator = np.random.default_rng(SEED)
    shares = _shares(own, changes, generator, draws)
    rates: dict[str, Floats] = {}
    lags: dict[str, Floats] = {}
    for source, step in own.steps.items():
        rate, lag = _rate(step, generator, draws), _lag(step.lags, generator, draws)
        if source in changes.rates:
            rate = np.full(1 + draws, changes.rates[source])
        if source in changes.days:
            lag = _moved(step.lags, changes.days[source], draws)
        if rate is not None and lag is not None and source in shares:
            rates[source], lags[source] = rate, lag
    value = _value(own.cents, generator, draws)
    if changes.value is not None:
        value = np.full(1 + draws, changes.value)
    return Assumed(own, changes, value, rates, {name: shares[name] for name in rates}, lags)


def _rate(step: Step, generator: np.random.Generator, draws: int) -> Floats | None:
    hits, total = step.reached.count, step.reached.total
    drawn = generator.beta(hits + 0.5, total - hits + 0.5, draws)
    return np.append(hits / total, np.maximum(drawn, LEAST_RATE)) if hits else None


def _shares(own: Own, changes: Changes, generator: np.random.Generator, draws: int) -> dict[str, Floats]:
    """Of each step; those of one target and the others of it add up to 1, in every row.

    A share that is set leaves the rest to those that are not, in their own proportion.
    """
    found: dict[str, Floats] = {}
    for target in dict.fromkeys(link.target for link in own.way.links):
        feeders = own.way.feeders(target)
        carried = [own.steps[one.source].carried for one in feeders]
        total = carried[0].total
        if not total:
            continue
        counts = np.array([one.count for one in carried] + [total - sum(one.count for one in carried)], float)
        rows = np.vstack([counts / total, generator.dirichlet(counts + 0.5, draws)])
        given = [changes.shares.get(one.source) for one in feeders] + [None]
        fixed = np.array([share is not None for share in given])
        if fixed.any():
            left = 1.0 - sum(share for share in given if share is not None)
            free = rows[:, ~fixed]
            weights = free.sum(axis=1, keepdims=True)
            rows[:, ~fixed] = left * np.where(weights > 0, free / np.where(weights > 0, weights, 1.0), 0.0)
            rows[:, fixed] = [share for share in given if share is not None]
        for place, one in enumerate(feeders):
            found[one.source] = rows[:, place]
    return found


def _lag(counts: Ints, generator: np.random.Generator, draws: int) -> Floats | None:
    """Shares by day: as observed, then weighted anew in each draw."""
    days = np.flatnonzero(counts)
    if not len(days):
        return None
    rows = np.zeros((1 + draws, len(counts)))
    rows[0] = counts / counts.sum()
    rows[1:, days] = generator.dirichlet(counts[days].astype(float), draws)
    return rows


def _moved(counts: Ints, days: float, draws: int) -> Floats | None:
    """The same shape stretched or shortened to another average; all at `days` where it has no length."""
    mean = mean_days(counts)
    shape = counts / counts.sum() if mean else np.array([1.0])
    at = np.minimum(np.arange(len(shape)) * (days / mean) if mean else np.array([days]), LONGEST)
    low = np.floor(at).astype(np.int64)
    row = np.zeros(int(low.max()) + 2)
    np.add.at(row, low, shape * (1 - (at - low)))
    np.add.at(row, low + 1, shape * (at - low))
    return np.tile(row, (1 + draws, 1))


def _value(cents: Ints, generator: np.random.Generator, draws: int) -> Floats | None:
    if not len(cents):
        return None
    amounts, counts = np.unique(cents, return_counts=True)
    drawn = generator.dirichlet(counts.astype(float), draws) @ amounts
    return np.append(cents.mean(), drawn) / 100


def _check(own: Own, changes: Changes) -> None:
    for what, given, least, most in (
        ("rate", changes.rates, LEAST_RATE, 1.0),
        ("days", changes.days, 0.0, MOST_DAYS),
        ("share", changes.shares, 0.0, 1.0),
        ("value", {} if changes.value is None else {"": changes.value}, 1.0, MOST_VALUE),
    ):
        for source, number in given.items():
            if source and source not in own.steps:
                raise UsageError(
                    f"{what} of `{source}`: no step begins there; there is {', '.join(own.way.stages)}"
                )
            if not least <= number <= most:
                raise UsageError(f"{what} {source or ''}: {number:g} is not from {least:g} to {most:g}")
    for target in {link.target for link in own.way.links}:
        if sum(changes.shares.get(one.source, 0.0) for one in own.way.feeders(target)) > 1.0 + 1e-9:
            raise UsageError("shares of one stage are more than all of it: lower one of them")
