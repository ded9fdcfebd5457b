"""A large made-up history, straight to columns, and the agreement of 30 rules that both engines run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tasuki.agreement import Agreement, agreement_of
from tasuki.history import Shard, shapes_of, shard_of, write_history

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

DAY = 86_400_000_000
START = 1_672_531_200_000_000  # 2023-01-01T00:00:00Z
SPAN = 730 * DAY
RULES, TRAITS, BAR = 24, 6, 100
SHAPES = 60  # distinct activities; a rule for each of the first RULES of them
PROFILES = 350
RANKS = 7
WON = SHAPES + PROFILES  # code of the one decision
LEADS_OF_A_WIN = 20
ENTRIES_OF_A_SHARD = 1_000_000


def shape_weights() -> NDArray[np.float64]:
    """(SHAPES,) how often each activity happens; half of all are ones that no rule looks at."""
    weights = 1.0 / np.arange(1, SHAPES + 1)
    for part in (weights[:RULES], weights[RULES:]):
        part *= 0.5 / part.sum()
    weights[:RULES] = np.random.default_rng(7).permutation(weights[:RULES])
    return np.asarray(weights)


def write_company(path: Path, activities: int, leads: int, *, won: bool = False, seed: int = 1) -> None:
    """A history of about so many activities over two years, and a profile for each lead.

    With `won`, every twentieth lead is won at the end, by a decision. One shard is in memory at a time.
    """
    shards = max(1, round((activities + leads) / ENTRIES_OF_A_SHARD))
    profiles = [
        {"email": "x@example.com", "rank": str(i % RANKS), "account.name": f"A{i % 50}"}
        for i in range(PROFILES)
    ]
    write_history(
        path,
        _shards(shards, activities / leads, leads, won, seed),
        shapes_of(SHAPES, profiles),
        shapes_of(0, [{"type": f"t{i}"} for i in range(SHAPES)]),
        shapes_of(WON, [{"to": "WON", "role": "sales"}] if won else []),
        shards,
    )


def _shards(shards: int, mean: float, leads: int, won: bool, seed: int) -> Iterator[Shard]:
    names = [f"L{i:08d}" for i in range(leads)]
    home = np.fromiter((shard_of(name, shards) for name in names), np.int16, leads)
    weights = shape_weights()
    for number in range(shards):
        ids = [names[i] for i in np.flatnonzero(home == number)]
        yield _shard(ids, mean, weights, won, np.random.default_rng([seed, number]))


def _shard(
    ids: list[str], mean: float, weights: NDArray[np.float64], won: bool, rng: np.random.Generator
) -> Shard:
    """Few leads do much: counts are log-normal, 40 times the mean at most; most is done soon."""
    leads = np.arange(len(ids))
    sizes = rng.lognormal(np.log(mean) - 0.5, 1.0, len(ids)).clip(max=mean * 40).astype(np.int64) + 1
    begin = rng.integers(0, SPAN * 3 // 4, len(ids))
    lead = np.repeat(leads, sizes)
    first = begin[lead]
    after = (rng.random(len(lead)) ** 1.5 * (SPAN - first)).astype(np.int64) + 1
    winners = leads[::LEADS_OF_A_WIN] if won else leads[:0]
    at = np.concatenate([begin, first + after, np.full(len(winners), SPAN + 1)])
    code = np.concatenate(
        [
            SHAPES + rng.integers(0, PROFILES, len(ids)),
            rng.choice(SHAPES, len(lead), p=weights),
            np.full(len(winners), WON),
        ]
    )
    lead = np.concatenate([leads, lead, winners])
    order = np.lexsort((at, lead))
    offsets = np.concatenate([[0], np.cumsum(np.bincount(lead, minlength=len(ids)))])
    return Shard.of(ids, offsets, START + at[order], code[order].astype(np.int32))


def points(rule: int) -> int:
    """Points of a rule."""
    return 3 + (rule * 7) % 18


def cap(rule: int) -> int:
    """Lifetime cap of a rule, 0: none."""
    return (0, 3, 0, 5)[rule % 4]


def expires(rule: int) -> bool:
    """Whether its hits expire after 90 days."""
    return rule % 3 != 0


def fit(rank: int) -> int:
    """Points of a profile of this rank."""
    return 5 * rank if rank < TRAITS else 0


def agreement(*, won: bool = False) -> Agreement:
    """30 rules: 24 over signals with lifetime caps and an expiry of 90 days, 6 over traits; a bar at 100."""
    signals = "\n".join(f"  s{i}: {{type: t{i}}}" for i in range(RULES))
    rules = "\n".join(
        f"      - {{signal: s{i}, points: {points(i)}{f', at_most: {cap(i)}' if cap(i) else ''}"
        f"{', expires: 90d' if expires(i) else ''}, because: bench}}"
        for i in range(RULES)
    )
    traits = "\n".join(f"  k{i}: {{rank: {i}}}" for i in range(TRAITS))
    fits = "\n".join(f"      - {{trait: k{i}, points: {fit(i)}, because: bench}}" for i in range(TRAITS))
    stage = "  - id: WON\n    enter: [{from: any, by: [sales]}]" if won else ""
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
{stage}
""")
