"""The schema of the database, brought up to date by one process at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder

from tasuki.errors import UsageError
from tasuki.server.insights import triggers

LOCK = 7_461_737_569  # any number that no other program takes on this database


def migrate() -> list[str]:
    """Apply what is missing, and say what was applied. Several may call it at once: the others wait."""
    with _alone():
        missing = unapplied()
        call_command("migrate", interactive=False, verbosity=0, run_syncdb=True)
        triggers.install()
    return missing


def unapplied() -> list[str]:
    """Names of the migrations that the database lacks, in order."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _ in plan]


def is_empty() -> bool:
    """Whether no migration was ever applied to the database."""
    return not MigrationRecorder(connection).applied_migrations()


def make_ready() -> None:
    """Migrate a database that has nothing in it yet. UsageError if one that is in use lacks a migration."""
    missing = unapplied()
    if not missing:
        return
    if not is_empty():
        raise UsageError(f"the database lacks {len(missing)} migrations; run: tasuki migrate")
    migrate()


@contextmanager
def _alone() -> Iterator[None]:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
            try:
                yield
            finally:
                with suppress(DatabaseError):
                    cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])
    else:
        with _file_alone(settings.DATA / "migrate.lock"):
            yield


@contextmanager
def _file_alone(path: Path) -> Iterator[None]:
    try:
        import fcntl
    except ImportError:  # Windows: SQLite's own lock remains
        yield
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
