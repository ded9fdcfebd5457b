"""What was begun and left standing goes on by itself."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django_tasks_db.models import DBTaskResult

from tasuki.server.core import clock
from tasuki.server.core.access import SYSTEM
from tasuki.server.imports import commands
from tasuki.server.imports.models import ImportJob
from tasuki.server.people.models import Lead
from tasuki.server.running import worker

CSV = "氏名,メール\n" + "".join(f"人{n},p{n}@x.example\n" for n in range(5))


def left_running() -> ImportJob:
    """An import that a worker began, and of whose job nothing is left."""
    job = commands.upload(SYSTEM, name="list.csv", content=CSV.encode())
    commands.start(SYSTEM, job.pk)
    DBTaskResult.objects.all().delete()
    ImportJob.objects.filter(pk=job.pk).update(
        state=ImportJob.State.RUNNING, progress_at=clock.now() - timedelta(minutes=6)
    )
    return job


@pytest.mark.django_db
def test_a_worker_takes_up_an_import_that_nobody_brings_in_any_more():
    job = left_running()
    assert worker.take_up() == 1
    queued = DBTaskResult.objects.get()
    commands.run(*queued.args_kwargs["args"])
    job.refresh_from_db()
    assert (job.state, Lead.objects.count()) == (ImportJob.State.DONE, 5)


@pytest.mark.django_db
def test_an_import_that_moves_is_left_to_its_worker():
    left_running()
    ImportJob.objects.update(progress_at=clock.now())
    assert worker.take_up() == 0
