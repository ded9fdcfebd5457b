"""`tasuki history import`, `tasuki history info`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from tasuki.history.importing.report import ImportReport

DEFAULT_ZONE = "Asia/Tokyo"


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(
        help="The columnar copy of every lead's entries.", no_args_is_help=True, rich_markup_mode=None
    )
    group.command("import")(import_)
    group.command()(info)
    app.add_typer(group, name="history")


def _files(what: str) -> Any:
    name = what.split(":")[0]
    return typer.Option(f"--{name}", metavar="FILE…", help=f"Files of {what}.", show_default=False)


def import_(
    out: Annotated[
        Path,
        typer.Option(
            "--out", metavar="DIR", help="The history's folder; made, or added to.", show_default=False
        ),
    ],
    profiles: Annotated[list[Path] | None, _files("profiles: lead, at, then a column for each field")] = None,
    activities: Annotated[
        list[Path] | None, _files("activities: lead, at, type, then a column for each property")
    ] = None,
    decisions: Annotated[
        list[Path] | None, _files("decisions: lead, at, to, role, reason, until, answers")
    ] = None,
    timezone: Annotated[
        str, typer.Option("--timezone", metavar="ZONE", help="Time zone of times without offset.")
    ] = DEFAULT_ZONE,
    rejects: Annotated[
        Path | None,
        typer.Option(
            "--rejects",
            metavar="FILE",
            help="Where rows go that cannot be read; in DIR when left out.",
            show_default=False,
        ),
    ] = None,
    shards: Annotated[
        int | None,
        typer.Option(
            "--shards",
            min=1,
            max=256,
            help="Shards of a new history; by its size when left out.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Import CSV, TSV, JSON Lines or Parquet files, gzipped or not, UTF-8 or cp932. All of them, or nothing."""
    from tasuki.cli.show import console, counted, progress
    from tasuki.history.importing import import_files

    with progress("Importing", "of the bytes") as update:
        report = import_files(
            out,
            profiles or [],
            activities or [],
            decisions or [],
            timezone,
            progress=update,
            shards=shards,
            rejects=rejects,
        )
    console().print(_report(report))
    typer.echo(
        f"{out}: {counted(report.leads, 'lead')}, {report.entries:,} entries in {counted(report.shards, 'shard')}"
    )
    if report.rejects:
        typer.echo(
            f"{counted(report.rejected, 'row')} left out; each with its line and reason in {report.rejects}"
        )


def _report(report: ImportReport) -> object:
    from tasuki.cli.show import table

    rows = table("", "File", "Kind", "Read as", "Rows", "Stored", "Rejected", text=3)
    for file in report.files:
        read_as = f"{file.format}, {file.encoding}" if file.encoding else file.format
        rows.add_row(
            str(file.path), file.kind, read_as, f"{file.read:,}", f"{file.stored:,}", f"{file.rejected:,}"
        )
    return rows


def info(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The history's folder.", show_default=False)],
    timezone: Annotated[
        str, typer.Option("--timezone", metavar="ZONE", help="Time zone to show times in.")
    ] = DEFAULT_ZONE,
) -> None:
    """Show what is in a history: leads, entries of each kind, fields, types of activity, time covered."""
    from tasuki.cli.show import console, counted, local, table
    from tasuki.history import open_history
    from tasuki.history.describe import describe
    from tasuki.history.times import zone_of

    zone_of(timezone)
    history = open_history(folder)
    facts = describe(history)
    span = (
        f"from {local(facts.first_at, timezone)} to {local(facts.last_at, timezone)} ({timezone})"
        if facts.first_at is not None and facts.last_at is not None
        else "empty"
    )
    typer.echo(f"{folder}: {counted(facts.leads, 'lead')}, {facts.entries:,} entries, {span}")
    typer.echo(
        f"{counted(facts.shards, 'shard')}, {(facts.bytes or 0) / 1e6:,.2f} MB, {counted(facts.generation or 0, 'import')}"
    )
    kinds = table("", "Kind", "Fields", "Entries", "Distinct", text=2)
    for kind in facts.kinds:
        kinds.add_row(kind.kind, ", ".join(kind.fields), f"{kind.entries:,}", f"{kind.shapes:,}")
    types = table("", "Type of activity", "Entries")
    for name, count in list(facts.activity_types.items())[:25]:
        types.add_row(name, f"{count:,}")
    console().print(kinds, types)
    some = [lead for shard in history.shards[:3] for lead in shard.ids[:3]][:3]
    if some:
        typer.echo(f"Some leads: {', '.join(some)}")
