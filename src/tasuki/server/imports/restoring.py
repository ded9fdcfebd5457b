"""Putting one lead, account or deal back as before an import, field by field, where the import's value still stands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from django.db import models, transaction

from tasuki.server.accounts import commands as accounts
from tasuki.server.accounts.models import Account, AccountIdentity
from tasuki.server.core.access import Actor
from tasuki.server.core.errors import Refused
from tasuki.server.core.models import Team, User
from tasuki.server.deals.models import Deal
from tasuki.server.imports.changes import IDENTITIES, as_stored, column
from tasuki.server.imports.models import Change
from tasuki.server.people import commands as people
from tasuki.server.people.models import Identity, Lead, Profile

POINTS_AT: Final[dict[str, type[models.Model]]] = {"account_id": Account, "owner_id": User, "team_id": Team}
OF_ACCOUNTS: Final = ("name", "name_kana", "number", "domain", "industry", "employees", "address")


def restore_lead(actor: Actor, lead: Lead, change: Change, began: datetime) -> list[str]:
    """Put a lead back; the names of what was changed since and therefore stays."""
    Identity.objects.filter(pk__in=change.after.get(IDENTITIES, []), lead=lead).delete()
    left = _put_columns_back(lead, change, {name for name in change.before if name != "fields"})
    back, more_left = _fields_to_put_back(lead.fields, change)
    if back:
        more_left += _attempt(back, lambda: people.update_lead(actor, lead.pk, changes=back))
    forget_steps([lead.pk], actor.source, began)
    return [*left, *more_left]


def restore_account(actor: Actor, account: Account, change: Change, began: datetime) -> list[str]:
    """Put an account back; the names of what stays."""
    AccountIdentity.objects.filter(pk__in=change.after.get(IDENTITIES, []), account=account).delete()
    plain = [name for name in OF_ACCOUNTS if name in change.before]
    others = {name for name in change.before if name not in (*OF_ACCOUNTS, "fields", "matching_name")}
    left = _put_columns_back(account, change, others)
    back, more_left = _fields_to_put_back(account.fields, change)
    for name in plain:
        if as_stored({name: getattr(account, name)})[name] == change.after.get(name):
            before = change.before[name]
            back[name] = None if before in (None, "") else str(before)
        else:
            more_left.append(name)
    if back:
        more_left += _attempt(back, lambda: accounts.update_account(actor, account.pk, changes=back))
    forget_steps(Lead.objects.filter(account=account).values_list("pk", flat=True), actor.source, began)
    return [*left, *more_left]


def restore_deal(deal: Deal, change: Change) -> list[str]:
    """Put a deal back; the names of what stays."""
    return _put_columns_back(deal, change, set(change.before))


def _fields_to_put_back(
    present: Mapping[str, str], change: Change
) -> tuple[dict[str, str | None], list[str]]:
    back: dict[str, str | None] = {}
    left = []
    after = change.after.get("fields", {})
    for name, value in change.before.get("fields", {}).items():
        if present.get(name) == after.get(name):
            back[name] = value
        else:
            left.append(name)
    return back, left


def _attempt(back: Mapping[str, str | None], put: Any) -> list[str]:
    """Put back, and where that is refused (somebody else has it now) say which fields stay."""
    try:
        with transaction.atomic():
            put()
    except Refused:
        return sorted(back)
    return []


def _put_columns_back(row: Lead | Account | Deal, change: Change, names: Iterable[str]) -> list[str]:
    left, back = [], {}
    for name in sorted(names):
        attribute = column(row, name)
        before = change.before[name]
        stands = as_stored({name: getattr(row, attribute)})[name] == change.after.get(name)
        if stands and _is_there(attribute, before):
            back[attribute] = _field(row, attribute).to_python(before)
        else:
            left.append(name)
    if back:
        type(row).objects.filter(pk=row.pk).update(**back)
        for attribute, value in back.items():
            setattr(row, attribute, value)
    return left


def _field(row: models.Model, attribute: str) -> models.Field[Any, Any]:
    found = row._meta.get_field(attribute.removesuffix("_id"))
    assert isinstance(found, models.Field)
    return found


def _is_there(attribute: str, before: Any) -> bool:
    """Whether what a foreign key pointed at still exists."""
    model = POINTS_AT.get(attribute)
    return model is None or before is None or model._default_manager.filter(pk=before).exists()


def forget_steps(leads: Iterable[int], source: str, began: datetime) -> None:
    """Of the profile versions that the undoing wrote, keep the last, and that only if it says something new."""
    for lead in leads:
        versions = list(Profile.objects.filter(lead=lead).order_by("at", "pk"))
        steps = [v for v in versions if v.recorded_at >= began and v.source == source and not v.import_job_id]
        if not steps:
            continue
        last = steps.pop()
        others = [version for version in versions if version not in steps]
        place = others.index(last)
        if place and others[place - 1].fields == last.fields:
            steps.append(last)
        Profile.objects.filter(pk__in=[step.pk for step in steps]).delete()
