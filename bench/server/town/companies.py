"""Companies: names in kanji and kana, industries, sizes as they are in a country: many small ones, few large."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bench.server.town.people import Staff
from bench.server.town.store import store
from tasuki.server.accounts.facts import search_text
from tasuki.server.accounts.models import Account
from tasuki.server.accounts.names import company_name
from tasuki.simulate.words import COMPANY_STEMS, COMPANY_TRADES, PREFECTURES

FORMS = (("株式会社", True), ("株式会社", True), ("株式会社", False), ("有限会社", True), ("合同会社", False))
PLACES = (
    "", "北", "南", "東", "西", "中央", "新", "大", "第一", "日の出", "みどり", "若葉", "松葉", "平和", "栄", "本町",
)  # fmt: skip
LARGE, LARGE_HAVE = 20, 500
PEOPLE_EACH = 5
COLUMNS = (
    "pk", "name", "matching_name", "form", "form_place", "search", "domain", "industry", "employees", "fields", "owner",
    "created_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Company:
    """One of them; `people`: how many leads it has."""

    id: int
    name: str
    domain: str
    industry: str
    employees: int
    prefecture: str
    people: int

    def profile(self) -> dict[str, str]:
        """What a lead's profile says of it."""
        return {
            "account.name": self.name, "account.domain": self.domain, "account.industry": self.industry,
            "account.employees": str(self.employees), "account.prefecture": self.prefecture,
        }  # fmt: skip


def found(leads: int, scale: float, staff: Staff, since: str) -> list[Company]:
    """As many as have so many leads together, stored."""
    chance = random.Random(3)
    large = max(2, int(LARGE * scale))
    companies: list[Company] = []
    left = leads
    while left > 0:
        number = len(companies)
        people = LARGE_HAVE if number < large else min(int(chance.paretovariate(1.25)), 200)
        companies.append(_company(number, min(people, left), chance))
        left -= companies[-1].people
    owners = [rep.id for rep in staff.sales]
    store(Account, COLUMNS, _rows(companies, owners, since))
    return companies


def _company(number: int, people: int, chance: random.Random) -> Company:
    stem, trade = COMPANY_STEMS[number % len(COMPANY_STEMS)], COMPANY_TRADES[number % len(COMPANY_TRADES)]
    place, counter = PLACES[number // 24 % len(PLACES)], number // (24 * len(PLACES))
    core = f"{place}{stem[0]}{trade[0]}{counter or ''}"
    form, is_before = FORMS[number % len(FORMS)]
    return Company(
        number + 1,
        f"{form}{core}" if is_before else f"{core}{form}",
        f"{stem[1]}-{trade[1]}{number}.example",
        trade[2],
        max(people * 3, int(chance.lognormvariate(4.6, 1.5))),
        PREFECTURES[number % len(PREFECTURES)],
        people,
    )


def _rows(companies: Sequence[Company], owners: Sequence[int], since: str) -> Iterator[Sequence[object]]:
    for one in companies:
        name = company_name(one.name)
        columns = {"name": one.name, "name_kana": "", "domain": one.domain, "number": None}
        yield (
            one.id, one.name, name.matching, name.form, name.place, search_text(columns), one.domain, one.industry,
            one.employees, json.dumps({"prefecture": one.prefecture}, ensure_ascii=False),
            owners[one.id % len(owners)] if one.employees > 100 else None, since,
        )  # fmt: skip
