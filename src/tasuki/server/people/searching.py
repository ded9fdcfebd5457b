"""Finding leads by any two letters that stand side by side: what the index holds of each, kept by the worker.

A word of a search, in Japanese too, may stand in the middle of what is known, and may be two letters long. So the index
holds every pair of neighbours (a gram) of a lead's and its company's texts, each as five letters that a hash gives:
PostgreSQL keeps them in a GIN index, SQLite in an FTS5 table, both of which follow the table by themselves. Grams say which
leads may have the word; the texts themselves are looked at then. Whoever writes a lead only notes that it is to be read
anew. See record 0014.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from django.db import connection, transaction
from django.db.models import Q, QuerySet

from tasuki.server.accounts.names import folded, matching_kana
from tasuki.server.core import bulk, clock
from tasuki.server.core.together import Together
from tasuki.server.people.models import Lead, LeadText

MOST_WORDS = 8
OF_COMPANY = ("search", "fields", "name", "name_kana", "industry", "address", "employees")
FEW = 5_000
"""So many leads are looked at one by one; where more may have a word, it is met soon enough in the order of the list."""
FRESH = 2_000
"""So many of the leads that are not in the index yet are looked at beside it, the latest first."""
PORTION = 100
DIGITS = "abcdefghijklmnopqrstuvwxyz012345"
_NUMBER = re.compile(r"[-+()0-9]{4,}")
_KANA = re.compile(r"[ぁ-ヿ]")

_ON_POSTGRESQL = (
    "INSERT INTO people_leadtext (lead_id, grams, due)"
    " SELECT id::bigint, '', %s FROM json_array_elements_text(%s::json) WITH ORDINALITY AS t(id, nth) ORDER BY nth"
    " ON CONFLICT (lead_id) DO UPDATE SET due = GREATEST(people_leadtext.due + 1, EXCLUDED.due)"
)
_ON_SQLITE = (
    "INSERT INTO people_leadtext (lead_id, grams, due) SELECT value, '', %s FROM json_each(%s) WHERE true"
    " ON CONFLICT (lead_id) DO UPDATE SET due = max(people_leadtext.due + 1, excluded.due)"
)


# What is noted.


def note(lead_ids: Iterable[int]) -> None:
    """Have what these leads are found by read anew; within the transaction that changes it."""
    together = Together()
    note_with(together, lead_ids)
    together.send()


def note_with(together: Together, lead_ids: Iterable[int]) -> None:
    """The same among other things; rows in the order of the ids, so that two who write the same leads never lock up."""
    ids = sorted(set(lead_ids))
    if ids:
        on_postgresql = connection.vendor == "postgresql"
        together.write(
            _ON_POSTGRESQL if on_postgresql else _ON_SQLITE,
            [clock.microseconds(clock.now()), json.dumps(ids)],
        )


# What is kept.


def read_due(limit: int = 1_000) -> int:
    """Put so many of the leads that were noted into the index; how many there were.

    What is noted again meanwhile stays due: a row is only written if it is due since the same microsecond still.
    """
    waiting = list(LeadText.objects.filter(due__gt=0).order_by("due").values_list("pk", "due")[:limit])
    if not waiting:
        return 0
    texts = _texts([lead for lead, _due in waiting])
    rows = sorted((lead, " ".join(grams_of(texts.get(lead, ""))), due) for lead, due in waiting)
    for first in range(0, len(rows), PORTION):
        with transaction.atomic():  # short: on SQLite nobody else writes meanwhile
            _keep(rows[first : first + PORTION])
    return len(waiting)


def _texts(ids: Collection[int]) -> dict[int, str]:
    found = Lead.objects.filter(pk__in=ids, merged_into=None, erased_at=None, anonymous=False)
    rows = found.values_list("pk", "search", "fields", *(f"account__{name}" for name in OF_COMPANY))
    return {pk: " ".join(_parts(*values)) for pk, *values in rows.iterator(chunk_size=2_000)}


def _parts(
    search: str, fields: Mapping[str, str], company: str | None, more: Any, *columns: Any
) -> list[str]:
    """All that is known of a lead and its company, folded: what filters by text look into is found by it, too."""
    known = [value for name, value in fields.items() if name not in ("name", "email")]
    known += [*(more or {}).values(), *(column for column in columns if column is not None)]
    return [search, company or "", *(folded(str(each)) for each in known)]


def _keep(rows: Sequence[tuple[int, str, int]]) -> None:
    if connection.vendor == "postgresql":
        given = "json_to_recordset(%s::json) AS given(id bigint, grams text, due bigint)"
        statement = (
            f"UPDATE people_leadtext AS t SET grams = given.grams, due = 0 FROM {given}"  # noqa: S608 — of ours
            " WHERE t.lead_id = given.id AND t.due = given.due"
        )
        as_json = [{"id": lead, "grams": grams, "due": due} for lead, grams, due in rows]
        with connection.cursor() as cursor:
            cursor.execute(statement, [json.dumps(as_json)])
        return
    with connection.cursor() as cursor:
        cursor.executemany(
            "UPDATE people_leadtext SET grams = %s, due = 0 WHERE lead_id = %s AND due = %s",
            [(grams, lead, due) for lead, grams, due in rows],
        )


def grams_of(text: str) -> list[str]:
    """Every gram of a text, each once: two neighbours, and the beginning of each word."""
    found: dict[str, None] = {}
    for word in text.split():
        padded = " " + word
        for place in range(len(word)):
            found.setdefault(_gram(padded[place : place + 2]))
    return list(found)


@lru_cache(maxsize=100_000)
def _gram(pair: str) -> str:
    """Five letters for two characters, the same in every process; that two pairs share them does no harm."""
    number = ((ord(pair[0]) * 0x9E3779B1) ^ (ord(pair[1]) * 0x85EBCA6B)) & 0xFFFFFFFF
    number ^= number >> 13
    return "".join(DIGITS[(number >> shift) & 31] for shift in (0, 5, 10, 15, 20))


# What is found.


def words_of(search: str) -> list[tuple[str, ...]]:
    """Each word of a search in the forms in which it may stand in a searched text."""
    return [_forms(word) for word in search[:200].replace("\x00", "").split()[:MOST_WORDS]]


def _forms(word: str) -> tuple[str, ...]:
    plain = folded(word)
    forms = [plain]
    if _KANA.search(plain):
        forms.append(matching_kana(word))
    if _NUMBER.fullmatch(plain):
        forms.append(re.sub(r"[-()]", "", plain))
    return tuple(dict.fromkeys(form for form in forms if form)) or (plain,)


def having(words: Iterable[Sequence[str]]) -> Q:
    """The condition that every word stands in the lead's own or its company's searched text, in one of its forms."""
    condition = Q()
    for forms in words:
        one = Q()
        for form in forms:
            one |= _stands("search", form) | _stands("account__search", form)
        condition &= one
    return condition


def _stands(column: str, form: str) -> Q:
    """Anywhere; a single letter at the beginning of a word only, for else it would stand nearly everywhere."""
    if len(form) > 1:
        return Q(**{f"{column}__contains": form})
    return Q(**{f"{column}__startswith": form}) | Q(**{f"{column}__contains": f" {form}"})


def narrowed(rows: QuerySet[Lead], words: Sequence[Sequence[str]]) -> QuerySet[Lead]:
    """Only those that may have every word, where the index says that these are few; else all."""
    found = candidates(words)
    if found is None:
        return rows
    condition, parameters = bulk.any_of("people_lead.id", found)
    return rows.extra(where=[condition], params=parameters)  # noqa: S610 — ids


def candidates(words: Sequence[Sequence[str]]) -> list[int] | None:
    """The leads that may have every word, and those that are not in the index yet; None for more than `FEW`."""
    asked = [[grams_of_word(form) for form in forms] for forms in words if all(map(grams_of_word, forms))]
    if not asked:
        return None
    statement, parameters = (_in_gin if connection.vendor == "postgresql" else _in_fts)(asked)
    found = [pk for (pk,) in bulk.select(f"{statement} LIMIT {FEW + 1}", parameters)]
    if len(found) > FEW:
        return None
    fresh = LeadText.objects.filter(due__gt=0).order_by("-due").values_list("pk", flat=True)[:FRESH]
    return [*found, *fresh]


def grams_of_word(word: str) -> list[str]:
    """The grams that a text with this word in its middle has; of a single letter, those of words that begin with it."""
    inner = [word[at : at + 2] for at in range(len(word) - 1)] or [f" {word}"]
    return list(dict.fromkeys(_gram(pair) for pair in inner))


def _in_gin(asked: Sequence[Sequence[Sequence[str]]]) -> tuple[str, list[object]]:
    one = "string_to_array(grams, ' ') @> %s::text[]"
    condition = " AND ".join("(" + " OR ".join([one] * len(forms)) + ")" for forms in asked)
    parameters: list[object] = [grams for forms in asked for grams in forms]
    return f"SELECT lead_id FROM people_leadtext WHERE {condition}", parameters  # noqa: S608 — of ours


def _in_fts(asked: Sequence[Sequence[Sequence[str]]]) -> tuple[str, list[object]]:
    words = " AND ".join(
        "(" + " OR ".join("(" + " AND ".join(grams) + ")" for grams in forms) + ")" for forms in asked
    )
    return "SELECT rowid FROM people_leadgrams WHERE people_leadgrams MATCH %s", [words]
