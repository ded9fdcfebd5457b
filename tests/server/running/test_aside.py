"""What can wait is done beside the worker, by a process that gives way and never outlives it."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from time import monotonic, sleep

import psutil
import pytest

from tests.server.running.installation import Client, Installation, database_of_its_own

pytestmark = pytest.mark.slow

AGREEMENT = """
agreement: Beside
signals: {contact: {type: form_submit}}
scores: {interest: {rules: [{signal: contact, points: 10, because: they asked}]}}
stages: [{id: MAL, enter: [{when: has(email), because: can be reached}]}]
"""


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with database_of_its_own(f"aside_{os.getpid()}") as database:
        found = Installation(tmp_path_factory.mktemp("aside"), database)
        found.set_up(AGREEMENT)
        yield found


def has_ended(process: psutil.Process) -> bool:
    """Even if nobody has taken note of it yet, as where the first process of a container waits for no orphans."""
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def beside(installation: Installation, *, other_than: int = 0, seconds: float = 30) -> psutil.Process:
    """The process beside the worker, waited for."""
    until = monotonic() + seconds
    while monotonic() < until:
        for process in installation.parts()["worker"]:
            if process.pid != other_than and not has_ended(process) and "aside" in process.cmdline():
                return process
        sleep(0.1)
    raise AssertionError(f"nothing runs beside the worker: {installation.log}")


def wait_until(done: object, what: str, seconds: float = 30) -> None:
    until = monotonic() + seconds
    while not done():  # type: ignore[operator]
        assert monotonic() < until, what
        sleep(0.1)


def test_what_can_wait_gives_way_is_started_again_and_ends_with_its_worker(installation: Installation):
    with installation.running():
        first = beside(installation)
        (worker,) = [one for one in installation.parts()["worker"] if one.pid == first.ppid()]
        wait_until(lambda: first.nice() > worker.nice(), "it takes processors from those who fold")

        os.kill(first.pid, signal.SIGKILL)
        second = beside(installation, other_than=first.pid)

        client = Client(installation.port, installation.token)
        who = {"email": "sato@example.co.jp", "fields": {"name": "佐藤"}}
        status, _ = client.post(
            "/api/v1/activities", {"lead": who, "type": "form_submit", "source": "site", "key": "1"}
        )
        client.close()
        assert status == 201
        wait_until(
            lambda: installation.rows("SELECT 1 FROM people_leadtext WHERE due = 0 AND grams <> ''"),
            "nobody finds Sato",
        )
        wait_until((installation.folder / "facts" / "facts.json").exists, "nothing was counted")

        os.kill(worker.pid, signal.SIGKILL)
        wait_until(lambda: has_ended(second), "it outlived its worker")
    assert installation.process is not None
    assert installation.process.returncode == 0
