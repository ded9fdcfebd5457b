"""The watcher over processes, on processes that do nothing but live and die."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from time import monotonic, sleep

import pytest

from tasuki.errors import UsageError
from tasuki.server.running import supervisor, web
from tasuki.server.running.supervisor import Part, Supervisor
from tasuki.server.running.web import check_free

SLEEPS = "import time; time.sleep(60)"
STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); time.sleep(60)"
)
DIES = "raise SystemExit(3)"


def program(text: str) -> Callable[[], subprocess.Popen[bytes]]:
    return lambda: subprocess.Popen(
        [sys.executable, "-c", text], stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
    )


def soon(condition: Callable[[], bool], seconds: float = 10) -> bool:
    until = monotonic() + seconds
    while monotonic() < until:
        if condition():
            return True
        sleep(0.02)
    return False


@pytest.fixture
def watched() -> Iterator[Supervisor]:
    found = Supervisor([Part("sleeper", program(SLEEPS))])
    found.look()
    yield found
    found.end()
    for part in found.parts:
        if part.process and part.process.stdout:
            part.process.stdout.close()


def close(part: Part) -> None:
    for pipe in (part.process.stdin, part.process.stdout) if part.process else ():
        if pipe is not None:
            pipe.close()


def test_what_was_killed_is_started_again_at_once(watched: Supervisor):
    (part,) = watched.parts
    first = part.process
    assert first is not None
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    watched.look()
    assert part.process is not None
    assert part.process.pid != first.pid
    assert part.process.poll() is None
    for pipe in (first.stdin, first.stdout):
        if pipe is not None:
            pipe.close()


def test_what_dies_again_and_again_waits_longer_each_time():
    part = Part("mayfly", program(DIES))
    pauses = []
    for now in (0.0, 100.0, 200.0, 300.0):
        part.look(now)
        assert part.process is not None
        part.process.wait()
        close(part)
        part.look(now + 0.1)
        pauses.append(round(part.again_at - now - 0.1, 3))
        if part.process is not None:
            part.process.wait()
            close(part)
            part.look(now + 0.2)
            part.again_at = 0.0
    assert pauses[0] == 0.0
    assert pauses == sorted(pauses)
    assert pauses[-1] > 1.0


def test_everything_is_asked_to_stop_and_ends(watched: Supervisor):
    (part,) = watched.parts
    watched.end()
    assert part.process is not None
    assert part.process.returncode == -signal.SIGTERM


def test_what_does_not_stop_in_time_is_killed(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(supervisor, "STOP_WITHIN", 0.3)
    part = Part("stubborn", program(STUBBORN))
    watcher = Supervisor([part])
    watcher.look()
    assert part.process is not None
    assert part.process.stdout is not None
    part.process.stdout.readline()  # it ignores SIGTERM from now on
    watcher.end()
    assert part.process.returncode == -signal.SIGKILL
    close(part)


def test_watching_ends_when_it_is_asked_to(watched: Supervisor):
    watched.stop.set()
    watched.run()
    (part,) = watched.parts
    assert part.process is not None
    assert part.process.poll() is not None


def test_a_port_that_is_taken_is_told_before_anything_starts():
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(UsageError, match=f"--port {port}: nothing can listen there"):
            check_free("127.0.0.1", port)


def test_an_address_of_another_machine_is_told_too():
    with pytest.raises(UsageError, match="name another port"):
        check_free("203.0.113.9", 8000)


def test_a_web_process_has_as_many_threads_as_its_database_bears(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv("TASUKI_DATABASE_URL", raising=False)
    assert web._threads() == web.THREADS_ON_SQLITE
    monkeypatch.setenv("DATABASE_URL", "postgres://u:p@h/n")
    assert web._threads() == web.THREADS
