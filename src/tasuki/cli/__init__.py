"""The command line: thin commands over the rooms below. Nothing heavy is imported before a command runs."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from tasuki import __version__
from tasuki.cli import agreements, history, importing, plans, replays, reports, serving, simulation, what_if
from tasuki.errors import TasukiError

app = typer.Typer(
    name="tasuki",
    help="Tasuki 襷: one agreement of marketing and sales, carried out on every activity.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
agreements.add_to(app)
history.add_to(app)
replays.add_to(app)
what_if.add_to(app)
reports.add_to(app)
plans.add_to(app)
simulation.add_to(app)
serving.add_to(app)
importing.add_to(app)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"tasuki {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Tasuki 襷: one agreement of marketing and sales, carried out on every activity."""


STOPPED = 130
LISTS = ("--profiles", "--activities", "--decisions")


def spread_lists(arguments: list[str]) -> list[str]:
    """`--profiles a b` as `--profiles a --profiles b`, so that the shell's `*.csv` works."""
    spread: list[str] = []
    option = ""
    for argument in arguments:
        if argument.startswith("-"):
            option = argument if argument in LISTS else ""
            fresh = True
            spread.append(argument)
            continue
        if option and not fresh:
            spread.append(option)
        fresh = False
        spread.append(argument)
    return spread


def main() -> None:
    """The `tasuki` command. Exit status: 0 done, 1 something is wrong with the data, 2 with the command, 130 stopped."""
    try:
        status = app(args=spread_lists(sys.argv[1:]), prog_name="tasuki", standalone_mode=False)
    except TasukiError as error:
        print(f"tasuki: {error}", file=sys.stderr)
        status = error.exit_status
    except (KeyboardInterrupt, typer.Abort):
        status = STOPPED
    except SystemExit:  # what typer and rich make of a pipe that nobody reads any more
        status = 0
    except OSError as error:
        print(
            f"tasuki: {error.filename or 'a file'}: {error.strerror or error}; make room or name another place",
            file=sys.stderr,
        )
        status = 1
    except Exception as error:
        status = _usage(error)
    if status == STOPPED:
        print("tasuki: stopped; what was there before is unchanged", file=sys.stderr)
    sys.exit(status if isinstance(status, int) else 0)


def _usage(error: Exception) -> int:
    """A mistake in the command line itself, which click reports by exceptions with `format_message`."""
    if not hasattr(error, "format_message"):
        raise error
    if type(error).__name__ == "NoArgsIsHelpError":
        print(error.format_message(), file=sys.stderr)
        return 2
    context = getattr(error, "ctx", None)
    where = context.command_path if context else "tasuki"
    says = error.format_message().replace(": Value error, ", ": ")
    print(f"{where}: {says}\nSee `{where} --help`.", file=sys.stderr)
    return 2
