"""Reads about accounts. Accounts are open to everyone who may read leads; which of their leads one sees is `people`'s."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from tasuki.server.accounts.commands import not_found
from tasuki.server.accounts.models import Account
from tasuki.server.accounts.names import folded
from tasuki.server.core.access import Actor, require
from tasuki.server.core.errors import Invalid
from tasuki.server.core.prepared import prepared

MOST = 200


@dataclass(frozen=True)
class AccountPage:
    """Some accounts; `after` asks for the next ones, empty at the end."""

    accounts: list[Account]
    after: str


def accounts(actor: Actor, *, search: str = "", after: str = "", limit: int = 50) -> AccountPage:
    """Accounts by name, with those words in name, reading, domain or number. Invalid: a mark that is none of ours."""
    require(actor, "leads.read")
    limit = max(1, min(limit, MOST))
    found = matching(Account.objects.filter(merged_into=None), search).order_by("matching_name", "pk")
    if after:
        found = found.filter(_beyond(after))
    rows = list(found.select_related("owner")[: limit + 1])
    more = rows[limit - 1] if len(rows) > limit else None
    return AccountPage(rows[:limit], f"{more.pk}" if more else "")


def account(actor: Actor, account_id: int) -> Account:
    """One account; of one that was merged, the one it is now. NotFound."""
    require(actor, "leads.read")
    found = _account.first(account_id)
    while found is not None and found.merged_into_id is not None:
        found = _account.first(found.merged_into_id)
    if found is None:
        raise not_found()
    return found


@prepared
def _account(account: int) -> QuerySet[Any, Account]:
    return Account.objects.filter(pk=account).select_related("owner")


def matching(rows: QuerySet[Account], search: str) -> QuerySet[Account]:
    """Those that have every word of the search."""
    for word in folded(search[:200]).replace("\x00", "").split()[:8]:
        rows = rows.filter(search__contains=word)
    return rows


def _beyond(after: str) -> Q:
    mark = Account.objects.filter(pk=int(after)).first() if after.isdigit() and len(after) < 19 else None
    if mark is None:
        raise Invalid(
            "unknown_page",
            _("This page mark is not one of ours."),
            cure=_("Start from the first page."),
            field="after",
        )
    name = mark.matching_name  # said twice: the first is where the index begins
    return Q(matching_name__gte=name) & (Q(matching_name__gt=name) | Q(pk__gt=mark.pk))
