"""Figures over a million leads and ten million activities: KPIs by month, tables, opening, taking in what is new."""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from bench.table import Figure, Result
from bench.timing import MemoryWatch, say, seconds_of
from tasuki.metrics.asking import Question
from tasuki.metrics.compute import compute, leads_behind
from tasuki.metrics.dashboards.flows import flow, velocity
from tasuki.metrics.dashboards.funnels import cohort_funnel, matrix, snapshot_funnel
from tasuki.metrics.dashboards.teams import follow_up, leaderboard, revenue
from tasuki.metrics.facts.schema import TABLES
from tasuki.metrics.facts.store import write_facts
from tasuki.metrics.kpis import kpis_of
from tasuki.metrics.reader import Facts, open_facts
from tasuki.metrics.roles import ROLES, StageTerm, Terms

LEADS, ACTIVITIES, NEW = 1_000_000, 10_000_000, 1_000
THREADS, RUNS = 2, 5
DAY, START, DAYS = 86_400_000_000, 1_672_531_200_000_000, 730
LIMIT = 200.0
"""Milliseconds for any figure or table."""

ONWARD = {
    "MAL": ("MQL", 0.25),
    "MQL": ("SAL", 0.4),
    "SAL": ("SQL", 0.5),
    "SQL": ("OPPORTUNITY", 0.6),
    "OPPORTUNITY": ("WON", 0.3),
}
BACK = {"MQL": "RECYCLED", "SAL": "RECYCLED", "SQL": "RECYCLED", "OPPORTUNITY": "LOST"}
Ints = NDArray[np.int64]


def run(scale: float) -> Result:
    """Make the facts, open them, and ask everything."""
    with tempfile.TemporaryDirectory() as folder:
        say("metrics: making facts")
        terms = make(Path(folder), int(LEADS * scale), int(ACTIVITIES * scale))
        return measured(Path(folder), terms)


def measured(folder: Path, terms: Terms) -> Result:
    """Open, ask each thing some times, take in new leads."""
    say("metrics: opening")
    with MemoryWatch() as watch:
        facts: list[Facts] = []
        opened = seconds_of(lambda: facts.append(open_facts(folder, threads=THREADS)))
        peak = watch.peak
    say("metrics: asking")
    asked = {name: _milliseconds(action) for name, action in _questions(facts[0]).items()}
    say("metrics: taking in what is new")
    write_facts(
        folder, _tables(np.random.default_rng(5), NEW, 10 * NEW, "N"), terms, START + (DAYS + 2) * DAY
    )
    taken = seconds_of(facts[0].refresh)
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
        Figure(f"taking in {NEW:,} new leads", taken * 1000, "ms"),
    ]
    return Result(figures, {"asked": asked, "opened": opened, "taken": taken, "peak": peak})


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


def make(folder: Path, leads: int, activities: int) -> Terms:
    """Facts of so many leads over two years, in one refresh."""
    stages = tuple(StageTerm(role, role, {"en": role}) for role in ROLES)
    terms = Terms("bench", "v1", "Asia/Tokyo", stages, "person", "behavior", "fit", {})
    write_facts(
        folder, _tables(np.random.default_rng(1), leads, activities, "L"), terms, START + (DAYS + 1) * DAY
    )
    return terms


def _tables(rng: np.random.Generator, leads: int, activities: int, letter: str) -> dict[str, pa.Table]:
    ids = pa.array([f"{letter}{n:08d}" for n in range(leads)])
    created = START + np.sort(rng.integers(0, DAYS * DAY, leads))
    moves = _moves(rng, created)
    made = {
        "leads": _leads(rng, ids, created),
        "transitions": _transitions(rng, ids, moves),
        "handoffs": _handoffs(rng, ids, moves),
        "deals": _deals(rng, ids, moves),
        "activities": _activities(rng, ids, created, activities),
    }
    return {name: _whole(made[name], name) for name in made}


