"""Finding the account that an input means, for many inputs with few queries; changes gather here until they are written.

By number; else by its name in another system; else by domain and name; else by name alone, where that is unambiguous and no
other number says otherwise. The same name with another number is another company, and never becomes one by itself.
"""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import IntegrityError, connection
from django.db.models import Q
from django.utils.translation import gettext as _

from tasuki.server.accounts.facts import COLUMNS, AccountFacts, as_profile, search_text
from tasuki.server.accounts.models import Account, AccountIdentity
from tasuki.server.accounts.names import CompanyName, company_name
from tasuki.server.core import bulk
from tasuki.server.core.errors import Conflict
from tasuki.server.core.together import Together, new_ids

TRUSTED, FILL = "trusted", "fill"
STORED = (*COLUMNS, "fields", "owner", "matching_name", "form", "form_place", "search")
_READ = ("id", *COLUMNS, "fields", "owner", "merged_into")
_BUCKETS = 256
_LOCKS = 0x7A5C  # the first half of our advisory locks; the second is the bucket


class LostRace(IntegrityError):
    """Somebody else wrote what we were about to write: read again, and decide anew."""


@dataclass(eq=False)
class AccountDraft:
    """An account while a batch is worked on. `before` holds the columns that changed, as they were."""

    id: int | None
    columns: dict[str, Any]
    extra: dict[str, str]
    owner: int | None = None
    identities: list[tuple[str, str]] = field(default_factory=list)
    sources: set[str] = field(default_factory=set)  # systems in which it has a name
    before: dict[str, Any] = field(default_factory=dict)
    read: tuple[Any, ...] = ()

    @property
    def name(self) -> CompanyName:
        """Its name apart."""
        return company_name(self.columns["name"])

    def profile(self) -> dict[str, str]:
        """The account's part of its leads' profiles."""
        return as_profile(self.columns, self.extra)

    def apply(self, facts: AccountFacts, mode: str, *, rename: bool) -> bool:
        """Take the facts over; whether anything changed. `rename`: a name given is a new one."""
        changed = False
        for name, value in facts.columns.items():
            if name == "name" and not rename and not self._better_name(value):
                continue
            if self._takes(self.columns[name], value, mode):
                self._set(name, value)
                changed = True
        for name, value in facts.extra.items():
            if self._takes(self.extra.get(name), value, mode):
                self.before.setdefault("fields", {}).setdefault(name, self.extra.get(name))
                self.extra[name] = value
                changed = True
        return changed

    def set_owner(self, owner: int | None, mode: str) -> bool:
        """Give it an owner; whether that changed anything."""
        if owner is None or owner == self.owner or (mode == FILL and self.owner is not None):
            return False
        self.before.setdefault("owner", self.owner)
        self.owner = owner
        return True

    def clear(self, name: str) -> bool:
        """Empty a column (not the name) or remove a further field; whether there was anything."""
        if name not in COLUMNS:
            if name not in self.extra:
                return False
            self.before.setdefault("fields", {}).setdefault(name, self.extra.pop(name))
            return True
        empty = None if name in ("number", "employees") else ""
        if self.columns[name] == empty:
            return False
        self._set(name, empty)
        return True

    def row(self) -> tuple[Any, ...]:
        """The values of `STORED`."""
        name = self.name
        own = tuple(self.columns[each] for each in COLUMNS)
        return (
            *own,
            self.extra,
            self.owner,
            name.matching[:300],
            name.form,
            name.place,
            search_text(self.columns),
        )

    def _set(self, name: str, value: Any) -> None:
        self.before.setdefault(name, self.columns[name])
        self.columns[name] = value

    def _better_name(self, value: str) -> bool:
        """Found by its name: only a form that was missing makes the new way of writing worth taking."""
        return not self.name.form and bool(company_name(value).form)

    @staticmethod
    def _takes(present: Any, value: Any, mode: str) -> bool:
        return value != present and (mode == TRUSTED or present in (None, ""))


