"""The simulation as a whole: blocks of leads, each drawn from its own numbers, written in their order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from tasuki.errors import UsageError
from tasuki.simulate import tables
from tasuki.simulate.behaviour import Activities, behaviour_of, join
from tasuki.simulate.calendar import START, Calendar, calendar_of
from tasuki.simulate.catalogue import ACTIONS, CHANNEL
from tasuki.simulate.companies import Companies, companies_of
from tasuki.simulate.forms import looks_of
from tasuki.simulate.office import Book, Office, blank_book, cases_of, office_of, reps_of
from tasuki.simulate.people import people_of
from tasuki.simulate.sales import work

BLOCK = 4096  # leads drawn together; constant, so that the first leads are the same in any number
THREADS = 2
MOST_LEADS, MOST_MONTHS = 99_999_999, 120
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class SimulationReport:
    """What was written: rows and file of each table, and the span in microseconds since 1970 UTC."""

    leads: int
    rows: Mapping[str, int]
    files: Mapping[str, Path]
    start: int
    end: int


@dataclass(frozen=True)
class _World:
    """What all blocks share."""

    seed: int
    calendar: Calendar
    companies: Companies
    office: Office


def simulate(
    out: Path | str,
    leads: int,
    months: int,
    seed: int,
    format: str = "csv",
    progress: Progress | None = None,
) -> SimulationReport:
    """Invent a company's leads over `months` months from 2024-04-01 (Asia/Tokyo) and what became of them.

    Writes `profiles`, `activities`, `decisions`, `deals` and `truth` (`.csv` or `.parquet`) into the folder
    `out`, which is made if it is not there; files of these names are replaced once all five are complete. The
    same arguments give the same bytes, and a company of more leads contains the smaller one. `progress` is
    called with (leads done, all leads). Times are UTC; amounts are yen.

    Raises UsageError for an argument that does not fit.
    """
    folder = Path(out)
    _check(folder, leads, months, seed, format)
    folder.mkdir(parents=True, exist_ok=True)
    calendar = calendar_of(months)
    world = _World(seed, calendar, companies_of(seed), office_of(calendar, reps_of(seed)))
    with tables.Writer(folder, format) as writer:
        done = 0
        for count, block in _blocks(world, leads):
            writer.write(block)
            done += count
            if progress is not None:
                progress(done, leads)
    return SimulationReport(leads, writer.rows, writer.paths, START, START + calendar.end)


def _check(folder: Path, leads: int, months: int, seed: int, format_: str) -> None:
    if not 0 <= leads <= MOST_LEADS:
        raise UsageError(f"--leads {leads}: give a number from 0 to {MOST_LEADS:,}")
    if not 1 <= months <= MOST_MONTHS:
        raise UsageError(f"--months {months}: give a number from 1 to {MOST_MONTHS}")
    if seed < 0:
        raise UsageError(f"--seed {seed}: give 0 or a positive number")
    if format_ not in tables.FORMATS:
        raise UsageError(f"--format {format_}: give one of {', '.join(tables.FORMATS)}")
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file: give a folder for --out")


def _blocks(world: _World, leads: int) -> Iterator[tuple[int, dict[str, pa.Table]]]:
    """The blocks in order, a few of them made ahead; no lead at all still makes an empty block."""
    counts = [min(BLOCK, leads - first) for first in range(0, leads, BLOCK)] or [0]
    ahead: deque[tuple[int, Future[dict[str, pa.Table]]]] = deque()
    with ThreadPoolExecutor(THREADS) as pool:
        try:
            for number, count in enumerate(counts):
                ahead.append((count, pool.submit(_block, world, number, count)))
                if len(ahead) > THREADS:
                    yield _next(ahead)
            while ahead:
                yield _next(ahead)
        finally:
            pool.shutdown(cancel_futures=True)


def _next(ahead: deque[tuple[int, Future[dict[str, pa.Table]]]]) -> tuple[int, dict[str, pa.Table]]:
    count, future = ahead.popleft()
    return count, future.result()


def _block(world: _World, number: int, count: int) -> dict[str, pa.Table]:
    """All tables of the first `count` leads of a block; the block is always drawn whole."""
    rng, rng_of_forms = (
        np.random.Generator(np.random.PCG64(np.random.SeedSequence([world.seed, stream, number])))
        for stream in (2, 3)
    )
    people = people_of(BLOCK, world.calendar, world.companies, rng)
    did = behaviour_of(people, world.calendar, rng)
    cases = cases_of(people, world.companies, did, rng)
    book = blank_book(BLOCK)
    work(cases, world.office, book)
    looks = looks_of(people, did, rng_of_forms)
    everything = join([looks.views, did, _touches(book)])
    ids = tables.block_ids(number * BLOCK, BLOCK)
    made = {
        "profiles": tables.profiles_of(ids, people, world.companies, world.calendar),
        "activities": tables.activities_of(ids, everything, world.calendar),
        "decisions": tables.decisions_of(ids, book),
        "deals": tables.deals_of(ids, people, world.companies, book),
        "truth": tables.truth_of(ids, people, cases, book, looks),
    }
    return made if count == BLOCK else {name: _first_leads(t, ids, count) for name, t in made.items()}


def _touches(book: Book) -> Activities:
    lead, at, action = book.touches[: book.rows[1]].T
    channel = np.array([CHANNEL["visit" if a.type == "meeting" else "phone"] for a in ACTIONS])[action]
    return Activities(lead, at, action, channel, np.full(len(lead), -1))


def _first_leads(table: pa.Table, ids: pa.Array, count: int) -> Any:
    """The rows of the first `count` leads; names have one width, so their order is that of the numbers."""
    if count == 0:
        return table.slice(0, 0)
    return table.filter(pa.compute.less_equal(table["lead"], ids[count - 1]))
