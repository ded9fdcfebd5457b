"""`tasuki import`: files of leads, accounts, activities, decisions and deals into the server's database, and out again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tasuki.cli.serving import Data
from tasuki.errors import TasukiError, UsageError

if TYPE_CHECKING:
    from tasuki.server.core.access import Actor
    from tasuki.server.imports.models import ImportJob
    from tasuki.server.imports.previewing import Preview

FIELDS_SHOWN = 6


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("import")(import_)


def _text(name: str, metavar: str, help: str) -> Any:
    return typer.Option(name, metavar=metavar, help=help, show_default=False)


def import_(
    files: Annotated[
        list[Path] | None, typer.Argument(metavar="FILE…", help="CSV, TSV or Excel (.xlsx).", show_default=False)
    ] = None,
    format: Annotated[str | None, _text("--format", "NAME", "The program that wrote it; found out when left out.")] = None,
    kind: Annotated[
        str | None, _text("--kind", "KIND", "leads, accounts, activities, decisions, deals; else found out.")
    ] = None,
    source: Annotated[str | None, _text("--source", "NAME", "Under which name its entries and ids are stored.")] = None,
    mode: Annotated[
        str | None, _text("--mode", "MODE", "trusted (overwrites; the default) or fill (only fills what is empty).")
    ] = None,
    columns: Annotated[
        list[str] | None, _text("--map", "HEADER=FIELD", "Where a column goes; HEADER= leaves it out. May be repeated.")
    ] = None,
    timezone: Annotated[str | None, _text("--timezone", "ZONE", "Time zone of times without offset.")] = None,
    encoding: Annotated[str | None, _text("--encoding", "NAME", "Like utf-8 or cp932; found out when left out.")] = None,
    sheet: Annotated[str | None, _text("--sheet", "NAME", "Of a workbook; the first with rows when left out.")] = None,
    channel: Annotated[str | None, _text("--channel", "NAME", "Of acquisition, for leads that name none.")] = None,
    campaign: Annotated[str | None, _text("--campaign", "NAME", "For leads that name none.")] = None,
    user: Annotated[str | None, _text("--user", "NAME", "Sign-in name of who imports; the system when left out.")] = None,
    rejects: Annotated[
        Path | None, _text("--rejects", "FILE", "Where rejected rows go; rejects-JOB.csv here when left out.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would come of it.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    undo: Annotated[int | None, _text("--undo", "JOB", "Take the import of this number back.")] = None,
    data: Data = None,
) -> None:  # fmt: skip
    """Bring files into the server: look at what would come of it, then store it. It can be undone."""
    if bool(files) == (undo is not None):
        raise UsageError("name files to import, or --undo and the number of an import, not both")
    plan = {
        "format": format, "kind": kind, "source": source, "mode": mode, "time_zone": timezone, "encoding": encoding,
        "sheet": sheet, "channel": channel, "campaign": campaign, "columns": _mapped(columns or []),
    }  # fmt: skip
    missing = next((file for file in files or [] if not file.is_file()), None)
    if missing is not None:
        wrong = (
            "is a folder; name the files in it"
            if missing.is_dir()
            else "there is no such file; check the path"
        )
        raise UsageError(f"{missing}: {wrong}")
    with _server(data):
        actor = _actor(user)
        if undo is not None:
            _undo(actor, undo)
        for file in files or []:
            _import(actor, file, {k: v for k, v in plan.items() if v}, dry_run, yes, rejects)


def _mapped(pairs: list[str]) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for pair in pairs:
        header, equals, field = pair.rpartition("=")
        if not equals or not header:
            raise UsageError(f"--map {pair}: write HEADER=FIELD, like メール=email")
        found[header] = field or None
    return found


@contextmanager
def _server(data: Path | None) -> Iterator[None]:
    """The server's apps, ready; what it refuses becomes one sentence on standard error."""
    from tasuki.server.running.migrating import make_ready
    from tasuki.server.running.starting import choose, start_django

    choose(data)
    start_django()
    from django.db import DatabaseError
    from django.utils import translation

    from tasuki.server.core.errors import Refused

    try:
        with translation.override("en"):
            make_ready()
            yield
    except Refused as refused:
        told = refused.details or [refused]
        raise TasukiError("\n  ".join(f"{one.message} {one.cure}".strip() for one in told)) from None
    except DatabaseError as error:
        first = next(iter(str(error).strip().splitlines()), type(error).__name__)
        raise TasukiError(f"the database cannot be used ({first}); ask `tasuki doctor` why") from None


def _actor(name: str | None) -> Actor:
    from tasuki.server.core.access import SYSTEM, Actor
    from tasuki.server.core.models import User

    if name is None:
        return SYSTEM
    user = User.objects.filter(username=name, is_active=True).first()
    if user is None:
        raise UsageError(f"--user {name}: nobody signs in with this name; `tasuki createuser` makes someone")
    return Actor(user=user)


