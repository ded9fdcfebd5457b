"""The jobs of a worker: imports and what else is too long for a request."""

from __future__ import annotations

import logging
import threading
from typing import Any

from django.db import OperationalError, close_old_connections, transaction
from django_tasks_db.management.commands.db_worker import Worker
from django_tasks_db.models import DBTaskResult

from tasuki.server.running import heartbeat

LOG = logging.getLogger("tasuki.jobs")
IDLE = 1.0
AFTER_A_FAULT = 2.0


class _Jobs(Worker):
    """A worker of django-tasks that an event stops, not a signal."""

    def __init__(self, stop: threading.Event, name: str) -> None:
        self._stop_asked = stop
        super().__init__(
            queue_names=["*"],
            excluded_queue_names=[],
            interval=IDLE,
            batch=False,
            backend_name="default",
            startup_delay=False,
            max_tasks=None,
            worker_id=name,
        )

    @property
    def running(self) -> bool:
        """Whether to take another job."""
        return not self._stop_asked.is_set()

    @running.setter
    def running(self, _: bool) -> None:
        """The event alone decides."""


def run_jobs(stop: threading.Event, name: str) -> None:
    """Run jobs, one after the other, until told to stop; the one that runs is finished first."""
    worker = _Jobs(stop, name)
    while not stop.is_set():
        try:
            close_old_connections()
            worker.run()
        except OperationalError:
            LOG.warning("the database does not answer; trying again")
            stop.wait(AFTER_A_FAULT)


def take_back() -> int:
    """Put jobs whose worker is gone back into the queue, and say how many: a job may run twice, never not at all."""
    running = list(DBTaskResult.objects.running().values("id", "worker_ids"))
    living = set(heartbeat.alive()) if running else set()  # asked later: whoever took a job was heard before
    returned = 0
    for row in running:
        if not living.intersection(row["worker_ids"][-1:]):
            returned += _take_back(row["id"], row["worker_ids"])
    return returned


def _take_back(job: Any, workers: list[str]) -> int:
    """Only if it is still that worker's: a conditional update, alike on both databases."""
    with transaction.atomic():
        left = DBTaskResult.objects.running().filter(id=job, worker_ids=workers)
        changed = left.update(status="READY", started_at=None)
    if changed:
        LOG.warning("a job whose worker is gone goes back into the queue", extra={"job": str(job)})
    return changed
