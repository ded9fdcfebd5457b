"""Imports: a file is uploaded, its plan looked at and adjusted, then it comes in by the worker; and it can be undone."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from tasuki.server.core import audit, clock, formats
from tasuki.server.core.access import Actor, require
from tasuki.server.core.errors import Conflict, Invalid, NotFound
from tasuki.server.imports import files
from tasuki.server.imports.guessing import guess
from tasuki.server.imports.models import ImportJob
from tasuki.server.imports.plan import SHAPING, Plan, changed, plan_from
from tasuki.server.imports.reading import estimated_rows
from tasuki.server.imports.running import Run, failure
from tasuki.server.imports.tasks import run_import, undo_import
from tasuki.server.imports.undoing import Undoing

STANDS_STILL: Final = timedelta(minutes=5)
State = ImportJob.State
log = logging.getLogger(__name__)


def upload(actor: Actor, *, name: str, content: Any, plan: Mapping[str, Any] | None = None) -> ImportJob:
    """Take a file in and guess its plan; `plan` says some of it at once. `content`: bytes, or has `chunks()` or `read()`.

    Nothing of the file is stored as leads yet. Invalid: it is no table, or the plan does not fit; TooLarge; NotAllowed.
    """
    require(actor, "imports.run")
    kept = files.keep(content)
    try:
        path = files.path_of(kept.file)
        guessed = _planned(path, Plan(), plan or {}, anew=True)
        rows = max(0, estimated_rows(path, guessed.shape) - guessed.header_line)
        with transaction.atomic():
            job = ImportJob.objects.create(
                name=_clean_name(name),
                file=kept.file,
                digest=kept.digest,
                kind=guessed.kind,
                plan=guessed.as_json(),
                rows=rows,
                report=_seen_before(kept.digest),
                by=actor.user,
                created_at=clock.now(),
            )
            audit.record(actor, "imports.upload", f"import:{job.pk}", kind=job.kind, format=guessed.format)
    except BaseException:
        files.forget(kept.file)
        raise
    return job


def _clean_name(name: str) -> str:
    last = str(name).replace("\\", "/").rpartition("/")[2]
    return "".join(c for c in last if c.isprintable()).strip()[-255:] or "file"


def _seen_before(digest: str) -> dict[str, Any]:
    """The import that brought the same content before and still stands."""
    states = (State.DONE, State.RUNNING, State.QUEUED)
    earlier = ImportJob.objects.filter(digest=digest, state__in=states).order_by("-pk").first()
    return (
        {"same_as": earlier.pk, "same_at": (earlier.finished_at or earlier.created_at).isoformat()}
        if earlier
        else {}
    )


def _planned(path: Path, plan: Plan, changes: Mapping[str, Any], *, anew: bool = False) -> Plan:
    """The plan changed; guessed anew where its shape is another, keeping what was said of the rest."""
    shaping = {name: value for name, value in changes.items() if name in SHAPING}
    if not anew and all(getattr(plan, name) == value for name, value in shaping.items()):
        return changed(plan, changes)
    rest = {name: value for name, value in changes.items() if name not in SHAPING}
    checked = changed(plan, shaping)
    told = {name: getattr(checked, name) for name in shaping}
    if "format" in shaping and "kind" not in shaping:
        told["kind"] = checked.declared.kind
    elif "kind" in shaping and "format" not in shaping:
        told["format"] = checked.kind
    elif not anew:
        told.setdefault("format", plan.format)
    for name in () if anew else ("encoding", "delimiter", "sheet"):
        told.setdefault(name, getattr(plan, name))
    if not anew and not shaping.keys() & {"format", "sheet"}:
        told.setdefault("header_line", plan.header_line)
    fresh = guess(path, told)
    if not anew:
        rest = {"mode": plan.mode, "time_zone": plan.time_zone, "day_first": plan.day_first, **rest}
    return changed(fresh, rest)


def change_plan(actor: Actor, job_id: int, plan: Mapping[str, Any]) -> ImportJob:
    """Say some of the plan otherwise, `columns` only as far as they change.

    Invalid, Conflict (it has begun), NotFound, NotAllowed.
    """
    require(actor, "imports.run")
    with transaction.atomic():
        job = locked(job_id)
        expect_uploaded(job)
        after = _planned(_path(job), plan_from(job.plan), plan)
        job.plan, job.kind = after.as_json(), after.kind
        job.save(update_fields=["plan", "kind"])
        audit.record(actor, "imports.plan", f"import:{job.pk}", changed=sorted(map(str, plan)))
    return job


def locked(job_id: int) -> ImportJob:
    """The job, its row locked. NotFound."""
    job = ImportJob.objects.select_for_update().filter(pk=job_id if 0 < job_id < 2**63 else 0).first()
    if job is None:
        raise not_found()
    return job


def not_found() -> NotFound:
    """There is no such import."""
    return NotFound("import_unknown", _("There is no such import."), cure=_("Look at the list of imports."))


def file_gone() -> Invalid:
    """The file is no longer there to be read."""
    return Invalid("file_gone", _("The uploaded file is gone."), cure=_("Upload it again."), field="file")


def _path(job: ImportJob) -> Path:
    path = files.path_of(job.file)
    if not job.file or not path.exists():
        raise file_gone()
    return path


def _expect_not_erased(job: ImportJob) -> None:
    """Invalid where the file went with a person's data before anything of it came in."""
    if not job.file and job.started_at is None:
        raise Invalid(
            "file_gone",
            _("The file of this import was removed when a person's data were erased; nothing of it came in."),
            cure=_("Upload the file again without that person."),
            field="file",
        )


