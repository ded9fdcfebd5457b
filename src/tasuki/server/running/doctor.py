"""`tasuki doctor`: one small check for each thing that a set-up needs, each with what it found and the cure."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from tasuki.errors import TasukiError
from tasuki.server.running.starting import command, start_django

if TYPE_CHECKING:
    from tasuki.server.environment import Environment

ROOM_WANTED, ROOM_NEEDED = 2 * 2**30, 200 * 2**20
SKEW_SECONDS = 2.0
SHORTEST_SECRET = 32
OLDEST_POSTGRESQL = 140_000
ENOUGH_MEMORY = 2**30
SIGNS = {"good": "ok     ", "warning": "warning", "problem": "PROBLEM"}


@dataclass(frozen=True)
class Finding:
    """What one check found. `state`: good, warning, problem; `cure` is empty where all is well."""

    check: str
    state: str
    says: str
    cure: str = ""

    def __str__(self) -> str:
        return f"{self.check}: {self.says}. {self.cure}"


def good(check: str, says: str) -> Finding:
    """All is well."""
    return Finding(check, "good", says)


def warning(check: str, says: str, cure: str) -> Finding:
    """It runs, but somebody should look."""
    return Finding(check, "warning", says, cure)


def problem(check: str, says: str, cure: str) -> Finding:
    """It does not run, or loses something, like this."""
    return Finding(check, "problem", says, cure)


def examine() -> list[Finding]:
    """All findings, in the order in which to mend them; what an earlier one makes impossible is not looked at."""
    from tasuki.server.environment import read_environment

    try:
        environment = read_environment()
    except TasukiError as error:
        return [
            problem(
                "settings", str(error), "Correct the variables named; docs/reference/settings.md lists all."
            )
        ]
    found = [good("settings", "every setting can be read"), *_of_the_machine(environment)]
    if any(one.state == "problem" and one.check == "data" for one in found):
        return found
    return [*found, *_of_the_server()]


def as_text(findings: Sequence[Finding], *, as_json: bool) -> str:
    """A line each, the cure below it; or JSON."""
    if as_json:
        return json.dumps([asdict(found) for found in findings], ensure_ascii=False, indent=2)
    lines = []
    for found in findings:
        lines.append(f"{SIGNS[found.state]}  {found.check}: {found.says}")
        if found.cure:
            lines.append(f"         → {found.cure}")
    bad = sum(found.state == "problem" for found in findings)
    look = sum(found.state == "warning" for found in findings)
    warnings = f", {look} warning{'' if look == 1 else 's'}" if look else ""
    lines.append(f"{bad or 'no'} problem{'' if bad == 1 else 's'}{warnings}")
    return "\n".join(lines)


def how_to_begin() -> list[str]:
    """As long as nobody was made: at which address the first administrator is, for whoever reads it on this machine."""
    from django.conf import settings

    from tasuki.server.core import entrance

    if not entrance.nobody_yet():
        return []
    address = f"{settings.ENVIRONMENT.url}/begin?code={entrance.first_code()}"
    return [f"Nobody can sign in yet. Make yourself the administrator at {address}"]


def next_steps() -> list[Finding]:
    """What is still to be done before a new installation is of use; nothing where all is."""
    return [found for found in (_people(), _agreement()) if found.state != "good"]


def _of_the_machine(environment: Environment) -> Iterator[Finding]:
    folder = environment.data.resolve()
    yield _data(folder)
    yield _room(folder)
    yield _secret(environment, folder)
    yield _zones(environment.time_zone)


def _data(folder: Path) -> Finding:
    if folder.exists() and not folder.is_dir():
        return problem("data", f"{folder} is a file, not a folder", "Name a folder by TASUKI_DATA or --data.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"x")
    except OSError as error:
        return problem(
            "data",
            f"{folder} cannot be written to ({error.strerror})",
            "Give the folder to the user that runs Tasuki, or name another one by TASUKI_DATA or --data.",
        )
    return good("data", f"{folder} can be written to")


def _room(folder: Path) -> Finding:
    place = next((place for place in (folder, *folder.parents) if place.exists()), folder)
    free = shutil.disk_usage(place).free
    says = f"{free / 2**30:,.1f} GiB free at {place}"
    cure = "Make room, or move the data folder to a larger disk; a full disk refuses every write."
    if free < ROOM_NEEDED:
        return problem("disk", says, cure)
    return warning("disk", says, cure) if free < ROOM_WANTED else good("disk", says)


def _secret(environment: Environment, folder: Path) -> Finding:
    if environment.secret_key:
        if len(environment.secret_key) < SHORTEST_SECRET:
            return problem(
                "secret key",
                f"TASUKI_SECRET_KEY has {len(environment.secret_key)} characters and can be guessed",
                "Set one of 50 random characters, or unset it: then one is made and kept in the data folder.",
            )
        return good("secret key", "set by the environment")
    path = folder / "secret-key"
    if not path.exists():
        return good("secret key", "will be made at the first start")
    if os.name == "posix" and path.stat().st_mode & 0o077:
        return problem(
            "secret key",
            f"others on this machine can read {path}",
            f"chmod 600 {path}; then everybody signs in anew if you also remove it.",
        )
    return good("secret key", f"kept in {path}, readable by its owner only")


def _zones(name: str) -> Finding:
    try:
        ZoneInfo(name)
        ZoneInfo("Asia/Tokyo")
    except (OSError, ValueError, KeyError):
        return problem(
            "time zones",
            f"the time zone {name} is not known here",
            "Install the package tzdata, or set TASUKI_TIME_ZONE to an IANA name.",
        )
    return good("time zones", f"known; pages of whoever has chosen none are in {name}")


def _of_the_server() -> Iterator[Finding]:
    try:
        start_django()
    except Exception as error:  # whatever it is, the doctor tells it
        yield problem(
            "start",
            f"the server cannot be loaded: {error}",
            "Install Tasuki again: pip install --force-reinstall tasuki.",
        )
        return
    database = _database()
    yield database
    if database.state != "problem":
        migrations = _migrations()
        yield migrations
        yield _clock()
        if migrations.state == "good":
            yield from _checked(_memory, _people, _agreement, _worker, _waiting, _mail, _deliveries)
    yield from _checked(_static, _languages, _kernel)


def _checked(*checks: Callable[[], Finding]) -> Iterator[Finding]:
    """Each of them; one that fails is itself a finding."""
    for check in checks:
        try:
            yield check()
        except Exception as error:  # a doctor does not faint
            yield problem(
                check.__name__.strip("_"),
                f"the check failed: {type(error).__name__}: {error}",
                "Please report it.",
            )


def _database() -> Finding:
    from django.db import DatabaseError, connection

    cure = "Start the database, and check DATABASE_URL: postgres://user:password@host:port/name."
    try:
        connection.ensure_connection()
        version = connection.get_database_version()
    except DatabaseError as error:
        return problem("database", str(error).strip().splitlines()[0], cure)
    says = f"{connection.vendor} {'.'.join(map(str, version))} answers"
    if connection.vendor == "postgresql" and connection.pg_version < OLDEST_POSTGRESQL:  # type: ignore[attr-defined]
        return problem("database", says, "Use PostgreSQL 14 or later.")
    return good("database", says)


def _migrations() -> Finding:
    from tasuki.server.running.migrating import is_empty, unapplied

    missing = unapplied()
    if missing and is_empty():
        return problem(
            "migrations", "the database is empty", f"Run: {command('up')}. It makes the tables and starts."
        )
    if missing:
        return problem(
            "migrations",
            f"{len(missing)} are missing, the first {missing[0]}",
            f"Run: {command('migrate')}",
        )
    return good("migrations", "all applied")


def _memory() -> Finding:
    from django.db import connection

    if connection.vendor != "postgresql":
        return good("memory", "SQLite needs no setting")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_size_bytes(current_setting('shared_buffers')), pg_database_size(current_database())"
        )
        return of_memory(*(cursor.fetchone() or (0, 0)))


def of_memory(kept: int, size: int) -> Finding:
    """Whether PostgreSQL may keep enough in memory of a database of this size (bytes); as delivered, 128 MB."""
    says = f"PostgreSQL keeps {kept // 2**20:,} MB of the database's {size // 2**20:,} MB in memory"
    if kept < min(size // 4, ENOUGH_MEMORY):
        return warning(
            "memory",
            says,
            "Set its shared_buffers to a quarter of the machine's memory and start it again: docs/how-to/run.md.",
        )
    return good("memory", says)


def _clock() -> Finding:
    from django.db import connection

    from tasuki.server.core import clock

    if connection.vendor != "postgresql":
        return good("clock", "the database has no clock of its own")
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (theirs,) = cursor.fetchone() or (clock.now(),)
    skew = abs((clock.now() - theirs).total_seconds())
    if skew > SKEW_SECONDS:
        return problem(
            "clock",
            f"this machine and the database differ by {skew:.1f} s",
            "Run a time service (chrony, ntpd) on both.",
        )
    return good("clock", f"differs from the database's by {skew:.2f} s")


def _people() -> Finding:
    from tasuki.server.core.models import Role, User

    active = User.objects.filter(is_active=True)
    if not active.filter(role=Role.ADMINISTRATOR).exists():
        return warning(
            "people",
            "nobody here is an administrator",
            f"Run: {command('createuser NAME --role administrator')}",
        )
    return good("people", f"{active.count()} can sign in")


def _agreement() -> Finding:
    from tasuki.server.agreements.queries import in_force
    from tasuki.server.core import clock

    found = in_force(clock.now())
    if found is None:
        return warning(
            "agreement",
            "none is in force: nothing is scored, no lead moves",
            f"Run: {command('publish FILE')}",
        )
    return good("agreement", f"{found.version.name}, version {found.version.number}, is in force")


def _worker() -> Finding:
    from tasuki.server.running import heartbeat

    living, heard = heartbeat.alive(), heartbeat.last_heard()
    if living:
        return good("worker", f"{len(living)} at work")
    last = f"the last one was heard {heard.total_seconds():,.0f} s ago" if heard else "none is running"
    return warning(
        "worker",
        f"{last}: entries are stored, but no lead moves",
        f"Run: {command('up')}; or, beside a web process that runs: {command('worker')}",
    )


def _waiting() -> Finding:
    from tasuki.server.core import clock
    from tasuki.server.people.models import Due

    now = clock.now()
    due = Due.objects.filter(at__lte=now)
    oldest = due.order_by("at").values_list("at", flat=True).first()
    if oldest is None:
        return good("queue", "no lead waits to be folded")
    seconds = (now - oldest).total_seconds()
    says = f"{due.count():,} leads wait to be folded, the first for {seconds:,.0f} s"
    if seconds > 60:
        return warning(
            "queue",
            says,
            "If a worker is at work, wait or start another (PostgreSQL); its log names leads that fail.",
        )
    return good("queue", says)


def _mail() -> Finding:
    from tasuki.server.notify import mail

    if not mail.is_set_up():
        return warning(
            "mail",
            "no mail server is set up: people are told on the pages, and in chats, only",
            "Set TASUKI_MAIL_URL; see docs/how-to/notifications.md.",
        )
    fault = mail.trouble()
    if fault:
        return warning("mail", fault, "Check TASUKI_MAIL_URL; mails wait until the server answers.")
    if mail.is_folder():
        return warning(
            "mail",
            "mails are only written into a folder",
            "Name a mail server in TASUKI_MAIL_URL when people use it.",
        )
    return good("mail", "the mail server answers")


def _deliveries() -> Finding:
    from tasuki.server.notify.models import Delivery

    dead = Delivery.objects.filter(state=Delivery.State.DEAD).count()
    if dead:
        return warning(
            "deliveries",
            f"{dead:,} message{' was' if dead == 1 else 's were'} given up",
            "See Settings, Webhooks: each with its fault, and a button to send it again.",
        )
    return good("deliveries", "none was given up")


def _static() -> Finding:
    from django.contrib.staticfiles.finders import get_finders

    found = sum(1 for finder in get_finders() for _ in finder.list([]))
    if not found:
        return problem(
            "static files",
            "the pages' styles are missing",
            "Install Tasuki again: the package is incomplete.",
        )
    return good("static files", f"{found} found")


def _languages() -> Finding:
    from django.utils.translation import gettext, override

    with override("ja"):
        japanese = gettext("Lead") != "Lead" or gettext("Leads") != "Leads"
    if not japanese:
        return warning(
            "languages",
            "the Japanese texts are not compiled",
            "Run: python -m tasuki.server.catalogue compile.",
        )
    return good("languages", "Japanese and English")


def _kernel() -> Finding:
    from tasuki.server.running.kernel import warm

    with suppress(OSError):
        seconds = warm()
        return good(
            "kernel", f"folds; it took {seconds:.1f} s to {'load' if seconds < 8 else 'compile, once'}"
        )
    return problem(
        "kernel",
        "the compiled kernel cannot be kept",
        "Set NUMBA_CACHE_DIR to a folder that can be written to.",
    )
