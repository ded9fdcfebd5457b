"""Backwards from goals of revenue to the entries that each stage needs, day by day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tasuki.metrics.plan.assumed import Assumed, Floats
from tasuki.metrics.plan.quarters import Quarter, day_number
from tasuki.metrics.plan.way import DEALS


@dataclass(frozen=True)
class Goal:
    """So much revenue in a quarter, in units of the currency."""

    quarter: Quarter
    amount: float


def a_day(goals: Sequence[Goal], first: int, count: int, *, going_on: bool = True) -> Floats:
    """Revenue wanted on each of `count` days from the day number `first` on: a quarter's goal, evenly over its days.

    Before the first quarter and after the last one their goals are taken to go on (`going_on`), else nothing is wanted:
    without it the months before the end of a plan would need no leads, for nobody would need them later.
    """
    days = np.arange(first, first + count)
    wanted = np.zeros(count)
    for goal in goals:
        begin, end = day_number(goal.quarter.begin), day_number(goal.quarter.end)
        wanted[(days >= begin) & (days < end)] = goal.amount / goal.quarter.days
    if going_on and goals:
        first_goal, last_goal = goals[0], goals[-1]
        wanted[days < day_number(first_goal.quarter.begin)] = first_goal.amount / first_goal.quarter.days
        wanted[days >= day_number(last_goal.quarter.end)] = last_goal.amount / last_goal.quarter.days
    return wanted


def reach_back(assumed: Assumed) -> int:
    """Days between the first entry on the way and the last of what can come of it."""
    steps = assumed.own.steps
    return sum(max(lags.shape[1], len(steps[source].missed)) - 1 for source, lags in assumed.lags.items())


def needed(
    assumed: Assumed, goals: Sequence[Goal], first: int, count: int, *, rows: int = 1, going_on: bool = True
) -> Mapping[str, Floats]:
    """Entries that each stage needs on `count` days from `first` on: stage → (rows, count), DEALS for the deals won.

    Row 0 is the best guess, the others are draws of `assumed`. A day's deals are revenue ÷ average value. Entries into a
    stage on day c that come from a stage before it: Σ over lags d of (needed on day c + d · share that comes so · share
    that takes d days) ÷ rate. So what happened on a day is traced back to the days on which it began; an entry is needed
    before its deal, and what is needed in all is exactly what the rates ask for. Traced back and then carried forward,
    a goal comes out smoothed over the spread of the lags, with the same sum; one that goes on steadily comes out itself.

    Stages behind a step that is not known are missing. Circular convolution by FFT with room for all lags.
    """
    if assumed.value is None:
        return {}
    room = count + reach_back(assumed)
    wanted = a_day(goals, first, room, going_on=going_on)
    size = 1 << max(room - 1, 2).bit_length()
    size = 3 * size // 4 if 3 * size // 4 >= room else size
    spectra = {DEALS: np.fft.rfft(wanted, size) / assumed.value[:rows, None]}
    for link in assumed.own.way.links:
        if link.source not in assumed.rates or link.target not in spectra:
            continue
        factor = assumed.shares[link.source][:rows] / assumed.rates[link.source][:rows]
        back = np.conj(np.fft.rfft(assumed.lags[link.source][:rows], size, axis=1))
        spectra[link.source] = spectra[link.target] * back * factor[:, None]
    return {
        stage: np.maximum(np.fft.irfft(found, size, axis=1)[:, :count], 0.0)
        for stage, found in spectra.items()
    }
