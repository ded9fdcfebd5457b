"""Queries are compiled once for all who have the same rights; each asks with their own ids, and sees their own leads."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import QuerySet
from django.test.utils import CaptureQueriesContext

from tasuki.server.core.access import SYSTEM, Actor, sight
from tasuki.server.core.models import Role, Sight, Team, User
from tasuki.server.core.prepared import Prepared, prepared
from tasuki.server.people.models import Lead

MONDAY = datetime(2026, 4, 6, 9, tzinfo=UTC)


def made(name: str, **columns: Any) -> Lead:
    return Lead.objects.create(name=name, created_at=MONDAY, **columns)


def _mine(actor: Actor, *, limit: int = 10) -> QuerySet[Any, Lead]:
    return Lead.objects.filter(sight(actor)).select_related("owner").order_by("name")[:limit]


@pytest.fixture
def mine() -> Prepared[..., Lead]:
    return prepared(_mine)


def test_whoever_asks_second_is_given_their_own_leads_and_not_those_of_who_asked_first(
    person: Callable[..., User], sales_team: Team, mine: Prepared[..., Lead]
):
    one, other = (person(name, Role.SALES, sales_team, Sight.OWN) for name in ("sakai", "ono"))
    made("A", owner=one), made("B", owner=other), made("C", team=sales_team), made("D")
    assert [lead.name for lead in mine(Actor(one))] == ["A", "C"]
    assert [lead.name for lead in mine(Actor(other))] == ["B", "C"]
    assert [lead.owner and lead.owner.username for lead in mine(Actor(other))] == ["ono", None]


def test_other_rights_make_another_query(
    person: Callable[..., User], sales_team: Team, mine: Prepared[..., Lead]
):
    west = Team.objects.create(name="West", role=Role.SALES)
    own, team, alone = (
        person("own", Role.SALES, sales_team, Sight.OWN),
        person("team", Role.SALES, sales_team, Sight.TEAM),
        person("alone", Role.SALES, None, Sight.OWN),
    )
    made("A", owner=own), made("B", team=west), made("C", team=sales_team, owner=own), made("D", owner=alone)
    for _again in range(2):
        assert [lead.name for lead in mine(SYSTEM)] == ["A", "B", "C", "D"]
        assert [lead.name for lead in mine(Actor(person_of(own, sight=Sight.ALL)))] == ["A", "B", "C", "D"]
        assert [lead.name for lead in mine(Actor(own))] == ["A", "C"]
        assert [lead.name for lead in mine(Actor(team))] == ["A", "C"]
        assert [lead.name for lead in mine(Actor(alone))] == ["D"]
        assert mine(Actor()) == []


def person_of(user: User, **changed: object) -> User:
    there = User.objects.get(pk=user.pk)
    for name, value in changed.items():
        setattr(there, name, value)
    return there


def test_an_actor_without_ids_of_its_own_sees_what_the_condition_says_however_often_it_is_asked(
    inside_rep: Actor, mine: Prepared[..., Lead]
):
    made("A"), made("B")
    assert mine.count(inside_rep) == 2
    made("C")
    assert mine.count(inside_rep) == 3
    assert [lead.name for lead in mine(inside_rep, limit=2)] == ["A", "B"]


@pytest.mark.django_db
def test_values_are_new_each_time_and_lists_may_be_of_any_length():
    leads = [made(f"L{n}", score=n, folded_at=MONDAY + timedelta(hours=n)) for n in range(6)]
    ids = [lead.pk for lead in leads]

    @prepared
    def some(of: list[int], name: str, since: datetime | None) -> QuerySet[Any, tuple[str]]:
        rows = Lead.objects.filter(pk__in=of).exclude(name=name).order_by("pk")
        return (rows if since is None else rows.filter(folded_at__gte=since)).values_list("name")

    assert some(ids[:2], "", None) == [("L0",), ("L1",)]
    assert some(ids[:5], "L3", None) == [("L0",), ("L1",), ("L2",), ("L4",)]
    assert some(ids[1:3], "L1", MONDAY) == [("L2",)]
    assert some(ids, "none", MONDAY + timedelta(hours=4)) == [("L4",), ("L5",)]
    assert some([], "", None) == []
    assert some.count([], "", None) == 0
    assert some([ids[0], 10**30], "", None) == [("L0",)]
    assert some.first(ids[3:], "", None) == ("L3",)
    with CaptureQueriesContext(connection) as asked:
        assert some(ids, "L0", MONDAY + timedelta(hours=5)) == [("L5",)]
    assert len(asked) == 1


@pytest.mark.django_db
def test_what_would_be_kept_of_who_asked_first_is_refused():
    someone = User.objects.create(username="first", last_name="first")

    @prepared
    def worked_out(now: datetime) -> QuerySet[Any, Lead]:
        return Lead.objects.filter(folded_at__gte=now - timedelta(days=7), folded_at__lte=now)

    @prepared
    def asking(lead: int) -> QuerySet[Any, Lead]:
        return Lead.objects.filter(pk=lead, owner__in=list(User.objects.values_list("pk", flat=True)))

    @prepared
    def forgotten(lead: int) -> QuerySet[Any, Lead]:
        return Lead.objects.filter(pk=lead + 1)

    @prepared
    def within(name: str) -> QuerySet[Any, Lead]:
        return Lead.objects.filter(name__contains=name)

    for query, value in ((worked_out, MONDAY), (asking, 1), (forgotten, 1), (within, "A")):
        with pytest.raises(TypeError):
            query(value)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        forgotten(someone)  # type: ignore[arg-type]
