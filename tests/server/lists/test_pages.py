"""The law of pages: joined they are the list, no lead twice, forward and back, also while leads come in."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tasuki.server.core import clock
from tasuki.server.core.access import SYSTEM
from tasuki.server.lists import asking, queries
from tasuki.server.lists.asking import Asked
from tasuki.server.people import listing
from tasuki.server.people.models import Lead

SORTS = [
    "-score",
    "score",
    "name",
    "-name",
    "-created",
    "created",
    "-stage_entered",
    "stage_entered",
    "reapproach",
    "-id",
]
leads = st.lists(
    st.tuples(
        st.sampled_from([0.0, 1.5, 12.0, 99.25]), st.sampled_from(["", "あ", "い", "A", "a", "佐藤"]),
        st.sampled_from([None, 0, 1, 2]), st.sampled_from(["", "MAL", "MQL"]),
    ),
    max_size=30,
)  # fmt: skip


def _made(rows: list[tuple[float, str, int | None, str]]) -> None:
    now = clock.now()
    Lead.objects.bulk_create(
        Lead(score=score, name=name, stage=stage, created_at=now,
             stage_entered_at=None if hours is None else now + timedelta(hours=hours),
             reapproach_at=None if hours is None else now - timedelta(hours=hours))
        for score, name, hours, stage in rows
    )  # fmt: skip


def _forward(
    sort: str, limit: int, between: list[tuple[float, str, int | None, str]]
) -> tuple[list[int], list[str]]:
    seen, after, befores = [], "", []
    while True:
        page = queries.leads(SYSTEM, Asked(), sort=sort, after=after, limit=limit)
        seen += [lead.pk for lead in page.rows]
        befores.append(page.before)
        if between:
            _made([between.pop()])
        after = page.after
        if not after:
            return seen, befores


@pytest.mark.django_db
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=leads,
    sort=st.sampled_from(SORTS),
    limit=st.integers(1, 7),
    later=st.lists(leads.map(lambda found: found[:1])),
)
def test_pages_joined_are_the_whole_list_and_no_lead_comes_twice(
    rows: list[tuple[float, str, int | None, str]],
    sort: str,
    limit: int,
    later: list[list[tuple[float, str, int | None, str]]],
):
    Lead.objects.all().delete()
    _made(rows)
    whole = [lead.pk for lead in queries.leads(SYSTEM, Asked(), sort=sort, limit=200).rows]
    seen, befores = _forward(sort, limit, [row for found in later for row in found])
    assert len(set(seen)) == len(seen)
    assert [pk for pk in seen if pk in set(whole)] == whole
    assert befores[0] == ""
    assert all(befores[1:])


@pytest.mark.django_db
@pytest.mark.parametrize("sort", SORTS)
def test_the_way_back_shows_the_pages_that_one_came_by(sort: str):
    _made(
        [(score, name, hours, "MAL") for score in (0.0, 7.0) for name in ("い", "あ") for hours in (0, 1, 2)]
    )
    there, after = [], ""
    while True:
        page = queries.leads(SYSTEM, Asked(), sort=sort, after=after, limit=5)
        there.append([lead.pk for lead in page.rows])
        if not page.after:
            break
        after = page.after
    back = []
    while page.before:
        page = queries.leads(SYSTEM, Asked(), sort=sort, before=page.before, limit=5)
        back.append([lead.pk for lead in page.rows])
    assert back == there[-2::-1]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "sort", ["-score", "score", "name", "-name", "-created", "-stage_entered", "reapproach"]
)
def test_every_order_that_is_offered_comes_from_an_index(sort: str):
    """Without a sort of the rows: the first page costs the same with a million."""
    _made([(1.0, "あ", 1, "MAL")] * 50)
    rows = asking.rows(SYSTEM, Asked())
    order = listing.column(sort)
    name, sign = order.removeprefix("-"), "-" if order.startswith("-") else ""
    if name.endswith("_at"):
        rows = rows.filter(**{f"{name}__isnull": False})
    query = rows.order_by(*([f"{sign}{name}"] if name else []), f"{sign}pk")[:50]
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("SET LOCAL enable_bitmapscan = off")
            cursor.execute("SET LOCAL enable_sort = off")
    plan = query.explain()
    assert "TEMP B-TREE" not in plan
    assert not re.search(r"(?<!Incremental )Sort  \(", plan)  # of rows with one value, by id, is none of all


@pytest.mark.django_db
@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL counts its values itself")
def test_sqlite_walks_the_list_where_many_leads_have_a_value_and_looks_it_up_where_few_have(
    monkeypatch: pytest.MonkeyPatch,
):
    from tasuki.server.lists import walking

    monkeypatch.setattr(walking, "FEW", 10)
    _made([(1.0, "あ", 1, "MAL")] * 20 + [(1.0, "い", 1, "MQL")] * 3)
    asker = queries.asker(SYSTEM)
    plans = {}
    for stage in ("MAL", "MQL"):
        asked = asking.asked_of({"stage": [stage]}, asker)
        plans[stage] = asking.rows(SYSTEM, asked, "name").order_by("name", "pk")[:5].explain()
    assert "lead_by_name" in plans["MAL"]
    assert "lead_by_stage_score" in plans["MQL"]
