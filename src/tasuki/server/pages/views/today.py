"""Today: what one should do now, what moved lately, and for marketing what sales has answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from tasuki.server.core import clock, words
from tasuki.server.core.access import MARKETING, Actor
from tasuki.server.lifecycle import queries
from tasuki.server.lifecycle.worklist import Hot, WorkList
from tasuki.server.pages.frame import page, show
from tasuki.server.people import queries as people
from tasuki.server.people.models import Lead

SHOWN = 100
MOVED = 12


@dataclass(frozen=True)
class Reason:
    """A lead that shows interest, and the one reason why now."""

    lead: Lead
    what: str
    hot: Hot


@never_cache
@page()
def today(request: HttpRequest, actor: Actor) -> HttpResponse:
    """What waits for one, one's own leads, what moved; for marketing, what came back."""
    work = queries.work_list(actor, limit=SHOWN)
    moved = people.leads(actor, sort="-stage_entered", limit=MOVED).leads
    context = {
        "title": _("Today"),
        "handoffs": [work.standings[one.pk] for one in work.handoffs],
        "neglected": [work.standings[one.pk] for one in work.neglected],
        "calls": work.calls,
        "coming": work.coming,
        "own": work.own,
        "reapproach": work.reapproach,
        "hot": [_reason(one) for one in work.hot],
        "answered": work.came_back,
        "is_marketing": actor.user is not None and actor.user.role in MARKETING,
        "moved": moved,
        "moved_version": " ".join(f"{one.pk}{one.stage}" for one in moved),
        "version": _version(work),
        "minute": f"{clock.now():%H:%M}",
    }
    return show(request, actor, "today.html", context)


def _version(work: WorkList) -> str:
    """Another text as soon as anything else waits, or somebody else has it."""
    lists: list[list[Any]] = [
        [f"{one.pk}-{one.person_id}" for one in (*work.handoffs, *work.neglected)],
        [one.pk for one in (*work.calls, *work.coming, *work.own, *work.reapproach, *work.came_back)],
        [one.latest.pk for one in work.hot],
    ]
    return "/".join(" ".join(map(str, each)) for each in lists)


def _reason(hot: Hot) -> Reason:
    what = words.say(words.ACTIVITIES, hot.latest.type)
    detail = words.about(hot.latest.properties)
    return Reason(hot.lead, f"{what} {detail}".strip(), hot)
