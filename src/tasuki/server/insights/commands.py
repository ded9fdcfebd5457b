"""Keeping the facts beside the database: what is new is added within seconds, and all can be made anew."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db.models import Max

from tasuki.errors import FactsUnreadable
from tasuki.metrics.facts import store
from tasuki.metrics.roles import Terms, terms_of
from tasuki.server.agreements import queries as agreements
from tasuki.server.core import clock
from tasuki.server.imports.models import ImportJob
from tasuki.server.insights import reading
from tasuki.server.insights.facts.state import State, read_state, write_state


@dataclass(frozen=True)
class Refreshed:
    """How many rows were added; `anew`: all facts were made again. `busy`: another process is at it, nothing was done."""

    rows: int = 0
    anew: bool = False
    busy: bool = False


def facts_folder() -> Path:
    """Where this installation's facts are: beside the database, or where it would be."""
    return Path(settings.DATA) / "facts"


def refresh(folder: Path | None = None, *, most: int = reading.AT_ONCE) -> Refreshed:
    """Add to the facts what is new in the database; make them anew where they are missing, broken, or an import was undone.

    One process at a time, by a lock that is free when its holder dies; whoever is killed leaves the facts as they were.
    Nothing is written where nothing is new. Without an agreement in force there are no facts. `most`: rows of each table
    in memory at once.
    """
    folder = folder or facts_folder()
    terms = _terms()
    if terms is None:
        return Refreshed()
    with _alone(folder) as mine:
        if not mine:
            return Refreshed(busy=True)
        undone = _undone()
        state = _known(folder)
        if state is not None and state.undone == undone:
            return Refreshed(_add(folder, state, terms, most))
        return Refreshed(_anew(folder, undone, terms, most), anew=True)


def has_facts() -> bool:
    """Whether there are any that can be asked."""
    return (facts_folder() / store.FILE).exists()


def _terms() -> Terms | None:
    """Of the agreement in force, whose version is called by its number here."""
    under = agreements.in_force()
    return replace(terms_of(under.agreement), version=str(under.version.number)) if under else None


def _undone() -> str:
    """The last import that was undone: rows that are gone cannot be taken back from facts that only grow."""
    found: datetime | None = ImportJob.objects.aggregate(last=Max("undone_at"))["last"]
    return found.isoformat() if found else ""


def _known(folder: Path) -> State | None:
    try:
        return read_state(folder, store.read_manifest(folder).generation)
    except FactsUnreadable:
        return None


def _add(folder: Path, state: State, terms: Terms, most: int) -> int:
    """Read and write until there is nothing new; how many rows."""
    added = 0
    while True:
        now = clock.now()
        goes_on, tables = reading.read_new(state, now, most)
        if goes_on and not tables:
            continue  # changes that are no facts by themselves, as of who is in which team
        if not goes_on and not _differs(folder, terms):
            return added
        generation = _generation(folder) + 1
        write_state(folder, generation, state)
        store.write_facts(folder, dict(tables), terms, clock.microseconds(now))
        added += sum(len(table) for table in tables.values())


def _generation(folder: Path) -> int:
    return store.read_manifest(folder).generation if (folder / store.FILE).exists() else 0


def _differs(folder: Path, terms: Terms) -> bool:
    """Whether there are no facts yet, or they speak of another agreement; stages that are gone stand at the end."""
    if not (folder / store.FILE).exists():
        return True
    there = store.read_manifest(folder).terms
    return replace(there, stages=there.stages[: len(terms.stages)]) != terms


def _anew(folder: Path, undone: str, terms: Terms, most: int) -> int:
    """Aside, so that there are the facts of before or those of now; whoever was killed at it is gone on from."""
    aside = folder.with_name(f"{folder.name}.new")
    state = _known(aside) if aside.exists() else None
    if state is None or state.undone != undone:
        shutil.rmtree(aside, ignore_errors=True)
        state = State(undone=undone)
    rows = _add(aside, state, terms, most)
    gone = folder.with_name(f"{folder.name}.old")
    shutil.rmtree(gone, ignore_errors=True)
    if folder.exists():
        folder.rename(gone)
    aside.rename(folder)
    shutil.rmtree(gone, ignore_errors=True)
    return rows


@contextmanager
def _alone(folder: Path) -> Iterator[bool]:
    """Whether no other process is at these facts; the lock is beside the folder, which may be replaced."""
    try:
        import fcntl
    except ImportError:  # Windows: one worker is to be run there
        yield True
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_name(f"{folder.name}.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True
