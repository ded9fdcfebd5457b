"""What happened on the way day by day, and what is to be expected of those who are still on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from tasuki.metrics.plan.assumed import Assumed, Floats
from tasuki.metrics.plan.days import Tally, tally
from tasuki.metrics.plan.own import LONGEST
from tasuki.metrics.plan.record import Moves, Record
from tasuki.metrics.plan.way import DEALS


@dataclass(frozen=True)
class Passing:
    """One step on each day: `reached`, how many got to its target; `decided`, of how many it was decided whether they do.

    Up to today as it was, from then on as it is to be expected.
    """

    reached: Floats
    decided: Floats


@dataclass(frozen=True)
class Ahead:
    """Days from `first` on; those after `today` are expected. `entries`: stage → entries a day, DEALS for deals won."""

    first: int
    today: int
    entries: Mapping[str, Floats]
    passing: Mapping[str, Passing]


def look_ahead(
    record: Record, assumed: Assumed, first: int, count: int, planned: Mapping[str, Floats] | None = None
) -> Ahead:
    """`count` days from the day number `first` on, which is not after today.

    After today: each entry of which nothing is decided yet gets on by what its own age leaves of the assumed lags and rate;
    what it reaches goes on from there. New entries into the first stages, and those that come again or otherwise, are as
    `planned` (stage → a day, on the same days); none when left out: then it is only what is under way.
    """
    entries: dict[str, Floats] = {}
    passing: dict[str, Passing] = {}
    now = record.today - first + 1
    for stage in (*record.way.stages, DEALS):
        there = _by_day(record.came(stage), first, count)
        arriving = np.zeros(count)
        known_share = 0.0
        for link in record.way.feeders(stage):
            if link.source in assumed.rates:
                arriving += passing[link.source].reached
                known_share += float(assumed.shares[link.source][0])
        if planned is not None and stage in planned:
            new = (1.0 - known_share) * planned[stage]
            new[now : now + 1] += record.rest * new[now - 1]  # what today still brings, tomorrow
            arriving += new
        there[now:] = arriving[now:]
        entries[stage] = there
        if stage in assumed.rates:
            passing[stage] = _passing(record.moves[stage], record, assumed, stage, first, there)
    return Ahead(first, record.today, entries, passing)


def _by_day(counted: Tally, first: int, count: int) -> Floats:
    """How many on each of `count` days from `first` on."""
    days, counts = counted
    inside = (days >= first) & (days < first + count)
    return np.bincount(days[inside] - first, counts[inside], count).astype(
        np.float64
    )  # of nothing it is of whole numbers


def decision_lags(assumed: Assumed, source: str) -> Floats:
    """Which share of those who enter is decided after so many days; adds up to 1.

    Days that are set by hand move the lags of those who get there; the others are decided as they were.
    """
    missed = assumed.own.steps[source].missed.astype(np.float64)
    lags, rate = assumed.lags[source][0], float(assumed.rates[source][0])
    size = max(len(missed), len(lags))
    lost = missed / missed.sum() if missed.any() else lags
    return rate * _padded(lags, size) + (1 - rate) * _padded(lost, size)


def _padded(row: Floats, size: int) -> Floats:
    return np.pad(row, (0, size - len(row)))


def _passing(
    moves: Moves, record: Record, assumed: Assumed, source: str, first: int, entries: Floats
) -> Passing:
    count, now = len(entries), record.today - first + 1
    step, rate, lags = (
        assumed.own.steps[source],
        float(assumed.rates[source][0]),
        assumed.lags[source][0],
    )
    patience = LONGEST if step.patience is None else step.patience
    (came, given_up), (days, waiting) = moves.lost, moves.waiting
    over = days + patience <= record.today
    reached = _by_day(moves.got, first, count)
    decided = reached + _by_day(tally(np.minimum(given_up, came + patience)), first, count)
    decided += _by_day((days[over] + patience, waiting[over]), first, count)
    ends = decision_lags(assumed, source)
    weights = _by_age((record.today - days[~over], waiting[~over]), ends, record.rest)
    _add(reached, now, rate * _to_come(_padded(lags, len(ends)), weights, record.rest))
    _add(decided, now, _to_come(ends, weights, record.rest))
    later = entries.copy()
    later[:now] = 0.0
    if later.any():
        reached += rate * np.convolve(later, lags)[:count]
        decided += np.convolve(later, ends)[:count]
    return Passing(reached, decided)


def _by_age(waiting: Tally, ends: Floats, rest: float) -> Floats:
    """How many wait by their age in days, each over the share of `ends` that is still to come at its age, 0 for none."""
    size, (ages, counted) = len(ends), waiting
    counts = np.bincount(np.minimum(ages, size), counted, size + 1)[:size]
    left = np.append(np.cumsum(ends[::-1])[::-1][1:], 0.0) + rest * ends
    return np.divide(counts, left, out=np.zeros(size), where=left > 0)


def _to_come(lags: Floats, weights: Floats, rest: float) -> Floats:
    """Of shares by day, those of tomorrow and later for all who wait; what today may still bring, tomorrow."""
    found = np.append(np.convolve(lags, weights[::-1]), 0.0)[len(weights) :]
    found[0] += rest * float(lags @ weights)
    return found


def _add(to: Floats, place: int, more: Floats) -> None:
    """From a place on, as far as there is room."""
    room = min(len(more), len(to) - place)
    if room > 0:
        to[place : place + room] += more[:room]
