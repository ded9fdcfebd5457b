"""`tasuki up` for real, killed at random: what was acknowledged is there once, and no transition twice."""

from __future__ import annotations

import http.client
import os
import random
import signal
import subprocess
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic, sleep

import psutil
import pytest

from tasuki.server.running.web import STOP_WITHIN
from tests.server.running.installation import TASUKI, Client, Installation, database_of_its_own

pytestmark = pytest.mark.slow

AGREEMENT = """
agreement: Faults
signals: {contact: {type: form_submit}}
scores: {interest: {rules: [{signal: contact, points: 10, because: they asked}]}}
stages:
  - {id: MAL, enter: [{when: has(email) and has(account.name), because: can be reached}]}
  - id: MQL
    enter: [{from: [MAL], when: interest >= 50, because: asked often}]
    handoff: {to: inside_sales, within: 2 business hours}
  - {id: SQL, enter: [{from: [MQL], when: interest >= 200, because: asked very often}]}
"""
BARS = (("MAL", 0), ("MQL", 5), ("SQL", 20))  # how many activities each stage takes
LEADS, BATCH, FEEDERS, SECONDS = 150, 15, 3, 14.0


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with database_of_its_own(f"faults_{os.getpid()}") as database:
        found = Installation(tmp_path_factory.mktemp("faults"), database)
        found.set_up(AGREEMENT)
        yield found


class Feeder(threading.Thread):
    """Sends batches; sends one again until it is acknowledged."""

    def __init__(
        self, installation: Installation, number: int, stop: threading.Event, source: str = "faults"
    ) -> None:
        super().__init__(daemon=True)
        self._source = source
        self._client = Client(installation.port, installation.token)
        self._number, self._stop_asked = number, stop
        self._chance = random.Random(number)
        self.acknowledged: dict[str, int] = {}
        self.faults = 0

    def run(self) -> None:
        sent = 0
        while not self._stop_asked.is_set():
            batch = [(f"{self._number}-{sent + n}", self._chance.randrange(LEADS)) for n in range(BATCH)]
            sent += BATCH
            self._send(batch)
        self._client.close()

    def _send(self, batch: list[tuple[str, int]]) -> None:
        items = [self._activity(key, lead) for key, lead in batch]
        until = monotonic() + 40
        while monotonic() < until:
            try:
                status, answer = self._client.post(
                    "/api/v1/activities/batch", {"source": self._source, "items": items}
                )
            except (OSError, http.client.HTTPException, ValueError):
                status = 0
            if status == 200:
                assert {result["status"] for result in answer["results"]} <= {"stored", "duplicate"}, answer
                self.acknowledged |= batch
                return
            self.faults += 1
            sleep(0.1)
        raise AssertionError(f"not acknowledged within 40 s: {status}")

    @staticmethod
    def _activity(key: str, lead: int) -> dict[str, object]:
        fields = {"name": f"Lead {lead}", "account.name": f"Company {lead}"}
        who = {"email": f"lead{lead}@company{lead}.example", "fields": fields}
        return {"lead": who, "type": "form_submit", "key": key, "properties": {"path": f"/{key}"}}


def kill_at_random(installation: Installation, seconds: float) -> Counter[str]:
    """kill -9 now a worker, now the web process, now the process inside it, until the time is over."""
    chance, until, killed = random.Random(5), monotonic() + seconds, Counter[str]()
    while monotonic() < until:
        sleep(chance.uniform(0.3, 2.5))
        name = chance.choice(("worker", "web"))
        alive = installation.parts()[name]
        if alive:
            try:
                os.kill(chance.choice(alive).pid, signal.SIGKILL)
                killed[name] += 1
            except ProcessLookupError:
                continue
    return killed


def feed_while(installation: Installation, seconds: float) -> tuple[list[Feeder], Counter[str]]:
    with feeding(installation, "faults") as feeders:
        killed = kill_at_random(installation, seconds)
    return feeders, killed


@contextmanager
def feeding(installation: Installation, source: str) -> Iterator[list[Feeder]]:
    """Several feed; at the end each gets its last batch acknowledged."""
    stop = threading.Event()
    feeders = [Feeder(installation, number, stop, source) for number in range(FEEDERS)]
    for feeder in feeders:
        feeder.start()
    try:
        yield feeders
    finally:
        stop.set()
    for feeder in feeders:
        feeder.join(60)
        assert not feeder.is_alive()


