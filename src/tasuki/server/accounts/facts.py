"""What an input says of an account, checked: columns, further fields, and by what the account is recognised."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from tasuki.server.accounts.domains import company_domain
from tasuki.server.accounts.names import CompanyName, company_name, folded, matching_kana
from tasuki.server.accounts.numbers import company_number
from tasuki.server.accounts.text import cleaned, cleaned_fields
from tasuki.server.core.errors import Invalid

PREFIX = "account."
LIMITS = {
    "name": 300,
    "name_kana": 300,
    "industry": 200,
    "address": 500,
    "number": 60,
    "domain": 300,
    "employees": 40,
}
COLUMNS = ("name", "name_kana", "number", "domain", "industry", "employees", "address")
"""The fields of an account that have a column; all others are kept in `fields`."""
MOST_EMPLOYEES = 10_000_000
_DIGITS = re.compile(r"約?(\d[\d,]*)(?:\.0+)?(?:人|名)?")


@dataclass(frozen=True)
class AccountFacts:
    """One input, checked. `mail_domain` is that of a lead's address: a hint which account it is, not a fact about it."""

    columns: Mapping[str, Any]
    extra: Mapping[str, str]
    external: tuple[str, str] | None = None
    mail_domain: str = ""

    @property
    def name(self) -> CompanyName | None:
        """The name apart; None where none was given."""
        given = self.columns.get("name")
        return company_name(given) if given else None

    @property
    def number(self) -> str | None:
        """The 13 digits, if given."""
        return self.columns.get("number")


def account_facts(
    fields: Mapping[str, str],
    *,
    external: tuple[str, str] | None = None,
    mail_domain: str = "",
) -> AccountFacts:
    """Check the fields (without prefix). Invalid, naming the field with its prefix."""
    try:
        given = cleaned_fields(fields, LIMITS)
        columns: dict[str, Any] = {name: given.pop(name) for name in COLUMNS if name in given}
        if "number" in columns:
            columns["number"] = company_number(columns["number"])
        if "domain" in columns:
            columns["domain"] = _domain(columns["domain"])
        if "employees" in columns:
            columns["employees"] = employees(columns["employees"])
    except Invalid as wrong:
        if wrong.field and not wrong.field.startswith(PREFIX):
            wrong.field = PREFIX + wrong.field
        raise
    return AccountFacts(columns, given, _external(external), mail_domain)


def employees(text: str) -> int:
    """A count of people as it is written: 1,200名. Invalid: it is none."""
    plain = unicodedata.normalize("NFKC", text).strip()
    found = _DIGITS.fullmatch(plain)
    count = int(found[1].replace(",", "")[:12]) if found else -1
    if 0 <= count <= MOST_EMPLOYEES:
        return count
    raise Invalid(
        "employees",
        _("“%(text)s” is not a number of employees.") % {"text": text[:40]},
        cure=_("Write a whole number, like 1200."),
        field="employees",
    )


def _domain(text: str) -> str:
    domain = company_domain(text)
    if domain or "@" not in text:
        return domain or cleaned(folded(text), "domain", 253)
    return ""


def _external(given: tuple[str, str] | None) -> tuple[str, str] | None:
    if given is None:
        return None
    source, key = cleaned(given[0], "source", 60), cleaned(given[1], "account.key", 200)
    return (source, key) if source and key else None


def as_profile(columns: Mapping[str, Any], extra: Mapping[str, str]) -> dict[str, str]:
    """The account's part of a lead's profile: every field that says something, as text."""
    found = {PREFIX + name: str(value) for name in COLUMNS if (value := columns[name]) not in (None, "")}
    found.update((PREFIX + name, value) for name, value in extra.items())
    return found


def search_text(columns: Mapping[str, Any]) -> str:
    """What a search for the account looks into."""
    name = columns["name"]
    parts = [folded(name), company_name(name).matching, folded(columns["name_kana"])]
    parts += [matching_kana(columns["name_kana"]), columns["domain"], columns["number"] or ""]
    return " ".join(dict.fromkeys(part for part in parts if part))
