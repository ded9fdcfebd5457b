"""Figures of the pages with a million leads and ten million activities, on SQLite and on PostgreSQL.

`TASUKI_BENCH_KEEP`: a folder in which the filled databases stay (11 GB), so that the next run need not fill them again.
`TASUKI_BENCH_ON`: `sqlite` or `postgresql`, to measure on that one only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.table import Table

from bench.server.cases import LIMITED
from bench.server.measure import on_each_database
from bench.table import Figure, Result
from bench.timing import console

LIMIT_TOGETHER = 0.4
WAYS = ("alone", "together", "hurried", "without_pause")
WRITTEN = (*WAYS, "after_news", "first_looks")


def run(scale: float) -> Result:
    """Both databases in turn; `scale` shrinks how much lies in them."""
    numbers = on_each_database("pages_one", scale, keep=True)
    found: list[Figure] = []
    for database, of in numbers.items():
        _print(database, of)
        found += _figures(database, of)
    return Result(found, {database: _summary(of) for database, of in numbers.items()})


def _figures(database: str, numbers: Any) -> list[Figure]:
    alone = _groups(numbers["alone"], worst=True)
    together, hurried = _groups(numbers["together"]), _groups(numbers["hurried"])
    figures = [
        Figure(f"{database}: {group}, slowest kind, one person, p95", alone[group], "s", limit)
        for group, limit in LIMITED.items()
    ]
    figures += [
        Figure(
            f"{database}: {group}, slowest kind, first look after new facts, median",
            max(median(each) for key, each in numbers["after_news"].items() if key.startswith(f"{group}:")),
            "s",
            limit,
        )
        for group, limit in (("Numbers", LIMITED["Numbers"]), ("Plan", LIMIT_TOGETHER))
    ]
    figures.append(
        Figure(
            f"{database}: first look at fresh facts, slowest page and period, median",
            max(map(median, numbers["first_looks"].values())),
            "s",
            LIMITED["Numbers"],
        )
    )
    figures += [
        Figure(f"{database}: {group}, 20 people at once, p95", together[group], "s", LIMIT_TOGETHER)
        for group in LIMITED
        if group in together
    ]
    figures += [
        Figure(f"{database}: {group}, 20 people who read a second, p95", hurried[group], "s")
        for group in LIMITED
        if group in hurried
    ]
    rate = numbers["without_pause_rate"]
    before, after = numbers["memory"]
    return [
        *figures,
        Figure(f"{database}: pages that 20 people take without a pause", rate, "/s", at_least=True),
        Figure(f"{database}: memory of the web processes in the end", after / 2**20, "MB"),
        Figure(
            f"{database}: of that, since all kinds of pages were asked once", (after - before) / 2**20, "MB"
        ),
    ]


def _groups(seconds: Mapping[str, Sequence[float]], *, worst: bool = False) -> dict[str, float]:
    """p95 by group of pages: of all its requests, or of its slowest kind."""
    found: dict[str, list[list[float]]] = {}
    for key, each in seconds.items():
        found.setdefault(key.partition(":")[0], []).append(list(each))
    if worst:
        return {group: max(map(p95, lists)) for group, lists in found.items()}
    return {group: p95([one for each in lists for one in each]) for group, lists in found.items()}


def p95(seconds: Sequence[float]) -> float:
    """The time within which 19 of 20 are answered."""
    return sorted(seconds)[min(int(len(seconds) * 0.95), len(seconds) - 1)]


def median(seconds: Sequence[float]) -> float:
    """The time within which one of two is answered."""
    return sorted(seconds)[len(seconds) // 2]


def _summary(numbers: Any) -> dict[str, Any]:
    kinds = {
        way: {key: [median(each), p95(each), len(each)] for key, each in numbers[way].items()}
        for way in WRITTEN
    }
    return {**{name: value for name, value in numbers.items() if name not in WRITTEN}, **kinds}


def _print(database: str, numbers: Any) -> None:
    """Milliseconds of every kind of page."""
    town = numbers["town"]
    title = f"{database}: {town['leads']:,} leads, {town['activities']:,} activities; milliseconds"
    table = Table("page", title=title, title_justify="left")
    for heading in ("p50", "p95", "≤", "after news", "20 people: p50", "p95", "≤", "no pause: p50", "p95"):
        table.add_column(heading, justify="right", no_wrap=True)
    for key in numbers["alone"]:
        limit = LIMITED.get(key.partition(":")[0])
        limits = {"alone": f"{limit * 1000:.0f}", "together": f"{LIMIT_TOGETHER * 1000:.0f}"} if limit else {}
        cells = []
        for way in WAYS:
            each = numbers[way].get(key)
            cells += [f"{median(each) * 1000:.0f}", f"{p95(each) * 1000:.0f}"] if each else ["", ""]
            cells += [limits.get(way, "")] if way != "without_pause" else []
            if way == "alone":
                first = numbers["after_news"].get(key)
                cells.append(f"{median(first) * 1000:.0f}" if first else "")
        table.add_row(key, *cells)
    for key, each in numbers["first_looks"].items():
        table.add_row(key, "", "", "", f"{median(each) * 1000:.0f}")
    console.print(table)
