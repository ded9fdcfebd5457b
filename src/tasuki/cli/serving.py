"""`tasuki up`, `web`, `worker`, `migrate`, `createuser`, `token`, `publish`, `doctor`, `demo`: running the server."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tasuki.errors import TasukiError, UsageError

if TYPE_CHECKING:
    from tasuki.server.core.models import Team, User

Data = Annotated[
    Path | None,
    typer.Option(
        "--data",
        metavar="DIR",
        help="Folder of the database, uploads and the secret key; TASUKI_DATA, or tasuki-data here, when left out.",
        show_default=False,
    ),
]
Host = Annotated[str, typer.Option("--host", metavar="H", help="Address to listen at; 0.0.0.0 for all.")]
Port = Annotated[int, typer.Option("--port", metavar="P", min=1, max=65_535, help="Port to listen at.")]
Workers = Annotated[
    int,
    typer.Option("--workers", min=0, max=64, help="How many web processes; 0: two, or one on a single core."),
]
ThreadsOf = Annotated[
    int,
    typer.Option("--threads", min=0, max=256, help="Threads of each web process; 0 for 8, or 4 on SQLite."),
]
HOST, PORT = "127.0.0.1", 8000


class RoleName(StrEnum):
    """Roles of people."""

    marketing = "marketing"
    inside_sales = "inside_sales"
    sales = "sales"
    manager = "manager"
    administrator = "administrator"


class SightName(StrEnum):
    """Which leads someone sees."""

    own = "own"
    team = "team"
    all = "all"


class LanguageName(StrEnum):
    """Languages of the pages."""

    ja = "ja"
    en = "en"


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (up, web, worker, migrate, createuser, token, publish, doctor, demo):
        app.command()(command)


def up(
    data: Data = None,
    host: Host = HOST,
    port: Port = PORT,
    workers: Workers = 0,
    threads: ThreadsOf = 0,
) -> None:
    """Run everything: bring the database up to date, then web and worker; what dies is started again."""
    from tasuki.server.running.supervisor import Part, Supervisor, spawner
    from tasuki.server.running.web import check_free

    _started(data, host, port)
    check_free(host, port)
    _migrated()
    _say_next_steps()
    watcher = Supervisor(
        [
            Part("web", spawner("web", host, str(port), str(workers), str(threads))),
            Part("worker", spawner("worker")),
        ]
    )
    watcher.listen()
    typer.echo(f"Tasuki is starting on {_address()}; Ctrl-C stops it.")
    _say_next_steps(first=True)
    watcher.run()
    typer.echo("Stopped.")


def web(
    data: Data = None,
    host: Host = HOST,
    port: Port = PORT,
    workers: Workers = 0,
    threads: ThreadsOf = 0,
) -> None:
    """Run the web process alone; on PostgreSQL as many of it, on as many machines, as one likes."""
    from tasuki.server.running.starting import choose
    from tasuki.server.running.web import check_free, serve

    choose(data, host, port)
    check_free(host, port)
    serve(host, port, workers, threads)


def worker(data: Data = None) -> None:
    """Run a worker alone: it folds leads that are due and runs jobs. Several double nothing."""
    from tasuki.server.running.starting import choose, start_django

    choose(data)
    start_django(measured=True)
    from tasuki.server.running.loops import until_stopped
    from tasuki.server.running.worker import work

    raise typer.Exit(until_stopped(work))


def migrate(data: Data = None) -> None:
    """Bring the database up to date. Safe to run at any time, by several at once."""
    _started(data)
    _migrated(always=True)


def createuser(
    username: Annotated[
        str, typer.Argument(metavar="NAME", help="The name to sign in with.", show_default=False)
    ],
    role: Annotated[RoleName, typer.Option("--role", help="What this person is here.")] = RoleName.marketing,
    team: Annotated[
        str | None,
        typer.Option(
            "--team", metavar="TEAM", help="Their team; made if it is not there.", show_default=False
        ),
    ] = None,
    sight: Annotated[
        SightName, typer.Option("--sight", help="Which leads this person sees.")
    ] = SightName.all,
    language: Annotated[
        LanguageName | None,
        typer.Option(
            "--language", help="Language of the pages; by the browser when left out.", show_default=False
        ),
    ] = None,
    family_name: Annotated[str, typer.Option("--family-name", help="Family name.")] = "",
    given_name: Annotated[str, typer.Option("--given-name", help="Given name.")] = "",
    email: Annotated[str, typer.Option("--email", help="Mail address.")] = "",
    password_file: Annotated[
        Path | None,
        typer.Option(
            "--password-file",
            metavar="FILE",
            help="Where the password stands, in the first line; - for standard input. Asked for when left out.",
            show_default=False,
        ),
    ] = None,
    data: Data = None,
) -> None:
    """Make someone who can sign in."""
    _started(data, ready=True)
    from tasuki.server.core import commands
    from tasuki.server.core.access import SYSTEM

    with _told():
        user = commands.create_user(
            SYSTEM,
            username=username,
            role=role.value,
            password=_password(password_file),
            family_name=family_name,
            given_name=given_name,
            email=email,
            sight=sight.value,
            team=_team(team, role.value).pk if team else None,
            language=language.value if language else "",
        )
    typer.echo(f"{user.username}: made, {role.value}. Signs in at {_address()}")


def token(
    username: Annotated[
        str, typer.Argument(metavar="NAME", help="The sign-in name of whose rights it has.", show_default=False)
    ],
    name: Annotated[
        str, typer.Option("--name", help="What the token is for; the source of what it writes.")
    ] = "command-line",
    scope: Annotated[
        list[str] | None,
        typer.Option(
            "--scope", metavar="SCOPE", help="What it may do; may be repeated. All its user may, when left out.",
            show_default=False,
        ),
    ] = None,
    days: Annotated[
        int | None,
        typer.Option("--days", min=1, max=3_650, help="Expires then; never when left out.", show_default=False),
    ] = None,
    data: Data = None,
) -> None:  # fmt: skip
    """Issue a token for the API and print it. It is shown this once."""
    _started(data, ready=True)
    from tasuki.server.core import clock, tokens
    from tasuki.server.core.access import SYSTEM

    user = _user(username)
    expires_at = clock.now() + timedelta(days=days) if days else None
    with _told():
        _, plain = tokens.issue(
            SYSTEM, user=user, name=name, scopes=scope or _all_scopes(user), expires_at=expires_at
        )
    typer.echo(plain)


def publish(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="An agreement (YAML).", show_default=False)],
    effective: Annotated[
        str | None,
        typer.Option(
            "--effective", metavar="TIME", show_default=False,
            help="In force from this time on (ISO 8601; local without offset). Now when left out.",
        ),
    ] = None,
    data: Data = None,
) -> None:  # fmt: skip
    """Put an agreement in force. It acts from then on; recorded transitions stay as they are."""
    _started(data, ready=True)
    from tasuki.server.agreements import commands
    from tasuki.server.core.access import SYSTEM

    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8"
        raise UsageError(f"{file}: cannot be read ({reason}); name an agreement") from None
    with _told(str(file)):
        version = commands.publish(SYSTEM, text=text, effective_from=_instant(effective))
    typer.echo(
        f"{version.name}: version {version.number}, in force from {version.effective_from:%Y-%m-%d %H:%M:%S} UTC"
    )
    for warning in version.warnings:
        typer.echo(f"warning: {warning}", err=True)


def doctor(
    data: Data = None,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, for programs.")] = False,
) -> None:
    """Look at every part of a set-up; say what is wrong and how to mend it. Exit status 1 if something is."""
    from tasuki.server.running.doctor import as_text, examine
    from tasuki.server.running.starting import choose

    choose(data)
    findings = examine()
    typer.echo(as_text(findings, as_json=as_json))
    if any(found.state == "problem" for found in findings):
        raise typer.Exit(1)


def demo(
    data: Data = None,
    host: Host = HOST,
    port: Port = PORT,
    leads: Annotated[
        int, typer.Option("--leads", min=50, max=20_000, help="How many leads it begins with.")
    ] = 3_000,
    pace: Annotated[
        float, typer.Option("--pace", min=0.0, max=50.0, help="New activities each second, about.")
    ] = 1.5,
) -> None:
    """A made-up company in the browser: sign in by one click, and watch leads move. Without --data it is gone afterwards."""
    from tasuki.server.running.demo.run import run

    run(data, host, port, leads=leads, pace=pace, say=typer.echo)


def _started(data: Path | None, host: str = "", port: int = 0, *, ready: bool = False) -> None:
    from tasuki.server.running.starting import choose, start_django

    choose(data, host, port)
    start_django()
    if ready:
        with _answering():
            from tasuki.server.running.migrating import make_ready

            make_ready()


def _migrated(*, always: bool = False) -> None:
    from tasuki.server.running.migrating import migrate

    with _answering():
        applied = migrate()
    if applied or always:
        typer.echo(f"The database is up to date; {len(applied) or 'no'} migrations were applied.")


def _say_next_steps(*, first: bool = False) -> None:
    from tasuki.server.running.doctor import how_to_begin, next_steps

    with _answering():
        for line in how_to_begin() if first else [f"To do: {step}" for step in next_steps()]:
            typer.echo(line)


@contextmanager
def _answering() -> Iterator[None]:
    from django.db import DatabaseError

    try:
        yield
    except DatabaseError as error:
        first = str(error).strip().splitlines()[0]
        raise TasukiError(f"the database cannot be used ({first}); ask `tasuki doctor` why") from None


def _address() -> str:
    from django.conf import settings

    return str(settings.ENVIRONMENT.url)


@contextmanager
def _told(where: str = "") -> Iterator[None]:
    """What the server refuses, as sentences on the command line: each with its cure, further ones below."""
    from django.utils import translation

    from tasuki.server.core.errors import Refused

    try:
        with translation.override("en"):  # as all of the command line
            yield
    except Refused as refused:
        lines = [f"{one.message} {one.cure or ''}".strip() for one in (refused, *refused.details)]
        raise TasukiError("\n  ".join([f"{where}: {lines[0]}" if where else lines[0], *lines[1:]])) from None


def _password(file: Path | None) -> str:
    """From a file, from standard input, or asked for twice; never from the command line, which others can read."""
    if file is None and sys.stdin.isatty():
        return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))
    if file is None or str(file) == "-":
        typed = sys.stdin.readline().rstrip("\r\n")
        if not typed:
            raise UsageError("no password was given; put it into standard input, or name a --password-file")
        return typed
    try:
        return (file.read_text(encoding="utf-8").splitlines() or [""])[0]
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8"
        raise UsageError(f"--password-file {file}: cannot be read ({reason}); name another file") from None


def _team(name: str, role: str) -> Team:
    from tasuki.server.core import commands
    from tasuki.server.core.access import SYSTEM
    from tasuki.server.core.models import Team

    return Team.objects.filter(name=name).first() or commands.create_team(SYSTEM, name=name, role=role)


def _user(username: str) -> User:
    from tasuki.server.core.models import User

    user = User.objects.filter(username=username).first()
    if user is None:
        raise UsageError(
            f"NAME {username}: nobody signs in by this name; make them with `tasuki createuser {username}`"
        )
    return user


def _all_scopes(user: User) -> list[str]:
    from tasuki.server.core.access import ALLOWED, SCOPES

    return [scope for scope in SCOPES if user.role in ALLOWED[scope]]


def _instant(text: str | None) -> datetime | None:
    from django.conf import settings

    from tasuki.cli.show import time_of
    from tasuki.server.core import clock

    found = time_of(text, settings.TIME_ZONE, "--effective")
    return None if found is None else clock.instant(found)
