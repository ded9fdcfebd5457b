"""Versions of profiles: what was known of a lead and its account, from when on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from tasuki.server.accounts.facts import COLUMNS, as_profile
from tasuki.server.accounts.models import Account
from tasuki.server.core import bulk
from tasuki.server.core.together import Together
from tasuki.server.people import searching
from tasuki.server.people.due import touch
from tasuki.server.people.models import Lead, Profile

FIELDS = ("lead", "at", "fields", "source", "recorded_at", "import_job")
AT_ONCE = 2_000


@dataclass(frozen=True)
class Version:
    """A profile in force from `at` on."""

    lead: int
    at: datetime
    fields: Mapping[str, str]


def store(
    versions: Sequence[Version],
    *,
    source: str,
    now: datetime,
    job: int | None,
    together: Together | None = None,
) -> None:
    """Keep versions, in the order given; `together`: among other writes."""
    rows = [(each.lead, each.at, each.fields, source, now, job) for each in versions]
    (together or bulk).insert(Profile, FIELDS, rows)


def learn_late(
    late: Sequence[tuple[int, datetime, Mapping[str, str]]], *, source: str, now: datetime, job: int | None
) -> None:
    """What turns out to have been so from an earlier time on, each (lead, at, fields).

    From then until the next version the profile is the one in force plus these; later versions get what they lack.
    """
    history: dict[int, list[tuple[datetime, int, dict[str, str]]]] = defaultdict(list)
    ids = {lead for lead, _at, _fields in late}
    for pk, lead, at, fields in Profile.objects.filter(lead__in=ids).values_list(
        "pk", "lead_id", "at", "fields"
    ):
        history[lead].append((at, pk, fields))
    changed: dict[int, dict[str, str]] = {}
    added: list[Version] = []
    for lead, at, fields in sorted(late, key=lambda each: each[1]):
        versions = sorted(history[lead], key=lambda version: version[:2])
        before = [version for version in versions if version[0] <= at]
        base = before[-1][2] if before else {}
        if not set(fields.items()) <= base.items():
            added.append(Version(lead, at, {**base, **fields}))
            history[lead].append((at, 0, {**base, **fields}))
        for _since, pk, there in versions[len(before) :]:
            lacking = {name: value for name, value in fields.items() if name not in there}
            there.update(lacking)
            if lacking and pk:
                changed[pk] = there
    bulk.update(Profile, ["fields"], sorted(changed.items()))
    store(added, source=source, now=now, job=job)


def follow_accounts(
    accounts: Collection[int], *, source: str, now: datetime, job: int | None, besides: Collection[int] = ()
) -> None:
    """New versions for the leads of accounts that changed, `besides` those that got theirs; they are folded again."""
    for part in _leads_of(accounts, set(besides)):
        store([Version(lead, now, fields) for lead, fields in part], source=source, now=now, job=job)
        touch([lead for lead, _fields in part])
        searching.note([lead for lead, _fields in part])


def _leads_of(accounts: Collection[int], besides: set[int]) -> Iterator[list[tuple[int, dict[str, str]]]]:
    """Leads of these accounts with their whole profiles, some thousands at a time."""
    if not accounts:
        return
    shown = {
        pk: as_profile(dict(zip(COLUMNS, columns, strict=True)), extra)
        for pk, extra, *columns in Account.objects.filter(pk__in=accounts).values_list(
            "pk", "fields", *COLUMNS
        )
    }
    last = 0
    while True:
        rows = list(
            Lead.objects.filter(
                account__in=accounts, pk__gt=last, merged_into=None, erased_at=None, anonymous=False
            )
            .order_by("pk")
            .values_list("pk", "fields", "buying_role", "account_id")[:AT_ONCE]
        )
        if not rows:
            return
        last = rows[-1][0]
        there = _staying([row[0] for row in rows])
        some = [
            (pk, whole(fields, role, shown[account]))
            for pk, fields, role, account in rows
            if pk in there and pk not in besides and account is not None
        ]
        if some:
            yield some


def _staying(leads: Sequence[int]) -> set[int]:
    """Those that are there, and cannot be deleted before the transaction ends; it lets others change and fold them."""
    if connection.vendor != "postgresql":
        return set(leads)  # one writes at a time
    condition, parameters = bulk.any_of("id", leads)
    rows = bulk.select(f"SELECT id FROM people_lead WHERE {condition} ORDER BY id FOR KEY SHARE", parameters)  # noqa: S608
    return {pk for (pk,) in rows}


def whole(fields: Mapping[str, str], buying_role: str, account: Mapping[str, str]) -> dict[str, str]:
    """A lead's own fields, its part in the buying group, and its account's fields, together."""
    return {**fields, **({"buying_role": buying_role} if buying_role else {}), **account}
