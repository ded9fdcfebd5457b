from __future__ import annotations

import contextlib

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tasuki.server.core.access import Actor
from tasuki.server.core.errors import Invalid
from tasuki.server.people import commands, queries
from tasuki.server.people.inputs import LeadInput, LeadRef
from tasuki.server.people.models import Lead

pytestmark = pytest.mark.django_db

PEOPLE = [
    {
        "name": "山田 花子",
        "name_kana": "やまだ はなこ",
        "email": "hanako@yamada.example",
        "account.name": "株式会社ヤマダ電機",
    },
    {
        "name": "髙橋　一郎",
        "email": "ichiro@suzuki.example",
        "account.name": "鈴木商事",
        "phone": "090-1234-5678",
    },
    {"name": "Ann Smith", "email": "ann@smith.example", "account.name": "Smith Inc."},
]


@pytest.fixture
def stored(marketer: Actor) -> list[int]:
    return [
        each.lead_id
        for each in commands.put_leads(marketer, [LeadInput(fields=each) for each in PEOPLE], source="form")
    ]


@pytest.mark.parametrize(
    ("words", "places"),
    [
        ("花子", [0]),
        ("山田花子", [0]),
        ("ﾊﾅｺ", [0]),
        ("はなこ", [0]),
        ("ヤマダ電機", [0]),
        ("ﾔﾏﾀﾞ 花子", [0]),
        ("高橋", [1]),
        ("鈴木商事 一郎", [1]),
        ("ICHIRO@", [1]),
        ("0901234", [1]),
        ("smith", [2]),
        ("ＳＭＩＴＨ ann", [2]),
        ("nobody", []),
        ("%", []),
        ("_", []),
        ("\x00", [0, 1, 2]),
        ("", [0, 1, 2]),
    ],
)
def test_people_are_found_however_they_are_written(
    marketer: Actor, stored: list[int], words: str, places: list[int]
):
    found = queries.leads(marketer, search=words, sort="created")
    assert [each.pk for each in found.leads] == [stored[place] for place in places]


@pytest.mark.parametrize("sort", ["-score", "score", "name", "-created", "created", "-id"])
def test_pages_show_every_lead_once_in_any_order(marketer: Actor, sort: str):
    people = [LeadInput(fields={"email": f"p{nth}@x.example", "name": f"人{nth % 3}"}) for nth in range(25)]
    commands.put_leads(marketer, people, source="csv")
    Lead.objects.filter(pk__in=Lead.objects.order_by("pk").values("pk")[:10]).update(score=12.5, stage="MQL")
    whole = [each.pk for each in queries.leads(marketer, sort=sort, limit=200).leads]
    seen: list[int] = []
    after = ""
    while True:
        page = queries.leads(marketer, sort=sort, limit=4, after=after)
        seen += [each.pk for each in page.leads]
        after = page.after
        if not after:
            break
    assert seen == whole
    assert len(set(seen)) == 25


def test_stage_owner_and_account_narrow_the_list(marketer: Actor, stored: list[int], sales_rep: Actor):
    Lead.objects.filter(pk=stored[0]).update(stage="MQL", owner=sales_rep.user)
    account = Lead.objects.get(pk=stored[1]).account_id
    assert [each.pk for each in queries.leads(marketer, stage="MQL").leads] == stored[:1]
    assert len(queries.leads(marketer, stage="none").leads) == 2
    assert [each.pk for each in queries.leads(marketer, owner="sakai").leads] == stored[:1]
    assert len(queries.leads(marketer, owner="none").leads) == 2
    assert [each.pk for each in queries.leads(marketer, account=account).leads] == stored[1:2]


@pytest.mark.parametrize(
    "after",
    ["x", "[1]", "[1, -1]", "[[], 1]", '["a", 99999999999999999999]', "[NaN, true]", "{}", '["\\ud800", 1]'],
)
def test_a_mark_of_a_page_that_is_none_of_ours_is_refused(marketer: Actor, stored: list[int], after: str):
    for sort in ("-score", "name", "-created", "-id"):
        with contextlib.suppress(Invalid):  # some are marks of another order, which do no harm
            queries.leads(marketer, sort=sort, after=after)
    with pytest.raises(Invalid):
        queries.leads(marketer, sort="email")


def test_a_page_costs_the_same_few_statements_however_long_it_is(marketer: Actor, stored: list[int]):
    with CaptureQueriesContext(
        connection,
    ) as few:
        [(each.account, each.owner, each.team) for each in queries.leads(marketer, search="a").leads]
    assert len(few) == 3  # what the index says, what it does not know yet, and the page


def test_what_was_known_when_is_kept(marketer: Actor, stored: list[int]):
    commands.update_lead(marketer, stored[0], changes={"title": "部長"})
    versions = queries.profiles(marketer, stored[0])
    assert [each.fields.get("title") for each in versions] == ["部長", None]
    commands.put_leads(
        marketer, [LeadInput(LeadRef(lead=stored[0], external=("crm", "7")), {})], source="crm"
    )
    assert [each.kind for each in queries.identities(marketer, stored[0])] == ["external:crm", "mail"]