def _whole(columns: Mapping[str, Any], name: str) -> pa.Table:
    """The columns given, nulls for the others."""
    schema, rows = TABLES[name].schema, len(next(iter(columns.values())))
    return pa.table(
        [columns[f.name] if f.name in columns else pa.nulls(rows, f.type) for f in schema], names=schema.names
    ).cast(schema)


def _times(values: Ints) -> pa.Array:
    return pa.array(values).cast(pa.timestamp("us", "UTC"))


def _picked(rng: np.random.Generator, names: list[str], count: int) -> pa.Array:
    return pa.DictionaryArray.from_arrays(
        pa.array(rng.integers(0, len(names), count), pa.int32()), pa.array(names)
    )


def _leads(rng: np.random.Generator, ids: pa.Array, created: Ints) -> dict[str, Any]:
    count = len(ids)
    return {
        "lead": ids,
        "revision": np.ones(count, np.int32),
        "created_at": _times(created),
        "recorded_at": _times(created),
        "account": _picked(rng, [f"会社{n}" for n in range(50_000)], count),
        "anonymous": np.zeros(count, np.bool_),
        "source": _picked(rng, ["ads", "organic", "exhibition", "referral", "webinar"], count),
        "campaign": _picked(rng, [f"campaign-{n}" for n in range(40)], count),
        "rep": _picked(rng, [f"rep-{n}" for n in range(60)], count),
        "content": _picked(rng, [f"/download/paper-{n}" for n in range(300)], count),
        "team": _picked(rng, ["east", "west"], count),
        "channel": _picked(rng, ["web", "email", "phone"], count),
    }


def _moves(rng: np.random.Generator, created: Ints) -> dict[str, Ints]:
    """Entries stage by stage: who goes on, who goes back, some days later each."""
    place = {role: number for number, role in enumerate(ROLES)}
    lead, at = np.arange(len(created)), created
    found = [(lead, at, np.full(len(lead), place["MAL"]), np.full(len(lead), -1))]
    for stage, (to, share) in ONWARD.items():
        goes = rng.random(len(lead)) < share
        for chosen, target in ((goes, to), (~goes & (rng.random(len(lead)) < 0.8), BACK.get(stage, ""))):
            if target:
                later = at[chosen] + rng.exponential(8 * DAY, int(chosen.sum())).astype(np.int64)
                found.append(
                    (
                        lead[chosen],
                        later,
                        np.full(len(later), place[target]),
                        np.full(len(later), place[stage]),
                    )
                )
        lead, at = lead[goes], found[-2 if stage in BACK else -1][1]
    lead, at, to_, from_ = (np.concatenate(column) for column in zip(*found, strict=True))
    kept = at < START + DAYS * DAY
    lead, at, to_, from_ = lead[kept], at[kept], to_[kept], from_[kept]
    order = np.lexsort((at, lead))
    return {"lead": lead[order], "at": at[order], "to": to_[order], "from": from_[order]}


def _transitions(rng: np.random.Generator, ids: pa.Array, moves: Mapping[str, Ints]) -> dict[str, Any]:
    count, lead = len(moves["lead"]), moves["lead"]
    begins = np.flatnonzero(np.diff(lead, prepend=-1))
    ordinal = np.arange(count) - np.repeat(begins, np.diff([*begins, count])) + 1
    roles, back = pa.array(ROLES), np.isin(moves["to"], (7, 8, 9))
    return {
        "lead": ids.take(pa.array(lead)),
        "ordinal": ordinal,
        "at": _times(moves["at"]),
        "recorded_at": _times(moves["at"]),
        "from_stage": roles.take(pa.array(np.maximum(moves["from"], 0), mask=moves["from"] < 0)),
        "to_stage": roles.take(pa.array(moves["to"])),
        "cause": _picked(rng, ["path", "decision"], count),
        "by_hand": rng.random(count) < 0.3,
        "is_return": back,
        "reason": _picked(rng, ["timing", "no_budget", "no_response"], count),
        "version": _picked(rng, ["v1", "v2"], count),
        "score": rng.random(count) * 200,
        "engagement": rng.random(count) * 130,
        "fit": rng.random(count) * 70,
        "grade": _picked(rng, ["A", "B", "C"], count),
        "pass": np.ones(count, np.int32),
    }


