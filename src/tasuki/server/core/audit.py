"""The audit: one entry for every write, and for every export of personal data, in the transaction of what it tells of."""

from __future__ import annotations

from typing import Any

from tasuki.server.core import clock
from tasuki.server.core.access import Actor
from tasuki.server.core.logs import redacted
from tasuki.server.core.models import AuditEntry


def record(actor: Actor, action: str, subject: str = "", **detail: Any) -> None:
    """Write down that the actor did this. `subject` like `lead:17`; `detail` holds counts and names of fields, no values.

    What looks like a mail address, a telephone number or a token is left out of `detail` even if it was given.
    """
    AuditEntry.objects.create(
        at=clock.now(),
        user=actor.user,
        token=actor.token,
        action=action[:60],
        subject=subject[:60],
        detail={name: _clean(value) for name, value in detail.items()},
        address=actor.address,
    )


def _clean(value: Any) -> Any:
    """The same as JSON, without what looks personal or secret."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, dict):
        return {redacted(str(name)): _clean(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        inner = sorted(value, key=str) if isinstance(value, set | frozenset) else value
        return [_clean(each) for each in inner]
    return redacted(str(value)).replace("\0", "")
