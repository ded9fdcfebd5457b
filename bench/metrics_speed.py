"""Figures over a million leads and ten million activities: KPIs by month, tables, opening, taking in what is new; and every
page of figures, first looked at after new facts came in, then again."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from bench.made_facts import add, make
from bench.table import Figure, Result
from bench.timing import MemoryWatch, say, seconds_of
from tasuki.metrics.asking import Question
from tasuki.metrics.compute import compute, leads_behind
from tasuki.metrics.dashboards.flows import flow, velocity
from tasuki.metrics.dashboards.funnels import cohort_funnel, matrix, snapshot_funnel
from tasuki.metrics.dashboards.teams import follow_up, leaderboard, revenue
from tasuki.metrics.kpis import kpis_of
from tasuki.metrics.reader import Facts, open_facts
from tasuki.metrics.roles import Terms

LEADS, ACTIVITIES = 1_000_000, 10_000_000
THREADS, RUNS, REFRESHES = 2, 5, 20
LIMIT = 200.0
LIMIT_OF_PLANS = 400.0
"""Milliseconds for any figure, table or page of them; for a plan."""


def run(scale: float) -> Result:
    """Make the facts, open them, ask everything; then look at each page as people do."""
    with tempfile.TemporaryDirectory() as folder:
        data, leads = Path(folder) / "data", int(LEADS * scale)
        say("metrics: making facts")
        terms = make(data / "facts", leads, int(ACTIVITIES * scale))
        asked = measured(data / "facts", terms, leads)
        looked = _looked(data, leads)
    return Result([*asked.figures, *_figures(looked)], {**asked.numbers, **looked})


def measured(folder: Path, terms: Terms, leads: int) -> Result:
    """Open, ask each thing some times, take in what is new."""
    say("metrics: opening")
    with MemoryWatch() as watch:
        facts: list[Facts] = []
        opened = seconds_of(lambda: facts.append(open_facts(folder, threads=THREADS)))
        peak = watch.peak
    say("metrics: asking")
    asked = {name: _milliseconds(action) for name, action in _questions(facts[0]).items()}
    say("metrics: taking in what is new")
    taken = [_taken(facts[0], folder, terms, leads) for _ in range(REFRESHES)]
    facts[0].close()
    kpis = {name: each for name, each in asked.items() if not name.startswith("table")}
    tables = {name: each for name, each in asked.items() if name.startswith("table")}
    slowest, slowest_table = max(kpis, key=kpis.__getitem__), max(tables, key=tables.__getitem__)
    figures = [
        Figure(f"slowest KPI by month ({slowest})", kpis[slowest], "ms", LIMIT),
        Figure("KPI by month, median of all", statistics.median(kpis.values()), "ms"),
        Figure(f"slowest table ({slowest_table})", tables[slowest_table], "ms", LIMIT),
        Figure("opening all facts", opened, "s"),
        Figure("memory while opening", peak / 1e6, "MB"),
        Figure("taking in a refresh, median", statistics.median(taken) * 1000, "ms"),
        Figure(f"taking in a refresh, slowest of {REFRESHES}", max(taken) * 1000, "ms"),
    ]
    return Result(figures, {"asked": asked, "opened": opened, "taken": taken, "peak": peak})


def _taken(facts: Facts, folder: Path, terms: Terms, leads: int) -> float:
    add(folder, terms, leads)
    return seconds_of(facts.refresh)


def _looked(data: Path, leads: int) -> dict[str, Any]:
    """In a process of its own, with an empty database beside the facts."""
    say("metrics: pages")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("TASUKI_", "DATABASE"))}
    environment = kept | {"TASUKI_DATA": str(data), "TASUKI_LOG_LEVEL": "WARNING"}
    out = data / "looks.json"
    subprocess.run(
        [sys.executable, "-m", "bench.server.looks", str(out), str(leads)], env=environment, check=True
    )
    found: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
    return found


def _figures(looked: dict[str, Any]) -> list[Figure]:
    """Milliseconds of every page, and of all processors, since a busy machine disturbs these less."""
    pages = looked["pages"]
    taken = [statistics.median(each["taken"][clock] for each in pages.values()) * 1000 for clock in (0, 1)]
    found = [
        Figure("first look at all in a new process", looked["opened"][0], "s"),
        Figure("a web process takes in a refresh", taken[0], "ms"),
        Figure("the same, of all processors", taken[1], "ms"),
    ]
    for name, each in pages.items():
        for which, called in (("first", "first look after new facts"), ("again", "looked at again")):
            wall, processor = (1000 * seconds for seconds in each[which])
            limit = LIMIT_OF_PLANS if name.startswith("plan") else LIMIT
            found.append(Figure(f"{name}, {called}", wall, "ms", limit))
            found.append(Figure(f"{name}, {called}, of all processors", processor, "ms"))
    return found


def _milliseconds(action: Callable[[], Any]) -> float:
    action()
    return statistics.median(seconds_of(action) for _ in range(RUNS)) * 1000


def _questions(facts: Facts) -> Mapping[str, Callable[[], Any]]:
    month, source = Question(by="month"), Question(by="source")
    asked: dict[str, Callable[[], Any]] = {
        name: partial(compute, facts, kpi, month) for name, kpi in kpis_of(facts.terms).items()
    }
    return asked | {
        "table: cohort funnel": partial(cohort_funnel, facts),
        "table: snapshot funnel": partial(snapshot_funnel, facts),
        "table: flow": partial(flow, facts),
        "table: velocity": partial(velocity, facts),
        "table: follow-up": partial(follow_up, facts),
        "table: leaderboard": partial(leaderboard, facts),
        "table: source × stage": partial(matrix, facts, source),
        "table: content × stage": partial(matrix, facts, Question(by="content")),
        "table: revenue by month": partial(revenue, facts, month),
        "table: promotion by source": partial(compute, facts, "mql.promotion", source),
        "table: promotion of companies": partial(compute, facts, "mql.promotion", Question(grain="account")),
        "table: leads behind a month": partial(
            leads_behind, facts, "mql.promotion", month, part="2023-06", side="numerator"
        ),
    }
