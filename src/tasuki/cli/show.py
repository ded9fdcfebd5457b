"""What commands share: options, times, progress, tables."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from tasuki.errors import UsageError

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

AgreementFile = Annotated[
    Path, typer.Argument(metavar="FILE", help="An agreement (YAML).", show_default=False)
]
HistoryFolder = Annotated[
    Path, typer.Option("--history", metavar="DIR", help="The history's folder.", show_default=False)
]
AsOf = Annotated[
    str | None,
    typer.Option(
        "--as-of", metavar="TIME", show_default=False,
        help="Fold up to this time, inclusive (ISO 8601; without offset, in the agreement's time zone). "
        "The last entry's time when left out.",
    ),
]  # fmt: skip
Threads = Annotated[
    int | None,
    typer.Option(
        "--threads", min=1, help="Threads to fold with; one for each core when left out.", show_default=False
    ),
]
Outcome = Annotated[
    str,
    typer.Option(
        "--outcome",
        metavar="STAGE",
        help="The stage, really reached by a decision in the history, that counts as success.",
    ),
]
Measure = Annotated[
    str,
    typer.Option(
        "--measure", metavar="STAGE", help="The stage whose entries are judged against the outcome."
    ),
]


def console() -> Console:
    """Where results go; wide enough for tables when it is a file or a pipe."""
    from rich.console import Console

    found = Console(highlight=False)
    return (
        found if found.is_terminal else Console(highlight=False, width=max(found.width, 160), soft_wrap=True)
    )


def time_of(text: str | None, timezone: str, option: str) -> int | None:
    """µs UTC of an ISO 8601 time; without offset, in `timezone`. UsageError for anything else."""
    if text is None:
        return None
    from tasuki.history.times import parse_time

    found = parse_time(text.strip(), timezone)
    if found is None:
        raise UsageError(
            f"{option} {text}: this is no time; write like 2025-03-31, 2025-03-31T18:00 or 2025-03-31T09:00:00Z"
        )
    return found


def check_target(path: Path | None, option: str, *, folder: bool = False) -> None:
    """UsageError unless a file, or a folder of files, can be written there: asked before the work, not after it."""
    if path is None:
        return
    if path.exists() and path.is_dir() != folder:
        raise UsageError(
            f"{option} {path}: cannot be written, this is {'no' if folder else 'a'} folder; name another place"
        )
    place = path if folder else path.parent
    while folder and not place.exists() and place != place.parent:
        place = place.parent
    if not place.is_dir() or not os.access(place, os.W_OK):
        raise UsageError(
            f"{option} {path}: cannot be written, {place} is no folder that you may write into; name another place"
        )


@contextmanager
def written_aside(path: Path) -> Iterator[Path]:
    """A path to write to, of the same ending, which becomes `path` once it is whole."""
    aside = path.with_name(f".{os.getpid()}.{path.name}")
    try:
        yield aside
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


def hand_out(text: str, out: Path | None) -> None:
    """To standard output, or into a file that is there once it is whole."""
    if out is None:
        typer.echo(text, nl=False)
        return
    with written_aside(out) as aside:
        aside.write_text(text, encoding="utf-8", newline="")
    typer.echo(f"wrote {out}")


def local(at: int, timezone: str) -> str:
    """A time for people, to the second: `2025-03-31 18:00:05`."""
    moment = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at)).astimezone(ZoneInfo(timezone))
    return f"{moment:%Y-%m-%d %H:%M:%S}"


def number(value: float) -> str:
    """At most two decimals, none where there are none."""
    return f"{value:,.2f}".rstrip("0").rstrip(".") if value % 1 else f"{value:,.0f}"


def counted(count: int, word: str) -> str:
    """`1 shard`, `3 shards`."""
    return f"{count:,} {word}{'' if count == 1 else 's'}"


@contextmanager
def progress(title: str, unit: str = "") -> Iterator[Callable[[int, int], None]]:
    """A progress bar on standard error, only where someone watches: `update(done, total)`."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

    errors = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn(unit),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=errors, transient=True, disable=not errors.is_terminal) as bar:
        task = bar.add_task(title, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def table(title: str, *columns: str, text: int = 1) -> Table:
    """An empty table; the first `text` columns are words, the others numbers, right-aligned."""
    from rich import box
    from rich.table import Table

    made = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    for i, column in enumerate(columns):
        made.add_column(column, justify="left" if i < text else "right", no_wrap=i >= text)
    return made
