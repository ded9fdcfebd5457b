"""What each rule gave to each score at a transition, from the kernel's own trace."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from tasuki.engine import layout as at
from tasuki.engine.compare import compares
from tasuki.engine.compile import Compiled
from tasuki.engine.explain import worth

Hits = dict[int, list[tuple[int, float]]]
"""Rule → (at, points) of its hits since the last reset."""


@dataclass(frozen=True, slots=True)
class Contribution:
    """One rule's part of a score: how many of its hits count, and what they are worth, bounded by the rule's `max`."""

    rule: str
    score: str
    hits: int
    worth: float


def contributions_of(
    compiled: Compiled,
    trace: at.Records,
    times: Sequence[int],
    first: int,
    known: int,
    profiles: Sequence[NDArray[Any] | None],
) -> list[tuple[Contribution, ...]]:
    """For each of one lead's transitions but the first `known`, what the scores were made of.

    `trace` holds the lead's events; its transitions are numbered from `first`, were at `times` (µs UTC), and `profiles`
    holds the bits of the profile in force at each.
    """
    hits: Hits = defaultdict(list)
    found: list[tuple[Contribution, ...]] = []
    rules_of = _rules_by_score(compiled)
    events = zip(*(trace[name].tolist() for name in ("what", "index", "at", "points")), strict=True)
    for what, index, when, points in events:
        if what == at.HIT:
            hits[index].append((when, points))
        elif what == at.RESET:
            for rule in rules_of[index]:
                hits.pop(rule, None)
        elif what == at.ENTRY and index - first >= known:
            n = index - first
            found.append((*_of_hits(compiled, hits, times[n]), *_of_traits(compiled, profiles[n])))
    return found


def _rules_by_score(compiled: Compiled) -> Mapping[int, list[int]]:
    rules: dict[int, list[int]] = defaultdict(list)
    for i, score in enumerate(compiled.program.rules["score"].tolist()):
        rules[score].append(i)
    return rules


def _of_hits(compiled: Compiled, hits: Hits, now: int) -> Iterator[Contribution]:
    for index, made in sorted(hits.items()):
        rule = compiled.rules[index]
        worths = [worth(rule, points, now - when) for when, points in made]
        counting = [value for value, state in worths if state == "counts"]
        bound = math.inf if rule.max is None else rule.max
        if counting:
            yield Contribution(
                rule.id, rule.score, len(counting), min(max(math.fsum(counting), -bound), bound)
            )


def _of_traits(compiled: Compiled, bits: NDArray[Any] | None) -> Iterator[Contribution]:
    if bits is None:
        return
    program = compiled.program
    for rule, bit, points in zip(
        compiled.trait_rules, program.trait_bits.tolist(), program.trait_points.tolist(), strict=True
    ):
        if bits[bit]:
            yield Contribution(rule.id, rule.score, 1, points)


def grades_of(compiled: Compiled, scores: Mapping[str, float]) -> dict[str, str]:
    """Score → grade, for scores that have one now."""
    found = {}
    for name, value in scores.items():
        for grade, bound in compiled.agreement.scores[name].grades:
            if compares(">=", value, bound):
                found[name] = grade
                break
    return found