class AccountBook:
    """The accounts that a batch may mean."""

    def __init__(self) -> None:
        self.by_id: dict[int, AccountDraft] = {}
        self._merged: dict[int, int] = {}
        self._by_number: dict[str, AccountDraft] = {}
        self._by_key: dict[tuple[str, str], AccountDraft] = {}
        self._by_domain: dict[str, list[AccountDraft]] = defaultdict(list)
        self._by_name: dict[str, list[tuple[CompanyName, AccountDraft]]] = defaultdict(list)
        self.new: list[AccountDraft] = []
        self._wanted_by_key: dict[tuple[str, str], int] = {}

    def load(self, facts: Sequence[AccountFacts], ids: Iterable[int] = ()) -> None:
        """Read all that these inputs may mean, and the accounts of these ids."""
        keys = sorted({each.external for each in facts if each.external})
        if keys:
            self._load_keys(keys)
        wanted = {*ids, *(found for found in self._wanted_by_key.values())} if keys else set(ids)
        numbers = {each.number for each in facts if each.number}
        names = {each.name.matching[:300] for each in facts if each.name}
        domains = {each.columns["domain"] for each in facts if each.columns.get("domain") and not each.name}
        self._read(wanted | _meant(numbers, names, domains))
        if keys:
            for key, account_id in self._wanted_by_key.items():
                self._by_key[key] = self.get(account_id)
            self._read_sources({source for source, _key in keys})

    def get(self, account_id: int) -> AccountDraft:
        """The draft of an account that was read; of the one it was merged into, if it was. KeyError: not read."""
        while account_id in self._merged:
            account_id = self._merged[account_id]
        return self.by_id[account_id]

    def find(self, facts: AccountFacts, current: AccountDraft | None) -> AccountDraft | None:
        """The account meant; None: none of those there are. Conflict: number and key name two of them, or clash."""
        by_number = self._by_number.get(facts.number) if facts.number else None
        by_key = self._by_key.get(facts.external) if facts.external else None
        if by_number and by_key and by_number is not by_key:
            raise _clash(by_number, by_key)
        if by_number:
            return by_number
        if by_key:
            if facts.number and by_key.columns["number"]:
                raise _other_number(by_key, facts.number)
            return by_key
        if facts.name:
            return self._by_its_name(facts, facts.name, current)
        return self._nameless(facts, current)

    def create(self, facts: AccountFacts) -> AccountDraft | None:
        """A new account of these facts; None where there is no name for it."""
        if not facts.name:
            return None
        empty: dict[str, Any] = dict.fromkeys(COLUMNS, "") | {"number": None, "employees": None}
        columns = empty | dict(facts.columns)
        columns["domain"] = columns["domain"] or facts.mail_domain
        draft = AccountDraft(None, columns, dict(facts.extra))
        self.new.append(draft)
        self._index(draft)
        self.learn_key(draft, facts)
        return draft

    def learn_key(self, draft: AccountDraft, facts: AccountFacts) -> None:
        """Remember the account's name in another system."""
        if facts.external and facts.external not in self._by_key:
            self._by_key[facts.external] = draft
            draft.identities.append(facts.external)
            draft.sources.add(facts.external[0])

    def learn_number(self, draft: AccountDraft) -> None:
        """So that later inputs of the batch find it by its number."""
        if draft.columns["number"]:
            self._by_number[draft.columns["number"]] = draft

    def changed(self) -> list[AccountDraft]:
        """Accounts that were there and are different now, by id."""
        return sorted(
            (draft for draft in self.by_id.values() if draft.before and draft.id is not None),
            key=lambda draft: draft.id or 0,
        )

    def store(self, now: datetime, job: int | None) -> list[AccountDraft]:
        """Write what is new and what changed; the changed ones. LostRace: somebody else was first."""
        together = Together()
        changed = self.store_with(together, new_ids({Account: len(self.new)})[0], now, job)
        together.send()
        self.settle()
        return changed

    def store_with(
        self, together: Together, ids: Sequence[int], now: datetime, job: int | None
    ) -> list[AccountDraft]:
        """The same among other writes, with ids for the new ones; when all is written, `settle`."""
        self._insert(together, ids, now, job)
        changed = self.changed()
        self._check_unchanged_elsewhere(changed)
        bulk.update(Account, STORED, [(draft.id, *draft.row()) for draft in changed])
        drafts = {id(draft): draft for draft in (*self.new, *self.by_id.values()) if draft.identities}
        rows = sorted((*key, draft.id) for draft in drafts.values() for key in draft.identities)
        together.insert(AccountIdentity, ("source", "key", "account"), rows)
        return changed

    def settle(self) -> None:
        """Last of all, make sure that nobody else has made an account of one of these names. LostRace: somebody has.

        From here to the end of the transaction one at a time passes for a name, and finds what whoever passed before has
        written. It waits for nothing else any more, so that the others wait briefly and nobody locks up. SQLite has one
        writer anyway.
        """
        if not self.new or connection.vendor != "postgresql":
            return
        names = {draft.name.matching for draft in self.new}
        buckets = ",".join(map(str, sorted({zlib.crc32(name.encode()) % _BUCKETS for name in names})))
        # the references of many are checked before, for that takes longest
        checks = "SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED; "
        locks = (
            f"SELECT pg_advisory_xact_lock({_LOCKS}, bucket)"  # noqa: S608 — numbers of ours
            f" FROM (SELECT unnest('{{{buckets}}}'::int[]) AS bucket ORDER BY 1) AS b; "
        )
        found, given = bulk.ids_by_text(Account, "matching_name", names)
        with (
            connection.cursor() as cursor
        ):  # one after the other, each seeing what was committed before it, in one trip
            cursor.execute((checks if len(self.new) >= bulk.MANY else "") + locks + found, given)
            while cursor.nextset():
                pass
            there = {pk for (pk,) in cursor.fetchall()}
        if there - set(self.by_id) - set(self._merged) - {draft.id for draft in self.new}:
            raise LostRace("an account of this name has come meanwhile")

    def _insert(self, together: Together, ids: Sequence[int], now: datetime, job: int | None) -> None:
        if not self.new:
            return
        new = sorted(self.new, key=lambda each: each.columns["number"] or "")
        for draft, pk in zip(new, ids, strict=True):
            draft.id = pk
        rows = [(draft.id, *draft.row(), now, job) for draft in new]
        together.insert(Account, ("id", *STORED, "created_at", "created_by_import"), rows)

    def _check_unchanged_elsewhere(self, changed: list[AccountDraft]) -> None:
        if not changed or not connection.features.has_select_for_update:
            return
        present = bulk.read(
            Account, _READ, [draft.id for draft in changed if draft.id is not None], lock=True
        )
        if present != [draft.read for draft in changed]:
            raise LostRace("an account has been changed meanwhile")

    def _load_keys(self, keys: list[tuple[str, str]]) -> None:
        by_source: dict[str, list[str]] = defaultdict(list)
        for source, key in keys:
            by_source[source].append(key)
        condition = Q()
        for source, some in by_source.items():
            condition |= Q(source=source, key__in=some)
        found = AccountIdentity.objects.filter(condition).values_list("source", "key", "account_id")
        self._wanted_by_key = {(source, key): account for source, key, account in found}

    def _read_sources(self, sources: set[str]) -> None:
        """Which accounts have a name in these systems: another name there is another account."""
        found = AccountIdentity.objects.filter(account__in=self.by_id, source__in=sources)
        for account_id, source in found.values_list("account_id", "source"):
            self.by_id[account_id].sources.add(source)

    def _read(self, ids: set[int]) -> None:
        former: list[tuple[int, str]] = []  # names of merged accounts, by which people go on calling them
        while ids:
            rows = bulk.read(Account, _READ, ids)
            ids = set()
            for row in rows:
                pk, *columns, extra, owner, merged = row
                if merged is not None:
                    self._merged[pk] = merged
                    ids.add(merged)
                    former.append((merged, columns[0]))
                elif pk not in self.by_id:
                    values = dict(zip(COLUMNS, columns, strict=True))
                    self.by_id[pk] = AccountDraft(pk, values, dict(extra), owner, read=_frozen(row))
                    self._index(self.by_id[pk])
            ids -= self.by_id.keys() | self._merged.keys()
        for account_id, called in former:
            name = company_name(called)
            self._by_name[name.matching].append((name, self.get(account_id)))

    def _index(self, draft: AccountDraft) -> None:
        self.learn_number(draft)
        self._by_name[draft.name.matching].append((draft.name, draft))
        if draft.columns["domain"]:
            self._by_domain[draft.columns["domain"]].append(draft)

    def _by_its_name(
        self, facts: AccountFacts, name: CompanyName, current: AccountDraft | None
    ) -> AccountDraft | None:
        namesakes = self._by_name.get(name.matching, [])
        source = facts.external[0] if facts.external else ""
        fitting = [
            each
            for called, each in namesakes
            if name.agrees(called)
            and not (facts.number and each.columns["number"])
            and source not in each.sources
        ]
        if current in fitting:
            return current
        domain = facts.columns.get("domain") or facts.mail_domain
        near = [each for each in fitting if domain and each.columns["domain"] == domain]
        if len(near) == 1:
            return near[0]
        if facts.number:
            return fitting[0] if len(namesakes) == 1 and fitting else None
        if len(fitting) == 1:
            return fitting[0]
        unnumbered = [each for each in fitting if not each.columns["number"]]
        return unnumbered[0] if unnumbered else None

    def _nameless(self, facts: AccountFacts, current: AccountDraft | None) -> AccountDraft | None:
        if facts.number and current and current.columns["number"]:
            return None
        domain = facts.columns.get("domain")
        there = self._by_domain.get(domain, []) if domain else []
        if current is None or current in there or not there:
            return current or (there[0] if len(there) == 1 else None)
        return there[0] if len(there) == 1 else current


