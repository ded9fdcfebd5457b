"""Who gets a lead: what the agreement in force says of it, in words, and who is there now with how much room."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from tasuki.server.agreements import queries as agreements
from tasuki.server.agreements.stages import stages_of
from tasuki.server.core import queries as core
from tasuki.server.core.access import Actor
from tasuki.server.pages import handing
from tasuki.server.pages.frame import page, show
from tasuki.server.pages.views.handoffs import Refusal, loads
from tasuki.server.pages.way import Way


@dataclass(frozen=True)
class Handover:
    """A stage whose leads are handed over: to whom, in what order they are looked for, what happens then."""

    stage: str
    says: Sequence[str]
    routes: Sequence[Way]


@page()
def routing(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The routes of the agreement, and the teams as they are now."""
    return shown(request, actor)


def shown(
    request: HttpRequest, actor: Actor, refused: Refusal | None = None, status: int = 200
) -> HttpResponse:
    """The page; a form of the loads that was refused stays as it was typed."""
    found = agreements.in_force()
    names = {user.pk: user.shown_name for user in core.colleagues(actor)}
    context = {
        "title": _("Routing and capacity"),
        "version": found.version if found else None,
        "handovers": [],
        "may_publish": actor.may("agreement.publish"),
        "may_manage": actor.may("people.manage"),
        "may_hours": actor.may("worktime.manage"),
        "back": "routing",
        **loads(actor, names, refused),
    }
    if found:
        stages = stages_of(found.agreement)
        context["handovers"] = [
            Handover(stage.id, list(handing.told(stage.handoff)), handing.routes(stage.handoff, stages))
            for stage in found.agreement.stages
            if stage.handoff
        ]
    return show(request, actor, "routing.html", context, status)
