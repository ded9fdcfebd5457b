"""One agreement with one number moved step by step: what each value would have brought.

Only leads whose result can differ are folded again, and only as long as the measured stage can still be entered. The
values are tried from the smallest on: for a bar the kernel reports, per lead, up to where it could be raised and every
comparison would have come out the same; for a rule's points, those leads are folded that ever match it.

Where more points can only open paths, the smallest and the largest number of points are tried first, then the one in the
middle, and so on: of a lead that took the same way at both ends, every condition was true at both, or at neither, each
time it was asked, so it takes that way with any points between them.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tasuki.agreement import Agreement, Rule
from tasuki.backtest.outcomes import check_stage, first_decided, precision, recall
from tasuki.engine import layout as at
from tasuki.engine.bind import bind
from tasuki.engine.compile import Compiled, compile_agreement, only_opens
from tasuki.engine.predicates import holds
from tasuki.engine.replay import fold_rows
from tasuki.errors import UsageError
from tasuki.history import History
from tasuki.shares import Share

Mask = NDArray[np.bool_]
MOST_STEPS = 1000


@dataclass(frozen=True)
class Setting:
    """`--set place=from:to:step`: the values to try, ascending or descending, both ends included."""

    place: str
    values: tuple[float, ...]


@dataclass(frozen=True)
class Step:
    """One value: leads that entered the measured stage, entries into it, and what came of them."""

    value: float
    leads: int
    entries: int
    precision: Share
    recall: Share
    folded: int
    """Leads that had to be folded again for this step."""


@dataclass(frozen=True)
class Sweep:
    """`present` is the value that stands in the agreement."""

    place: str
    measure: str
    outcome: str
    present: float
    steps: tuple[Step, ...]


def setting_of(text: str) -> Setting:
    """Read `place=from:to:step`. UsageError if it is not one."""
    number = r"(-?\d+(?:\.\d+)?)"
    match = re.fullmatch(rf"([^=\s]+)={number}:{number}:{number}", text.strip())
    if not match:
        raise UsageError(
            f"`{text}`: write place=from:to:step, like MQL.person=60:140:10 or behavior.pricing_page=5:25:5"
        )
    begin, end, step = float(match[2]), float(match[3]), abs(float(match[4]))
    if step == 0 or abs(end - begin) / step > MOST_STEPS:
        raise UsageError(
            f"`{text}`: the step has to be larger than 0 and give {MOST_STEPS} values at the most"
        )
    count = int(abs(end - begin) / step + 1e-9) + 1
    sign = 1 if end >= begin else -1
    return Setting(match[1], tuple(round(begin + sign * step * i, 9) for i in range(count)))


@dataclass(frozen=True)
class _Knob:
    """What a place stands for: comparisons to set, or a rule's points; and whom a change can touch."""

    present: float
    ops: tuple[int, ...] = ()
    rule: Rule | None = None
    touched: tuple[Mask, ...] = ()
    """Per shard the leads that a change of points can touch; empty for a bar."""


