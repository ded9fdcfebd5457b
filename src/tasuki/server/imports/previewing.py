"""The preview of an import: a dry run through the real commands in a transaction that is rolled back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from itertools import islice
from typing import Any, Final

from django.db import transaction
from django.utils.translation import gettext as _

from tasuki.server.core.access import Actor
from tasuki.server.imports import files
from tasuki.server.imports.guessing import data_rows
from tasuki.server.imports.models import ImportJob
from tasuki.server.imports.plan import Plan, plan_from
from tasuki.server.imports.rows import Reader, Record, Reject
from tasuki.server.imports.running import BATCH, batches, stored
from tasuki.server.imports.storing import Store, Tally
from tasuki.server.people.models import Duplicate, Lead

DRY_RUN: Final = 5_000
SHOWN: Final = 20
REJECTS_SHOWN: Final = 50
DUPLICATES_SHOWN: Final = 50
SAMPLES: Final = 3


@dataclass(frozen=True)
class Column:
    """A column of the file: where it goes, in how many of the rows looked at it is filled, some of its values."""

    header: str
    field: str | None
    filled: int
    samples: tuple[str, ...]


@dataclass(frozen=True)
class PreviewRow:
    """One row as it would come in. `outcome`: created, updated, unchanged or rejected, then with `reason`."""

    line: int
    fields: dict[str, str]
    outcome: str
    reason: str = ""


@dataclass(frozen=True)
class LikelyDuplicate:
    """A lead of the file that may be one that is there already, or another of the file (`other` is 0 then)."""

    name: str
    company: str
    other: int
    other_name: str
    other_company: str
    score: float
    reasons: list[Any]


@dataclass(frozen=True)
class Preview:
    """What would come of an import. Counts are of `read` rows; `complete` says whether these are all."""

    job: int
    name: str
    plan: Plan
    columns: list[Column]
    rows: list[PreviewRow]
    read: int
    complete: bool
    created: int
    updated: int
    unchanged: int
    repeated: int
    entries: int
    rejected: int
    rejects: list[Reject]
    duplicates: list[LikelyDuplicate]
    same_as: int | None
    notes: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """For the API."""
        return {**asdict(self), "plan": self.plan.as_json()}


def make_preview(actor: Actor, job: ImportJob) -> Preview:
    """Run the first rows dry. Nothing of it stays."""
    plan = plan_from(job.plan)
    reader = Reader(plan, job.created_at)
    rows = reader.records(data_rows(files.path_of(job.file), plan))
    records = list(islice(rows, DRY_RUN))
    complete = next(rows, None) is None
    tallies, duplicates = _dry_run(actor, job, reader, records)
    rejects = [reject for tally in tallies for reject in tally.rejects]
    lines = {line: outcome for tally in tallies for line, outcome in tally.lines.items()}
    return Preview(
        job=job.pk,
        name=job.name,
        plan=plan,
        columns=_columns(plan, records),
        rows=_rows(records[:SHOWN], lines, rejects),
        read=len(records),
        complete=complete,
        **{name: sum(getattr(tally, name) for tally in tallies) for name in _COUNTS},
        rejected=len(rejects),
        rejects=rejects[:REJECTS_SHOWN],
        duplicates=duplicates,
        same_as=job.report.get("same_as"),
        notes=_notes(job, plan, len(records), complete),
    )


_COUNTS: Final = ("created", "updated", "unchanged", "repeated", "entries")


def _dry_run(
    actor: Actor, job: ImportJob, reader: Reader, records: Sequence[Record | Reject]
) -> tuple[list[Tally], list[LikelyDuplicate]]:
    store = Store(actor, job.pk, reader)
    with transaction.atomic():
        known = Duplicate.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        tallies = [stored(store, batch) for batch in batches(iter(records), BATCH)]
        duplicates = _duplicates(job, known)
        transaction.set_rollback(True)
    return tallies, duplicates


def _duplicates(job: ImportJob, known: int) -> list[LikelyDuplicate]:
    """Questions that the dry run raised."""
    found = Duplicate.objects.filter(pk__gt=known, kind="lead", state=Duplicate.State.OPEN)
    questions = list(found.order_by("-score", "pk")[:DUPLICATES_SHOWN])
    ids = {lead for question in questions for lead in (question.first, question.second)}
    leads = Lead.objects.select_related("account").in_bulk(ids)
    return [
        _likely(leads[question.second], leads[question.first], question, job)
        for question in questions
        if question.first in leads and question.second in leads
    ]


def _likely(new: Lead, other: Lead, question: Duplicate, job: ImportJob) -> LikelyDuplicate:
    return LikelyDuplicate(
        name=str(new.name or new.email),
        company=new.account.name if new.account else "",
        other=0 if other.created_by_import_id == job.pk else other.pk,
        other_name=str(other.name or other.email),
        other_company=other.account.name if other.account else "",
        score=question.score,
        reasons=question.reasons,
    )


def _columns(plan: Plan, records: Iterable[Record | Reject]) -> list[Column]:
    rows = [record.cells for record in records if isinstance(record, Record)]
    found = []
    for place, header in enumerate(plan.headers):
        values = [cells[place] for cells in rows if place < len(cells) and cells[place].strip()]
        samples = tuple(value[:80] for value in islice(dict.fromkeys(values), SAMPLES))
        found.append(Column(header, plan.columns.get(header), len(values), samples))
    return found


def _rows(
    records: Iterable[Record | Reject], lines: dict[int, str], rejects: Iterable[Reject]
) -> list[PreviewRow]:
    reasons = {reject.line: reject.reason for reject in rejects}
    return [
        PreviewRow(
            record.line,
            record.fields if isinstance(record, Record) else {},
            "rejected" if isinstance(record, Reject) else lines.get(record.line, "unchanged"),
            reasons.get(record.line, ""),
        )
        for record in records
    ]


def _notes(job: ImportJob, plan: Plan, read: int, complete: bool) -> list[str]:
    notes = []
    if job.report.get("same_as"):
        notes.append(
            _("The same file was imported before (import %(id)s); what is there already is not stored twice.")
            % {"id": job.report["same_as"]}
        )
    if not complete:
        notes.append(_("Counted over the first %(rows)s rows.") % {"rows": f"{DRY_RUN:,}"})
    if not read:
        notes.append(_("There are no rows under the header."))
    if left_out := [header for header, name in plan.columns.items() if not name]:
        shown = _(", ").join(left_out[:20]) + (" …" if len(left_out) > 20 else "")
        notes.append(_("These columns are left out: %(columns)s.") % {"columns": shown})
    return notes
