"""The list of leads: asked by filters, sorted, with columns of one's own; and entering or changing one."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from tasuki.server.core import queries as core
from tasuki.server.core.access import Actor
from tasuki.server.core.errors import NotFound, Refused
from tasuki.server.lists import columns as all_columns
from tasuki.server.lists import commands as lists
from tasuki.server.lists import queries as listed
from tasuki.server.lists.models import View
from tasuki.server.pages import forms
from tasuki.server.pages.frame import done, is_partial, on_form, page, part, show
from tasuki.server.pages.listing import Work, chips, heads, is_canonical, posted, sheet, without_date, work_of
from tasuki.server.people import commands, queries
from tasuki.server.people.inputs import LeadInput, LeadRef
from tasuki.server.people.listing import Page
from tasuki.server.people.models import Lead


@never_cache
@page()
def leads(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The leads that one sees and that fit, a page at a time; for htmx only what changes by another question."""
    if not request.GET and (view := listed.choice(actor).view) is not None:
        return redirect(f"{reverse('leads')}?view={view.pk}")
    work = work_of(actor, request.GET)
    restored = request.headers.get("HX-History-Restore-Request") == "true"
    partial = is_partial(request) and not restored
    if not partial and not is_canonical(request.GET):
        return redirect(f"{reverse('leads')}?{work.query}")
    found, problem = _found(actor, work, request)
    context = {"title": _("Leads"), **_list(actor, work, found, problem), **tools(actor, work)}
    answer = (
        part(request, actor, "leads_work.html", context)
        if partial
        else show(request, actor, "leads.html", context)
    )
    if partial:
        answer.headers["HX-Push-Url"] = f"{reverse('leads')}?{_with_place(work, request)}"
    patch_vary_headers(answer, ["HX-Request"])
    return answer


def _with_place(work: Work, request: HttpRequest) -> str:
    place = [(name, request.GET[name]) for name in ("after", "before") if request.GET.get(name)]
    return urlencode([*work.pairs(), *place])


def _found(actor: Actor, work: Work, request: HttpRequest) -> tuple[Page, Refused | None]:
    """The page that the address names; nothing, and why, where it cannot be answered."""
    after, before = (request.GET.get(name, "").replace("\0", "")[:400] for name in ("after", "before"))
    try:
        found = listed.leads(actor, work.asked, sort=work.sort, after=after, before=before)
        listed.with_further(actor, found.rows, work.shown)
    except Refused as refused:
        return Page([]), refused
    return found, None


def _list(actor: Actor, work: Work, found: Page, problem: Refused | None) -> dict[str, Any]:
    pairs = work.pairs()
    return {
        "leads": found.rows,
        "problem": problem,
        "without_date": without_date(work),
        "heads": heads(work),
        "shown": work.shown[1:],
        "next_page": urlencode([*pairs, ("after", found.after)]) if found.after else "",
        "previous_page": urlencode([*pairs, ("before", found.before)]) if found.before else "",
        "may_export": actor.may("export"),
        "many_pages": bool(found.after or found.before),
        "people": tuple((one.username, one.shown_name) for one in core.colleagues(actor)),
        "teams": tuple(one.name for one in core.teams(actor)),
        "moves": moves(work),
    }


def tools(actor: Actor, work: Work) -> dict[str, Any]:
    """What stands above a list or board: words, filters, views, columns."""
    ids = [column.id for column in work.shown[1:]]
    there = [column for column in all_columns.known(work.stages).values() if column.id != "name"]
    return {
        "work": work,
        "search_text": work.asked.search,
        "chips": chips(work),
        "groups": sheet(actor, work),
        "views": listed.views(actor),
        "view_changeable": work.view is not None and listed.may_change(actor, work.view),
        "begins_with": work.choice.view_id,
        "shares": View.Shared.choices,
        "columns_on": list(work.shown[1:]),
        "columns_off": [column for column in there if column.id not in ids],
        "is_filtered": work.asked.is_narrow,
    }


def moves(work: Work) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
    """The stages that people may decide on: code, name, reasons."""
    agreement = work.stages.agreement
    if agreement is None:
        return ()
    by_hand = dict.fromkeys(path.stage for path in agreement.paths if path.by)
    return tuple(
        (code, work.stages.short(code), tuple(agreement.reasons.get(code, ())))
        for code in work.stages.ids
        if code in by_hand
    )


@never_cache
@page()
def leads_count(request: HttpRequest, actor: Actor) -> HttpResponse:
    """About how many there are; asked after the list, which does not wait for it."""
    work = work_of(actor, request.GET)
    try:
        count = listed.count(actor, work.asked)
    except Refused:
        return HttpResponse(status=204)
    return part(request, actor, "leads_count.html", {"count": count})


@require_POST
@page()
def leads_columns(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Choose one's columns and their order."""
    shown = [] if "standard" in request.POST else request.POST.getlist("column")
    lists.choose_columns(actor, [one[:120] for one in shown if one])
    return redirect(f"{reverse('leads')}?{posted(actor, request).query}")


@require_http_methods(["GET", "POST"])
@page("leads.write")
def lead_new(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Enter a lead by hand. An identity of a lead that is there changes that one."""
    form = forms.NewLead(request.POST or None)
    forms.offer_channels(form, listed.values(actor)["channel"])
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
