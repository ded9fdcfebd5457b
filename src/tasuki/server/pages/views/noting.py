"""Notes and deals on the page of a lead."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tasuki.server.activities import commands as activities
from tasuki.server.agreements.stages import stages_now
from tasuki.server.core.access import Actor
from tasuki.server.core.company import company
from tasuki.server.core.errors import Refused
from tasuki.server.deals import commands as deals
from tasuki.server.deals import queries as deal_queries
from tasuki.server.deals.changing import seen
from tasuki.server.deals.inputs import DealInput
from tasuki.server.pages import lead_forms as forms
from tasuki.server.pages.frame import done, on_form, page, undo_at
from tasuki.server.pages.leadpage import deal_form, new_deal_form
from tasuki.server.pages.views.lead import shown
from tasuki.server.people import queries


@require_POST
@page("activities.write")
def note(request: HttpRequest, actor: Actor, lead_id: int) -> HttpResponse:
    """Write a note. What was typed stays where it is refused."""
    lead = queries.lead(actor, lead_id)
    form = forms.Note(request.POST, auto_id="id_note_%s")
    if form.is_valid():
        try:
            written = activities.write_note(actor, lead.pk, form.cleaned_data["text"])
            messages.success(
                request, _("The note was written."), extra_tags=undo_at("note-remove", written.pk)
            )
            return redirect("lead", lead.pk)
        except Refused as refused:
            on_form(form, refused)
    return shown(request, actor, lead, {"note": form}, 422)


@require_POST
@page("activities.write")
def note_remove(request: HttpRequest, actor: Actor, note_id: int) -> HttpResponse:
    """Take a note away."""
    removed = activities.remove_note(actor, note_id)
    return done(request, _("The note was taken away."), "lead", removed.lead_id)


@require_POST
@page("deals.write")
def deal_new(request: HttpRequest, actor: Actor, lead_id: int) -> HttpResponse:
    """Open a deal."""
    lead = queries.lead(actor, lead_id)
    form = new_deal_form(request.POST)
    if form.is_valid():
        given = DealInput(lead_id=lead.pk, currency=company(actor).currency, **form.given())
        (put,) = deals.put_deals(actor, [given])
        if not isinstance(put, Refused):
            return done(request, _("The deal was opened."), "lead", lead.pk)
        on_form(form, put)
    return shown(request, actor, lead, {"new-deal": form}, 422)


@require_POST
@page("deals.write")
def deal_change(request: HttpRequest, actor: Actor, deal_id: int) -> HttpResponse:
    """Change a deal. Where somebody was quicker, nothing is written, and what was typed stays beside what is there now."""
    deal = deal_queries.deal(actor, deal_id)
    lead = queries.lead(actor, deal.lead_id)
    form = deal_form(deal, stages_now(), request.POST)
    if form.is_valid():
        try:
            given = {**form.given(), "emptied": form.emptied()}
            put = deals.change_deal(actor, deal.pk, shown=form.cleaned_data["seen"], **given)
            text = _("Saved.") if put.outcome == "updated" else _("Nothing was changed.")
            return done(request, text, "lead", lead.pk)
        except Refused as refused:
            on_form(form, refused)
    form.data = {**request.POST.dict(), "seen": seen(deal)}  # whoever sends it again has seen this page
    return shown(request, actor, lead, {f"deal-{deal.pk}": form}, 422)
