"""Today: what waits for oneself, and for marketing what sales has answered."""

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


@never_cache
@page()
def today(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Open handoffs, the oldest first; re-approach dates that have come; for marketing, the latest answers."""
    work = queries.work_list(actor, limit=SHOWN)
    is_marketing = actor.user is not None and actor.user.role in MARKETING
    answered = queries.answered(actor, since=clock.now() - RECENT, limit=SHOWN) if is_marketing else []
    context = {
        "title": _("Today"),
        "handoffs": work.handoffs,
        "reapproach": work.reapproach,
        "answered": answered,
        "is_marketing": is_marketing,
        "top": people.leads(actor, sort="-score", limit=10).leads if not work.handoffs else [],
        "version": " ".join(str(one.pk) for one in [*work.handoffs, *work.reapproach, *answered]),
    }
    return show(request, actor, "today.html", {**context, "minute": f"{clock.now():%H:%M}"})
