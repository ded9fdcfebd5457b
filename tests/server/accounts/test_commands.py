from __future__ import annotations

import csv
import time
from pathlib import Path

import pytest

from tasuki.server.accounts import commands, queries
from tasuki.server.accounts.inputs import AccountInput, PutAccount
from tasuki.server.accounts.models import Account, AccountIdentity
from tasuki.server.accounts.names import matching_name
from tasuki.server.accounts.numbers import check_digit, company_number, is_number
from tasuki.server.core.access import Actor
from tasuki.server.core.errors import Conflict, Invalid, NotFound, Refused
from tasuki.server.people import commands as people
from tasuki.server.people import queries as people_queries
from tasuki.server.people.inputs import LeadInput
from tasuki.server.people.models import Due, Duplicate, Lead, Profile

COMPANIES = Path(__file__).resolve().parents[4] / "shared" / "data" / "companies_ja"
NUMBER, OTHER = "7000012050002", "9013301019047"


def put(actor: Actor, **fields: str) -> PutAccount:
    (answer,) = commands.put_accounts(actor, [AccountInput(fields=fields)], source="crm")
    if isinstance(answer, Refused):
        raise answer
    return answer


def rows(name: str) -> list[dict[str, str]]:
    path = COMPANIES / name
    if not path.exists():
        pytest.skip(f"raw data missing: {path.name} is not beside the project")
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_a_number_is_checked_and_read_as_people_write_it():
    assert company_number("T7000-0120-50002") == company_number("７０００ ０１２０５０００２") == NUMBER
    assert is_number(str(check_digit("000012050002")) + "000012050002")
    for wrong in ("7000012050003", "123", "x" * 13):
        with pytest.raises(Invalid) as caught:
            company_number(wrong)
        assert caught.value.field == "account.number"


@pytest.mark.django_db
def test_an_account_is_found_by_number_then_key_then_name(marketer: Actor):
    first = put(marketer, name="株式会社山田電機", number=NUMBER, key="A1")
    assert put(marketer, name="ヤマダデンキ", number=NUMBER).account_id == first.account_id
    assert Account.objects.get().name == "ヤマダデンキ"
    assert put(marketer, key="A1", industry="電機") == PutAccount(first.account_id, "updated")
    assert put(marketer, name="㈱ヤマダデンキ").account_id == first.account_id
    assert AccountIdentity.objects.get().key == "A1"


@pytest.mark.django_db
def test_the_same_name_with_another_number_is_another_company(marketer: Actor):
    first = put(marketer, name="光通信株式会社", number=NUMBER)
    second = put(marketer, name="光通信株式会社", number=OTHER)
    assert first.account_id != second.account_id
    third = put(marketer, name="光通信株式会社")
    assert third.outcome == "created"
    assert put(marketer, name="光通信株式会社").account_id == third.account_id
    assert Duplicate.objects.filter(kind="account").count() == 2


@pytest.mark.django_db
def test_a_name_without_number_takes_the_number_when_it_comes(marketer: Actor):
    first = put(marketer, name="山田電機")
    assert put(marketer, name="株式会社山田電機", number=NUMBER).account_id == first.account_id
    account = Account.objects.get()
    assert (account.number, account.name) == (NUMBER, "株式会社山田電機")


@pytest.mark.django_db
def test_limited_and_stock_companies_of_one_name_are_two(marketer: Actor):
    assert put(marketer, name="株式会社光和").account_id != put(marketer, name="有限会社光和").account_id


@pytest.mark.django_db
def test_what_is_wrong_is_refused_by_itself(marketer: Actor):
    answers = commands.put_accounts(
        marketer,
        [
            AccountInput({"industry": "電機"}),
            AccountInput({"name": "A", "employees": "lots"}),
            AccountInput({"name": "A", "number": "1"}),
            AccountInput({"name": "A"}, owner="nobody"),
            AccountInput({"name": "A"}, account=10**9),
            AccountInput({"name": "A", "domain": "https://www.A.example/about", "employees": "約1,200名"}),
        ],
        source="crm",
    )
    codes = [getattr(each, "code", getattr(each, "outcome", "")) for each in answers]
    assert codes == [
        "account_without_name",
        "employees",
        "company_number",
        "unknown_owner",
        "account_not_found",
        "created",
    ]
    assert [each.field for each in answers[:3]] == ["account.name", "account.employees", "account.number"]
    account = Account.objects.get()
    assert (account.domain, account.employees) == ("a.example", 1200)


