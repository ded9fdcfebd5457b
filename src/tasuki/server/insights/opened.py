"""Facts opened for reading, kept by each process: those of now, and a few as of earlier times.

One connection is not for two threads at once, so whoever reads holds the lock. Those of now follow the folder: what was
added to it is taken in as it comes where `follow` runs, so that nobody waits for it, else by the next who asks.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb
from django.utils.translation import gettext as _

from tasuki.errors import FactsUnreadable
from tasuki.metrics.facts import store
from tasuki.metrics.reader import Facts
from tasuki.server.core import clock
from tasuki.server.core.errors import NotFound
from tasuki.server.insights.commands import facts_folder

PAST = 2
"""So many earlier times are kept open; each costs as much memory as those of now."""
KEPT = 300.0
"""Seconds for which an earlier time is kept; then what was recorded late since is counted as such."""
FRESH = 60.0
"""Seconds after which those of now are looked at as of a later now, though nothing was added: due times pass."""
LATELY = 600.0
"""Seconds for which those of now are kept up to date after somebody looked."""
FOLLOW_EVERY = 0.5
"""Seconds between two looks at the folder: two calls of the system."""
Stamp = tuple[int, int, int]


@dataclass
class _Open:
    facts: Facts
    folder: Path
    stamp: Stamp
    since: float


_lock = threading.RLock()
_now: list[_Open] = []
_past: OrderedDict[tuple[Path, int], _Open] = OrderedDict()
_looked = [-LATELY]
"""When somebody looked at those of now last."""


@contextmanager
def opened(as_of: datetime | None = None) -> Iterator[Facts]:
    """Facts as known at a time (aware; now when None or not past yet), for the calling thread alone meanwhile.

    NotFound `numbers_not_yet`: there are none yet.
    """
    with _lock:
        facts = _ready(as_of)
        _looked[0] = time.monotonic()
        yield facts


def follow(stop: threading.Event) -> None:
    """Until `stop`, keep those of now up to date for people who look at them."""
    while not stop.wait(FOLLOW_EVERY):
        with _lock:
            if _now and time.monotonic() - _looked[0] < LATELY:
                with suppress(NotFound):
                    _ready(None)


def _ready(as_of: datetime | None) -> Facts:
    try:
        return _found(as_of)
    except duckdb.Error:  # a file was joined with others just as we were to read it
        forget()
        return _found(as_of)


def _found(as_of: datetime | None) -> Facts:
    try:
        is_past = as_of is not None and as_of < clock.now()
        return _of(clock.microseconds(as_of)) if as_of is not None and is_past else _of_now()
    except FactsUnreadable:
        forget()
        raise _not_yet() from None


def forget() -> None:
    """Close all."""
    with _lock:
        for one in (*_now, *_past.values()):
            one.facts.close()
        _now.clear()
        _past.clear()


def _stamp(folder: Path) -> Stamp:
    """Which folder it is, and which manifest: facts that are made anew come in another folder."""
    try:
        place, manifest = folder.stat(), (folder / store.FILE).stat()
    except OSError:
        raise FactsUnreadable(f"{folder}: there are no facts yet") from None
    return place.st_ino, manifest.st_ino, manifest.st_mtime_ns


def _of_now() -> Facts:
    folder = facts_folder()
    stamp, at = _stamp(folder), time.monotonic()
    kept = _now[0] if _now else None
    if kept is None or kept.folder != folder or kept.stamp[0] != stamp[0]:
        forget()
        facts = Facts(folder, clock.microseconds(clock.now()))
        _now.append(_Open(facts, folder, stamp, at))
    elif kept.stamp != stamp or at - kept.since > FRESH:
        kept.facts.refresh(max(clock.microseconds(clock.now()), kept.facts.as_of))
        kept.stamp, kept.since = stamp, at
    return _now[0].facts


def _of(as_of: int) -> Facts:
    folder = facts_folder()
    key, stamp, at = (folder, as_of), _stamp(folder), time.monotonic()
    kept = _past.get(key)
    if kept and (kept.stamp[0] != stamp[0] or (kept.stamp != stamp and at - kept.since > KEPT)):
        _past.pop(key).facts.close()
        kept = None
    if kept is None:
        while len(_past) >= PAST:
            _past.popitem(last=False)[1].facts.close()
        kept = _past[key] = _Open(Facts(folder, as_of), folder, stamp, at)
    _past.move_to_end(key)
    return kept.facts


def _not_yet() -> NotFound:
    return NotFound(
        "numbers_not_yet",
        _("There are no figures yet."),
        cure=_("They come some seconds after an agreement is in force and the worker runs."),
    )
