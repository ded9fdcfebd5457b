"""What is stored before the load: leads with profiles and activities of two years, written past the commands, in bulk."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import connection, transaction

from tasuki.server.activities.models import Activity
from tasuki.server.people.models import Due, Identity, Lead, Profile

CHUNK = 20_000
YEARS = timedelta(days=700)
SHAPES = 60
COLUMNS = ("lead_id", "at", "type", "properties", "source", "key", "recorded_at")


def address(number: int) -> str:
    """The mail address of a lead."""
    return f"lead{number}@company{number // 5}.example"


def fill(leads: int, activities: int, now: datetime) -> list[int]:
    """So many leads with about so many activities in all; none is due yet. The ids of the leads."""
    ids: list[int] = []
    for first in range(0, leads, CHUNK):
        ids += _leads(range(first, min(first + CHUNK, leads)), now)
    _store(_activities(ids, activities, now))
    return ids


@transaction.atomic
def _leads(numbers: range, now: datetime) -> list[int]:
    began = now - YEARS
    leads = Lead.objects.bulk_create(
        [
            Lead(
                name=f"Lead {n}", email=address(n), fields=_fields(n), created_at=began, first_touch_at=began
            )
            for n in numbers
        ]
    )
    Identity.objects.bulk_create(
        [Identity(lead=lead, kind="mail", value=lead.email, created_at=began) for lead in leads]
    )
    Profile.objects.bulk_create(
        [
            Profile(
                lead=lead, at=began, recorded_at=began, source="bench",
                fields={**_fields(n), "account.name": f"Company {n // 5}", "account.employees": str(n % 900)},
            )
            for n, lead in zip(numbers, leads, strict=True)
        ]
    )  # fmt: skip
    return [lead.pk for lead in leads]


def _fields(number: int) -> dict[str, str]:
    return {"email": address(number), "name": f"Lead {number}", "title": ("部長", "課長", "担当")[number % 3]}


def shape(number: int) -> tuple[str, dict[str, str]]:
    """One of the distinct activities: type and properties."""
    if number % 10 == 0:
        return "form_submit", {"path": "/contact"}
    if number % 4 == 0:
        return "download", {"content.kind": "whitepaper", "content.topic": ("cost", "security")[number % 2]}
    return "page_view", {"path": f"/pricing/{number}" if number % 3 else f"/docs/{number}"}


def _activities(ids: list[int], count: int, now: datetime) -> Iterator[tuple[object, ...]]:
    chance = random.Random(1)
    shapes = [shape(n) for n in range(SHAPES)]
    texts = [(kind, json.dumps(properties)) for kind, properties in shapes]
    seconds = YEARS.total_seconds()
    for n in range(count):
        at = now - timedelta(seconds=chance.random() * seconds)
        kind, properties = texts[int(chance.random() ** 2 * SHAPES)]
        yield ids[n % len(ids)], at, kind, properties, "bench", f"b{n}", at


def _store(rows: Iterator[tuple[object, ...]]) -> None:
    names = ", ".join(COLUMNS)
    table = Activity._meta.db_table
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
            return
        marks = ", ".join("?" for _ in COLUMNS)
        plain = ((row[0], _text(row[1]), *row[2:6], _text(row[6])) for row in rows)
        cursor.connection.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", plain)


def _text(at: object) -> str:
    """As Django writes times into SQLite."""
    assert isinstance(at, datetime)
    return at.replace(tzinfo=None).isoformat(" ")


def make_due(ids: list[int], now: datetime) -> None:
    """All of them are to be folded."""
    for first in range(0, len(ids), CHUNK):
        Due.objects.bulk_create([Due(lead_id=lead, at=now) for lead in ids[first : first + CHUNK]])
