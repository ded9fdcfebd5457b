"""What takes long to count is kept for a while, by each process."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from django.db import connection
from django.utils import timezone

log = logging.getLogger(__name__)
T = TypeVar("T")
SLOW, PATIENCE = 0.03, 100
"""What took longer than so many seconds is kept for so many times as long, and told for as long again."""
LONGEST = 30.0
"""Seconds after which it is counted anew again, if that has not ended."""


@dataclass(frozen=True, slots=True)
class _Known:
    """What was counted, by the clock that only goes on: good `until`; till `stale` it is told while it is counted anew."""

    value: Any = None
    until: float = 0.0
    stale: float = 0.0


_known: dict[str, _Known] = {}


def kept(name: str, work: Callable[[], T]) -> T:
    """What took long is kept a hundred times as long, so that the figures of a large company cost little; for as long again
    it is told as it was, while it is counted anew: who looks every few minutes never waits.
    """
    known, now = _known.get(name, _Known()), time.monotonic()
    if now < known.until:
        return known.value  # type: ignore[no-any-return]
    if now < known.stale:
        _known[name] = replace(known, until=now + LONGEST)
        _count_aside(name, work)
        return known.value  # type: ignore[no-any-return]
    return _count(name, work)


def _count(name: str, work: Callable[[], T]) -> T:
    begin = time.monotonic()
    found = work()
    took = time.monotonic() - begin
    if len(_known) > 100:
        _known.clear()
    good = took * PATIENCE if took > SLOW else 0.0
    _known[name] = _Known(found, begin + good, begin + 2 * good)
    return found


def _count_aside(name: str, work: Callable[[], object]) -> None:
    zone = timezone.get_current_timezone()

    def count() -> None:
        try:
            with timezone.override(zone):
                _count(name, work)
        except Exception:  # whoever looks once it is stale is told
            log.warning("the flow cannot be counted anew", exc_info=True)
        finally:
            connection.close()

    threading.Thread(target=count, name="flow", daemon=True).start()
