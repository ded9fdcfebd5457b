"""`tasuki replay`, `tasuki explain`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from tasuki.cli.show import AgreementFile, AsOf, HistoryFolder, Threads


class Format(StrEnum):
    """Formats of result files."""

    csv = "csv"
    parquet = "parquet"


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(replay)
    app.command()(explain)


def replay(
    file: AgreementFile,
    history: HistoryFolder,
    as_of: AsOf = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", metavar="DIR", help="Write transitions, leads and refused there.", show_default=False
        ),
    ] = None,
    format: Annotated[Format, typer.Option("--format", help="Format of those files.")] = Format.csv,
    threads: Threads = None,
) -> None:
    """Who entered which stage, and when: fold the whole history under an agreement."""
    from tasuki.agreement import load_agreement
    from tasuki.cli.show import check_target, console, progress, time_of
    from tasuki.cli.summary import summary
    from tasuki.engine.replay import replay as run
    from tasuki.engine.tables import write_tables
    from tasuki.history import open_history

    agreement = load_agreement(file)
    check_target(out, "--out", folder=True)
    until = time_of(as_of, agreement.timezone, "--as-of")
    opened = open_history(history)
    with progress("Replaying", "of the entries") as update:
        done = run(agreement, opened, until, threads=threads, progress=update)
    console().print(*summary(done))
    for path in write_tables(done, out, format.value) if out else []:
        typer.echo(f"wrote {path}")


def explain(
    file: AgreementFile,
    history: HistoryFolder,
    lead: Annotated[str, typer.Option("--lead", metavar="LEAD", help="The lead's id.", show_default=False)],
    at: Annotated[
        str | None,
        typer.Option(
            "--at",
            metavar="TIME",
            help="As it was at this time; the last entry's time when left out.",
            show_default=False,
        ),
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Show hits too that did not count, for a cap or for the stage.")
    ] = False,
) -> None:
    """Why a lead stands where it stands: timeline, hits and what they are worth, scores, what the next stage lacks."""
    from tasuki.agreement import load_agreement
    from tasuki.cli.explanation import pages
    from tasuki.cli.show import console, time_of
    from tasuki.engine.explain import explain as run
    from tasuki.history import open_history

    agreement = load_agreement(file)
    told = run(agreement, open_history(history), lead, time_of(at, agreement.timezone, "--at"))
    console().print(*pages(told, agreement, everything))
