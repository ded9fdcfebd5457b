"""Reading news: everybody their own."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import QuerySet

from tasuki.server.core.access import Actor, sight
from tasuki.server.notify.models import Notification

MOST = 500


def unread(actor: Actor) -> int:
    """How many of one's news are not read yet."""
    return _mine(actor).filter(read_at=None).count()


def notifications(actor: Actor, *, limit: int = 100) -> Sequence[Notification]:
    """One's news, the latest first, with lead, account and transition."""
    found = _mine(actor).select_related("lead__account", "transition")
    return list(found.order_by("-at", "-pk")[: min(limit, MOST)])


def _mine(actor: Actor) -> QuerySet[Notification]:
    """News of leads that one may see still."""
    if actor.user is None:
        return Notification.objects.none()
    return Notification.objects.filter(sight(actor, "lead__"), user=actor.user, lead__erased_at=None)
