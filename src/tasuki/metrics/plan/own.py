"""A company's own figures on its way to won deals: rates, days, where entries come from, what a deal brings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tasuki.metrics.items import MATURE
from tasuki.metrics.lags import count
from tasuki.metrics.plan.days import DAY, Ints
from tasuki.metrics.plan.record import Moves, Record, read_record, remembered
from tasuki.metrics.plan.way import Link, Way
from tasuki.metrics.reader import Facts
from tasuki.shares import Share

Bools = NDArray[np.bool_]
YEAR_DAYS = 365
PATIENCE = 2
LONGEST = 730
"""Days: what takes longer counts as so long."""


@dataclass(frozen=True)
class Step:
    """From one stage to the next, as of a time.

    `reached`: of the mature entries of a year, how many got there, as the KPIs count it (`metrics.items`): the year up to
    the last mature one. `carried`: of the entries into the target within a year, how many came from this stage on the same
    run; the others came again, or otherwise. `lags[d]` of those that got there took d days. `missed[d]`: of those that did
    not, it was decided after d days: they were given up, or had waited for `patience` days, twice as long as nine tenths
    took of those who got there (None: nobody has). Nobody needs to be waited for twice as long as that, but who is only
    slower is not lost yet.
    """

    link: Link
    reached: Share
    carried: Share
    lags: Ints
    missed: Ints
    patience: int | None

    @property
    def days(self) -> float | None:
        """How long it takes on average."""
        return mean_days(self.lags)


@dataclass(frozen=True)
class Own:
    """All of it, as known at `as_of` (µs UTC). `cents`: amounts of the deals won within a year, in hundredths."""

    as_of: int
    currency: str
    way: Way
    steps: Mapping[str, Step]
    cents: Ints

    @property
    def value(self) -> float | None:
        """What a won deal brings on average; None where none was won."""
        return float(self.cents.mean()) / 100 if len(self.cents) else None


def mean_days(counts: Ints) -> float | None:
    """The mean of a distribution over whole days; None of nothing."""
    total = float(counts.sum())
    return float(counts @ np.arange(len(counts))) / total if total else None


def own_figures(record: Record, as_of: int | None = None) -> Own:
    """Own figures as they were at a time (µs UTC; when the record ends if None): only what had happened by then counts."""
    then = record.now if as_of is None else min(as_of, record.now)
    steps = {link.source: _step(record, link, then) for link in record.way.links}
    within = (record.wins.at <= then) & (record.wins.at > then - YEAR_DAYS * DAY)
    return Own(then, record.currency, record.way, steps, record.wins.cents[within])


def own_now(facts: Facts, currency: str = "", where: Mapping[str, str] | None = None) -> Own:
    """Those of now, remembered. `currency`, `where`: as `read_record`."""
    key = ("plan own", currency, tuple(sorted((where or {}).items())))
    return remembered(facts, key, lambda: own_figures(read_record(facts, currency, where)))


def _step(record: Record, link: Link, then: int) -> Step:
    moves = record.moves[link.source]
    carried = _carried(record, link, then)
    hit = moves.reached <= then
    if not hit.any():
        nothing = np.zeros(1, np.int64)
        return Step(link, Share(0, 0), carried, nothing, nothing, None)
    lag = float(np.quantile(moves.reached[hit] - moves.at[hit], MATURE))
    patience = int(np.ceil(PATIENCE * lag / DAY))
    mature, waited = then - round(lag), then - patience * DAY
    basis = _within_year(moves.at, mature)
    got, total = basis & hit, count(basis) + count(_within_year(moves.open, mature))
    lags = np.minimum(moves.reached_day[got] - moves.at_day[got], LONGEST)
    is_old = any(_within_year(at, waited).any() for at in record.entries(link.source))
    missed = _missed(moves, then, waited if is_old else mature, patience)
    return Step(
        link, Share(count(got), total), carried, np.bincount(lags, minlength=1),
        np.bincount(np.minimum(missed, LONGEST), minlength=1), patience,
    )  # fmt: skip


def _within_year(at: Ints, until: int) -> Bools:
    return (at <= until) & (at > until - YEAR_DAYS * DAY)


def _carried(record: Record, link: Link, then: int) -> Share:
    came = sum(count(_within_year(at, then)) for at in record.entries(link.target))
    return Share(count(_within_year(record.moves[link.source].reached, then)), came)


def _missed(moves: Moves, then: int, until: int, patience: int) -> Ints:
    """Of entries of the year until a time that did not get there: after how many days that was decided."""
    chosen = _within_year(moves.at, until) & (moves.reached > then)
    gone, days = moves.dropped[chosen] <= then, moves.dropped_day[chosen] - moves.at_day[chosen]
    given_up = np.minimum(np.where(gone, days, patience), patience)
    return np.append(given_up, np.full(count(_within_year(moves.open, until)), patience))


def others_share(own: Own, target: str) -> float | None:
    """Which share of the entries into a stage came again or otherwise; None where nobody entered it within the year."""
    feeders = own.way.feeders(target)
    total = own.steps[feeders[0].source].carried.total if feeders else 0
    if not feeders:
        return 1.0
    return 1.0 - sum(own.steps[one.source].carried.count for one in feeders) / total if total else None
