"""Reading what leads did."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q

from tasuki.server.activities.models import Activity
from tasuki.server.core.access import Actor, require, sight

MOST = 200


def activities(
    actor: Actor, lead_id: int, before: tuple[datetime, int] | None = None, limit: int = 50
) -> list[Activity]:
    """The lead's activities, latest first, at most `limit` (≤ 200) of them; `before` is the (at, id) of the last one had.

    Nothing for a lead that the actor may not see.
    """
    require(actor, "leads.read")
    found = Activity.objects.filter(sight(actor, "lead__"), lead_id=lead_id)
    if before is not None:
        at, last = before
        found = found.filter(Q(at__lt=at) | Q(at=at, id__lt=last))
    return list(found.order_by("-at", "-id")[: min(limit, MOST)])