def _import(
    actor: Actor, file: Path, plan: dict[str, Any], dry_run: bool, yes: bool, rejects: Path | None
) -> None:
    from tasuki.server.imports import commands, queries

    with file.open("rb") as content:
        job = commands.upload(actor, name=file.name, content=content, plan=plan)
    _show(queries.preview(actor, job.pk), str(file))
    if dry_run or not _agreed(actor, job, yes):
        commands.remove(actor, job.pk)
        typer.echo(f"{file}: nothing was stored")
        return
    _run(actor, job, file, rejects)


def _agreed(actor: Actor, job: ImportJob, yes: bool) -> bool:
    """Whether to go on: asked where somebody sits, else --yes must have said so."""
    import sys

    from tasuki.server.imports import commands

    if yes:
        return True
    if not sys.stdin.isatty():
        commands.remove(actor, job.pk)
        raise UsageError("nobody can be asked here; add --yes to store it, or --dry-run to only look")
    return typer.confirm("Store it?")


def _run(actor: Actor, job: ImportJob, file: Path, rejects: Path | None) -> None:
    from tasuki.cli.show import progress
    from tasuki.server.imports import commands

    commands.start(actor, job.pk, enqueue=False)
    with progress("Importing", "of the rows") as update:
        job = commands.run(job.pk, progress=update)
    if job.state == "failed":
        raise TasukiError(f"{file}: import {job.pk} stopped after {job.done:,} rows: {job.message}")
    typer.echo(
        f"{file}: import {job.pk}: {job.done:,} rows: {job.created:,} created, {job.updated:,} updated, "
        f"{job.unchanged:,} unchanged, {job.rejected:,} rejected"
    )
    if job.rejected:
        typer.echo(f"Rejected rows with their reasons: {_write_rejects(actor, job, rejects)}")
    typer.echo(f"To take it back: tasuki import --undo {job.pk}")


def _write_rejects(actor: Actor, job: ImportJob, path: Path | None) -> Path:
    from tasuki.server.imports import queries

    path = path or Path(f"rejects-{job.pk}.csv")
    with path.open("a" if path.exists() else "w", encoding="utf-8", newline="") as out:
        out.writelines(queries.rejects(actor, job.pk))
    return path


def _undo(actor: Actor, number: int) -> None:
    from tasuki.server.imports import commands

    commands.undo(actor, number, enqueue=False)
    job = commands.run_undo(number)
    if job.state == "failed":
        raise TasukiError(f"import {number}: {job.message}")
    typer.echo(f"Import {number} ({job.name}) is undone. {job.message}")
    for kept in job.report.get("undo", {}).get("kept", []):
        typer.echo(f"  {kept['kind']} {kept['id']}: {kept['reason']}")


def _show(preview: Preview, name: str) -> None:
    from tasuki.cli.show import console, table

    plan = preview.plan
    read_as = f"sheet {plan.sheet}" if plan.sheet else f"{plan.encoding}, columns by {plan.delimiter!r}"
    typer.echo(f"{name}: {plan.declared.label}; {plan.kind}; {read_as}; header on line {plan.header_line}")
    columns = table("Columns", "Column", "Goes to", "For example", "Filled", text=3)
    for column in preview.columns:
        columns.add_row(
            column.header, column.field or "–", " · ".join(column.samples)[:60], f"{column.filled:,}"
        )
    rows = table("First rows, as they would come in", "Line", "Outcome", "Fields", text=3)
    for row in preview.rows:
        shown = "  ".join(f"{k}={v}" for k, v in list(row.fields.items())[:FIELDS_SHOWN])
        rows.add_row(str(row.line), row.outcome, row.reason or shown)
    console().print(columns, rows, markup=False)
    _show_duplicates(preview)
    for note in preview.notes:
        typer.echo(note)
    typer.echo(
        f"Of {preview.read:,} rows: {preview.created:,} created, {preview.updated:,} updated, "
        f"{preview.unchanged:,} unchanged, {preview.rejected:,} rejected; {preview.entries:,} entries"
    )


def _show_duplicates(preview: Preview) -> None:
    from tasuki.cli.show import console, table

    if not preview.duplicates:
        return
    shown = table("Likely the same; a person is asked", "In the file", "There already", "Score", text=2)
    for pair in preview.duplicates:
        other = f"{pair.other_name}, {pair.other_company}" + (f" (lead {pair.other})" if pair.other else "")
        shown.add_row(f"{pair.name}, {pair.company}", other, f"{pair.score:.2f}")
    console().print(shown)
