"""What happened on the way day by day, and what is to be expected of those who are still on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from tasuki.metrics.plan.assumed import Assumed, Floats
from tasuki.metrics.plan.days import Ints
from tasuki.metrics.plan.own import LONGEST, decision_days
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
        _, days = record.entries(stage)
        there = _by_day(days[days <= record.today], first, count)
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


def _by_day(days: Ints, first: int, count: int) -> Floats:
    """How many on each day; those before `first` on none."""
    inside = days[(days >= first) & (days < first + count)] - first
    return np.bincount(inside, minlength=count).astype(np.float64)


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
    hit, gone = moves.reached <= record.now, moves.dropped <= record.now
    decided_on = decision_days(moves, hit, gone, LONGEST if step.patience is None else step.patience)
    reached = _by_day(moves.reached_day[hit], first, count)
    decided = _by_day(decided_on[decided_on <= record.today], first, count)
    ends = decision_lags(assumed, source)
    waiting = moves.at_day[(decided_on > record.today) & (moves.at <= record.now)]
    weights = _by_age(record.today - waiting, ends, record.rest)
    _add(reached, now, rate * _to_come(_padded(lags, len(ends)), weights, record.rest))
    _add(decided, now, _to_come(ends, weights, record.rest))
    later = entries.copy()
    later[:now] = 0.0
    if later.any():
        reached += rate * np.convolve(later, lags)[:count]
        decided += np.convolve(later, ends)[:count]
    return Passing(reached, decided)


def _by_age(ages: Ints, ends: Floats, rest: float) -> Floats:
    """How many wait by their age in days, each over the share of `ends` that is still to come at its age, 0 for none."""
    size = len(ends)
    counts = np.bincount(np.minimum(ages, size), minlength=size + 1)[:size]
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
