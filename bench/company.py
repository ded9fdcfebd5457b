"""A large made-up history, straight to columns, and the agreement of 30 rules that both engines run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tasuki.agreement import Agreement, agreement_of
from tasuki.history import Shard, Shapes, shapes_of, shard_of, write_history

DAY = 86_400_000_000
START = 1_672_531_200_000_000  # 2023-01-01T00:00:00Z
SPAN = 730 * DAY
RULES, TRAITS, BAR = 24, 6, 100
SHAPES = 60  # distinct activities; rules match the first RULES of them and every second of the rest twice over
ENTRIES_OF_A_SHARD = 1_000_000


def shape_weights() -> NDArray[np.float64]:
    """How often each activity happens: half of all activities are ones that no rule looks at (opens, visits)."""
    weights = 1.0 / np.arange(1, SHAPES + 1)
    weights[:RULES] *= 0.5 / weights[:RULES].sum()
    weights[RULES:] *= 0.5 / weights[RULES:].sum()
    return np.asarray(np.random.default_rng(7).permuted(weights[:RULES]).tolist() + weights[RULES:].tolist())


def write_company(path: Path, activities: int, leads: int, seed: int = 1) -> None:
    """A history of about so many activities: a profile for each lead, and activities over two years."""
    shards = max(1, round((activities + leads) / ENTRIES_OF_A_SHARD))
    profiles = shapes_of(
        SHAPES, [{"email": "x@example.com", "rank": str(i % 7), "account.name": f"A{i % 50}"} for i in range(350)]
    )
    acts = shapes_of(0, [{"type": f"t{i}"} for i in range(SHAPES)])
    none = shapes_of(SHAPES + 350, [])
    write_history(path, _shards(shards, activities, leads, seed), profiles, acts, none, shards)


def _shards(shards: int, activities: int, leads: int, seed: int) -> Iterator[Shard]:
    names = np.array([f"L{i:08d}" for i in range(leads)])
    home = np.array([shard_of(str(name), shards) for name in names])
    weights = shape_weights()
    for number in range(shards):
        rng = np.random.default_rng([seed, number])
        ids = names[home == number]
        mean = activities / leads
        sizes = np.minimum(rng.lognormal(np.log(mean) - 0.5, 1.0, len(ids)).astype(np.int64), int(mean * 40)) + 1
        total = int(sizes.sum())
        lead = np.repeat(np.arange(len(ids)), sizes)
        begin = rng.integers(0, SPAN * 3 // 4, len(ids))
        at = START + begin[lead] + (rng.random(total) ** 1.5 * (SPAN - begin[lead])).astype(np.int64) + 1
        code = rng.choice(SHAPES, total, p=weights).astype(np.int32)
        at = np.concatenate([at, START + begin])
        code = np.concatenate([code, SHAPES + rng.integers(0, 350, len(ids)).astype(np.int32)])
        lead = np.concatenate([lead, np.arange(len(ids))])
        order = np.lexsort((at, lead))
        offsets = np.concatenate([[0], np.cumsum(sizes + 1)])
        yield Shard.of(ids.tolist(), offsets, at[order], code[order])


def points(rule: int) -> int:
    """Points of a rule."""
    return 3 + (rule * 7) % 18


def cap(rule: int) -> int:
    """Lifetime cap of a rule, 0: none."""
    return (0, 3, 0, 5)[rule % 4]


def expires(rule: int) -> bool:
    """Whether its hits expire after 90 days."""
    return rule % 3 != 0


def agreement() -> Agreement:
    """30 rules: 24 over signals with lifetime caps and an expiry of 90 days, 6 over traits; the bar at 100."""
    signals = "\n".join(f"  s{i}: {{type: t{i}}}" for i in range(RULES))
    rules = "\n".join(
        f"      - {{signal: s{i}, points: {points(i)}{f', at_most: {cap(i)}' if cap(i) else ''}"
        f"{', expires: 90d' if expires(i) else ''}, because: bench}}"
        for i in range(RULES)
    )
    traits = "\n".join(f"  k{i}: {{rank: {i}}}" for i in range(TRAITS))
    fits = "\n".join(f"      - {{trait: k{i}, points: {5 * i}, because: bench}}" for i in range(TRAITS))
    return agreement_of(f"""
agreement: bench
timezone: UTC
signals:
{signals}
traits:
{traits}
scores:
  behavior:
    rules:
{rules}
  fit:
    rules:
{fits}
  person: {{sum: [behavior, fit]}}
stages:
  - id: MAL
    enter: [{{when: has(email)}}]
  - id: MQL
    enter: [{{from: [MAL], when: person >= {BAR}}}]
""")
