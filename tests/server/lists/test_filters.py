"""What marketing and sales ask of their leads, as an address has it, and whom they find."""

from __future__ import annotations

import contextlib
from datetime import timedelta

import pytest
from django.db import connection

from tasuki.server.core import clock
from tasuki.server.core.access import SYSTEM, Actor
from tasuki.server.core.errors import Invalid, Refused
from tasuki.server.core.models import Team
from tasuki.server.lists import asking, limits, queries, walking
from tasuki.server.lists.asking import Asked
from tasuki.server.lists.filters import FILTERS
from tasuki.server.people import commands as people
from tasuki.server.people import searching
from tasuki.server.people.inputs import LeadInput
from tasuki.server.people.models import Lead
from tests.server.pages.scene import Scene

pytestmark = pytest.mark.django_db
NAMES = {"藤井 美咲": "hot", "田中 健一": "cool"}


def asked(actor: Actor, **filters: str | list[str]) -> Asked:
    given = {name: [value] if isinstance(value, str) else value for name, value in filters.items()}
    return asking.asked_of(given, queries.asker(actor))


def found(actor: Actor, **filters: str | list[str]) -> list[int]:
    return sorted(lead.pk for lead in queries.leads(actor, asked(actor, **filters), limit=200).rows)


@pytest.fixture
def told(scene: Scene, sales_rep: Actor, sales_team: Team) -> Scene:
    """Hot belongs to sales, came by a campaign, can be called; cool was promised a later call; twin nobody knows."""
    later = clock.now() + timedelta(days=20)
    Lead.objects.filter(pk=scene.hot).update(
        owner=sales_rep.user, team=sales_team, campaign="春の展示会", phone="+81312345678"
    )
    Lead.objects.filter(pk=scene.cool).update(reapproach_at=later, buying_role="champion")
    people.update_lead(
        SYSTEM, scene.twin, changes={"title": "部長", "country": "日本", "account.employees": "90"}
    )
    return scene


@pytest.mark.parametrize(
    ("filters", "who"),
    [
        ({"q": "藤井"}, "hot"),
        ({"stage": "MQL"}, "hot"),
        ({"stage": ["MAL", "MQL"]}, "hot cool twin"),
        ({"stage": "none"}, ""),
        ({"owner": "sakai"}, "hot"),
        ({"owner": "none"}, "cool twin"),
        ({"owner": ["sakai", "none"]}, "hot cool twin"),
        ({"team": "Field sales East"}, "hot"),
        ({"team": "none"}, "cool twin"),
        ({"score": "100.."}, "hot"),
        ({"score": "..99"}, "cool twin"),
        ({"score": "１００..1,000"}, "hot"),
        ({"scores": "fit:50.."}, "hot cool twin"),
        ({"scores": ["behavior:20..", "behavior:..40"]}, "cool"),
        ({"grade": "fit:D"}, ""),
        ({"interest": "interest_security"}, "hot cool"),
        ({"channel": "exhibition"}, "hot cool twin"),
        ({"channel": "none"}, ""),
        ({"campaign": "春の展示会"}, "hot"),
        ({"company": "鈴木"}, "cool twin"),
        ({"company": "ﾔﾏﾄ"}, ""),
        ({"industry": "機械"}, "hot cool twin"),
        ({"employees": "500.."}, "hot"),
        ({"employees": "..100"}, "cool twin"),
        ({"title": "部長"}, "twin"),
        ({"department": "生産"}, "hot cool twin"),
        ({"role": "champion"}, "cool"),
        ({"profile": "country:日本"}, "twin"),
        ({"profile": "country:"}, "twin"),
        ({"profile": ["country:日", "title:部長"]}, "twin"),
        ({"profile": "account.name:大和"}, "hot"),
        ({"phone": "yes"}, "hot"),
        ({"phone": "no"}, "cool twin"),
        ({"mail": "yes"}, "hot cool twin"),
        ({"handoff": "open"}, "hot"),
        ({"handoff": "none"}, "cool twin"),
        ({"created": "7d"}, "hot cool twin"),
        ({"created": "today"}, ""),
        ({"created": "over1d"}, "hot cool twin"),
        ({"created": "1990-01-01..1990-12-31"}, ""),
        ({"first_touch": "1990-01-01.."}, "hot cool twin"),
        ({"entered": "..1990-01-01"}, ""),
        ({"active": "7d"}, "hot cool"),
        ({"active": "none"}, "twin"),
        ({"active": "over1d"}, "hot cool"),
        ({"reapproach": "next30d"}, "cool"),
        ({"reapproach": "next7d"}, ""),
        ({"reapproach": "none"}, "hot twin"),
        ({"q": "田中", "title": "部長", "active": "none"}, "twin"),
        ({"q": "田中", "stage": "MQL"}, ""),
    ],
)  # fmt: skip
def test_filters_find_whom_they_say(
    told: Scene, marketer: Actor, filters: dict[str, str], who: str, monkeypatch: pytest.MonkeyPatch
):
    wanted = sorted(getattr(told, name) for name in who.split())
    assert found(marketer, **filters) == wanted
    searching.read_due()
    assert found(marketer, **filters) == wanted
    monkeypatch.setattr(walking, "FEW", 0)  # as if every value were that of many leads
    assert (
        sorted(lead.pk for lead in queries.leads(marketer, asked(marketer, **filters), sort="-id").rows)
        == wanted
    )


