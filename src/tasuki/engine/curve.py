"""How a lead's scores came to be what they are: each score at every instant at which it changed.

Hits, resets and profiles are those of the kernel's own trace; what they were worth at an instant adds up as in `explain`,
and at the last instant to the kernel's score, or `curve_of` fails. So the curve says at every instant what an explanation
at that instant says.

Times: int64 µs since 1970 UTC.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tasuki.agreement import Rule
from tasuki.engine import layout as at
from tasuki.engine.explain import Explainer, Hit
from tasuki.engine.predicates import holds

Times = NDArray[np.int64]
Values = NDArray[np.float64]

GRID = 96
"""Instants between the first and the last at which a score that fades is looked at besides."""
MOST = 600
"""Instants of a curve; of a lead that changed more often they are spread evenly."""
ROOM = 1_000_000
"""Hits times instants that are worked on at once."""


@dataclass(frozen=True)
class Curve:
    """(instants,) times, ascending; score → (instants,) its value at each; hits in the order in which they were made.

    `even`: there were too many changes, so that the instants are spread evenly over them.
    """

    times: Times
    scores: dict[str, Values]
    hits: tuple[Hit, ...]
    even: bool


@dataclass(frozen=True)
class _Made:
    """The hits of one rule: when, how many points, and until when they count; a reset ends them."""

    times: Times
    points: Values
    voided: Times


def curve_of(told: Explainer, since: int | None = None) -> Curve:
    """The scores from the first entry, or `since`, up to the instant that is explained, inclusive."""
    course = _Course(told)
    times, even = course.instants(since)
    scores = {name: course.values(name, times) for name in told.compiled.score_names}
    for name, values in scores.items():
        if len(times) and not math.isclose(values[-1], told.values[name], rel_tol=1e-9, abs_tol=1e-6):
            raise AssertionError(
                f"{name}: the curve ends at {values[-1]}, the kernel says {told.values[name]}"
            )
    return Curve(times, scores, told.hits, even)


class _Course:
    def __init__(self, told: Explainer) -> None:
        self.told = told
        self.made = dict(self._made())
        self._values: dict[str, Values] = {}
        profile = told.kinds == at.PROFILE
        self.since, self.profiles = told.at[profile], told.code[profile]

    def _made(self) -> Iterator[tuple[Rule, _Made]]:
        trace, compiled = self.told.trace, self.told.compiled
        resets = trace[trace["what"] == at.RESET]
        for index, rule in enumerate(compiled.rules):
            mine = np.flatnonzero((trace["what"] == at.HIT) & (trace["index"] == index))
            ends = np.flatnonzero(trace["what"] == at.RESET)
            ends = ends[resets["index"] == compiled.score_names.index(rule.score)]
            following = np.searchsorted(ends, mine)
            voided = np.append(trace["at"][ends], at.NEVER)[following]
            yield rule, _Made(trace["at"][mine].astype(np.int64), trace["points"][mine], voided)

    def instants(self, since: int | None) -> tuple[Times, bool]:
        """Just before and at each change, a grid between them where something fades, and the end."""
        end = self.told.as_of
        begin = int(self.told.at[0]) if len(self.told.at) else end
        begin = min(max(begin, since) if since is not None else begin, end)
        changes = np.unique(np.concatenate(list(self._changes())))
        changes = changes[(changes > begin) & (changes <= end)]
        even = 2 * len(changes) > MOST
        if even:
            changes = changes[np.linspace(0, len(changes) - 1, MOST // 2).astype(int)]
        found = [np.array([begin, end]), changes, changes - 1]
        if any(rule.halves or rule.fades for rule in self.made):
            found.append(np.linspace(begin, end, GRID).astype(np.int64))
        return np.unique(np.concatenate(found)), even

    def _changes(self) -> Iterator[Times]:
        yield self.since
        for rule, made in self.made.items():
            yield made.times
            yield made.voided[made.voided < at.NEVER]
            for span in (rule.expires, rule.fades):
                if span:
                    yield made.times + span

    def values(self, name: str, times: Times) -> Values:
        """A score at these instants, always the same ones: as `Explainer` adds it up at one."""
        if name in self._values:
            return self._values[name]
        score = self.told.agreement.scores[name]
        total = np.zeros(len(times))
        for part in score.parts:
            total += self.values(part, times)
        for rule in score.rules:
            given = self._of_rule(rule, times)
            total += given if rule.max is None else np.clip(given, -rule.max, rule.max)
        found = self._values[name] = np.clip(total, score.low, score.high)
        return found

    def _of_rule(self, rule: Rule, times: Times) -> Values:
        if rule.kind == "trait":
            return np.where(self._had(rule.names[0], times), rule.points, 0.0)
        made, total = self.made[rule], np.zeros(len(times))
        step = max(ROOM // max(len(times), 1), 1)
        for first in range(0, len(made.times), step):
            some = slice(first, first + step)
            total += _worths(rule, made.times[some], made.points[some], made.voided[some], times)
        return total

    def _had(self, trait: str, times: Times) -> NDArray[np.bool_]:
        """Whether the profile in force at these instants had the trait."""
        shapes = self.told.history.profiles
        if not len(self.profiles):
            return np.zeros(len(times), bool)
        of_shape = holds(self.told.agreement.traits[trait].predicate, shapes)
        had = np.append(of_shape[np.searchsorted(shapes.codes, self.profiles)], False)  # the last: none yet
        return np.asarray(had[np.searchsorted(self.since, times, side="right") - 1])


def _worths(rule: Rule, made: Times, points: Values, voided: Times, times: Times) -> Values:
    """What hits were worth together at these instants: `explain.worth` for many at once."""
    ages = times[None, :] - made[:, None]
    counts = (ages >= 0) & (times[None, :] < voided[:, None])
    for span in (rule.expires, rule.fades):
        if span:
            counts &= ages < span
    ages = np.where(counts, ages, 0)
    value = points[:, None] * (np.exp2(-ages / rule.halves) if rule.halves else np.ones(1))
    if rule.fades:
        value = value * (1 - ages / rule.fades)
    return np.asarray(np.where(counts, value, 0.0).sum(axis=0))
