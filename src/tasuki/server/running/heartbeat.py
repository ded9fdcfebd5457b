"""Who works for this installation: each worker says so every few seconds."""

from __future__ import annotations

import os
import secrets
import socket
from datetime import datetime, timedelta

from tasuki.server.core import clock
from tasuki.server.core.models import Heartbeat

EVERY = 3.0
SILENT_AFTER = timedelta(seconds=30)
FORGOTTEN_AFTER = timedelta(hours=1)


def new_name() -> str:
    """A name that no other process has: host, process, chance; at most 64 characters."""
    return f"{socket.gethostname()[:40]}-{os.getpid()}-{secrets.token_hex(4)}"


def beat(name: str, started_at: datetime) -> None:
    """Say that this worker is alive."""
    Heartbeat.objects.update_or_create(
        name=name, defaults={"kind": "worker", "started_at": started_at, "at": clock.now()}
    )


def end(name: str) -> None:
    """This worker stops, and long-silent ones are forgotten."""
    Heartbeat.objects.filter(name=name).delete()
    Heartbeat.objects.filter(at__lt=clock.now() - FORGOTTEN_AFTER).delete()


def alive() -> list[str]:
    """Names of the workers that were heard lately."""
    heard = Heartbeat.objects.filter(kind="worker", at__gt=clock.now() - SILENT_AFTER)
    return list(heard.order_by("name").values_list("name", flat=True))


def last_heard() -> timedelta | None:
    """How long ago any worker was heard; None: never, or all have stopped."""
    latest = Heartbeat.objects.filter(kind="worker").order_by("-at").values_list("at", flat=True).first()
    return None if latest is None else clock.now() - latest
