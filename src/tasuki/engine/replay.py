"""An agreement over a whole history: the driver of the kernel on local threads."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tasuki.agreement import Agreement
from tasuki.engine import layout as at
from tasuki.engine.bind import bind
from tasuki.engine.compile import Compiled, compile_agreement
from tasuki.engine.kernel import Entries, Output, State, empty_output, fold_leads, new_state
from tasuki.history import Activity, Decision, History, Profile, Shard, history_of

Progress = Callable[[int, int], None]
"""Called with entries done and entries in all."""

CAUSES = ("path", "decision", "timeout")
REFUSALS = ("unknown_stage", "role", "from", "requires")
LEAST_LEADS = 1_000


@dataclass(frozen=True)
class ShardResult:
    """What came of the leads of one shard, in the order of its ids. Times in µs UTC.

    `parts` are the kernel's outputs for ranges of leads, each with the row it begins at; they are joined when asked for.
    """

    parts: tuple[tuple[int, Output], ...]

    @cached_property
    def stage(self) -> NDArray[np.int16]:
        """(leads,) present stage by the kernel's number; 0: no stage yet."""
        return np.concatenate([part.stage for _, part in self.parts])

    @cached_property
    def entered(self) -> NDArray[np.int64]:
        """(leads,) when the present stage was entered."""
        return np.concatenate([part.entered for _, part in self.parts])

    @cached_property
    def next_check(self) -> NDArray[np.int64]:
        """(leads,) when something will come by itself; layout.NEVER: nothing will."""
        return np.concatenate([part.next_check for _, part in self.parts])

    @cached_property
    def scores(self) -> NDArray[np.float64]:
        """(leads, scores) at as_of."""
        return np.concatenate([part.scores for _, part in self.parts])

    @cached_property
    def transitions(self) -> at.Records:
        """(transitions,) `lead` is the row of the lead; those of one lead in their order."""
        return _rebased((first, part.transitions[: part.used[0]]) for first, part in self.parts)

    @cached_property
    def transition_scores(self) -> NDArray[np.float64]:
        """(transitions, scores) just before resets."""
        return np.concatenate([part.transition_scores[: part.used[0]] for _, part in self.parts])

    @cached_property
    def refusals(self) -> at.Records:
        """(refusals,) decisions that changed nothing; `lead` is the row of the lead."""
        return _rebased((first, part.refusals[: part.used[1]]) for first, part in self.parts)


def _rebased(parts: Iterable[tuple[int, at.Records]]) -> at.Records:
    """Records of some leads as one, `lead` counted from the row at which each part begins."""
    moved = []
    for first, part in parts:
        copy = part.copy()
        copy["lead"] += first
        moved.append(copy)
    return np.concatenate(moved)


@dataclass(frozen=True)
class Replay:
    """What an agreement makes of a history up to `as_of` (µs UTC, inclusive)."""

    compiled: Compiled
    history: History
    as_of: int
    shards: tuple[ShardResult, ...]

    @cached_property
    def lead_order(self) -> NDArray[np.int64]:
        """(leads,) the rows of all shards in a row, in ascending order of lead id."""
        return np.asarray(pa.compute.sort_indices(self.lead_ids), np.int64)

    @cached_property
    def lead_ids(self) -> pa.Array:
        """(leads,) ids of all shards in a row."""
        return pa.array([lead for shard in self.history.shards for lead in shard.ids], pa.string())

    @cached_property
    def first_row(self) -> NDArray[np.int64]:
        """(shards + 1,) where each shard's leads begin in `lead_ids`."""
        return np.cumsum([0, *(shard.leads for shard in self.history.shards)])

    @cached_property
    def stage(self) -> NDArray[np.int16]:
        """(leads,) present stage by the kernel's number, in the order of `lead_ids`."""
        return np.concatenate([np.empty(0, np.int16), *(shard.stage for shard in self.shards)])

    @cached_property
    def transitions(self) -> at.Records:
        """Every transition; `lead` is a row of `lead_ids`; of one lead in their order."""
        return self._all("transitions", at.TRANSITION_RECORD)

    @cached_property
    def refusals(self) -> at.Records:
        """Every refused decision; `lead` is a row of `lead_ids`."""
        return self._all("refusals", at.REFUSAL_RECORD)

    def _all(self, name: str, dtype: np.dtype[np.void]) -> at.Records:
        shards = zip(self.first_row.tolist(), self.shards, strict=False)
        return _rebased(
            [(0, np.empty(0, dtype)), *((first, getattr(shard, name)) for first, shard in shards)]
        )


