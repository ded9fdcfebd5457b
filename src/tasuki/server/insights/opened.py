"""Facts opened for reading, kept by each process: those of now, and a few as of earlier times.

One connection is not for two threads at once, so whoever reads holds the lock. Those of now follow the folder: where
`follow` runs they are opened before anybody asks, what was added is taken in as it comes, and what was looked at last is
asked again at once, so that nobody waits for it; else the next who asks does it.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb
from django.db import close_old_connections
from django.utils.translation import gettext as _

from tasuki.errors import FactsUnreadable
from tasuki.metrics.facts import store
from tasuki.metrics.reader import Facts
from tasuki.server.core import clock
from tasuki.server.core.errors import NotFound
from tasuki.server.insights.commands import facts_folder

log = logging.getLogger(__name__)

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
FOLLOW_SHARE = 10.0
"""What took a second is done every ten seconds: people who look need the processor, too."""
LATE = 2.0
"""Seconds after which whoever asks no longer relies on who follows."""
READY = 4
"""So many of the pages that were looked at last are asked again when something new has come in."""
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
"""When somebody looked at those of now last, or when `follow` began: somebody will."""
_promised = [0.0]
"""Until when `follow` has said to look again."""
_follower: list[threading.Thread] = []
_asked: OrderedDict[Hashable, Callable[[], object]] = OrderedDict()


@contextmanager
def opened(as_of: datetime | None = None) -> Iterator[Facts]:
    """Facts as known at a time (aware; now when None or not past yet), for the calling thread alone meanwhile.

    NotFound `numbers_not_yet`: there are none yet.
    """
    with _lock:
        facts = _ready(as_of)
        if threading.current_thread() not in _follower:
            _looked[0] = time.monotonic()
        yield facts


def keep_ready(key: Hashable, ask: Callable[[], object]) -> None:
    """Somebody looks at what `ask` asks of those of now: where `follow` runs, have it counted again when facts came in."""
    with _lock:
        _asked[key] = ask
        _asked.move_to_end(key)
        while len(_asked) > READY:
            _asked.popitem(last=False)


def follow(stop: threading.Event) -> None:
    """Until `stop`, keep those of now, and what was asked of them last, up to date for people who look at them."""
    pause, _looked[0] = FOLLOW_EVERY, time.monotonic()
    _follower.append(threading.current_thread())
    try:
        while not stop.wait(pause):
            is_open = time.monotonic() - _looked[0] < LATELY and _is_open()
            begin = time.monotonic()
            is_kept = is_open and _is_kept()
            pause = max(FOLLOW_EVERY, FOLLOW_SHARE * (time.monotonic() - begin))
            _promised[0] = time.monotonic() + pause + LATE if is_kept else 0.0
    finally:
        _promised[0] = 0.0
        _follower.remove(threading.current_thread())


def _is_open() -> bool:
    """Open those of now unless they are, which takes seconds once; whoever asks meanwhile waits for the same."""
    try:
        with _lock:
            if not _now:
                _ready(None)
    except NotFound:  # there are none yet
        return False
    except Exception:  # whoever looks next is told
        log.warning("the facts cannot be opened", exc_info=True)
        return False
    return True


def _is_kept() -> bool:
    """Take in what is new, and ask again; whether those of now are up to date."""
    _promised[0] = 0.0
    try:
        with _lock:
            before = _now[0].since if _now else None
            _ready(None)
            is_new = _now[0].since != before
    except Exception:  # whoever looks next is told
        log.warning("what is new cannot be taken in", exc_info=True)
        return False
    if is_new:
        _ask_again()
    return True


def _ask_again() -> None:
    """The last first; each by itself, so that whoever comes now waits for one at the most."""
    for ask in reversed(list(_asked.values())):
        try:
            ask()
        except Exception:  # whoever looks next is told
            log.debug("what was looked at cannot be asked again", exc_info=True)
    close_old_connections()


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
        _asked.clear()


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
    elif at > _promised[0] and (kept.stamp != stamp or at - kept.since > FRESH):
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
