"""Questions whether two leads, or two accounts, are the same: found when they come in, by the keys they share."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from django.db import connection, models

from tasuki.server.accounts.facts import COLUMNS
from tasuki.server.accounts.models import Account
from tasuki.server.accounts.names import company_name
from tasuki.server.core import bulk, clock
from tasuki.server.core.together import Together
from tasuki.server.people import matching
from tasuki.server.people.matching import Company, Person, Reason
from tasuki.server.people.models import AccountKey, Duplicate, Lead, LeadKey

LEAD, ACCOUNT = "lead", "account"
Subject = TypeVar("Subject", Person, Company)
Pair = tuple[int, int]
_PAIRS = {  # they go as text, for an array costs Python more
    "postgresql": "SELECT (given ->> 0)::bigint, (given ->> 1)::bigint FROM json_array_elements(%s::json) AS t(given)",
    "sqlite": "SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]') FROM json_each(%s)",
}
_SHARING = {  # of a key that very many share only as many as show that it tells nothing
    "postgresql": "SELECT given.key, sharing.{column} FROM (SELECT value::bigint AS key"
    " FROM json_array_elements_text(%s::json) AS t(value)) AS given CROSS JOIN LATERAL"
    " (SELECT {column} FROM {table} WHERE {table}.key = given.key ORDER BY {column} LIMIT %s) AS sharing",
    "sqlite": "SELECT sharing.key, sharing.{column} FROM json_each(%s) AS given JOIN {table} AS sharing"
    " ON sharing.key = given.value AND sharing.{column} IN"
    " (SELECT one.{column} FROM {table} AS one WHERE one.key = given.value ORDER BY one.{column} LIMIT %s)",
}


def compare_leads(some: Sequence[Person], now: datetime) -> int:
    """Note the keys of these leads, new or changed, and ask about likely duplicates of them; how many were asked."""
    return Comparison(some, (), now).finish(Together())


def compare_accounts(some: Sequence[Company], now: datetime) -> int:
    """The same for accounts."""
    return Comparison((), some, now).finish(Together())


class Comparison:
    """Both in two steps: the keys are noted among other writes, then those that share some are compared."""

    def __init__(
        self,
        leads: Sequence[Person],
        accounts: Sequence[Company],
        now: datetime,
        *,
        new_leads: Collection[int] = (),
        new_accounts: Collection[int] = (),
    ) -> None:
        """`new_…`: ids of those that have no keys yet."""
        self._now = now
        self._leads = _Kind(
            LEAD, LeadKey, "lead", leads, new_leads, matching.lead_keys, people, matching.compare_people
        )
        self._accounts = _Kind(
            ACCOUNT,
            AccountKey,
            "account",
            accounts,
            new_accounts,
            matching.account_keys,
            companies,
            matching.compare_companies,
        )

    def note(self, together: Together) -> None:
        """Have the keys written, and who else has them read."""
        self._leads.note(together)
        self._accounts.note(together)

    def finish(self, together: Together | None = None) -> int:
        """Ask about likely duplicates, how many; if nothing was noted yet, with `together`."""
        if together is not None:
            self.note(together)
            together.send()
        return self._accounts.ask(self._now) + self._leads.ask(self._now)


def find_duplicates(lead_ids: Iterable[int]) -> int:
    """Look again for likely duplicates of these leads; how many questions there are about them now."""
    return compare_leads(people(lead_ids), clock.now())


def ask(kind: str, pairs: Mapping[Pair, tuple[float, Sequence[Reason]]], now: datetime) -> None:
    """Put questions, smaller id first; one that was asked before keeps its answer."""
    rows = [
        (kind, first, second, score, [{"code": code, "weight": weight} for code, weight in reasons], now)
        for (first, second), (score, reasons) in sorted(pairs.items())
        if first != second
    ]
    bulk.insert(
        Duplicate,
        ("kind", "first", "second", "score", "reasons", "found_at"),
        rows,
        or_renew=(("kind", "first", "second"), ("score", "reasons")),
    )


def people(lead_ids: Iterable[int]) -> list[Person]:
    """Those of these leads that are there, known, and not merged."""
    found = Lead.objects.filter(pk__in=list(lead_ids), merged_into=None, erased_at=None, anonymous=False)
    rows = found.values_list("pk", "fields", "account_id", "account__matching_name")
    return [matching.person(pk, fields, account, name or "") for pk, fields, account, name in rows]


def companies(account_ids: Iterable[int]) -> list[Company]:
    """Those of these accounts that are not merged."""
    found = bulk.read(Account, ("pk", "merged_into", "fields", *COLUMNS), account_ids)
    return [
        matching.company(pk, dict(zip(COLUMNS, columns, strict=True)), extra, company_name(columns[0]))
        for pk, merged, extra, *columns in found
        if merged is None
    ]


@dataclass
class _Kind(Generic[Subject]):
    """What leads and accounts differ in when they are compared."""

    kind: str
    model: type[models.Model]
    field: str
    some: Sequence[Subject]
    new: Collection[int]  # ids of those that have no keys yet
    keys_of: Callable[[Subject], set[int]]
    read: Callable[[Iterable[int]], list[Subject]]
    compare: Callable[[Subject, Subject], tuple[float, list[Reason]]]
    pairs: list[Pair] = dataclasses.field(default_factory=list)  # (key, id) of all that have one of the keys

    def note(self, together: Together) -> None:
        rows = sorted((key, each.id) for each in self.some for key in self.keys_of(each))
        if not rows:
            return
        self.pairs += rows
        table, column, new = self.model._meta.db_table, f"{self.field}_id", set(self.new)
        together.insert(self.model, ("key", self.field), [row for row in rows if row[1] in new])
        known = [row for row in rows if row[1] not in new]
        if known:
            together.write(
                f"INSERT INTO {table} (key, {column}) SELECT * FROM ({_PAIRS[connection.vendor]}) AS given"  # noqa: S608
                " WHERE true ON CONFLICT DO NOTHING",
                [json.dumps(known)],
            )
        together.ask(
            _SHARING[connection.vendor].format(table=table, column=column),
            [json.dumps(sorted({key for key, _subject in rows})), matching.LARGEST_BLOCK + 1],
            self.pairs.extend,
        )

    def ask(self, now: datetime) -> int:
        known = {each.id: each for each in self.some}
        pairs = _pairs(_blocks(self.pairs), set(known))
        missing = {one for pair in pairs for one in pair} - known.keys()
        known |= {each.id: each for each in self.read(missing)} if missing else {}
        likely: dict[Pair, tuple[float, Sequence[Reason]]] = {}
        for first, second in pairs:
            if first in known and second in known:
                score, reasons = self.compare(known[first], known[second])
                if score >= matching.THRESHOLD:
                    likely[first, second] = score, reasons
        ask(self.kind, likely, now)
        return len(likely)


def _blocks(pairs: Iterable[Pair]) -> Iterable[set[int]]:
    """Those that share a key, for each key that several have: of most keys there is one subject only."""
    first: dict[int, int] = {}
    members: dict[int, set[int]] = {}
    for key, subject in pairs:
        one = first.setdefault(key, subject)
        if one != subject:
            members.setdefault(key, {one}).add(subject)
    return members.values()


def _pairs(blocks: Iterable[set[int]], fresh: set[int]) -> set[Pair]:
    """Pairs within a block of which one is fresh; blocks that are too large tell nothing."""
    pairs: set[Pair] = set()
    for members in blocks:
        if len(members) <= matching.LARGEST_BLOCK:
            for one in members & fresh:
                pairs.update((min(one, other), max(one, other)) for other in members if other != one)
    return pairs
