"""Reading what leads did."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Count, Max, Q

from tasuki.server.activities.models import Activity, Note
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


def notes(actor: Actor, lead_id: int, before: int | None = None, limit: int = 50) -> list[Note]:
    """What was noted about the lead, latest first, at most `limit` (≤ 200); `before` is the id of the last one had.

    Nothing for a lead that the actor may not see.
    """
    require(actor, "leads.read")
    found = Note.objects.filter(sight(actor, "lead__"), lead_id=lead_id).select_related("by")
    if before is not None:
        found = found.filter(pk__lt=before)
    return list(found.order_by("-pk")[: min(limit, MOST)])


def latest(actor: Actor, lead_id: int, type: str, at: datetime | None = None) -> datetime | None:
    """When the lead last did something of this type, up to a time where one is given; None: never, or not to be seen."""
    require(actor, "leads.read")
    found = Activity.objects.filter(sight(actor, "lead__"), lead_id=lead_id, type=type)
    if at is not None:
        found = found.filter(at__lte=at)
    return found.order_by("-at").values_list("at", flat=True).first()


def notes_state(actor: Actor, lead_id: int) -> str:
    """Changes whenever a note of the lead is written or taken away."""
    require(actor, "leads.read")
    found = Note.objects.filter(sight(actor, "lead__"), lead_id=lead_id)
    told = found.aggregate(count=Count("pk"), last=Max("pk"))
    return f"{told['count']}:{told['last'] or 0}"
