"""Who a lead is, as facts in a column: now, or as the profile in force at an earlier time says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from tasuki.server.core import formats, words
from tasuki.server.people.models import BuyingRole

if TYPE_CHECKING:
    from tasuki.server.accounts.models import Account
    from tasuki.server.people.models import Lead

FURTHER = 12
"""So many fields beyond the usual ones are shown."""
USUAL = (
    "name",
    "name_kana",
    "family_name",
    "given_name",
    "email",
    "phone",
    "mobile",
    "department",
    "title",
    "buying_role",
)
OF_ACCOUNT = "account."


@dataclass(frozen=True)
class Fact:
    """A term and what stands there; `href` leads to it."""

    term: str
    value: str
    href: str = ""


def who_now(lead: Lead) -> list[Fact]:
    """From the lead as it is."""
    fields = {**lead.fields, "phone": lead.fields.get("phone") or lead.phone}
    company = Fact(_("Company"), "–")
    if lead.account is not None:
        company = Fact(_("Company"), str(lead.account), reverse("account", args=[lead.account.pk]))
    return [*_person(fields, company), *_further(lead.fields)]


def who_then(fields: Mapping[str, str]) -> list[Fact]:
    """From the fields of a profile, the company's among them."""
    company = Fact(_("Company"), fields.get("account.name") or "–")
    named = Fact(pgettext("person", "Name"), fields.get("name") or "–")
    about = [
        Fact(words.say(words.FIELDS, name), _shown(name, fields[name]))
        for name in ("account.industry", "account.employees", "account.prefecture", "account.domain")
        if fields.get(name)
    ]
    own = {name: value for name, value in fields.items() if not name.startswith(OF_ACCOUNT)}
    own_facts = [replace(fact, href="") for fact in _person(fields, company)]
    return [named, *own_facts, *about, *_further(own)]


def _person(fields: Mapping[str, str], company: Fact) -> Iterator[Fact]:
    if fields.get("name_kana"):
        yield Fact(_("Reading"), fields["name_kana"])
    yield company
    yield Fact(_("Department"), fields.get("department") or "–")
    yield Fact(_("Title"), fields.get("title") or "–")
    yield from _reached(fields)


def _reached(fields: Mapping[str, str]) -> Iterator[Fact]:
    email, phone, mobile = (fields.get(name, "") for name in ("email", "phone", "mobile"))
    yield Fact(_("Mail"), email or "–", f"mailto:{email}" if email else "")
    yield Fact(_("Phone"), phone or mobile or "–", f"tel:{phone or mobile}" if phone or mobile else "")
    if phone and mobile and phone != mobile:
        yield Fact(_("Mobile phone"), mobile, f"tel:{mobile}")


def _further(fields: Mapping[str, str]) -> Iterable[Fact]:
    others = [name for name, value in sorted(fields.items()) if value and name not in USUAL]
    return [Fact(words.say(words.FIELDS, name), str(fields[name])) for name in others[:FURTHER]]


def further(account: Account) -> list[Fact]:
    """What is known of a company beyond the usual fields."""
    known = [(name, value) for name, value in sorted(account.fields.items()) if value]
    return [
        Fact(words.say(words.FIELDS, OF_ACCOUNT + name).removeprefix(OF_ACCOUNT), str(value))
        for name, value in known[:FURTHER]
    ]


def _shown(name: str, value: str) -> str:
    return formats.number(int(value)) if name == "account.employees" and value.isdecimal() else value


def part_in_group(code: str) -> str:
    """The part somebody plays in the buying group, in words."""
    return str(BuyingRole(code).label) if code in BuyingRole.values else code
