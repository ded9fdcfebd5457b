from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django_tasks import task
from django_tasks_db.models import DBTaskResult

from tasuki.server.core import clock
from tasuki.server.core.models import Heartbeat
from tasuki.server.running import heartbeat, jobs

DONE: list[int] = []


@task()
def note(number: int) -> None:
    DONE.append(number)


@task()
def fail() -> None:
    raise ValueError("no")


def claimed_by(name: str) -> DBTaskResult:
    note.enqueue(1)
    job = DBTaskResult.objects.get()
    job.claim(name)
    return job


@pytest.mark.django_db
def test_a_job_whose_worker_is_gone_is_taken_back_and_runs_again():
    job = claimed_by("gone")
    assert jobs.take_back() == 1
    job.refresh_from_db()
    assert (job.status, job.started_at) == ("READY", None)


@pytest.mark.django_db
def test_a_job_stays_with_a_worker_that_lives():
    claimed_by("alive")
    heartbeat.beat("alive", clock.now())
    assert jobs.take_back() == 0


@pytest.mark.django_db
def test_a_job_stays_taken_when_another_has_it_by_now():
    job = claimed_by("gone")
    old = list(job.worker_ids)
    heartbeat.beat("alive", clock.now())
    job.claim("alive")
    assert jobs._take_back(job.id, old) == 0


@pytest.mark.django_db
def test_workers_that_stopped_and_those_long_silent_are_forgotten():
    heartbeat.beat("one", clock.now())
    heartbeat.beat("two", clock.now())
    with clock.at(clock.now() - timedelta(hours=2)):
        heartbeat.beat("ancient", clock.now())
    heartbeat.end("one")
    assert list(Heartbeat.objects.values_list("name", flat=True)) == ["two"]
    assert heartbeat.alive() == ["two"]


def test_two_processes_of_one_machine_have_two_names():
    names = {heartbeat.new_name() for _ in range(50)}
    assert len(names) == 50
    assert max(map(len, names)) <= 64


@pytest.mark.django_db(transaction=True)
def test_jobs_run_until_told_to_stop_and_a_failing_one_stops_none():
    DONE.clear()
    fail.enqueue()
    note.enqueue(7)
    stop = threading.Event()

    def run() -> None:
        jobs.run_jobs(stop, "here")
        connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    for _ in range(200):
        if DONE:
            break
        stop.wait(0.05)
    stop.set()
    thread.join(10)
    assert not thread.is_alive()
    assert DONE == [7]
    assert sorted(DBTaskResult.objects.values_list("status", flat=True)) == ["FAILED", "SUCCESSFUL"]
