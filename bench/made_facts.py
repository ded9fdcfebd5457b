"""Facts of a made-up company as large as wanted, without a database; and refreshes of some hundred activities."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tasuki.metrics.facts.schema import TABLES
from tasuki.metrics.facts.store import read_manifest, write_facts
from tasuki.metrics.roles import ROLES, StageTerm, Terms

DAY, START, DAYS = 86_400_000_000, 1_672_531_200_000_000, 745
"""µs; 1 January 2023; two years and two weeks, so that the month is half over."""
END = START + (DAYS + 1) * DAY
EVERY = 3_000_000
"""µs between two refreshes."""
NEW_ACTIVITIES = 300
"""Of one refresh."""

ONWARD = {
    "MAL": ("MQL", 0.25),
    "MQL": ("SAL", 0.4),
    "SAL": ("SQL", 0.5),
    "SQL": ("OPPORTUNITY", 0.6),
    "OPPORTUNITY": ("WON", 0.3),
}
BACK = {"MQL": "RECYCLED", "SAL": "RECYCLED", "SQL": "RECYCLED", "OPPORTUNITY": "LOST"}
Ints = NDArray[np.int64]


def make(folder: Path, leads: int, activities: int) -> Terms:
    """Facts of so many leads over two years, in one refresh."""
    stages = tuple(StageTerm(role, role, {"en": role}) for role in ROLES)
    terms = Terms("bench", "v1", "Asia/Tokyo", stages, "person", "behavior", "fit", {})
    write_facts(folder, _tables(np.random.default_rng(1), leads, activities, "L"), terms, END)
    return terms


def add(folder: Path, terms: Terms, leads: int) -> None:
    """One refresh, three seconds after the one before.

    Of the `leads` that there are NEW_ACTIVITIES do something each, a twentieth of these become an MQL and are handed over,
    a hundredth have a deal, of which the one before last is won; and as many new leads come in as become an MQL.
    """
    number = read_manifest(folder).generation
    rng, now = np.random.default_rng(number), END + number * EVERY
    known = _known(leads, number)
    new = pa.array([f"N{number:05d}-{n:03d}" for n in range(max(len(known) // 20, 1))])
    moved = known.slice(0, len(new))
    write_facts(
        folder,
        {
            "activities": _whole(_done(rng, known, now), "activities"),
            "leads": _whole(_leads(rng, new, _at(new, now)), "leads"),
            "transitions": pa.concat_tables(
                [_whole(_moved(new, None, "MAL", 1, now), "transitions"),
                 _whole(_moved(moved, "MAL", "MQL", 1000 + number, now), "transitions")]
            ),
            "handoffs": _whole(_given(moved, number, now), "handoffs"),
            "deals": _whole(_worth(leads, number, now), "deals"),
        },
        terms,
        now,
    )  # fmt: skip


def _known(leads: int, number: int) -> pa.Array:
    """Who does something in this refresh."""
    rng = np.random.default_rng(1_000_000 + number)
    return pa.array([f"L{n:08d}" for n in rng.choice(leads, min(NEW_ACTIVITIES, leads), replace=False)])


def _at(ids: pa.Array, now: int) -> Ints:
    return np.full(len(ids), now - 1_000_000)


def _done(rng: np.random.Generator, ids: pa.Array, now: int) -> dict[str, Any]:
    """As in `_activities`: a fifth is content, a twelfth a step of a form."""
    count, at = len(ids), _times(_at(ids, now))
    kind = rng.choice(4, count, p=[0.72, 0.2, 0.05, 0.03])
    form = np.isin(kind, (2, 3))
    steps = pa.array(["view", "submit"]).take(pa.array(np.maximum(kind - 2, 0), mask=~form))
    return {
        "lead": ids, "at": at, "recorded_at": at,
        "type": pa.array(["page_view", "download", "form_view", "form_submit"]).take(pa.array(kind)),
        "content_kind": pa.array(["whitepaper"]).take(pa.array(np.zeros(count, np.int64), mask=kind != 1)),
        "form": pa.array(["form-1"]).take(pa.array(np.zeros(count, np.int64), mask=~form)), "form_step": steps,
    }  # fmt: skip


def _moved(ids: pa.Array, before: str | None, stage: str, ordinal: int, now: int) -> dict[str, Any]:
    count, at = len(ids), _times(_at(ids, now))
    return {
        "lead": ids, "ordinal": np.full(count, ordinal), "at": at, "recorded_at": at,
        "from_stage": pa.array([before] * count, pa.string()), "to_stage": pa.array([stage] * count),
        "cause": pa.array(["path"] * count), "by_hand": np.zeros(count, np.bool_),
        "is_return": np.zeros(count, np.bool_), "version": pa.array(["v2"] * count), "score": np.full(count, 120.0),
        "engagement": np.full(count, 80.0), "fit": np.full(count, 40.0), "pass": np.ones(count, np.int32),
    }  # fmt: skip


def _given(ids: pa.Array, number: int, now: int) -> dict[str, Any]:
    count, at = len(ids), _times(_at(ids, now))
    return {
        "id": pa.array([f"n{number}-{n}" for n in range(count)]), "revision": np.ones(count, np.int32), "lead": ids,
        "stage": pa.array(["MQL"] * count), "team_role": pa.array(["inside_sales"] * count), "opened_at": at,
        "due_at": _times(_at(ids, now) + DAY), "outcome": pa.array(["open"] * count), "recorded_at": at,
    }  # fmt: skip


def _worth(leads: int, number: int, now: int) -> dict[str, Any]:
    """New deals, and the first one of the refresh before, won."""
    ids = _known(leads, number).to_pylist()[: max(NEW_ACTIVITIES // 100, 1)]
    rows = [
        {"deal": f"n{number}-{n}", "revision": 1, "lead": lead, "state": "open", "opened_us": now - 1_000_000}
        for n, lead in enumerate(ids)
    ]
    if number > 1:
        won = {
            "deal": f"n{number - 1}-0",
            "revision": 2,
            "lead": _known(leads, number - 1)[0].as_py(),
            "state": "won",
        }
        rows.append(won | {"opened_us": now - EVERY - 1_000_000, "closed_us": now - 1_000_000})
    told = {name: pa.array([row[name] for row in rows]) for name in ("deal", "revision", "lead", "state")}
    closed = pa.array([row.get("closed_us") for row in rows], pa.int64())
    return told | {
        "amount": pa.array([1_000_000] * len(rows)).cast(pa.decimal128(38, 2)).cast(pa.decimal128(18, 2)),
        "currency": pa.array(["JPY"] * len(rows)), "opened_at": _times(np.array([row["opened_us"] for row in rows])),
        "closed_at": closed.cast(pa.timestamp("us", "UTC")), "recorded_at": _times(np.full(len(rows), now - 1_000_000)),
    }  # fmt: skip


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
