"""Reading what leads did."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Count, Max, Q, QuerySet

from tasuki.server.activities.models import Activity, Note
from tasuki.server.core.access import Actor, require, sight
from tasuki.server.core.prepared import prepared

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
    return _latest.first(actor, lead_id, type, at)


@prepared
def _latest(actor: Actor, lead_id: int, type: str, at: datetime | None) -> QuerySet[Any, datetime]:
    found = Activity.objects.filter(sight(actor, "lead__"), lead_id=lead_id, type=type)
    found = found if at is None else found.filter(at__lte=at)
    return found.order_by("-at").values_list("at", flat=True)[:1]


def notes_state(actor: Actor, lead_id: int) -> str:
    """Changes whenever a note of the lead is written or taken away."""
    require(actor, "leads.read")
    count, last = _notes.first(actor, lead_id) or (0, 0)
    return f"{count}:{last}"


@prepared
def _notes(actor: Actor, lead_id: int) -> QuerySet[Any, tuple[int, int]]:
    found = Note.objects.filter(sight(actor, "lead__"), lead_id=lead_id).order_by()
    return found.values("lead").annotate(count=Count("pk"), last=Max("pk")).values_list("count", "last")
