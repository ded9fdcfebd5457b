"""`tasuki check`, `tasuki schema`, `tasuki diff`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from tasuki.errors import UsageError


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(check)
    app.command()(schema)
    app.command()(diff)


def check(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE…", help="Agreements (YAML).", show_default=False)
    ],
) -> None:
    """Print every problem of an agreement as file:line:col: error|warning[code] text. Exit status 1 if there are errors."""
    from tasuki.agreement import inspect_agreement

    errors = warnings = 0
    for file in files:
        _, problems = inspect_agreement(file)
        for problem in problems:
            typer.echo(str(problem))
            errors, warnings = errors + problem.is_error, warnings + (not problem.is_error)
    many = f"{len(files)} files" if len(files) > 1 else str(files[0])
    typer.echo(f"{many}: {_counted(errors, 'error')}, {_counted(warnings, 'warning')}", err=True)
    if errors:
        raise typer.Exit(1)


def _counted(count: int, word: str) -> str:
    return f"{count or 'no'} {word}{'' if count == 1 else 's'}"


def schema() -> None:
    """Print the JSON Schema of an agreement, so that an editor completes and checks while you write."""
    from tasuki.agreement.document import json_schema

    typer.echo(json.dumps(json_schema(), ensure_ascii=False, indent=2))


def diff(
    old: Annotated[Path, typer.Argument(metavar="A", help="The agreement before.", show_default=False)],
    new: Annotated[Path, typer.Argument(metavar="B", help="The agreement after.", show_default=False)],
    language: Annotated[str, typer.Option("--language", help="Language of the words: en or ja.")] = "en",
) -> None:
    """Say in words what changed between two agreements."""
    from tasuki.agreement import load_agreement
    from tasuki.agreement.diff import differences

    if language not in ("en", "ja"):
        raise UsageError(f"--language {language}: there is en and ja")
    lines = differences(load_agreement(old), load_agreement(new), language)  # type: ignore[arg-type]
    same = {"en": "No difference in meaning.", "ja": "意味の違いはありません。"}
    for line in lines or [same[language]]:
        typer.echo(line)
