"""The audit: one entry for every write, and for every export of personal data, in the transaction of what it tells of."""

from __future__ import annotations

from typing import Any

from tasuki.server.core import clock
from tasuki.server.core.access import Actor
from tasuki.server.core.models import AuditEntry


def record(actor: Actor, action: str, subject: str = "", **detail: Any) -> None:
    """Write down that the actor did this. `subject` like `lead:17`; `detail` holds counts and names of fields, no values."""
    AuditEntry.objects.create(
        at=clock.now(),
        user=actor.user,
        token=actor.token,
        action=action,
        subject=subject,
        detail=detail,
        address=actor.address,
    )
