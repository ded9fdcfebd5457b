"""The fold of a few leads held in memory, as the live server does it."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING

import numpy as np

from bench import company
from bench.table import Figure, Result
from bench.timing import in_turn, say
from tasuki.engine.compile import compile_agreement
from tasuki.engine.replay import fold
from tasuki.history import Activity, Profile

if TYPE_CHECKING:
    from tasuki.engine.compile import Compiled

BATCHES = (1, 10, 100, 1000)
ACTIVITIES_OF_A_LEAD = 50
FOLDS = 2000  # leads folded in one run of each batch size, so that each run takes long enough to be timed
RUNS = 5


class Batch:
    """So many leads with a profile and 50 activities each, as values in memory."""

    def __init__(self, leads: int) -> None:
        rng = np.random.default_rng(leads)
        self.leads = leads
        self.profiles = [
            Profile(f"L{i}", company.START, {"email": "x@example.com", "rank": str(i % company.RANKS)})
            for i in range(leads)
        ]
        self.activities = [
            Activity(f"L{i}", company.START + int(after), {"type": f"t{shape}"})
            for i in range(leads)
            for after, shape in zip(
                rng.integers(1, company.SPAN, ACTIVITIES_OF_A_LEAD),
                rng.choice(company.SHAPES, ACTIVITIES_OF_A_LEAD, p=company.shape_weights()),
                strict=True,
            )
        ]

    def fold(self, compiled: Compiled, times: int) -> None:
        """Fold it so many times."""
        for _ in range(times):
            fold(compiled, self.profiles, self.activities, (), company.START + company.SPAN)


def run(scale: float) -> Result:
    """Microseconds for each lead, from values in memory to a result."""
    say("fold: a few leads in memory")
    compiled = compile_agreement(company.agreement())
    folds = max(max(BATCHES), int(FOLDS * scale))
    batches = {str(leads): Batch(leads) for leads in BATCHES}
    spent = in_turn(
        {
            name: lambda batch=batch: batch.fold(compiled, folds // batch.leads)  # type: ignore[misc]
            for name, batch in batches.items()
        },
        RUNS,
    )
    each = {
        name: [1e6 * one / (folds // batches[name].leads * batches[name].leads) for one in found]
        for name, found in spent.wall.items()
    }
    figures = [
        Figure(f"fold in memory, {name} at a time, a lead", statistics.median(found), "µs")
        for name, found in each.items()
    ]
    return Result(figures, {"activities_of_a_lead": ACTIVITIES_OF_A_LEAD, "microseconds_of_a_lead": each})
