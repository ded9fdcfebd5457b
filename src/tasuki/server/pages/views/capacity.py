"""How much people can take, and what a lead costs a team: set where the loads stand."""

from __future__ import annotations

from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tasuki.server.core import queries as core
from tasuki.server.core.access import Actor
from tasuki.server.handoffs import commands
from tasuki.server.pages import relay_forms as forms
from tasuki.server.pages.frame import done, not_there, page
from tasuki.server.pages.views import handoffs, routing


@require_POST
@page("capacity.manage")
def person_capacity(request: HttpRequest, actor: Actor, username: str) -> HttpResponse:
    """How much somebody can take."""
    person = next((one for one in core.colleagues(actor) if one.username == username), None)
    if person is None:
        raise not_there()
    form = forms.Capacity(request.POST, auto_id=f"id_user{person.pk}_%s")
    if not form.is_valid():
        return _again(request, actor, username, form)
    commands.set_capacity(actor, username, **form.cleaned_data)
    return done(request, _("Saved."), _place(request))


@require_POST
@page("capacity.manage")
def team_capacity(request: HttpRequest, actor: Actor, team_id: int) -> HttpResponse:
    """What a lead costs a team."""
    team = next((one.name for one in core.teams(actor) if one.pk == team_id), None)
    if team is None:
        raise not_there()
    form = forms.TeamCapacity(request.POST, auto_id=f"id_team{team_id}_%s")
    if not form.is_valid():
        return _again(request, actor, team_id, form)
    commands.set_team_capacity(actor, team, **form.cleaned_data)
    return done(request, _("Saved."), _place(request))


def _place(request: HttpRequest) -> str:
    return "routing" if request.POST.get("from") == "routing" else "handoffs"


def _again(request: HttpRequest, actor: Actor, whose: str | int, form: Form) -> HttpResponse:
    """The page that it was sent from, with what was typed and what is wrong beside it."""
    shown = routing.shown if _place(request) == "routing" else handoffs.shown
    return shown(request, actor, (whose, form), 422)