def _handoffs(rng: np.random.Generator, ids: pa.Array, moves: Mapping[str, Ints]) -> dict[str, Any]:
    given = np.flatnonzero(moves["to"] == 1)
    count, opened = len(given), moves["at"][given]
    seconds = rng.exponential(20_000, count)
    closed = opened + (seconds * 2e6).astype(np.int64)
    return {
        "id": pa.array([f"h{n}-{opened[0] if count else 0}" for n in range(count)]),
        "revision": np.ones(count, np.int32),
        "lead": ids.take(pa.array(moves["lead"][given])),
        "stage": _picked(rng, ["MQL"], count),
        "rep": _picked(rng, [f"rep-{n}" for n in range(60)], count),
        "team_role": _picked(rng, ["inside_sales"], count),
        "opened_at": _times(opened),
        "first_touch_at": _times(opened + (seconds * 1e6).astype(np.int64)),
        "closed_at": _times(closed),
        "outcome": _picked(rng, ["accepted", "returned", "expired"], count),
        "touch_seconds": seconds,
        "touch_business": seconds / 3,
        "answer_seconds": seconds * 2,
        "answer_business": seconds / 2,
        "met": seconds < 7200,
        "recorded_at": _times(opened),
    }


def _deals(rng: np.random.Generator, ids: pa.Array, moves: Mapping[str, Ints]) -> dict[str, Any]:
    given = np.flatnonzero(moves["to"] == 5)
    count, opened = len(given), moves["at"][given]
    states = np.array(["open", "won", "lost"])[rng.integers(0, 3, count)]
    amount = (
        pa.array(rng.integers(10, 1000, count) * 10_000).cast(pa.decimal128(38, 2)).cast(pa.decimal128(18, 2))
    )
    return {
        "deal": pa.array([f"d{n}-{opened[0] if count else 0}" for n in range(count)]),
        "revision": np.ones(count, np.int32),
        "lead": ids.take(pa.array(moves["lead"][given])),
        "amount": amount,
        "currency": _picked(rng, ["JPY"], count),
        "state": states,
        "opened_at": _times(opened),
        "closed_at": _times(opened + rng.integers(1, 90, count) * DAY),
        "recorded_at": _times(opened),
    }


def _activities(rng: np.random.Generator, ids: pa.Array, created: Ints, count: int) -> dict[str, Any]:
    lead = np.sort(rng.integers(0, len(ids), count))
    at = np.minimum(created[lead] + rng.exponential(60 * DAY, count).astype(np.int64), START + DAYS * DAY)
    kinds = ["page_view", "email_click", "download", "webinar_attend", "form_view", "form_submit", "call"]
    kind = rng.choice(len(kinds), count, p=[0.5, 0.2, 0.15, 0.05, 0.05, 0.03, 0.02])
    content = np.isin(kind, (2, 3))
    step, form = np.where(kind == 4, 0, 1), np.isin(kind, (4, 5))
    return {
        "lead": pa.DictionaryArray.from_arrays(pa.array(lead, pa.int32()), ids),
        "at": _times(at),
        "recorded_at": _times(at),
        "type": pa.DictionaryArray.from_arrays(pa.array(kind, pa.int32()), pa.array(kinds)),
        "content_kind": pa.DictionaryArray.from_arrays(
            pa.array(np.zeros(count, np.int32), mask=~content), pa.array(["whitepaper"])
        ),
        "form": pa.DictionaryArray.from_arrays(
            pa.array(lead % 5, pa.int32(), mask=~form), pa.array([f"form-{n}" for n in range(5)])
        ),
        "form_step": pa.DictionaryArray.from_arrays(
            pa.array(step, pa.int32(), mask=~form), pa.array(["view", "submit"])
        ),
    }