def _meant(numbers: set[str], names: set[str], domains: set[str]) -> set[int]:
    """Ids of the accounts with one of these numbers, matching names or domains."""
    parts, parameters = [], []
    for column, values in (("number", numbers), ("matching_name", names), ("domain", domains)):
        if values:
            ids, given = bulk.ids_by_text(Account, column, sorted(values))
            parts.append(ids)
            parameters += given
    return {pk for (pk,) in bulk.recurring(" UNION ".join(parts), parameters)} if parts else set()


def _frozen(row: Sequence[Any]) -> tuple[Any, ...]:
    return tuple(dict(value) if isinstance(value, dict) else value for value in row)


def _clash(one: AccountDraft, other: AccountDraft) -> Conflict:
    return Conflict(
        "account_clash",
        _("The company number belongs to %(one)s, but the account's key to %(other)s.")
        % {"one": one.columns["name"], "other": other.columns["name"]},
        cure=_("Correct one of them, or merge the two accounts."),
        field="account.number",
    )


def _other_number(draft: AccountDraft, number: str) -> Conflict:
    return Conflict(
        "account_number_clash",
        _("%(name)s has the company number %(present)s, not %(given)s.")
        % {"name": draft.columns["name"], "present": draft.columns["number"], "given": number},
        cure=_("Correct the number, or give this company a key of its own."),
        field="account.number",
    )
