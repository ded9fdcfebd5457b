"""Accounts: the companies that leads belong to."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from tasuki.server.accounts import commands, queries
from tasuki.server.accounts.inputs import AccountInput
from tasuki.server.accounts.models import Account
from tasuki.server.agreements.stages import stages_now
from tasuki.server.core import queries as core
from tasuki.server.core.access import Actor
from tasuki.server.core.errors import Refused
from tasuki.server.deals import queries as deals
from tasuki.server.lifecycle import queries as lifecycle
from tasuki.server.pages import forms
from tasuki.server.pages.facts import further
from tasuki.server.pages.frame import done, on_form, page, part, show
from tasuki.server.pages.leadpage import moment
from tasuki.server.pages.paging import PAGE, a_number, following
from tasuki.server.pages.story import told_of_company
from tasuki.server.pages.views.duplicates import pairs
from tasuki.server.people import queries as people

HANDED = 20


@page()
def accounts(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Companies by name, a page at a time."""
    wanted = request.GET.get("name", "").replace("\0", "")[:200]
    found = queries.accounts(actor, search=wanted, after=request.GET.get("after", "")[:200], limit=PAGE)
    context = {"title": _("Accounts"), "accounts": found.accounts, "wanted": wanted}
    return show(request, actor, "accounts.html", {**context, **following(request, found.after or None)})


@never_cache
@page()
def account(request: HttpRequest, actor: Actor, account_id: int) -> HttpResponse:
    """One company: its score, its people whom one sees, what they did, deals, handoffs; of a merged one, those of now."""
    found = queries.account(actor, account_id)
    if found.pk != account_id:
        messages.info(request, _("This company was merged; it is shown as it is now."))
        return redirect("account", found.pk)
    leads = people.leads(actor, account=found.pk, after=request.GET.get("after", "")[:200], limit=PAGE)
    handed = lifecycle.handoffs_of_company(
        actor, found.pk, before=a_number(request.GET.get("handoffs")), limit=HANDED
    )
    context = {
        "title": found.name,
        "account": found,
        "standing": lifecycle.company(actor, found.pk),
        "group": lifecycle.buying_group(actor, found.pk),
        "leads": leads.leads,
        "deals": deals.deals(actor, account_id=found.pk),
        "handed": handed,
        "older_handed": handed[-1].pk if len(handed) == HANDED else None,
        "duplicates": pairs(people.questions_about(actor, found), found.pk),
        "further": further(found),
        "may_write": actor.may("accounts.write"),
        **_story(actor, found, request),
    }
    return show(request, actor, "account.html", {**context, **following(request, leads.after or None)})


@never_cache
@page()
def account_story(request: HttpRequest, actor: Actor, account_id: int) -> HttpResponse:
    """What its people did, further back."""
    found = queries.account(actor, account_id)
    return part(request, actor, "lead_story_older.html", _story(actor, found, request))


def _story(actor: Actor, found: Account, request: HttpRequest) -> dict[str, Any]:
    story = told_of_company(actor, found.pk, stages_now(), moment(request.GET.get("before", "")))
    asked = urlencode({"before": story.older.isoformat()}) if story.older else ""
    return {
        "story": story,
        "older_address": f"{reverse('account-story', args=[found.pk])}?{asked}" if asked else "",
        "older_page": f"?{asked}#story" if asked else "",
    }


@require_http_methods(["GET", "POST"])
@page("accounts.write")
def account_edit(request: HttpRequest, actor: Actor, account_id: int) -> HttpResponse:
    """Change what is known of a company and whose it is. Only what was changed on the form is written."""
    found = queries.account(actor, account_id)
    form = forms.EditAccount(request.POST or None, initial=_as_form(found))
    if request.method == "POST" and form.is_valid():
        changes = {name: form.cleaned_data[name] or None for name in form.changed_data}
        try:
            commands.update_account(actor, found.pk, changes=changes)
            return done(request, _("Saved."), "account", found.pk)
        except Refused as refused:
            refused.field = refused.field.removeprefix("account.")
            on_form(form, refused)
    context = {"title": found.name, "account": found, "form": form, "owner": _owner_form(actor, found)}
    return show(request, actor, "account_form.html", context, 422 if form.errors else 200)


@require_POST
@page("accounts.write")
def account_owner(request: HttpRequest, actor: Actor, account_id: int) -> HttpResponse:
    """Give the company to somebody."""
    found = queries.account(actor, account_id)
    form = _owner_form(actor, found, request.POST)
    if not form.is_valid():
        return redirect("account-edit", found.pk)
    given = AccountInput(account=found.pk, owner=form.cleaned_data["owner"])
    outcome = commands.put_accounts(actor, [given], source=actor.source)[0]
    if isinstance(outcome, Refused):
        raise outcome
    return done(request, _("Saved."), "account", found.pk)


def _as_form(found: Account) -> dict[str, Any]:
    known = {name: getattr(found, name) for name in forms.EditAccount.base_fields}
    return {name: "" if value is None else str(value) for name, value in known.items()}


def _owner_form(actor: Actor, found: Account, data: Any = None) -> forms.Owner:
    start = {"owner": found.owner.username if found.owner else ""}
    return forms.Owner(data, people=core.colleagues(actor), initial=start)
