"""The list of leads, and entering or changing one."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from tasuki.server.core import queries as core
from tasuki.server.core.access import Actor
from tasuki.server.core.errors import NotFound, Refused
from tasuki.server.pages import forms
from tasuki.server.pages.frame import done, on_form, page, show
from tasuki.server.pages.paging import PAGE, following
from tasuki.server.people import commands, queries
from tasuki.server.people.inputs import LeadInput, LeadRef
from tasuki.server.people.models import Lead

SORTS = {
    "-score": gettext_lazy("Highest score first"),
    "-stage_entered": gettext_lazy("Latest move first"),
    "-created": gettext_lazy("Newest first"),
    "name": gettext_lazy("By name"),
}


@page()
def leads(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The leads that one sees, found by words and stage, a page at a time."""
    asked = {key: request.GET.get(key, "").replace("\0", "")[:200] for key in ("q", "stage", "sort", "after")}
    sort = asked["sort"] if asked["sort"] in SORTS else "-score"
    found = queries.leads(
        actor, search=asked["q"], stage=asked["stage"], sort=sort, after=asked["after"], limit=PAGE
    )
    context = {
        "title": _("Leads"),
        "leads": found.leads,
        "search_text": asked["q"],
        "stage_wanted": asked["stage"],
        "sort": sort,
        "sorts": SORTS.items(),
        "is_filtered": bool(asked["q"] or asked["stage"]),
    }
    return show(request, actor, "leads.html", {**context, **following(request, found.after or None)})


@require_http_methods(["GET", "POST"])
@page("leads.write")
def lead_new(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Enter a lead by hand. An identity of a lead that is there changes that one."""
    form = forms.NewLead(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = {name: value for name, value in form.profile().items() if value}
        one = LeadInput(ref=LeadRef(), fields=given, channel=form.cleaned_data["channel"])
        outcome = commands.put_leads(actor, [one], source=actor.source)[0]
        if not isinstance(outcome, Refused):
            texts = {
                "created": _("The lead was entered."),
                "updated": _("This lead was there; it was changed."),
            }
            text = texts.get(outcome.outcome) or _("This lead was there already.")
            return done(request, text, "lead", outcome.lead_id)
        on_form(form, _beside_field(outcome))
    return show(
        request, actor, "lead_form.html", {"title": _("New lead"), "form": form}, 422 if form.errors else 200
    )


@require_http_methods(["GET", "POST"])
@page("leads.write")
def lead_edit(request: HttpRequest, actor: Actor, lead_id: int) -> HttpResponse:
    """Change who a lead is and whose it is. Only what was changed on the form is written."""
    lead = queries.lead(actor, lead_id)
    form = forms.EditLead(request.POST or None, initial=_as_form(lead))
    if request.method == "POST" and form.is_valid():
        try:
            commands.update_lead(actor, lead.pk, changes=_changes(form))
            return done(request, _("Saved."), "lead", lead.pk)
        except Refused as refused:
            on_form(form, _beside_field(refused))
    context = {"title": str(lead), "lead": lead, "form": form, "owner": _owner_form(actor, lead)}
    return show(request, actor, "lead_form.html", context, 422 if form.errors else 200)


def _owner_form(actor: Actor, lead: Lead, data: Any = None) -> forms.Owner:
    start = {"owner": lead.owner.username if lead.owner else ""}
    return forms.Owner(data, people=core.colleagues(actor), initial=start)


@require_POST
@page("leads.write")
def lead_owner(request: HttpRequest, actor: Actor, lead_id: int) -> HttpResponse:
    """Give the lead to somebody."""
    lead = queries.lead(actor, lead_id)
    form = _owner_form(actor, lead, request.POST)
    if not form.is_valid():
        return redirect("lead-edit", lead.pk)
    given = LeadInput(ref=LeadRef(lead=lead.pk), owner=form.cleaned_data["owner"])
    outcome = commands.put_leads(actor, [given], source=actor.source)[0]
    if isinstance(outcome, Refused):
        raise outcome
    try:
        queries.lead(actor, lead.pk)
    except NotFound:
        return done(request, _("The lead was given away; you no longer see it."), "leads")
    return done(request, _("Saved."), "lead", lead.pk)


def _as_form(lead: Lead) -> dict[str, Any]:
    """What is known, by the fields of the form."""
    account = lead.account
    known = {
        **{name: lead.fields.get(name, "") for name in forms.LEAD_FIELDS if not name.startswith("account_")},
        "buying_role": lead.buying_role,
    }
    if account is not None:
        for name in ("name", "number", "domain", "industry", "employees"):
            known[f"account_{name}"] = getattr(account, name) or ""
    return known


def _changes(form: forms.EditLead) -> dict[str, str | None]:
    """Fields whose text is another now; None clears."""
    typed = {**form.profile(), "buying_role": form.cleaned_data["buying_role"]}
    changed = {
        name.replace("account_", "account.") if name.startswith("account_") else name
        for name in form.changed_data
    }
    return {name: value or None for name, value in typed.items() if name in changed}


def _beside_field(refused: Refused) -> Refused:
    """The same, naming the form's field."""
    refused.field = refused.field.removeprefix("fields.").replace("account.", "account_")
    return refused
