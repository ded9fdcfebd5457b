"""Accounts: the companies that leads belong to."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from tasuki.server.accounts import queries
from tasuki.server.core.access import Actor
from tasuki.server.deals import queries as deals
from tasuki.server.pages.frame import page, show
from tasuki.server.pages.paging import PAGE, following
from tasuki.server.people import queries as people


@page()
def accounts(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Companies by name, a page at a time."""
    wanted = request.GET.get("name", "").replace("\0", "")[:200]
    found = queries.accounts(actor, search=wanted, after=request.GET.get("after", "")[:200], limit=PAGE)
    context = {"title": _("Accounts"), "accounts": found.accounts, "wanted": wanted}
    return show(request, actor, "accounts.html", {**context, **following(request, found.after or None)})


@page()
def account(request: HttpRequest, actor: Actor, account_id: int) -> HttpResponse:
    """One company: its facts, its people whom one sees, its deals."""
    found = queries.account(actor, account_id)
    leads = people.leads(actor, account=found.pk, after=request.GET.get("after", "")[:200], limit=PAGE)
    context = {
        "title": found.name,
        "account": found,
        "leads": leads.leads,
        "deals": deals.deals(actor, account_id=found.pk),
    }
    return show(request, actor, "account.html", {**context, **following(request, leads.after or None)})