def _expect(job: ImportJob, *states: str) -> None:
    if job.state not in states:
        raise Conflict(
            "import_state",
            _("This import is in the state “%(state)s”; that cannot be done now.")
            % {"state": job.get_state_display()},
            cure=_("It can be done in: %(states)s.")
            % {"states": _(", ").join(str(State(s).label) for s in states)},
        )


def expect_uploaded(job: ImportJob) -> None:
    """Conflict unless the job waits to be looked at; Invalid if its file is gone."""
    _expect_not_erased(job)
    _expect(job, State.UPLOADED)
    _path(job)


def start(actor: Actor, job_id: int, *, enqueue: bool = True) -> ImportJob:
    """Have the worker bring it in; one that failed goes on where it stopped.

    Conflict: it has begun; Invalid, NotFound, NotAllowed.
    """
    require(actor, "imports.run")
    with transaction.atomic():
        job = locked(job_id)
        _expect_not_erased(job)
        _expect(job, State.UPLOADED, State.FAILED)
        _path(job)
        if not any(job.plan["columns"].values()):
            raise Invalid(
                "nothing_mapped",
                _("No column is mapped to a field."),
                cure=_("Say for at least one column where it goes."),
                field="columns",
            )
        job.state, job.message, job.progress_at = State.QUEUED, "", clock.now()
        if job.by_id is None or job.done == 0:
            job.by = actor.user
        job.language = translation.get_language() or ""
        job.save(update_fields=["state", "message", "by", "language", "progress_at"])
        audit.record(actor, "imports.start", f"import:{job.pk}", kind=job.kind, mode=job.plan["mode"])
        if enqueue:
            run_import.enqueue(job.pk)
    return job


def run(job_id: int, *, progress: Callable[[int, int], None] | None = None) -> ImportJob:
    """Bring a started job in, or go on with one whose run was cut off. May run twice, also at once. NotFound."""
    job = _claimed(job_id, State.QUEUED, State.RUNNING)
    if job.state != State.RUNNING:
        return job
    with translation.override(_language(job)):
        try:
            Run(job, _actor(job), progress).to_the_end()
        except Exception as error:
            log.exception("import %s stopped", job.pk)
            _failed(job, failure(error))
    job.refresh_from_db()
    return job


def _claimed(job_id: int, waiting: str, working: str) -> ImportJob:
    """The job, marked as at work if it waited."""
    now = clock.now()
    waiting_job = ImportJob.objects.filter(pk=job_id, state=waiting)
    waiting_job.filter(started_at=None).update(started_at=now)
    waiting_job.update(state=working, progress_at=now)
    job = ImportJob.objects.select_related("by").filter(pk=job_id).first()
    if job is None:
        raise not_found()
    return job


def _language(job: ImportJob) -> str:
    """The one in which it was started; else of whoever did; else the one in force, in a worker the installation's."""
    return formats.wanted_language(job.language, job.by.language if job.by else "")


def _actor(job: ImportJob) -> Actor:
    """Whoever started it, with the rights of now; an import of the system's own has nobody."""
    if job.by is None:
        return Actor(system=True)
    actor = Actor(user=job.by)
    if not job.by.is_active:
        raise Invalid(
            "user_gone", _("Who started this import may no longer sign in."), cure=_("Start it anew.")
        )
    require(actor, "imports.run")
    return actor


def _failed(job: ImportJob, message: str) -> None:
    working = ImportJob.objects.filter(pk=job.pk, state__in=(State.RUNNING, State.UNDOING))
    working.update(state=State.FAILED, message=message, finished_at=clock.now())


def undo(actor: Actor, job_id: int, *, enqueue: bool = True) -> ImportJob:
    """Have the worker take an import back.

    Conflict: it is not done yet, or undone already; Invalid: nothing of it came in; NotFound, NotAllowed.
    """
    require(actor, "imports.run")
    with transaction.atomic():
        job = locked(job_id)
        _expect_not_erased(job)
        _expect(job, State.DONE, State.FAILED)
        job.state, job.progress_at = State.UNDOING, clock.now()
        job.language = translation.get_language() or ""
        job.save(update_fields=["state", "language", "progress_at"])
        audit.record(actor, "imports.undo", f"import:{job.pk}")
        if enqueue:
            undo_import.enqueue(job.pk)
    return job


def run_undo(job_id: int) -> ImportJob:
    """Take back what a job brought in, where nothing else has come to depend on it; its report says what stays and why."""
    job = _claimed(job_id, State.UNDOING, State.UNDOING)
    if job.state != State.UNDOING:
        return job
    with translation.override(_language(job)):
        try:
            Undoing(job).to_the_end()
        except Exception as error:
            log.exception("undoing of import %s stopped", job.pk)
            _failed(job, failure(error))
    job.refresh_from_db()
    return job


def remove(actor: Actor, job_id: int) -> None:
    """Give up a file that was uploaded but not brought in. Conflict: it has begun; NotFound, NotAllowed."""
    require(actor, "imports.run")
    with transaction.atomic():
        job = locked(job_id)
        _expect(job, State.UPLOADED)
        file = job.file
        audit.record(actor, "imports.remove", f"import:{job.pk}")
        job.delete()
        transaction.on_commit(lambda: files.forget(file))


def resume_stale() -> int:
    """Enqueue again what stands still, for its worker died; how many. To be called now and then by every worker."""
    now = clock.now()
    still = ImportJob.objects.filter(progress_at__lt=now - STANDS_STILL)
    found = 0
    for pk, state in still.filter(state__in=(State.RUNNING, State.QUEUED, State.UNDOING)).values_list(
        "pk", "state"
    ):
        with transaction.atomic():
            if still.filter(pk=pk, state=state).update(progress_at=now):
                (undo_import if state == State.UNDOING else run_import).enqueue(pk)
                found += 1
    return found
