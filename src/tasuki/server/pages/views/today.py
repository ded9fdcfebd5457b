"""Today: what waits for oneself, what moved lately, and for marketing what sales has answered."""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from tasuki.server.core import clock
from tasuki.server.core.access import MARKETING, Actor
from tasuki.server.lifecycle import queries
from tasuki.server.pages.frame import page, show
from tasuki.server.people import queries as people

RECENT = timedelta(days=2)
SHOWN = 100
MOVED = 12


@never_cache
@page()
def today(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Open handoffs, the oldest first; re-approach dates that have come; the latest moves; for marketing, sales' answers."""
    work = queries.work_list(actor, limit=SHOWN)
    is_marketing = actor.user is not None and actor.user.role in MARKETING
    moved = people.leads(actor, sort="-stage_entered", limit=MOVED).leads
    answered = queries.answered(actor, since=clock.now() - RECENT, limit=MOVED) if is_marketing else []
    context = {
        "title": _("Today"),
        "handoffs": work.handoffs,
        "reapproach": work.reapproach,
        "answered": answered,
        "is_marketing": is_marketing,
        "moved": moved,
        "moved_version": " ".join(f"{one.pk}{one.stage}" for one in moved),
        "version": " ".join(str(one.pk) for one in [*work.handoffs, *work.reapproach, *answered]),
    }
    return show(request, actor, "today.html", {**context, "minute": f"{clock.now():%H:%M}"})
