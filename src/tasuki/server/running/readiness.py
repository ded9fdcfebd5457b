"""Whether this installation can take work, part by part."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import DatabaseError, connection

from tasuki.server.core import clock
from tasuki.server.running import heartbeat
from tasuki.server.running.migrating import unapplied


@dataclass(frozen=True)
class Part:
    """One part: whether it is well, and a word about it. `needed`: without it no request can be answered."""

    name: str
    well: bool
    says: str
    needed: bool = True


class _Schema:
    """Once it is complete it stays so while this process runs."""

    complete = False


def parts() -> list[Part]:
    """Database, migrations, agreement, worker; only the first, where it does not answer."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        return [Part("database", False, type(error).__name__)]
    found = [Part("database", True, connection.vendor), _migrations()]
    return [*found, _agreement(), _worker()] if found[-1].well else found


def _migrations() -> Part:
    if not _Schema.complete:
        missing = unapplied()
        _Schema.complete = not missing
        if missing:
            return Part("migrations", False, f"{len(missing)} missing")
    return Part("migrations", True, "applied")


def _agreement() -> Part:
    from tasuki.server.agreements.queries import in_force

    found = in_force(clock.now())
    if found is None:
        return Part("agreement", False, "none in force", needed=False)
    return Part("agreement", True, f"version {found.version.number}", needed=False)


def _worker() -> Part:
    heard = heartbeat.last_heard()
    if heard is None:
        return Part("worker", False, "none", needed=False)
    return Part(
        "worker",
        heard < heartbeat.SILENT_AFTER,
        f"heard {max(heard.total_seconds(), 0):.0f} s ago",
        needed=False,
    )
