"""Questions whether two leads, or two accounts, are the same: found when they come in, by the keys they share."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from django.db import connection, models

from tasuki.server.accounts.facts import COLUMNS
from tasuki.server.accounts.models import Account
from tasuki.server.accounts.names import company_name
from tasuki.server.core import bulk, clock
from tasuki.server.people import matching
from tasuki.server.people.matching import Company, Person, Reason
from tasuki.server.people.models import AccountKey, Duplicate, Lead, LeadKey

LEAD, ACCOUNT = "lead", "account"
Subject = TypeVar("Subject", Person, Company)
Pair = tuple[int, int]


def compare_leads(some: Sequence[Person], now: datetime) -> int:
    """Note the keys of these leads, new or changed, and ask about likely duplicates of them; how many were asked."""
    return _compare(LEAD, LeadKey, "lead", some, matching.lead_keys, people, matching.compare_people, now)


def compare_accounts(some: Sequence[Company], now: datetime) -> int:
    """The same for accounts."""
    return _compare(
        ACCOUNT,
        AccountKey,
        "account",
        some,
        matching.account_keys,
        companies,
        matching.compare_companies,
        now,
    )


def find_duplicates(lead_ids: Iterable[int]) -> int:
    """Look again for likely duplicates of these leads; how many questions there are about them now."""
    return compare_leads(people(lead_ids), clock.now())


def ask(kind: str, pairs: Mapping[Pair, tuple[float, Sequence[Reason]]], now: datetime) -> None:
    """Put questions, smaller id first; one that was asked before keeps its answer."""
    rows = [
        Duplicate(
            kind=kind,
            first=first,
            second=second,
            score=score,
            reasons=[{"code": code, "weight": weight} for code, weight in reasons],
            found_at=now,
        )
        for (first, second), (score, reasons) in sorted(pairs.items())
        if first != second
    ]
    if rows:
        Duplicate.objects.bulk_create(
            rows,
            batch_size=500,
            update_conflicts=True,
            unique_fields=["kind", "first", "second"],
            update_fields=["score", "reasons"],
        )


def people(lead_ids: Iterable[int]) -> list[Person]:
    """Those of these leads that are there, known, and not merged."""
    found = Lead.objects.filter(pk__in=list(lead_ids), merged_into=None, erased_at=None, anonymous=False)
    rows = found.values_list("pk", "fields", "account_id", "account__matching_name")
    return [matching.person(pk, fields, account, name or "") for pk, fields, account, name in rows]


def companies(account_ids: Iterable[int]) -> list[Company]:
    """Those of these accounts that are not merged."""
    found = Account.objects.filter(pk__in=list(account_ids), merged_into=None)
    return [
        matching.company(pk, dict(zip(COLUMNS, columns, strict=True)), extra, company_name(columns[0]))
        for pk, extra, *columns in found.values_list("pk", "fields", *COLUMNS)
    ]


def _compare(
    kind: str,
    model: type[models.Model],
    name: str,
    some: Sequence[Subject],
    keys_of: Callable[[Subject], set[int]],
    read: Callable[[Iterable[int]], list[Subject]],
    compare: Callable[[Subject, Subject], tuple[float, list[Reason]]],
    now: datetime,
) -> int:
    if not some:
        return 0
    rows = sorted((key, each.id) for each in some for key in keys_of(each))
    blocks = _note(model, name, rows)
    pairs = _pairs(blocks, {each.id for each in some})
    if not pairs:
        return 0
    known = {each.id: each for each in some}
    missing = {one for pair in pairs for one in pair} - known.keys()
    known |= {each.id: each for each in read(missing)} if missing else {}
    likely: dict[Pair, tuple[float, Sequence[Reason]]] = {}
    for first, second in pairs:
        if first in known and second in known:
            score, reasons = compare(known[first], known[second])
            if score >= matching.THRESHOLD:
                likely[first, second] = score, reasons
    ask(kind, likely, now)
    return len(likely)


def _note(model: type[models.Model], name: str, rows: list[tuple[int, int]]) -> dict[int, set[int]]:
    """Keep the keys; key → all that have it, these included."""
    blocks: dict[int, set[int]] = defaultdict(set)
    for key, subject in rows:
        blocks[key].add(subject)
    table, column = model._meta.db_table, f"{name}_id"
    for key, subject in _note_and_read(table, column, rows, sorted(blocks)):
        blocks[key].add(subject)
    return blocks


def _note_and_read(
    table: str, column: str, rows: list[tuple[int, int]], keys: list[int]
) -> list[tuple[Any, ...]]:
    if connection.vendor == "postgresql":  # one round trip
        return bulk.select(
            f"WITH noted AS (INSERT INTO {table} (key, {column}) SELECT * FROM unnest(%s::bigint[], %s::bigint[])"  # noqa: S608
            f" ON CONFLICT DO NOTHING) SELECT key, {column} FROM {table} WHERE key = ANY(%s::bigint[])",
            [[key for key, _subject in rows], [subject for _key, subject in rows], keys],
        )
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO {table} (key, {column}) VALUES (%s, %s) ON CONFLICT DO NOTHING",  # noqa: S608
            rows,
        )
    condition, parameters = bulk.any_of("key", keys)
    return bulk.select(f"SELECT key, {column} FROM {table} WHERE {condition}", parameters)  # noqa: S608


def _pairs(blocks: Mapping[int, set[int]], fresh: set[int]) -> set[Pair]:
    """Pairs within a block of which one is fresh; blocks that are too large tell nothing."""
    pairs: set[Pair] = set()
    for members in blocks.values():
        if 1 < len(members) <= matching.LARGEST_BLOCK:
            for one in members & fresh:
                pairs.update((min(one, other), max(one, other)) for other in members if other != one)
    return pairs
