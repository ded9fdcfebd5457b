"""A job may run twice, also at the same time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from tasuki.server.core.access import Actor
from tasuki.server.imports import commands, running
from tasuki.server.imports.models import Rejected
from tasuki.server.people.models import Lead
from tests.server.imports.test_importing import upload


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_one_import_double_nothing(marketer: Actor, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(running, "BATCH", 20)
    rows = "".join(f"人{n},{f'p{n}@x.example' if n % 10 else 'no mail'}\n" for n in range(200))
    job = upload(marketer, "氏名,メール\n" + rows)
    commands.start(marketer, job.pk)

    def run(_worker: int) -> None:
        try:
            commands.run(job.pk)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as workers:
        list(workers.map(run, range(2)))
    job.refresh_from_db()
    assert (job.state, job.done, job.created, job.rejected) == ("done", 200, 180, 20)
    assert (Lead.objects.count(), Rejected.objects.filter(job=job).count()) == (180, 20)
