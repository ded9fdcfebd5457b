"""Files that are brought in: uploaded, planned, looked at, started, undone."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from ninja import File, Query, Router
from ninja.files import UploadedFile
from pydantic import ConfigDict, Field

from tasuki.server.api.auth import actor
from tasuki.server.api.fields import At, Given, Id, Short, Taken
from tasuki.server.api.operations import Status, operation, rapid
from tasuki.server.imports import commands, queries
from tasuki.server.imports.models import ImportJob

router = Router(tags=["imports"])
SHOWN = {
    "id": 6,
    "name": "leads.csv",
    "kind": "leads",
    "state": "uploaded",
    "plan": {"format": "leads", "columns": {"メール": "email"}, "mode": "trusted"},
    "rows": 1200,
    "done": 0,
    "created": 0,
    "updated": 0,
    "unchanged": 0,
    "rejected": 0,
    "repeated": 0,
    "message": "",
    "report": {},
    "by": "makino",
    "created_at": "2026-04-01T00:00:00Z",
    "started_at": None,
    "finished_at": None,
    "undone_at": None,
}


class JobOut(Given):
    """An import: what is planned, how far it has come. `state`: uploaded, queued, running, done, failed, undoing, undone."""

    id: int
    name: str
    kind: str
    state: str
    plan: dict[str, Any]
    rows: Annotated[int, Field(description="About how many the file has.")]
    done: int
    created: int
    updated: int
    unchanged: int
    rejected: int
    repeated: Annotated[int, Field(description="Entries that were stored before.")]
    message: str
    report: dict[str, Any]
    by: str | None
    created_at: At
    started_at: At | None
    finished_at: At | None
    undone_at: At | None


class Jobs(Given):
    """Imports, newest first; `next` is the value of `before` for those that follow, null at the end."""

    items: list[JobOut]
    next: int | None


class PlanChanges(Taken):
    """What is to be read otherwise; what is absent stays."""

    model_config = ConfigDict(extra="forbid", strict=True)

    format: Short | None = None
    kind: Short | None = None
    encoding: Short | None = None
    delimiter: Short | None = None
    sheet: Short | None = None
    header_line: Annotated[int | None, Field(ge=0, le=10_000)] = None
    columns: Annotated[
        dict[Annotated[str, Field(max_length=1000)], Short | None] | None,
        Field(
            max_length=2000, description="Header → field; null leaves the column out. Only those that change."
        ),
    ] = None
    mode: Annotated[Short | None, Field(description="trusted or fill")] = None
    time_zone: Annotated[Short | None, Field(description="Of times without offset, like Asia/Tokyo.")] = None
    day_first: bool | None = None
    source: Short | None = None
    channel: Short | None = None
    campaign: Short | None = None
    type: Annotated[Short | None, Field(description="Of activities that name none.")] = None


def shown(job: ImportJob) -> dict[str, Any]:
    """An import as it is answered."""
    same = {name: getattr(job, name) for name in JobOut.model_fields if name != "by"}
    return {**same, "by": job.by.username if job.by else None}


@operation(
    router, "GET", "/imports", gives=Jobs, answer={"items": [SHOWN], "next": None}, summary="List imports"
)
def list_imports(
    request: HttpRequest,
    before: Annotated[Id | None, Query()] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> dict[str, Any]:
    """Newest first."""
    found = queries.jobs(actor(request), before=before, limit=limit)
    return {"items": list(map(shown, found)), "next": found[-1].pk if len(found) == limit else None}


@operation(
    router, "POST", "/imports", gives=JobOut, status=201, answer=SHOWN, summary="Upload a file to import"
)
def upload_import(
    request: HttpRequest, file: Annotated[UploadedFile, File(description="CSV, TSV or Excel.")]
) -> Status[dict[str, Any]]:
    """Its plan is guessed; nothing comes in before it is started."""
    job = commands.upload(actor(request), name=file.name or "file", content=file)
    return Status(201, shown(job))


@operation(
    router, "GET", "/imports/{int:job_id}", gives=JobOut, errors=(404,), answer=SHOWN, summary="One import"
)
def get_import(request: HttpRequest, job_id: Id) -> dict[str, Any]:
    """How far it has come."""
    return shown(queries.job(actor(request), job_id))


@operation(
    router,
    "PATCH",
    "/imports/{int:job_id}",
    gives=JobOut,
    errors=(404,),
    takes={"columns": {"メール": "email"}, "mode": "fill"},
    answer=SHOWN,
    summary="Change the plan of an import",
)
def change_import(request: HttpRequest, job_id: Id, body: PlanChanges) -> dict[str, Any]:
    """Until it is started."""
    plan = {name: value for name, value in body.model_dump(exclude_unset=True).items() if value is not None}
    return shown(commands.change_plan(actor(request), job_id, plan))


@operation(
    router,
    "GET",
    "/imports/{int:job_id}/preview",
    gives=dict[str, Any],
    errors=(404, 409),
    summary="How a file would come in",
)
def preview_import(request: HttpRequest, job_id: Id) -> HttpResponse:
    """Found out by doing it and taking it back: first rows, counts, rejects, likely duplicates."""
    return rapid(queries.preview(actor(request), job_id).as_json())


@operation(
    router,
    "POST",
    "/imports/{int:job_id}/start",
    gives=JobOut,
    status=202,
    errors=(404,),
    answer=SHOWN,
    summary="Start",
)
def start_import(request: HttpRequest, job_id: Id) -> Status[dict[str, Any]]:
    """The worker brings it in; one that failed goes on where it stopped."""
    return Status(202, shown(commands.start(actor(request), job_id)))


@operation(
    router,
    "GET",
    "/imports/{int:job_id}/rejects",
    gives=None,
    errors=(404,),
    summary="Rows that did not come in, as CSV",
)
def list_rejects(request: HttpRequest, job_id: Id) -> StreamingHttpResponse:
    """Line, reason, and the row under its own headers; safe to open in a spreadsheet."""
    lines = queries.rejects(actor(request), job_id)
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="rejects-{job_id}.csv"'
    return response


@operation(
    router,
    "POST",
    "/imports/{int:job_id}/undo",
    gives=JobOut,
    status=202,
    errors=(404,),
    answer=SHOWN,
    summary="Undo",
)
def undo_import(request: HttpRequest, job_id: Id) -> Status[dict[str, Any]]:
    """The worker takes it back, as far as nothing else has come to depend on it; the report says what stays and why."""
    return Status(202, shown(commands.undo(actor(request), job_id)))
