"""Handoffs: who holds what until when, how full the teams are; giving a handoff on, taking one out of a queue."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from tasuki.server.core import clock
from tasuki.server.core import queries as core
from tasuki.server.core.access import Actor
from tasuki.server.core.errors import NotFound, Refused
from tasuki.server.handoffs import queries as handoffs_queries
from tasuki.server.handoffs.models import Handoff
from tasuki.server.lifecycle import board, queries, relay
from tasuki.server.pages import relay_forms as forms
from tasuki.server.pages.frame import done, on_form, page, show
from tasuki.server.pages.free_days import free_today
from tasuki.server.pages.paging import PAGE, following
from tasuki.server.pages.views.lead import shown as lead_shown
from tasuki.server.people import queries as people

Refusal = tuple[str | int, Form]
"""The form of somebody's capacity, by user name, or of a team's, by id, as it was typed."""
STATES = {
    "open": gettext_lazy("Waiting for an answer"),
    "accepted": gettext_lazy("Accepted"),
    "returned": gettext_lazy("Returned"),
    "expired": gettext_lazy("Expired"),
    "closed": gettext_lazy("All that are over"),
}


@never_cache
@page()
def handoffs(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The board: what is due first stands on top, so that what was neglected does; and the loads of the teams."""
    return shown(request, actor)


def shown(
    request: HttpRequest, actor: Actor, refused: Refusal | None = None, status: int = 200
) -> HttpResponse:
    """The page; a form of the loads that was refused stays as it was typed."""
    asked = {
        name: request.GET.get(name, "").replace("\0", "")[:200]
        for name in ("team", "person", "after", "state")
    }
    state = asked.pop("state")
    state = state if state in STATES else "open"
    overdue = bool(request.GET.get("overdue"))
    found = queries.board(actor, state=state, overdue=overdue, limit=PAGE, **asked)  # type: ignore[arg-type]
    people = core.colleagues(actor)
    context = {
        "title": _("Handoffs"),
        "rows": found.rows,
        "state": state,
        "states": STATES.items(),
        "is_over": state != "open",
        "overdue": overdue,
        "team_wanted": asked["team"],
        "person_wanted": asked["person"],
        "is_filtered": bool(overdue or asked["team"] or asked["person"]),
        "people": people,
        "teams": core.teams(actor),
        "counts": board.counts(actor),
        "most": board.MOST_COUNTED,
        "back": "handoffs",
        "minute": f"{clock.now():%H:%M}",
        "version": " ".join(f"{one.handoff.pk}-{one.handoff.person_id}" for one in found.rows),
        **loads(actor, {user.pk: user.shown_name for user in people}, refused),
    }
    context |= following(request, found.after or None)
    return show(request, actor, "handoffs.html", context, status)


@dataclass(frozen=True)
class Row:
    """Somebody of a team as the table of loads shows them; `share` of their day, None where no bound is known."""

    username: str
    name: str
    away: bool
    open: int
    minutes: int
    share: float | None
    form: Form


def loads(actor: Actor, names: dict[int, str], refused: Refusal | None = None) -> dict[str, Any]:
    """What the teams have and can take; with forms for those who set it."""
    teams = handoffs_queries.loads(actor)
    free = free_today(actor, [load.team.id for load in teams])
    typed = dict([refused] if refused else [])
    found = [
        {
            "load": load,
            "is_free": load.team.id in free,
            "free": free.get(load.team.id),
            "form": typed.get(load.team.id)
            or forms.TeamCapacity(
                initial={"minutes_a_lead": load.team.minutes_a_lead}, auto_id=f"id_team{load.team.id}_%s"
            ),
            "people": [_row(one, load.team.minutes_a_lead, names, typed) for one in load.people],
            "is_open": load.team.id in typed or any(one.username in typed for one in load.people),
        }
        for load in teams
    ]
    return {"loads": found, "may_set": actor.may("capacity.manage")}


def _row(member: Any, minutes_a_lead: int, names: dict[int, str], typed: Mapping[str | int, Form]) -> Row:
    needs = member.open * minutes_a_lead
    start = {"minutes_a_day": member.minutes, "weight": f"{member.weight:g}"}
    form = typed.get(member.username) or forms.Capacity(initial=start, auto_id=f"id_user{member.id}_%s")
    share = needs / member.minutes if member.minutes else None
    name = names.get(member.id, member.username)
    return Row(member.username, name, member.away, member.open, needs, share, form)


@require_POST
@page("handoffs.transfer")
def transfer(request: HttpRequest, actor: Actor, handoff_id: int) -> HttpResponse:
    """Give a handoff to somebody else. What was typed stays where it is refused."""
    handoff = queries.handoff(actor, handoff_id)
    form = forms.Transfer(
        request.POST, people=core.colleagues(actor), teams=core.teams(actor), auto_id="id_transfer_%s"
    )
    if form.is_valid():
        try:
            given = relay.transfer(actor, handoff.pk, **form.whom(), note=form.cleaned_data["note"])
            return _after(request, actor, given.handoff)
        except Refused as refused:
            refused.field = "to" if refused.field.startswith("to_") else refused.field
            on_form(form, refused)
    lead = people.lead(actor, handoff.lead_id)
    return lead_shown(request, actor, lead, {"transfer": form}, 422)


def _after(request: HttpRequest, actor: Actor, given: Handoff) -> HttpResponse:
    """The lead's page, if who gave it away still sees it."""
    try:
        people.lead(actor, given.lead_id)
    except NotFound:
        return done(request, _("The lead was given away; you no longer see it."), "handoffs")
    to = given.person.shown_name if given.person else str(given.team)
    return done(request, _("Given to %(who)s.") % {"who": to}, "lead", given.lead_id)


@require_POST
@page("handoffs.transfer")
def take(request: HttpRequest, actor: Actor, handoff_id: int) -> HttpResponse:
    """Take a handoff out of a queue."""
    taken = relay.take(actor, handoff_id).handoff
    return done(request, _("It is yours now."), "lead", taken.lead_id)
