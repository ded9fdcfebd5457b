"""A job at work: batch after batch, each in a transaction of its own together with the job's progress."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final, TypeVar

from django.db import DataError, IntegrityError, transaction
from django.utils.translation import gettext as _

from tasuki.server.core import audit, clock
from tasuki.server.core.access import Actor
from tasuki.server.core.errors import Refused
from tasuki.server.imports import files
from tasuki.server.imports.guessing import data_rows
from tasuki.server.imports.models import ImportJob, Rejected
from tasuki.server.imports.plan import plan_from
from tasuki.server.imports.rows import Reader, Record, Reject
from tasuki.server.imports.storing import Store, Tally

BATCH: Final = 1_000
UNSTORABLE: Final = (DataError, IntegrityError, ValueError, TypeError, ArithmeticError)
log = logging.getLogger(__name__)
T = TypeVar("T")


@dataclass
class Run:
    """One run of one job. It may be the second: what earlier batches stored is passed over."""

    job: ImportJob
    actor: Actor
    progress: Callable[[int, int], None] | None = None

    def __post_init__(self) -> None:
        self._reader = Reader(plan_from(self.job.plan), self.job.created_at)
        self._store = Store(self.actor, self.job.pk, self._reader)

    def to_the_end(self) -> bool:
        """Store all that is left; False where another run has taken over."""
        path = files.path_of(self.job.file)
        records = self._reader.records(data_rows(path, self._reader.plan))
        done = self.job.done
        for _passed in islice(records, done):
            pass
        for batch in batches(records, BATCH):
            if not self._batch(batch, done):
                return False
            done += len(batch)
            if self.progress:
                self.progress(done, max(done, self.job.rows))
        return self._finish(done)

    def _batch(self, records: Sequence[Record | Reject], done: int) -> bool:
        """One batch. The job's row is locked, so that a second run waits here and then sees that it is not its turn."""
        with transaction.atomic():
            job = ImportJob.objects.select_for_update().get(pk=self.job.pk)
            if job.state != ImportJob.State.RUNNING or job.done != done:
                return False
            tally = stored(self._store, records)
            Rejected.objects.bulk_create(_rejected(job.pk, tally))
            job.done += tally.rows
            job.rows = max(job.rows, job.done)
            for name in ("created", "updated", "unchanged", "repeated"):
                setattr(job, name, getattr(job, name) + getattr(tally, name))
            job.rejected += len(tally.rejects)
            job.report = {**job.report, "entries": job.report.get("entries", 0) + tally.entries}
            job.progress_at = clock.now()
            job.save()
        return True

    def _finish(self, done: int) -> bool:
        file = self.job.file
        with transaction.atomic():
            finished = ImportJob.objects.filter(pk=self.job.pk, state=ImportJob.State.RUNNING, done=done)
            if not finished.update(
                state=ImportJob.State.DONE, finished_at=clock.now(), rows=done, file="", message=""
            ):
                return False
            counts = ImportJob.objects.values("created", "updated", "unchanged", "rejected").get(
                pk=self.job.pk
            )
            audit.record(self.actor, "imports.finish", f"import:{self.job.pk}", rows=done, **counts)
            transaction.on_commit(lambda: files.forget(file))
        return True


def batches(items: Iterator[T], size: int) -> Iterator[list[T]]:
    """Lists of so many; the last may be shorter."""
    while batch := list(islice(items, size)):
        yield batch


def stored(store: Store, records: Sequence[Record | Reject]) -> Tally:
    """Store a batch; where the database takes it not, its halves, down to the one row that is at fault."""
    try:
        with transaction.atomic():
            return store.batch(records)
    except UNSTORABLE as error:
        if len(records) == 1:
            return _at_fault(records[0], error)
        half = len(records) // 2
        return _together(stored(store, records[:half]), stored(store, records[half:]))


def _at_fault(record: Record | Reject, error: Exception) -> Tally:
    log.exception("a row could not be stored", exc_info=error)
    reason = _("The database does not take this row (%(kind)s).") % {"kind": type(error).__name__}
    return Tally(rows=1, rejects=[Reject(record.line, record.cells, reason)], lines={record.line: "rejected"})


def _together(first: Tally, second: Tally) -> Tally:
    return Tally(
        first.rows + second.rows,
        first.created + second.created,
        first.updated + second.updated,
        first.unchanged + second.unchanged,
        first.repeated + second.repeated,
        first.entries + second.entries,
        rejects=first.rejects + second.rejects,
        lines={**first.lines, **second.lines},
        leads=first.leads + second.leads,
    )


def _rejected(job: int, tally: Tally) -> list[Rejected]:
    return [
        Rejected(
            job_id=job, line=reject.line, field=reject.field, reason=reject.reason, row=storable(reject.cells)
        )
        for reject in tally.rejects
    ]


def storable(cells: Sequence[str]) -> list[str]:
    """Cells as any database takes them."""
    return [
        cell.replace("\0", "\\0").encode("utf-8", "backslashreplace").decode("utf-8")[:32_767]
        for cell in cells[:2_000]
    ]


def failure(error: Exception) -> str:
    """What to say of an import that could not go on."""
    if isinstance(error, Refused):
        return " ".join(filter(None, (str(error.message), str(error.cure))))
    if isinstance(error, FileNotFoundError):
        return _("The uploaded file is gone. Upload it again.")
    return _(
        "The import stopped by a fault of the server (%(kind)s); it is in its log. Start it again to go on."
    ) % {"kind": type(error).__name__}
