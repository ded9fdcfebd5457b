"""Calls and promised calls on the page of a lead; its re-approach date."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tasuki.server.core.access import Actor
from tasuki.server.core.errors import Refused
from tasuki.server.lifecycle import commands
from tasuki.server.pages import relay_forms as forms
from tasuki.server.pages.frame import done, on_form, page
from tasuki.server.pages.views.lead import morning
from tasuki.server.pages.views.lead import shown as lead_shown
from tasuki.server.people import queries


@require_POST
@page("activities.write")
def call(request: HttpRequest, actor: Actor, lead_id: int) -> HttpResponse:
    """Log a call. What was typed stays where it is refused."""
    lead = queries.lead(actor, lead_id)
    form = forms.Call(request.POST, auto_id="id_call_%s")
    if form.is_valid():
        try:
            commands.log_call(actor, lead.pk, **form.cleaned_data)
            return done(request, _("The call was logged."), "lead", lead.pk)
        except Refused as refused:
            on_form(form, refused)
    return lead_shown(request, actor, lead, {"call": form}, 422)


@require_POST
@page("activities.write")
def promise_move(request: HttpRequest, actor: Actor, promise_id: int) -> HttpResponse:
    """Move a promised call to another time."""
    form = forms.Promise(request.POST)
    if not form.is_valid():
        raise _no_time()
    given = form.cleaned_data
    promise = commands.move_promise(actor, promise_id, given["at"], given["note"])
    return done(request, _("The call was moved."), "lead", promise.lead_id)


def _no_time() -> Refused:
    return Refused("promise_time", _("This is no time for a call."), cure=_("Give a day and a time to come."))


@require_POST
@page("activities.write")
def promise_cancel(request: HttpRequest, actor: Actor, promise_id: int) -> HttpResponse:
    """Take a promised call back."""
    promise = commands.cancel_promise(actor, promise_id)
    return done(request, _("The promised call was taken back."), "lead", promise.lead_id)


@require_POST
@page("decisions.write")
def reapproach(request: HttpRequest, actor: Actor, lead_id: int) -> HttpResponse:
    """Set the day on which the lead is to be taken up again, or another one."""
    lead = queries.lead(actor, lead_id)
    form = forms.Reapproach(request.POST, auto_id="id_reapproach_%s")
    if form.is_valid():
        try:
            commands.decide(actor, lead_id=lead.pk, to="", until=morning(form.cleaned_data["until"]))
            return done(request, _("Saved."), "lead", lead.pk)
        except Refused as refused:
            on_form(form, refused)
    return lead_shown(request, actor, lead, {"reapproach": form}, 422)