def replay(
    agreement: Agreement | Compiled,
    history: History,
    as_of: int | None = None,
    *,
    threads: int | None = None,
    progress: Progress | None = None,
) -> Replay:
    """Fold every lead of the history under the agreement.

    `as_of` in µs UTC, inclusive; the time of the last entry when None. `threads`: one for each core when None; the
    result does not depend on it.
    """
    compiled = agreement if isinstance(agreement, Compiled) else compile_agreement(agreement)
    until = as_of if as_of is not None else history.last_at or 0
    tables = bind(compiled, history)
    return replay_bound(compiled, tables, history, until, threads=threads, progress=progress)


def replay_bound(
    compiled: Compiled,
    tables: at.Tables,
    history: History,
    as_of: int,
    *,
    threads: int | None = None,
    progress: Progress | None = None,
) -> Replay:
    """`replay` with tables made before: for many replays that differ in numbers only."""
    threads = threads or os.cpu_count() or 1
    tasks = list(_tasks(history.shards, threads))
    leads = sum(shard.leads for shard in history.shards)
    offsets = [np.array(shard.offsets, np.int64) for shard in history.shards]
    outputs: dict[Task, Output] = {}
    done, total = 0, sum(shard.entries for shard in history.shards)

    mine = threading.local()

    def fold_task(task: Task) -> Output:
        number, first, last = task
        if not hasattr(mine, "room"):
            mine.room = room_for(compiled.program, history.shards, as_of)
            mine.paper = _Paper(compiled.program, leads)
        ends = offsets[number][first : last + 1]
        entries = _entries(history.shards[number], ends[:-1], ends[1:], None)
        output = _folded(compiled.program, tables, entries, mine.room, as_of, mine.paper.next(last - first))
        mine.paper.keep(output)
        return output

    with ThreadPoolExecutor(threads) as pool:
        jobs = {pool.submit(fold_task, task): task for task in tasks}
        try:
            for job in as_completed(jobs):
                number, first, last = task = jobs[job]
                outputs[task] = job.result()
                done += int(offsets[number][last] - offsets[number][first])
                if progress:
                    progress(done, total)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    shards: list[list[tuple[int, Output]]] = [[] for _ in history.shards]
    for number, first, last in tasks:
        shards[number].append((first, outputs[number, first, last]))
    return Replay(compiled, history, as_of, tuple(ShardResult(tuple(parts)) for parts in shards))


Task = tuple[int, int, int]
"""A shard's number, and a range of its leads."""


