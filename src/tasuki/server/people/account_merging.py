"""Making one account of two, so that it can be undone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.apps import apps
from django.utils.translation import gettext as _

from tasuki.server.accounts.book import STORED, AccountDraft
from tasuki.server.accounts.facts import COLUMNS
from tasuki.server.accounts.models import Account
from tasuki.server.core.access import Actor
from tasuki.server.core.errors import Conflict
from tasuki.server.people import duplicates
from tasuki.server.people.merging import check_undoable, settle_question
from tasuki.server.people.models import Duplicate, Merge
from tasuki.server.people.profiles import follow_accounts

MOVING = ("people.Lead", "accounts.AccountIdentity", "deals.Deal")
ACCOUNT = duplicates.ACCOUNT


def merge(actor: Actor, *, winner: int, loser: int, now: datetime) -> Merge:
    """Move leads, keys and deals of the loser to the winner and fill what that lacks. Conflict: two company numbers."""
    rows = Account.objects.filter(pk__in=(winner, loser)).order_by("pk").select_for_update(no_key=True)
    locked = {each.pk: each for each in rows}
    kept, gone = locked[winner], locked[loser]
    if kept.number and gone.number:
        raise Conflict(
            "two_company_numbers",
            _("%(one)s and %(other)s have different company numbers, so they are two companies.")
            % {"one": kept.name, "other": gone.name},
            cure=_("Correct the number that is wrong first."),
            field="account.number",
        )
    moved = {label: _move(label, loser, winner) for label in MOVING}
    before = _fill(kept, gone)
    Account.objects.filter(pk=loser).update(merged_into=winner)
    settle_question(winner, loser, Duplicate.State.OPEN, Duplicate.State.MERGED, actor, now, kind=ACCOUNT)
    follow_accounts([winner], source="merge", now=now, job=None)
    return Merge.objects.create(
        kind=ACCOUNT,
        winner=winner,
        loser=loser,
        at=now,
        by=actor.user,
        cause="person",
        moved={label: ids for label, ids in moved.items() if ids},
        before=before,
    )


def undo(actor: Actor, done: Merge, now: datetime) -> None:
    """Put back what moved and what was filled, but for what somebody has changed since."""
    check_undoable(done)
    for label, ids in done.moved.items():
        apps.get_model(label)._default_manager.filter(pk__in=ids, account=done.winner).update(
            account=done.loser
        )
    winner = Account.objects.select_for_update(no_key=True).get(pk=done.winner)
    columns = {
        name: value
        for name, value in done.before["winner"].items()
        if getattr(winner, name) == done.before["after"][name]
    }
    added = done.before["added"]
    fields = {name: value for name, value in winner.fields.items() if added.get(name) != value}
    _set(winner, columns, fields)
    loser = Account.objects.select_for_update(no_key=True).get(pk=done.loser)
    loser.number, loser.merged_into = done.before["number"], None
    if loser.number and Account.objects.filter(number=loser.number).exists():
        loser.number = None  # somebody else has it by now
    loser.save(update_fields=["number", "merged_into"])
    settle_question(
        done.winner, done.loser, Duplicate.State.MERGED, Duplicate.State.OPEN, actor, now, kind=ACCOUNT
    )
    Merge.objects.filter(pk=done.pk).update(undone_at=now)
    follow_accounts([done.winner, done.loser], source="merge", now=now, job=None)


def _move(label: str, loser: int, winner: int) -> list[int]:
    rows = apps.get_model(label)._default_manager.filter(account=loser)
    ids = list(rows.order_by("pk").values_list("pk", flat=True))
    if ids:
        rows.update(account=winner)
    return ids


def _fill(kept: Account, gone: Account) -> dict[str, Any]:
    number = gone.number
    if number:  # one account has it at a time
        Account.objects.filter(pk=gone.pk).update(number=None)
    names = [name for name in (*COLUMNS, "owner_id") if getattr(kept, name) in (None, "")]
    changed = {name: value for name in names if (value := getattr(gone, name)) not in (None, "")}
    added = {name: value for name, value in gone.fields.items() if not kept.fields.get(name)}
    before = {name: getattr(kept, name) for name in changed}
    _set(kept, changed, {**kept.fields, **added})
    return {"winner": before, "after": changed, "added": added, "number": number}


def _set(account: Account, columns: Mapping[str, Any], fields: dict[str, str]) -> None:
    for name, value in columns.items():
        setattr(account, name, value)
    draft = AccountDraft(
        account.pk, {name: getattr(account, name) for name in COLUMNS}, fields, account.owner_id
    )
    for name, value in zip(STORED, draft.row(), strict=True):
        setattr(account, "owner_id" if name == "owner" else name, value)
    account.save(update_fields=STORED)