def sweep(
    agreement: Agreement,
    history: History,
    setting: Setting,
    outcome: str,
    *,
    measure: str = "MQL",
    as_of: int | None = None,
    threads: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Sweep:
    """Try each value. UsageError for a place, stage or outcome that is not there."""
    compiled = compile_agreement(agreement)
    check_stage(compiled.stage_names, measure)
    until = as_of if as_of is not None else history.last_at or 0
    reached = first_decided(history, outcome, until)
    tables = bind(compiled, history)
    knob = _knob(compiled, history, setting.place)
    folds = _Folds(compiled, tables, history, until, compiled.stage_names.index(measure), knob)
    steps: dict[float, Step] = {}
    with ThreadPoolExecutor(threads or os.cpu_count() or 1) as pool:
        for i, (value, found, folded) in enumerate(folds.each(sorted(set(setting.values)), pool)):
            first, entries = _joined(found.first), _joined(found.entries)
            steps[value] = Step(
                value, int((first != at.NEVER).sum()), int(entries.sum()),
                precision(first, reached), recall(first, reached), folded,
            )  # fmt: skip
            if progress:
                progress(i + 1, len(setting.values))
    return Sweep(
        setting.place, measure, outcome, knob.present, tuple(steps[value] for value in setting.values)
    )


@dataclass(frozen=True)
class _Found:
    """What came of every lead for one value: per shard, (leads,)."""

    first: tuple[NDArray[np.int64], ...]
    """First entry into the measured stage, NEVER if none."""
    entries: tuple[NDArray[np.int64], ...]
    """Entries into it."""
    margin: tuple[NDArray[np.float64], ...]
    """Of a bar: up to where it could be raised."""
    reached: tuple[NDArray[np.int64], ...]
    """Of a bar: when it was first reached. A higher one is not, before that."""
    way: tuple[NDArray[np.uint64], ...]
    """Of points: a number that stands for all transitions, see `_ways`."""


class _Folds:
    """Folds whom it has to for each value."""

    def __init__(
        self, compiled: Compiled, tables: at.Tables, history: History, as_of: int, stage: int, knob: _Knob
    ) -> None:
        self._compiled, self._tables, self._history = compiled, tables, history
        self._as_of, self._stage, self._knob = as_of, stage, knob
        self._over = _over(compiled.program, stage)

    def each(self, values: Sequence[float], pool: ThreadPoolExecutor) -> Iterator[tuple[float, _Found, int]]:
        """Each of the ascending values, what came of it, and how many leads were folded for it."""
        sizes = [shard.leads for shard in self._history.shards]
        found = _Found(
            tuple(np.full(n, at.NEVER) for n in sizes),
            tuple(np.zeros(n, np.int64) for n in sizes),
            tuple(np.full(n, -np.inf) for n in sizes),
            tuple(np.full(n, -at.NEVER) for n in sizes),
            tuple(np.zeros(n, np.uint64) for n in sizes),
        )
        yield values[0], found, self._fold(values[0], found, [np.ones(n, bool) for n in sizes], pool)
        rule = self._knob.rule
        if rule is None:
            for value in values[1:]:
                slack = 1e-6 * max(1.0, abs(value))  # comparisons have a tolerance: stay clear of it
                yield value, found, self._fold(value, found, [value >= m - slack for m in found.margin], pool)
        elif not only_opens(self._compiled.agreement, rule.score):
            for value in values[1:]:
                yield value, found, self._fold(value, found, self._knob.touched, pool)
        elif len(values) > 1:
            highest = deepcopy(found)
            folded = self._fold(values[-1], highest, self._knob.touched, pool)
            yield from self._between(values, found, highest, pool)
            yield values[-1], highest, folded

    def _between(
        self, values: Sequence[float], low: _Found, high: _Found, pool: ThreadPoolExecutor
    ) -> Iterator[tuple[float, _Found, int]]:
        """The values inside the first and the last, of which what came is known."""
        if len(values) < 3:
            return
        middle, found = len(values) // 2, deepcopy(low)
        differ = [a != b for a, b in zip(low.way, high.way, strict=True)]
        folded = self._fold(values[middle], found, differ, pool)
        yield from self._between(values[: middle + 1], low, found, pool)
        yield values[middle], found, folded
        yield from self._between(values[middle:], found, high, pool)

    def _fold(self, value: float, found: _Found, leads: Sequence[Mask], pool: ThreadPoolExecutor) -> int:
        """Fold these leads for the value, into `found`; returns how many they are."""
        program, tables = self._moved(value)
        program.stages["over"] = self._over
        jobs = [
            pool.submit(self._fold_shard, program, tables, found, number, np.flatnonzero(mask))
            for number, mask in enumerate(leads)
        ]
        return sum(job.result() for job in jobs)

    def _fold_shard(
        self, program: at.Program, tables: at.Tables, found: _Found, number: int, rows: NDArray[np.int64]
    ) -> int:
        if len(rows):
            shut = None if self._knob.rule else found.reached[number][rows]
            output = fold_rows(program, tables, self._history.shards[number], rows, self._as_of, shut=shut)
            taken = output.transitions[: output.used[0]]
            entries = np.flatnonzero(taken["to"] == self._stage)
            leads = taken["lead"][entries]
            first = np.full(len(rows), at.NEVER)
            first[leads[::-1]] = taken["at"][entries[::-1]]  # those of one lead are in order: its first stays
            found.first[number][rows] = first
            found.entries[number][rows] = np.bincount(leads, minlength=len(rows))
            if self._knob.rule:
                found.way[number][rows] = _ways(taken, len(rows))
            else:
                found.margin[number][rows] = output.margin
                found.reached[number][rows] = output.reached
        return len(rows)

    def _moved(self, value: float) -> tuple[at.Program, at.Tables]:
        """The program with the value in its place; a bar is a number in an array, points are compiled anew (1 ms)."""
        program = self._compiled.program
        if self._knob.rule is None:
            ops = program.ops.copy()
            ops["value"][list(self._knob.ops)] = value
            ops["watched"][list(self._knob.ops)] = 1
            return program._replace(ops=ops, stages=program.stages.copy()), self._tables
        moved = compile_agreement(with_points(self._compiled.agreement, self._knob.rule, value))
        same = np.array_equal(moved.program.stages["drifts"], program.stages["drifts"])
        return moved.program, self._tables if same else bind(moved, self._history)


def _joined(parts: Sequence[NDArray[np.int64]]) -> NDArray[np.int64]:
    return np.concatenate([np.empty(0, np.int64), *parts])


def _over(program: at.Program, stage: int) -> Mask:
    """(stages,) whether the stage cannot be entered any more from there, by whatever ways."""
    stages, paths = program.stages, program.paths
    leads_to = np.zeros((len(stages), len(stages)), bool)
    for path in paths:
        leads_to[:, path["stage"]] |= [bool(int(path["from_"]) >> i & 1) for i in range(len(stages))]
    timed = np.flatnonzero(stages["timeout"])
    leads_to[timed, stages["timeout_to"][timed]] = True
    reaches = leads_to[:, stage]
    for _ in stages:
        reaches = reaches | leads_to[:, reaches].any(axis=1)
    return ~reaches


def _ways(taken: at.Records, leads: int) -> NDArray[np.uint64]:
    """(leads,) 64 bits that differ, as good as always, where the transitions taken differ in anything.

    A sum over them of a number well mixed (splitmix64) from what they are and which one of the lead's it is.
    """
    counts = np.bincount(taken["lead"], minlength=leads)
    order = np.arange(len(taken)) - np.repeat(np.cumsum(counts) - counts, counts)
    mixed = order.astype(np.uint64)
    for name in ("at", "from_", "to", "cause", "path", "code"):
        mixed = (mixed ^ taken[name].astype(np.int64).view(np.uint64)) * np.uint64(0x9E3779B97F4A7C15)
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        mixed ^= mixed >> np.uint64(31)
    ways = np.zeros(leads, np.uint64)
    np.add.at(ways, taken["lead"], mixed)
    return ways


def _knob(compiled: Compiled, history: History, place: str) -> _Knob:
    parts = place.split(".")
    if parts[0] in compiled.agreement.stage:
        return _bar(compiled, place, parts)
    if parts[0] in compiled.agreement.scores and len(parts) == 2:
        return _points(compiled, history, place, parts)
    raise UsageError(f"`{place}` is no place: {_places(compiled)}")


def _bar(compiled: Compiled, place: str, parts: list[str]) -> _Knob:
    stage, score = parts[0], parts[-1]
    path = ".".join(parts[:2]) if len(parts) == 3 else None
    bars = [
        bar
        for bar in compiled.bars
        if bar.path.rpartition(".")[0] == stage and bar.score == score and path in (None, bar.path)
    ]
    if not bars:
        raise UsageError(
            f"`{place}`: no condition of {stage} compares `{score}` with a number; {_places(compiled)}"
        )
    return _Knob(bars[0].value, ops=tuple(bar.op for bar in bars))


def _places(compiled: Compiled) -> str:
    bars = [f"{bar.path.rpartition('.')[0]}.{bar.score}" for bar in compiled.bars]
    rules = [
        rule.id if rule.kind == "silence" else f"{rule.score}.{rule.names[0]}"
        for rule in compiled.agreement.rules
    ]
    some = ", ".join(list(dict.fromkeys(rules))[:12]) + (" …" if len(set(rules)) > 12 else "")
    return f"bars are {', '.join(dict.fromkeys(bars)) or 'none'}; rules are {some}"


def _points(compiled: Compiled, history: History, place: str, parts: list[str]) -> _Knob:
    found = [
        rule
        for rule in compiled.agreement.scores[parts[0]].rules
        if parts[1] == str(rule.position) or (rule.kind != "silence" and rule.names == (parts[1],))
    ]
    if len(found) != 1:
        if found:
            places = " or ".join(f"`{rule.id}`" for rule in found)
            raise UsageError(
                f"`{place}` names {len(found)} rules: write {places}, by their place in the score"
            )
        raise UsageError(f"`{place}` names no rule: {_places(compiled)}")
    rule = found[0]
    if rule.kind == "silence":
        touched = tuple(np.ones(shard.leads, bool) for shard in history.shards)
    else:
        touched = _leads_with(history, _shape_codes(compiled, history, rule))
    return _Knob(rule.points, rule=rule, touched=touched)


def with_points(agreement: Agreement, rule: Rule, points: float) -> Agreement:
    """The agreement with other points for one of its rules."""
    score = agreement.scores[rule.score]
    rules = tuple(replace(r, points=points) if r.position == rule.position else r for r in score.rules)
    return replace(agreement, scores={**agreement.scores, score.id: replace(score, rules=rules)})


def _shape_codes(compiled: Compiled, history: History, rule: Rule) -> NDArray[np.int32]:
    shapes = history.profiles if rule.kind == "trait" else history.activities
    named = compiled.agreement.traits if rule.kind == "trait" else compiled.agreement.signals
    return shapes.codes[holds(named[rule.names[0]].predicate, shapes)]


def _leads_with(history: History, codes: NDArray[np.int32]) -> tuple[Mask, ...]:
    wanted = np.zeros(history.codes, bool)
    wanted[codes] = True
    masks = []
    for shard in history.shards:
        found = np.zeros(shard.leads, bool)
        found[np.searchsorted(shard.offsets, np.flatnonzero(wanted[shard.code]), side="right") - 1] = True
        masks.append(found)
    return tuple(masks)
