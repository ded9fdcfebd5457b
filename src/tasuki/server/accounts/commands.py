"""Writes about accounts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from tasuki.server.accounts.book import FILL, TRUSTED, AccountBook, AccountDraft
from tasuki.server.accounts.consequences import AccountsPut, carry_out
from tasuki.server.accounts.facts import AccountFacts, account_facts
from tasuki.server.accounts.inputs import AccountInput, PutAccount
from tasuki.server.accounts.models import Account
from tasuki.server.core import audit, bulk, clock
from tasuki.server.core.access import Actor, require
from tasuki.server.core.errors import Conflict, Invalid, NotFound, Refused
from tasuki.server.core.models import User

AT_ONCE = 1_000


def put_accounts(
    actor: Actor,
    inputs: Sequence[AccountInput],
    *,
    source: str,
    mode: str = TRUSTED,
    job: int | None = None,
) -> list[PutAccount | Refused]:
    """Create or update accounts; one answer each, in the order given, all in one transaction.

    `mode` `trusted` overwrites, `fill` fills only what is empty. A key without a source of its own is one of `source`.
    What is wrong with one input refuses that one. NotAllowed.
    """
    require(actor, "accounts.write")
    check_mode(mode)
    return bulk.in_one_transaction(
        lambda: [
            answer
            for start in range(0, len(inputs), AT_ONCE)
            for answer in _put(actor, inputs[start : start + AT_ONCE], source, mode, job)
        ]
    )


def update_account(actor: Actor, account_id: int, *, changes: Mapping[str, str | None]) -> Account:
    """Set fields of one account (names without prefix; None or empty removes). NotFound, Invalid, Conflict, NotAllowed."""
    require(actor, "accounts.write")
    return bulk.in_one_transaction(lambda: _update(actor, account_id, changes))


def check_mode(mode: str) -> None:
    """Invalid: no such mode."""
    if mode not in (TRUSTED, FILL):
        raise Invalid(
            "unknown_mode",
            _("There is no mode “%(mode)s”.") % {"mode": mode[:40]},
            cure=_("Use trusted or fill."),
            field="mode",
        )


def owners(names: set[str]) -> dict[str, int]:
    """Sign-in name → id, of those there are."""
    if not names:
        return {}
    return dict(User.objects.filter(username__in=names, is_active=True).values_list("username", "pk"))


def no_such_owner(name: str) -> Invalid:
    """The refusal of an owner that is not there."""
    return Invalid(
        "unknown_owner",
        _("There is nobody here with the sign-in name “%(name)s”.") % {"name": name[:100]},
        cure=_("Use the sign-in name of someone who works here, or leave it out."),
        field="owner",
    )


def _put(
    actor: Actor, inputs: Sequence[AccountInput], source: str, mode: str, job: int | None
) -> list[PutAccount | Refused]:
    now = clock.now()
    known_owners = owners({each.owner for each in inputs if each.owner})
    facts: list[AccountFacts | Refused] = [_facts(each, source) for each in inputs]
    book = AccountBook()
    sound = [each for each in facts if isinstance(each, AccountFacts)]
    book.load(sound, [each.account for each in inputs if each.account is not None])
    worked: list[tuple[AccountDraft, str, dict[str, Any]] | Refused] = []
    for given, fact in zip(inputs, facts, strict=True):
        if isinstance(fact, Refused):
            worked.append(fact)
            continue
        try:
            worked.append(_apply(book, given, fact, known_owners, mode))
        except Refused as refused:
            worked.append(refused)
    changed = book.store(now, job)
    created = [draft.id for draft in book.new if draft.id is not None]
    _conclude(actor, created, [draft.id for draft in changed if draft.id is not None], now, source, job)
    return [
        each if isinstance(each, Refused) else PutAccount(each[0].id or 0, each[1], each[2] if job else {})
        for each in worked
    ]


def _conclude(
    actor: Actor, created: list[int], changed: list[int], now: datetime, source: str, job: int | None
) -> None:
    if not created and not changed:
        return
    carry_out(AccountsPut(actor, created, changed, now, source, job))
    one = (created + changed)[0] if len(created) + len(changed) == 1 else None
    audit.record(
        actor,
        "accounts.put",
        f"account:{one}" if one else "",
        source=source,
        created=len(created),
        updated=len(changed),
    )


def _facts(given: AccountInput, source: str) -> AccountFacts | Refused:
    fields = dict(given.fields)
    key = fields.pop("key", "")
    external = given.external or ((source, key) if key else None)
    try:
        return account_facts(fields, external=external)
    except Refused as refused:
        return refused


def _apply(
    book: AccountBook, given: AccountInput, facts: AccountFacts, known_owners: dict[str, int], mode: str
) -> tuple[AccountDraft, str, dict[str, Any]]:
    owner = None
    if given.owner:
        if given.owner not in known_owners:
            raise no_such_owner(given.owner)
        owner = known_owners[given.owner]
    draft = _meant(book, given, facts)
    if draft is None:
        draft = book.create(facts)
        if draft is None:
            raise nameless()
        draft.set_owner(owner, mode)
        return draft, "created", {}
    there = dict(draft.before)
    named = given.account is not None or bool(facts.number or facts.external)
    changed = draft.apply(facts, mode, rename=named) | draft.set_owner(owner, mode)
    book.learn_key(draft, facts)
    book.learn_number(draft)
    before = {name: value for name, value in draft.before.items() if name not in there}
    return draft, "updated" if changed else "unchanged", before


def nameless() -> Invalid:
    """The refusal of an account without a name."""
    return Invalid(
        "account_without_name",
        _("A new account needs a name."),
        cure=_("Give the company's name."),
        field="account.name",
    )


def _meant(book: AccountBook, given: AccountInput, facts: AccountFacts) -> AccountDraft | None:
    if given.account is None:
        return book.find(facts, None)
    try:
        draft = book.get(given.account)
    except KeyError:
        raise not_found() from None
    other = book.find(
        replace(facts, columns={k: v for k, v in facts.columns.items() if k == "number"}), draft
    )
    if other is not None and other is not draft:
        raise _number_taken(other)
    if facts.number and draft.columns["number"] not in (None, facts.number):
        return draft  # a person who names the account may correct its number
    return draft


def not_found() -> NotFound:
    """There is no such account."""
    return NotFound("account_not_found", _("There is no such account."), cure=_("Look it up in the list."))


def _number_taken(other: AccountDraft) -> Conflict:
    return Conflict(
        "account_number_taken",
        _("This company number or key belongs to another account: %(name)s.")
        % {"name": other.columns["name"]},
        cure=_("Merge the two accounts, or correct the number."),
        field="account.number",
    )


def _update(actor: Actor, account_id: int, changes: Mapping[str, str | None]) -> Account:
    now = clock.now()
    facts = account_facts({name: value for name, value in changes.items() if value})
    book = AccountBook()
    book.load([facts], [account_id])
    draft = _meant(book, AccountInput(account=account_id), facts)
    assert draft is not None
    assert draft.id is not None
    cleared = {name for name, value in changes.items() if not value and name not in facts.columns}
    if "name" in cleared:
        raise nameless()
    draft.apply(facts, TRUSTED, rename=True)
    for name in sorted(cleared):
        draft.clear(name)
    changed = book.store(now, None)
    _conclude(actor, [], [each.id for each in changed if each.id is not None], now, actor.source, None)
    return Account.objects.get(pk=draft.id)
