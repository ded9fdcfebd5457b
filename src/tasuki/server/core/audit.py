"""The audit: one entry for every write, and for every export of personal data, in the transaction of what it tells of."""

from __future__ import annotations

from typing import Any

from tasuki.server.core import bulk, clock
from tasuki.server.core.access import Actor
from tasuki.server.core.logs import redacted
from tasuki.server.core.models import AuditEntry

FIELDS = ("at", "user", "token", "action", "subject", "detail", "address")


def record(actor: Actor, action: str, subject: str = "", **detail: Any) -> None:
    """Write down that the actor did this. `subject` like `lead:17`; `detail` holds counts and names of fields, no values.

    What looks like a mail address, a telephone number or a token is left out of `detail` even if it was given.
    """
    bulk.insert(AuditEntry, FIELDS, [entry(actor, action, subject, **detail)])


def entry(actor: Actor, action: str, subject: str = "", **detail: Any) -> tuple[Any, ...]:
    """The same as a row of `FIELDS`, for who inserts it together with other things."""
    return (
        clock.now(),
        actor.user.pk if actor.user else None,
        actor.token.pk if actor.token else None,
        action[:60],
        subject[:60],
        {name: _clean(value) for name, value in detail.items()},
        actor.address,
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