def test_a_handoff_whose_time_is_over_is_overdue(told: Scene, marketer: Actor):
    assert found(marketer, handoff="overdue") in ([], [told.hot])
    with clock.at(clock.now() + timedelta(days=30)):
        assert found(marketer, handoff="overdue") == [told.hot]


def test_one_asks_for_ones_own_leads(told: Scene, sales_rep: Actor):
    assert found(sales_rep, owner="me") == [told.hot]


@pytest.mark.parametrize(
    "filters",
    [
        {"stage": "MOL"}, {"owner": "nobody-here"}, {"team": "Mars"}, {"score": "high"}, {"score": ".."},
        {"scores": "charm:50.."}, {"grade": "charm:A"}, {"interest": "weather"}, {"employees": "many"},
        {"created": "soon"}, {"created": "2026-13-40.."}, {"active": "yesterdayish"}, {"phone": "maybe"},
        {"handoff": "lost"}, {"profile": ":x"}, {"account": "abc"}, {"account": "999999"},
    ],
)  # fmt: skip
def test_a_filter_that_cannot_be_answered_says_why_and_nothing_is_listed(
    told: Scene, marketer: Actor, filters: dict[str, str]
):
    question = asked(marketer, **filters)
    (problem,) = question.problems
    assert problem.message
    assert problem.cure
    assert problem.field in filters
    with pytest.raises(Invalid):
        queries.leads(marketer, question)
    with pytest.raises(Invalid):
        queries.count(marketer, question)


@pytest.mark.parametrize("number", ["²", "٣", "9" * 40])
def test_a_number_that_is_none_names_no_company(marketer: Actor, number: str):
    (problem,) = asked(marketer, account=number).problems
    assert "no company with the number" in problem.message


@pytest.mark.parametrize("name", sorted(FILTERS))
@pytest.mark.parametrize(
    "value", ["'; --", "\0", "\ud800", "x" * 5_000, "..", ":", "﷽", "1e999", "9" * 30, "-1d", "%"]
)
def test_no_filter_breaks_by_what_somebody_types(scene: Scene, marketer: Actor, name: str, value: str):
    question = asked(marketer, **{name: value})
    with contextlib.suppress(Refused):
        queries.leads(marketer, question)


def test_what_was_asked_is_an_address_that_asks_the_same(told: Scene, marketer: Actor):
    question = asked(
        marketer, q="田中 株", stage=["MAL", "none"], score="0..50", profile=["country:日本", "a:b"]
    )
    again = asking.asked_of(_parameters(question.query()), queries.asker(marketer))
    assert again.query() == question.query()
    assert [clause.said for clause in again.clauses] == [clause.said for clause in question.clauses]
    without = question.query(besides=question.clauses[0])
    assert "stage" not in without
    assert "score" in without


def _parameters(query: str) -> dict[str, list[str]]:
    from urllib.parse import parse_qs

    return parse_qs(query)


def test_filters_show_nothing_of_what_one_may_not_see(told: Scene, outsider: Actor, marketer: Actor):
    for filters in (
        {},
        {"q": "藤井"},
        {"stage": "MQL"},
        {"owner": "none"},
        {"company": "大和"},
        {"profile": "title:工場長"},
    ):
        assert found(outsider, **filters) == []  # type: ignore[arg-type]
        assert queries.count(outsider, asked(outsider, **filters)).number == 0  # type: ignore[arg-type]
    assert queries.values(outsider)["campaign"] == []
    assert queries.values(outsider)["channel"] == []


def test_few_leads_are_counted_and_many_are_guessed(marketer: Actor):
    rows = [
        LeadInput(fields={"email": f"p{n}@x.example", "name": "多田" if n < 100 else "小川"})
        for n in range(200)
    ]
    people.put_leads(SYSTEM, rows, source="t")
    exact = queries.count(marketer, asked(marketer, q="多田"))
    assert (exact.number, exact.is_exact) == (100, True)
    guessed = queries.count(marketer, asked(marketer, q="多田"), most=20)
    assert not guessed.is_exact
    assert 60 <= guessed.number <= 140


def test_a_question_that_would_take_too_long_is_given_up_with_a_cure(marketer: Actor):
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000000) SELECT count(*) FROM n"
    with (
        pytest.raises(Refused, match="looked through") as refused,
        limits.for_a_while(0.2),
        connection.cursor() as cursor,
    ):
        cursor.execute(endless)
    assert refused.value.cure
