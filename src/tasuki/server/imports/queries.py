"""Reads about imports: jobs, the preview, the rejected rows, what columns can be mapped to."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from django.utils.translation import gettext as _

from tasuki.server.core import audit
from tasuki.server.core.access import Actor, require, sight
from tasuki.server.imports import commands
from tasuki.server.imports.formats import FORMATS
from tasuki.server.imports.guessing import reasons
from tasuki.server.imports.models import ImportJob, Rejected
from tasuki.server.imports.plan import plan_from
from tasuki.server.imports.previewing import Preview, make_preview
from tasuki.server.people.models import Lead

FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
FIELDS: Final = {
    "leads": [
        "name",
        "family_name",
        "given_name",
        "name_kana",
        "email",
        "phone",
        "mobile",
        "department",
        "title",
        "country",
        "channel",
        "campaign",
        "owner",
        "buying_role",
        "at",
        "lead",
        "external",
        "visitor",
        "account.name",
        "account.name_kana",
        "account.number",
        "account.key",
        "account.domain",
        "account.industry",
        "account.employees",
        "account.address",
        "activity.type",
        "activity.at",
    ],
    "accounts": [
        "account.name",
        "account.name_kana",
        "account.number",
        "account.domain",
        "account.industry",
        "account.employees",
        "account.address",
        "external",
        "owner",
    ],
    "activities": [
        "type",
        "at",
        "key",
        "lead",
        "external",
        "visitor",
        "email",
        "mobile",
        "phone",
        "name",
        "account.name",
        "path",
        "channel",
        "content",
        "content.kind",
        "content.topic",
        "campaign",
        "outcome",
    ],
    "decisions": [
        "to",
        "at",
        "role",
        "reason",
        "until",
        "answers",
        "note",
        "key",
        "lead",
        "external",
        "email",
        "mobile",
        "phone",
        "name",
        "account.name",
    ],
    "deals": [
        "name",
        "amount",
        "currency",
        "state",
        "opened_at",
        "closed_at",
        "expected_at",
        "reason",
        "owner",
        "key",
        "lead",
        "external",
        "email",
        "mobile",
        "phone",
        "account.name",
    ],
}
"""Kind → fields that mean something of their own; any other name becomes a field or property of that name."""


class FormatChoice(NamedTuple):
    """A format to choose."""

    id: str
    label: str
    kind: str


def job(actor: Actor, job_id: int) -> ImportJob:
    """One import. NotFound, NotAllowed."""
    require(actor, "imports.run")
    found = ImportJob.objects.select_related("by").filter(pk=job_id if 0 < job_id < 2**63 else 0).first()
    if found is None:
        raise commands.not_found()
    return found


def jobs(actor: Actor, *, before: int | None = None, limit: int = 50) -> list[ImportJob]:
    """Imports, newest first; `before` is the id after which the next page goes on. NotAllowed."""
    require(actor, "imports.run")
    found = ImportJob.objects.select_related("by").order_by("-pk")
    if before is not None:
        found = found.filter(pk__lt=min(before, 2**63 - 1))
    return list(found[: max(1, min(limit, 200))])


def preview(actor: Actor, job_id: int) -> Preview:
    """How a file would come in, found out by a dry run that is rolled back.

    NotFound, NotAllowed; Conflict: it has begun; Invalid: its file is gone.
    """
    found = job(actor, job_id)
    commands.expect_uploaded(found)
    try:
        return make_preview(actor, found)
    except FileNotFoundError:  # taken away meanwhile, with a person's data
        raise commands.file_gone() from None


def fields(kind: str) -> list[str]:
    """Names of fields to offer for mapping, the commonest first."""
    return list(FIELDS[kind])


def guesses(stored: Mapping[str, Any]) -> dict[str, str]:
    """Header → why a stored plan has its column go where it goes: see `guessing.reasons`."""
    return reasons(plan_from(stored))


def formats() -> list[FormatChoice]:
    """Formats to offer."""
    return [FormatChoice(form.id, str(form.label), form.kind) for form in FORMATS.values()]


def reject_rows(actor: Actor, job_id: int, *, limit: int = 100) -> Sequence[Rejected]:
    """The first rejected rows of an import, by line. NotFound, NotAllowed."""
    found = job(actor, job_id)
    return list(found.rejects.order_by("line", "pk")[: max(1, min(limit, 1_000))])


def leads_of(actor: Actor, job_id: int, *, limit: int = 12) -> list[Lead]:
    """Some leads that an import created and the actor may see, with their accounts. NotFound, NotAllowed."""
    found = job(actor, job_id)
    mine = Lead.objects.filter(sight(actor), created_by_import=found.pk, merged_into=None, erased_at=None)
    return list(mine.select_related("account").order_by("pk")[:limit])


def rejects(actor: Actor, job_id: int) -> Iterator[str]:
    """The rejected rows as lines of a CSV file (UTF-8 with mark, for Excel): line, reason, the row under its headers.

    Cells that a spreadsheet would take for a formula get a ' in front. NotFound, NotAllowed, both at once.
    """
    found = job(actor, job_id)
    audit.record(actor, "imports.rejects", f"import:{found.pk}", rows=found.rejected)
    return _csv(found)


def _csv(found: ImportJob) -> Iterator[str]:
    yield "\ufeff" + _line([_("line"), _("reason"), *found.plan.get("headers", [])])
    for reject in found.rejects.order_by("line", "pk").iterator(2_000):
        yield _line([reject.line, reject.reason, *reject.row])


def _line(cells: Sequence[object]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow([harmless(str(cell)) for cell in cells])
    return out.getvalue()


def harmless(cell: str) -> str:
    """A cell that no spreadsheet carries out."""
    return "'" + cell if cell.lstrip(" ").startswith(FORMULA) else cell
