"""What a batch changes of leads, accounts and deals of before: noted while it is stored, so that it can be undone."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from types import TracebackType
from typing import Any, Final

from django.db import models
from django.db.models import Max

from tasuki.server.accounts.inputs import PutAccount
from tasuki.server.accounts.models import Account, AccountIdentity
from tasuki.server.deals.inputs import PutDeal
from tasuki.server.deals.models import Deal
from tasuki.server.imports.models import Change
from tasuki.server.people.inputs import Put
from tasuki.server.people.models import Identity, Lead

Model = type[Lead] | type[Account] | type[Deal]
MODELS: Final[dict[str, Model]] = {"lead": Lead, "account": Account, "deal": Deal}
IDENTITIES: Final = "+identities"
"""In `after`: ids of the identities that the import added to a lead or account of before."""


class Changes:
    """A context around one batch; on the way out, what was noted is written beside what earlier batches noted."""

    def __init__(self, job: int) -> None:
        self._job = job
        self._before: dict[tuple[str, int], dict[str, Any]] = {}
        self._old: dict[str, set[int]] = defaultdict(set)

    def __enter__(self) -> Changes:
        self._last = {
            "lead": Identity.objects.aggregate(last=Max("pk"))["last"] or 0,
            "account": AccountIdentity.objects.aggregate(last=Max("pk"))["last"] or 0,
        }
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self._write()

    def note_lead(self, put: Put) -> None:
        """What a put changed, of the lead and of its account."""
        if put.outcome != "created":
            self._old["lead"].add(put.lead_id)
        for before in put.before:
            self._note(before.kind, before.subject, before.columns)

    def note_account(self, put: PutAccount) -> None:
        """What a put changed of an account."""
        if put.outcome != "created":
            self._old["account"].add(put.account_id)
        if put.before:
            self._note("account", put.account_id, put.before)

    def note_deal(self, put: PutDeal) -> None:
        """What a put changed of a deal."""
        if put.before:
            self._note("deal", put.deal_id, put.before)

    def _note(self, kind: str, subject: int, columns: Mapping[str, Any]) -> None:
        """The first value noted is the one from before the import."""
        merge_before(self._before.setdefault((kind, subject), {}), as_stored(columns))

    def _write(self) -> None:
        added = {kind: self._added(kind) for kind in ("lead", "account")}
        keys = {*self._before, *((kind, subject) for kind, by in added.items() for subject in by)}
        by_kind: dict[str, set[int]] = defaultdict(set)
        for kind, subject in sorted(keys):
            by_kind[kind].add(subject)
        for kind, subjects in by_kind.items():
            self._write_kind(kind, subjects, added.get(kind, {}))

    def _added(self, kind: str) -> dict[int, list[int]]:
        """Subject → identities that this batch added to those that were there before it."""
        if not self._old[kind]:
            return {}
        found: dict[int, list[int]] = defaultdict(list)
        for subject, pk in _identities(kind, self._old[kind], self._last[kind]):
            found[subject].append(pk)
        return found

    def _write_kind(self, kind: str, subjects: set[int], added: Mapping[int, list[int]]) -> None:
        there = {c.subject: c for c in Change.objects.filter(job=self._job, kind=kind, subject__in=subjects)}
        created = _created_here(kind, subjects, self._job)
        present = {row.pk: row for row in MODELS[kind].objects.filter(pk__in=subjects)}
        changes = []
        for subject in sorted(subjects - created):
            change = there.get(subject) or Change(job_id=self._job, kind=kind, subject=subject)
            merge_before(change.before, self._before.get((kind, subject), {}))
            identities = [*change.after.get(IDENTITIES, []), *added.get(subject, [])]
            change.after = present_values(present[subject], change.before) if subject in present else {}
            if identities:
                change.after[IDENTITIES] = identities
            changes.append(change)
        new = [change for change in changes if change.pk is None]
        Change.objects.bulk_create(new)
        Change.objects.bulk_update([c for c in changes if c.subject in there], ["before", "after"])


def _identities(kind: str, subjects: Iterable[int], after: int) -> Iterable[tuple[int, int]]:
    if kind == "lead":
        leads = Identity.objects.filter(pk__gt=after, lead__in=subjects)
        return leads.values_list("lead_id", "pk")
    accounts = AccountIdentity.objects.filter(pk__gt=after, account__in=subjects)
    return accounts.values_list("account_id", "pk")


def _created_here(kind: str, subjects: set[int], job: int) -> set[int]:
    """Those that the same import created: undoing removes them, whatever it changed of them later."""
    column = "import_job" if kind == "deal" else "created_by_import"
    return set(MODELS[kind].objects.filter(**{column: job}, pk__in=subjects).values_list("pk", flat=True))


def as_stored(columns: Mapping[str, Any]) -> dict[str, Any]:
    """Columns as JSON keeps them, foreign keys by id under their own name."""
    plain = {name: value.pk if isinstance(value, models.Model) else value for name, value in columns.items()}
    stored: dict[str, Any] = json.loads(json.dumps(plain, default=_plain))
    return stored


def _plain(value: object) -> str:
    """Times to the microsecond, which Django's own encoder cuts to milliseconds."""
    return value.isoformat() if isinstance(value, date) else str(value)


def merge_before(kept: dict[str, Any], more: Mapping[str, Any]) -> None:
    """Add what is not noted yet; of `fields`, key by key."""
    for name, value in more.items():
        if name == "fields":
            kept["fields"] = {**value, **kept.get("fields", {})}
        else:
            kept.setdefault(name, value)


def present_values(row: models.Model, before: Mapping[str, Any]) -> dict[str, Any]:
    """The present values of the columns (and keys of `fields`) that `before` names."""
    names = {name: column(row, name) for name in before if name != "fields"}
    found = as_stored({name: getattr(row, attribute) for name, attribute in names.items()})
    if "fields" in before:
        fields: Mapping[str, Any] = row.fields  # type: ignore[attr-defined]
        found["fields"] = {key: fields.get(key) for key in before["fields"]}
    return found


def column(row: models.Model, name: str) -> str:
    """The attribute that holds a column's plain value: `owner_id` for `owner`."""
    return str(row._meta.get_field(name.removesuffix("_id") if name.endswith("_id") else name).attname)  # type: ignore[union-attr]
