"""The clock of the server: the one place that reads it, so that a test can set it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_set: ContextVar[datetime | None] = ContextVar("time", default=None)


def now() -> datetime:
    """The present instant, UTC, with microseconds."""
    return _set.get() or datetime.now(UTC)


@contextmanager
def at(instant: datetime) -> Iterator[None]:
    """Within this block it is `instant`."""
    token = _set.set(instant)
    try:
        yield
    finally:
        _set.reset(token)


def microseconds(instant: datetime) -> int:
    """An instant as the engine counts it: µs since 1970 UTC."""
    return (instant - EPOCH) // _MICROSECOND


def instant(micros: int) -> datetime:
    """The instant of so many µs since 1970 UTC."""
    return EPOCH + timedelta(microseconds=micros)
