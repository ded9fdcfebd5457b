"""Activities: many leads with few, few with very many; stored in the order in which they happened, as by a live system."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from bench.server.town.store import store
from tasuki.server.activities.models import Activity

CHUNK = 500_000
BUSY, BUSY_HAVE = 200, 1_000
COLUMNS = ("lead", "at", "type", "properties", "source", "key", "recorded_at")
MICROS = 1_000_000


def happen(since: Sequence[float], count: int, scale: float, now: datetime) -> list[int]:
    """About `count` activities of leads with the ids from 1 on that came at these times; the ids of the busiest ones."""
    chance = np.random.default_rng(17)
    busy = np.linspace(1, len(since), max(2, int(BUSY * scale)), dtype=np.int64)
    leads = np.repeat(np.arange(1, len(since) + 1), _counts(len(since), count, busy, chance))
    came = np.asarray(since)[leads - 1]
    at = came + (now.timestamp() - came) * chance.random(len(leads)) ** 1.3
    order = np.argsort(at)
    _store(leads[order], (at[order] * MICROS).astype(np.int64), chance)
    return [int(lead) for lead in busy]


def _counts(
    leads: int, count: int, busy: NDArray[np.int64], chance: np.random.Generator
) -> NDArray[np.int64]:
    """How many each has."""
    drawn = chance.lognormal(1.0, 1.2, leads)
    found = (
        np.minimum(drawn * (count - len(busy) * BUSY_HAVE) / drawn.sum(), BUSY_HAVE / 2)
        .round()
        .astype(np.int64)
    )
    found[busy - 1] = BUSY_HAVE
    return np.asarray(found)


def _store(leads: NDArray[np.int64], at: NDArray[np.int64], chance: np.random.Generator) -> None:
    shapes = [(kind, json.dumps(properties, ensure_ascii=False)) for kind, properties in _shapes()]
    for first in range(0, len(leads), CHUNK):
        part = slice(first, first + CHUNK)
        which = (chance.random(len(leads[part])) ** 2 * len(shapes)).astype(int).tolist()
        times = np.datetime_as_string(at[part].astype("datetime64[us]")).tolist()
        store(Activity, COLUMNS, _rows(first, leads[part].tolist(), times, [shapes[one] for one in which]))


def _rows(
    first: int, leads: list[int], times: list[str], shapes: list[tuple[str, str]]
) -> Iterator[Sequence[object]]:
    for n, (lead, time, (kind, properties)) in enumerate(zip(leads, times, shapes, strict=True), start=first):
        at = f"{time[:10]} {time[11:]}"
        yield lead, at, kind, properties, "bench", f"b{n:09}", at


def _shapes() -> list[tuple[str, dict[str, str]]]:
    """Distinct activities, the frequent ones first."""
    topics = ("cost", "security", "operations")
    pages = [
        ("page_view", {"path": f"/{place}/{n}", "content.topic": topics[n % 3], "title": f"{word} {n}"})
        for n in range(60)
        for place, word in (("products", "製品"), ("docs", "資料"), ("case", "事例"))
    ]
    pricing = [("page_view", {"path": f"/pricing/{n}"}) for n in range(8)]
    mails = [
        (kind, {"campaign": f"c{n}"})
        for n in range(20)
        for kind in ("email_send", "email_open", "email_click")
    ]
    files = [
        ("download", {"content.kind": kind, "content.topic": topics[n % 3], "title": f"資料 {n}"})
        for n in range(10)
        for kind in ("whitepaper", "case_study", "catalog")
    ]
    seldom: list[tuple[str, dict[str, str]]] = [
        ("webinar_register", {"campaign": "w1"}), ("webinar_attend", {"campaign": "w1"}),
        ("call", {"outcome": "no_answer", "by": "inside-sales-1-0"}), ("call", {"outcome": "reached", "note": "検討中"}),
        ("business_card", {"channel": "exhibition"}), ("survey_answer", {"outcome": "hot"}),
        ("form_submit", {"path": "/contact"}), ("download", {"content.kind": "pricing"}),
    ]  # fmt: skip
    return [*pages[:40], *mails, *pages[40:], *pricing, *files, *seldom]