@pytest.mark.django_db
def test_changing_an_account_makes_new_versions_for_its_leads(marketer: Actor):
    done = people.put_leads(
        marketer, [LeadInput(fields={"email": "a@a.example", "account.name": "山田電機"})], source="form"
    )[0]
    Due.objects.all().delete()
    put(marketer, name="山田電機", industry="電機")
    assert Profile.objects.filter(lead=done.lead_id).latest("pk").fields["account.industry"] == "電機"
    assert Due.objects.get().lead_id == done.lead_id
    account = Lead.objects.get().account_id
    commands.update_account(marketer, account, changes={"industry": None, "note": "VIP", "name": "ヤマダ"})
    assert Profile.objects.filter(lead=done.lead_id).latest("pk").fields == {
        "email": "a@a.example",
        "account.name": "ヤマダ",
        "account.domain": "a.example",
        "account.note": "VIP",
    }


@pytest.mark.django_db
def test_a_number_that_another_account_has_is_refused(marketer: Actor):
    put(marketer, name="A", number=NUMBER)
    other = put(marketer, name="B")
    with pytest.raises(Conflict):
        commands.update_account(marketer, other.account_id, changes={"number": NUMBER})
    with pytest.raises(NotFound):
        commands.update_account(marketer, 10**9, changes={"name": "x"})


@pytest.mark.django_db
def test_accounts_are_listed_a_page_at_a_time_and_found_in_any_writing(marketer: Actor):
    for name in ("株式会社ヤマダ", "ヤマト運輸", "ｱｸﾒ商事"):
        put(marketer, name=name)
    page = queries.accounts(marketer, limit=2)
    more = queries.accounts(marketer, limit=2, after=page.after)
    assert len({each.pk for each in [*page.accounts, *more.accounts]}) == 3
    assert more.after == ""
    assert [each.name for each in queries.accounts(marketer, search="アクメ").accounts] == ["ｱｸﾒ商事"]
    with pytest.raises(Invalid):
        queries.accounts(marketer, after="x")
    assert people_queries.duplicates(marketer, kind="account").duplicates == []


@pytest.mark.django_db
def test_companies_of_one_name_are_never_made_one(marketer: Actor):
    pairs = rows("hard_negative_same_name_pairs.csv")
    inputs = [AccountInput({"name": row["name"], "number": row["corporate_number"]}) for row in pairs]
    answers = commands.put_accounts(marketer, inputs, source="edinet")
    assert len({each.account_id for each in answers}) == len(pairs) == Account.objects.count()
    leads = people.put_leads(
        marketer,
        [
            LeadInput(fields={"email": f"p{nth}@x{nth}.example", "account.name": row["name"]})
            for nth, row in enumerate(pairs)
        ],
        source="form",
    )
    assert not any(isinstance(each, Refused) for each in leads)
    twice = {name for name in (row["name"] for row in pairs) if sum(row["name"] == name for row in pairs) > 1}
    for lead in Lead.objects.select_related("account").filter(account__name__in=twice):
        assert lead.account.number is None  # nobody can tell which of the two it is
    for first, second in Duplicate.objects.filter(kind="account").values_list("first", "second"):
        numbers = set(Account.objects.filter(pk__in=(first, second)).values_list("number", flat=True))
        assert None in numbers


@pytest.mark.django_db
def test_every_company_of_the_list_comes_in_once_and_again_unchanged(marketer: Actor):
    companies = rows("edinet_domestic_corporations_utf8.csv")
    inputs = [
        AccountInput(
            {
                "name": row["提出者名"],
                "name_kana": row["提出者名（ヨミ）"],
                "number": row["提出者法人番号"],
                "address": row["所在地"],
                "industry": row["提出者業種"],
            },
            external=("edinet", row["ＥＤＩＮＥＴコード"]),
        )
        for row in companies
    ]
    begun = time.perf_counter()
    answers = commands.put_accounts(marketer, inputs, source="edinet")
    took = time.perf_counter() - begun
    assert not [each for each in answers if isinstance(each, Refused)]
    numbers = [row["提出者法人番号"] or row["ＥＤＩＮＥＴコード"] for row in companies]
    assert len({each.account_id for each in answers}) == Account.objects.count() == len(set(numbers))
    again = commands.put_accounts(marketer, inputs, source="edinet")
    changed = [number for number, each in zip(numbers, again, strict=True) if each.outcome != "unchanged"]
    assert all(numbers.count(number) == 2 for number in changed)  # one company under two names in the list
    assert [each.account_id for each in again] == [each.account_id for each in answers]
    names = {matching_name(row["提出者名"]) for row in companies}
    assert len(names) < len(companies)
    assert took < 60
    print(f"{len(companies)} accounts in {took:.1f} s; {Duplicate.objects.count()} questions")
