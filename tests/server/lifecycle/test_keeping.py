"""What takes long to count: who waits for it, and who is told what was."""

from __future__ import annotations

import threading
from types import SimpleNamespace

import pytest

from tasuki.server.lifecycle import keeping

TIMES = SimpleNamespace(now=0.0)


@pytest.fixture(autouse=True)
def clockwork(monkeypatch: pytest.MonkeyPatch) -> None:
    TIMES.now = 0.0
    monkeypatch.setattr(keeping, "time", SimpleNamespace(monotonic=lambda: TIMES.now))
    monkeypatch.setattr(keeping, "connection", SimpleNamespace(close=lambda: None))
    monkeypatch.setattr(keeping, "_known", {})
    monkeypatch.setattr(keeping, "SLOW", 0.03)


def counting(value: int, seconds: float) -> int:
    """What takes so long."""
    TIMES.now += seconds
    return value


def beside() -> None:
    """Until whoever counts aside has ended."""
    for thread in threading.enumerate():
        if thread.name == "flow":
            thread.join()


def test_what_is_quick_is_counted_each_time() -> None:
    assert [keeping.kept("x", lambda n=n: counting(n, 0.01)) for n in (1, 2)] == [1, 2]


def test_who_comes_again_in_time_is_told_what_was_while_it_is_counted_anew() -> None:
    assert keeping.kept("x", lambda: counting(1, 2.0)) == 1
    TIMES.now = 150.0
    assert keeping.kept("x", lambda: counting(2, 2.0)) == 1, "it is good for two hundred seconds"
    TIMES.now = 250.0
    assert keeping.kept("x", lambda: counting(3, 2.0)) == 1, "nobody waits"
    beside()
    assert keeping.kept("x", lambda: counting(4, 2.0)) == 3


def test_after_a_long_time_nobody_is_told_what_was() -> None:
    keeping.kept("x", lambda: counting(1, 2.0))
    TIMES.now = 401.0
    assert keeping.kept("x", lambda: counting(2, 2.0)) == 2
