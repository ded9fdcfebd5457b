"""Imports: upload, look at the plan, start, watch, fetch what was rejected, undo."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from tasuki.server.core import clock, company
from tasuki.server.core.access import Actor
from tasuki.server.core.errors import Refused
from tasuki.server.imports import commands, queries
from tasuki.server.imports.models import ImportJob
from tasuki.server.lists.queries import values
from tasuki.server.pages import import_forms as forms
from tasuki.server.pages import importing
from tasuki.server.pages.forms import offer_channels
from tasuki.server.pages.frame import done, is_partial, on_form, page, part, show
from tasuki.server.pages.paging import PAGE, a_number, following

RUN = "imports.run"
RELOADED = timedelta(seconds=5)
"""A page that saw an import run is loaded anew when it ends; one that was opened later is not."""
MOVING = (ImportJob.State.QUEUED, ImportJob.State.RUNNING, ImportJob.State.UNDOING)


@require_http_methods(["GET", "POST"])
@page(RUN)
def imports(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The imports, newest first, and a form for a file."""
    form = forms.Upload(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            return redirect("import", commands.upload(actor, name=file.name, content=file).pk)
        except Refused as refused:
            on_form(form, refused)
    jobs = queries.jobs(actor, before=a_number(request.GET.get("after")), limit=PAGE + 1)
    context = {"title": _("Import"), "form": form, "jobs": jobs[:PAGE]}
    more = following(request, jobs[PAGE - 1].pk if len(jobs) > PAGE else None)
    return show(request, actor, "imports.html", {**context, **more}, 422 if form.errors else 200)


@never_cache
@page(RUN)
def one_import(request: HttpRequest, actor: Actor, job_id: int) -> HttpResponse:
    """One import: its plan and preview while it waits for a person; its progress; what came of it."""
    job = queries.job(actor, job_id)
    if job.state == ImportJob.State.UPLOADED:
        return _preview(request, actor, job)
    return show(request, actor, "import.html", _as_it_stands(request, actor, job))


def _as_it_stands(request: HttpRequest, actor: Actor, job: ImportJob) -> dict[str, Any]:
    rejects = queries.reject_rows(actor, job.pk, limit=50) if job.rejected else []
    headers, rows = importing.rejected_rows(job.plan, rejects)
    is_over = job.state in (ImportJob.State.DONE, ImportJob.State.FAILED)
    return {
        "title": job.name,
        "job": job,
        "is_moving": job.state in MOVING,
        "is_settled": job.finished_at is not None and clock.now() - job.finished_at > RELOADED,
        "is_renewal": request.headers.get("X-Requested-With") == "fetch",
        "share": 100 * job.done // job.rows if job.rows else 0,
        "left": importing.time_left(job) if job.state == ImportJob.State.RUNNING else "",
        "headers": headers,
        "rows": rows,
        "undo": job.report.get("undo", {}),
        "can_undo": is_over,
        "takes_back": importing.takes_back(job) if is_over else [],
        "can_start": job.state == ImportJob.State.FAILED,
        "leads": queries.leads_of(actor, job.pk) if job.state == ImportJob.State.DONE and job.created else [],
    }


def _preview(
    request: HttpRequest, actor: Actor, job: ImportJob, form: forms.Plan | None = None
) -> HttpResponse:
    """How the file would come in; asked by htmx after a change, without the frame."""
    preview = queries.preview(actor, job.pk)
    form = form or _plan_form(actor, job)
    names, rows = importing.first_rows(preview)
    headers, rejects = importing.rejected_rows(job.plan, preview.rejects)
    context = {
        "title": job.name, "job": job, "preview": preview, "form": form,
        "columns": importing.columns(job, preview, form), "names": names, "rows": rows, "headers": headers,
        "rejects": rejects, "kind": importing.KINDS.get(job.kind, job.kind),
        "format": next((one.label for one in queries.formats() if one.id == job.plan.get("format")), ""),
    }  # fmt: skip
    status = 422 if form.errors else 200
    if is_partial(request):
        return part(request, actor, "import_look.html", context, status)
    return show(request, actor, "import_plan.html", context, status)


def _plan_form(actor: Actor, job: ImportJob, data: Any = None) -> forms.Plan:
    form = forms.Plan(
        data,
        plan=job.plan,
        formats=[(choice.id, choice.label) for choice in queries.formats()],
        fields=queries.fields(job.kind),
    )
    offer_channels(form, values(actor)["channel"])
    return form


@require_POST
@page(RUN)
def import_plan(request: HttpRequest, actor: Actor, job_id: int) -> HttpResponse:
    """Say the plan otherwise. After another format or header line the columns are guessed anew."""
    job = queries.job(actor, job_id)
    form = _plan_form(actor, job, request.POST)
    if form.is_valid():
        try:
            commands.change_plan(actor, job_id, form.changes())
            if is_partial(request):
                return _preview(request, actor, queries.job(actor, job_id))
            return done(
                request,
                _("The plan was changed. See below how the file would come in now."),
                "import",
                job_id,
            )
        except Refused as refused:
            if job.state != ImportJob.State.UPLOADED:
                raise
            on_form(form, refused)
    return _preview(request, actor, job, form)


@require_POST
@page(RUN)
def import_start(request: HttpRequest, actor: Actor, job_id: int) -> HttpResponse:
    """Have it brought in."""
    commands.start(actor, job_id)
    company.note_step(actor, "import")
    return redirect("import", job_id)


@require_POST
@page(RUN)
def import_undo(request: HttpRequest, actor: Actor, job_id: int) -> HttpResponse:
    """Have it taken back."""
    commands.undo(actor, job_id)
    return redirect("import", job_id)


@require_POST
@page(RUN)
def import_remove(request: HttpRequest, actor: Actor, job_id: int) -> HttpResponse:
    """Give up a file that was not brought in."""
    commands.remove(actor, job_id)
    return done(request, _("The file was given up; nothing of it came in."), "imports")


@page(RUN)
def import_rejects(request: HttpRequest, actor: Actor, job_id: int) -> StreamingHttpResponse:
    """The rejected rows as a file, to mend and import again."""
    lines = (line.encode() for line in queries.rejects(actor, job_id))
    answer = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="rejects-{job_id}.csv"'
    return answer