def _tasks(shards: Sequence[Shard], threads: int) -> Iterator[Task]:
    """Ranges of leads: large at first, for each costs something, and small at last, so that all threads end together."""
    left = sum(shard.leads for shard in shards)
    for number, shard in enumerate(shards):
        first = 0
        while first < shard.leads or first == 0:
            leads = min(max(left // (3 * threads), LEAST_LEADS), shard.leads - first)
            yield number, first, first + leads
            first, left = first + max(leads, 1), left - leads


class _Paper:
    """What one thread writes on, task after task: arrays for all leads, which the system gives in pages as it comes to them.

    Arrays for each task by itself cost a tenth of a replay, most of it for pages touched the first time.
    """

    def __init__(self, program: at.Program, leads: int) -> None:
        self._whole = empty_output(
            leads, len(program.scores), *_space(leads), 0, watched=_is_watched(program)
        )
        self._leads, self._transitions, self._refusals = 0, 0, 0

    def next(self, leads: int) -> Output:
        """Where to write of the next so many leads."""
        whole, rows = self._whole, slice(self._leads, self._leads + leads)
        return whole._replace(
            stage=whole.stage[rows],
            entered=whole.entered[rows],
            next_check=whole.next_check[rows],
            scores=whole.scores[rows],
            margin=whole.margin[rows],
            reached=whole.reached[rows],
            transitions=whole.transitions[self._transitions :],
            transition_scores=whole.transition_scores[self._transitions :],
            refusals=whole.refusals[self._refusals :],
            used=np.zeros(3, np.int64),
        )

    def keep(self, output: Output) -> None:
        """What was written stays; what the kernel had to write elsewhere takes no room."""
        if output.transitions.base is self._whole.transitions:
            self._leads += len(output.stage)
            self._transitions += int(output.used[0])
            self._refusals += int(output.used[1])


def _space(leads: int) -> tuple[int, int]:
    """Transitions and refusals for which there is room at first."""
    return 4 * leads + 64, leads // 4 + 16


def _is_watched(program: at.Program) -> bool:
    return bool(program.ops["watched"].any())


Room = tuple[State, at.Records, NDArray[np.int64]]
"""`s`, `nodes` and `places` of the kernel: what it works in, one lead after the other."""


def fold_rows(
    program: at.Program,
    tables: at.Tables,
    shard: Shard,
    rows: NDArray[np.int64],
    as_of: int,
    traces: int = 0,
    *,
    shut: NDArray[np.int64] | None = None,
) -> Output:
    """The kernel over some leads of a shard, again with more space if its output did not fit.

    `lead` of transitions and refusals counts from 0 within `rows`. `shut`: as in `Entries`.
    """
    offsets = np.asarray(shard.offsets, np.int64)
    entries = _entries(shard, offsets[rows], offsets[rows + 1], shut)
    room = _room(program, [(shard, entries.first, entries.last)], as_of)
    paper = empty_output(
        len(rows), len(program.scores), *_space(len(rows)), traces, watched=_is_watched(program)
    )
    return _folded(program, tables, entries, room, as_of, paper)


def _folded(
    program: at.Program, tables: at.Tables, entries: Entries, room: Room, as_of: int, paper: Output
) -> Output:
    """The kernel into `paper`, or into more of it if that was too little. Traces are asked for by giving room for them."""
    while True:
        fold_leads(program, tables, entries, *room, as_of, paper)
        used = paper.used.tolist()
        given = [len(paper.transitions), len(paper.refusals), len(paper.trace)]
        if used[0] <= given[0] and used[1] <= given[1] and (not given[2] or used[2] <= given[2]):
            return paper
        transitions, refusals, traces = map(max, given, used)
        paper = empty_output(
            len(entries.first),
            len(program.scores),
            transitions,
            refusals,
            traces if given[2] else 0,
            watched=_is_watched(program),
        )


def _entries(
    shard: Shard, first: NDArray[np.int64], last: NDArray[np.int64], shut: NDArray[np.int64] | None
) -> Entries:
    """Some leads of the shard as the kernel reads them: bytes, none of them writable."""
    at_bytes, code_bytes = shard.at.view(np.uint8), shard.code.view(np.uint8)
    at_bytes.flags.writeable = code_bytes.flags.writeable = False
    known = np.empty(0, np.int64) if shut is None else shut
    return Entries(first, last, at_bytes, code_bytes, known)


def room_for(program: at.Program, shards: Sequence[Shard], as_of: int) -> Room:
    """Room for any lead of these shards."""
    offsets = [np.asarray(shard.offsets, np.int64) for shard in shards]
    return _room(
        program,
        [(shard, ends[:-1], ends[1:]) for shard, ends in zip(shards, offsets, strict=True)],
        as_of,
    )


def _room(
    program: at.Program, leads: Iterable[tuple[Shard, NDArray[np.int64], NDArray[np.int64]]], as_of: int
) -> Room:
    """Room for the longest of these leads; of each shard, where they begin and end."""
    repeats = bool((program.clocks["repeats"] != 1).any())  # else the span is of no use, and dear to find
    longest, begin = 0, as_of
    for shard, first, last in leads:
        longest = max(longest, int((last - first).max(initial=0)))
        if repeats:
            begin = min(begin, int(shard.at[first[first < last]].min(initial=as_of)))
    return *new_state(program, longest, as_of - begin), np.empty(longest + 1, np.int64)


def fold(
    compiled: Compiled,
    profiles: Iterable[Profile],
    activities: Iterable[Activity],
    decisions: Iterable[Decision],
    as_of: int,
) -> Replay:
    """The same fold for a few leads held in memory: what the live server calls for leads touched by new entries.

    Times in µs UTC; the order given is the order at equal times. A batch costs some tens of microseconds for each lead.
    """
    return replay(compiled, history_of(profiles, activities, decisions), as_of, threads=1)
