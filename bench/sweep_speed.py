"""A sweep of 20 steps, beside replays of the same history."""

from __future__ import annotations

import tempfile
from pathlib import Path

from bench import company
from bench.table import Figure, Result
from bench.timing import in_turn, medians, say
from tasuki.backtest.sweep import setting_of, sweep
from tasuki.engine.replay import replay
from tasuki.history import open_history

ACTIVITIES, LEADS = 10_000_000, 200_000
THREADS, RUNS = 2, 3
BAR = "MQL.person=60:155:5"
POINTS = "behavior.s0=1:20:1"


def run(scale: float) -> Result:
    """The bar and the points of one rule, each against the replay, in turn."""
    agreement = company.agreement(won=True)
    with tempfile.TemporaryDirectory() as folder:
        say("sweep: making a history")
        company.write_company(Path(folder) / "history", int(ACTIVITIES * scale), int(LEADS * scale), won=True)
        history = open_history(Path(folder) / "history")
        say("sweep: replay, a bar, points in turn")
        spent = in_turn(
            {
                "replay": lambda: replay(agreement, history, threads=THREADS),
                "bar": lambda: sweep(agreement, history, setting_of(BAR), "WON", threads=THREADS),
                "points": lambda: sweep(agreement, history, setting_of(POINTS), "WON", threads=THREADS),
            },
            RUNS,
        )
        folded = {
            place: [step.folded for step in sweep(agreement, history, setting_of(place), "WON").steps]
            for place in (BAR, POINTS)
        }
    median = medians(spent.wall)
    figures = [
        Figure("sweep of 20 bars costs replays", median["bar"] / median["replay"], "×", 10),
        Figure("sweep of 20 points of a rule costs replays", median["points"] / median["replay"], "×", 10),
    ]
    return Result(
        figures,
        {
            "leads": history.leads,
            "seconds": spent.wall,
            "processor_seconds": spent.processor,
            "medians": median,
            "folded": folded,
        },
    )