def test_kill_9_at_random_loses_nothing_that_was_acknowledged_and_doubles_nothing(installation: Installation):
    with installation.running() as up:
        feeders, killed = feed_while(installation, SECONDS)
        installation.wait_until_ready()
        installation.wait_until_folded()
    assert up.returncode == 0
    assert killed["worker"], "no worker was killed"
    assert killed["web"], "no web process was killed"
    assert_every_entry_once(installation, feeders, "faults")
    assert_every_transition_once(installation)


@contextmanager
def another_worker(installation: Installation) -> Iterator[None]:
    with (installation.folder / "up.log").open("ab") as log:
        process = subprocess.Popen([*TASUKI, "worker"], env=installation.environment, stdout=log, stderr=log)
    try:
        yield
        assert process.poll() is None, installation.log
    finally:
        process.terminate()
        try:
            assert process.wait(40) == 0, installation.log
        finally:
            process.kill()


def test_two_workers_on_one_database_and_three_that_feed_double_nothing_and_never_lock_up(
    installation: Installation,
):
    with installation.running(), another_worker(installation):
        until = monotonic() + 30
        while "2 at work" not in installation.tasuki("doctor") and monotonic() < until:
            sleep(0.5)
        with feeding(installation, "workers") as feeders:
            sleep(6)
        installation.wait_until_folded()
    assert sum(feeder.faults for feeder in feeders) == 0
    assert_every_entry_once(installation, feeders, "workers")
    assert_every_transition_once(installation)
    if installation.database:
        told = installation.rows("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        assert told == [(0,)]


def assert_every_entry_once(installation: Installation, feeders: list[Feeder], source: str) -> None:
    acknowledged = {key: lead for feeder in feeders for key, lead in feeder.acknowledged.items()}
    stored = Counter(
        installation.rows(
            "SELECT a.key, l.email FROM activities_activity a JOIN people_lead l ON l.id = a.lead_id"
            f" WHERE a.source = '{source}'"
        )
    )
    assert max(stored.values()) == 1
    assert {(key, f"lead{lead}@company{lead}.example") for key, lead in acknowledged.items()} == set(stored)
    assert len(acknowledged) > 20 * BATCH


def assert_every_transition_once(installation: Installation) -> None:
    activities = dict(installation.rows("SELECT lead_id, count(*) FROM activities_activity GROUP BY lead_id"))
    entered: dict[int, list[str]] = {lead: [] for lead in activities}
    for lead, ordinal, stage in installation.rows(
        "SELECT lead_id, ordinal, to_stage FROM lifecycle_transition ORDER BY lead_id, ordinal"
    ):
        entered[lead].append(stage)
        assert len(entered[lead]) == ordinal
    assert entered == {
        lead: [stage for stage, bar in BARS if count >= bar] for lead, count in activities.items()
    }
    ((handoffs,),) = installation.rows("SELECT count(*) FROM handoffs_handoff")
    assert handoffs == sum("MQL" in stages for stages in entered.values())
    stages = dict(installation.rows("SELECT id, stage FROM people_lead"))
    assert stages == {lead: passed[-1] for lead, passed in entered.items()}


def test_killing_the_watcher_itself_leaves_no_process_and_no_port_behind(installation: Installation):
    with installation.running() as up:
        parts = [process for part in installation.parts().values() for process in part]
        assert len(parts) >= 3
        up.kill()
        up.wait()
        _, left = psutil.wait_procs(parts, timeout=40)
        assert not left
    with installation.running():
        installation.wait_until_ready()


def test_ctrl_c_ends_everything_at_once_and_well(installation: Installation):
    with installation.running() as up:
        parts = [process for part in installation.parts().values() for process in part]
        began = monotonic()
        up.send_signal(signal.SIGINT)
        assert up.wait(40) == 0
    assert monotonic() - began < 15
    assert not [process for process in parts if process.is_running()]
    assert "Stopped." in installation.log
    assert "Traceback" not in installation.log


def test_asked_to_stop_while_it_still_starts_it_stops_and_kills_nothing(installation: Installation):
    for delay in (0.6, 1.2, 1.8, 2.4):
        with installation.running(ready=False) as up:
            sleep(delay)
            up.terminate()
            began = monotonic()
            up.wait(40)
        assert monotonic() - began < STOP_WITHIN
    assert "was killed" not in installation.log
