"""`tasuki simulate`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tasuki.cli.replays import Format


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(simulate)


def simulate(
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="Where the files go.", show_default=False)
    ],
    leads: Annotated[int, typer.Option("--leads", help="How many leads.")] = 20_000,
    months: Annotated[int, typer.Option("--months", help="How many months, from April 2024 on.")] = 24,
    seed: Annotated[int, typer.Option("--seed", help="Same seed, same bytes.")] = 1,
    format: Annotated[Format, typer.Option("--format", help="Format of the files.")] = Format.csv,
) -> None:
    """Make up a Japanese B2B company: profiles, activities, decisions, deals, and the hidden truth behind them."""
    from tasuki.cli.show import check_target, console, progress, table
    from tasuki.simulate import simulate as run

    check_target(out, "--out", folder=True)
    with progress("Simulating", "of the leads") as update:
        report = run(out, leads, months, seed, format.value, progress=update)
    shown = table("", "File", "Rows")
    for name, path in report.files.items():
        shown.add_row(str(path), f"{report.rows[name]:,}")
    console().print(shown)
