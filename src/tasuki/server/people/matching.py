"""How alike two leads, or two accounts, are; and the keys that bring together those worth comparing.

Each comparison adds its weight: how many times likelier, as a power of two, it turns out so for the same one than for two
different ones (Fellegi and Sunter's way). The sum with the prior gives a score from 0 to 1 and says why.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from rapidfuzz.fuzz import ratio

from tasuki.server.accounts.domains import mail_domain
from tasuki.server.accounts.names import CompanyName, folded, matching_kana, person_name
from tasuki.server.people.identities import phone_number

THRESHOLD = 0.7
"""From this score on a person is asked."""
LARGEST_BLOCK = 40
"""A key that more than these share tells nothing: a reception's number, a very common name."""

LEAD_PRIOR = -7.0
ACCOUNT_PRIOR = -4.0
SIMILAR = 85.0

REASONS: dict[str, Promise] = {
    "identity": _("One input named both by their identities"),
    "same_name": _("Same name"),
    "similar_name": _("Similar name"),
    "other_name": _("Different names"),
    "same_kana": _("Same reading"),
    "other_kana": _("Different readings"),
    "same_company": _("Same company"),
    "other_company": _("Different companies"),
    "same_domain": _("Same mail domain"),
    "same_mobile": _("Same mobile number"),
    "same_phone": _("Same telephone number"),
    "same_mail_name": _("Same name before the @ of the mail address"),
    "similar_mail_name": _("Similar name before the @ of the mail address"),
    "same_address": _("Same address"),
    "same_birthday": _("Same birthday"),
    "same_city": _("Same city"),
    "same_website": _("Same domain"),
    "other_form": _("Different company forms"),
    "other_place": _("The company form stands before one name and after the other"),
}
"""Code → what a person reads."""

_SHARED_MAILBOXES = frozenset(
    {
        "info",
        "sales",
        "contact",
        "support",
        "admin",
        "office",
        "mail",
        "inquiry",
        "webmaster",
        "eigyo",
        "soumu",
        "marketing",
        "press",
        "hello",
        "recruit",
        "otoiawase",
        "postmaster",
        "noreply",
    }
)
_BETWEEN = re.compile(r"[._+\-]+")
BIRTHDAYS = ("birthday", "birth_date", "date_of_birth")
ADDRESSES = ("address", "street")
Reason = tuple[str, float]


@dataclass(frozen=True)
class Person:
    """What leads are compared by."""

    id: int
    name: str
    words: tuple[str, ...]
    kana: str
    email: str
    mail_name: str
    domain: str
    phones: frozenset[str]
    mobiles: frozenset[str]
    company: str
    account: int | None
    details: tuple[str, str, str] = ("", "", "")  # birthday, address, city

    @property
    def where(self) -> str:
        """Where someone works, as far as it is known."""
        return self.company or self.domain


@dataclass(frozen=True)
class Company:
    """What accounts are compared by."""

    id: int
    name: CompanyName
    kana: str
    number: str
    domain: str
    phone: str
    address: str


def person(lead_id: int, fields: Mapping[str, str], account: int | None, company: str) -> Person:
    """The person of a profile. `company` is the account's matching name."""
    given, email = fields.get("name", ""), fields.get("email", "")
    numbers = [phone_number(fields[each]) for each in ("phone", "mobile") if each in fields]
    words = (
        tuple(sorted(word for word in re.split(r"[\s.,]+", folded(given)) if word)) if given.isascii() else ()
    )
    return Person(
        lead_id,
        person_name(given) if given else "",
        words,
        matching_kana(fields["name_kana"]) if "name_kana" in fields else "",
        email,
        _mail_name(email),
        mail_domain(email) if email else "",
        frozenset(number for number, _mobile in numbers if number),
        frozenset(number for number, mobile in numbers if mobile),
        company,
        account,
        (_first_of(fields, BIRTHDAYS), _first_of(fields, ADDRESSES), _first_of(fields, ("city",))),
    )


def company(
    account_id: int, columns: Mapping[str, Any], extra: Mapping[str, str], name: CompanyName
) -> Company:
    """The company of an account's fields."""
    kana, phone = columns["name_kana"], extra.get("phone", "")
    return Company(
        account_id,
        name,
        matching_kana(kana) if kana else "",
        columns["number"] or "",
        columns["domain"],
        phone_number(phone)[0] if phone else "",
        person_name(columns["address"]),
    )


def lead_keys(one: Person) -> set[int]:
    """Keys of a lead: some are shared by nearly every pair that is the same person, none by many people."""
    texts = []
    if one.where:
        texts += [f"n|{one.name}|{one.where}"] if one.name else []
        texts += [f"k|{one.kana}|{one.where}"] if one.kana else []
        texts += [f"w|{word}|{one.where}" for word in one.words or _starts(one.name)]
    if one.name and not one.company:
        texts += [f"n|{one.name}", *(f"l|{pair}" for pair in _spelled(one))]
        texts += [f"b|{one.details[0]}|{one.name[:1]}"] if one.details[0] else []
    if one.mail_name:
        texts.append(f"m|{one.mail_name}")
    texts += [f"p|{number}|{one.name[:1]}" for number in one.phones]
    texts += [f"p|{number}" for number in one.mobiles]
    return {_digest(text) for text in texts}


def account_keys(one: Company) -> set[int]:
    """Keys of an account. A name with one letter wrong still has one of its halves right."""
    name = one.name.matching
    texts = [f"n|{name}"]
    if len(name) >= 6:
        half = len(name) // 2
        texts += [f"a|{name[:half]}|{len(name) // 4}", f"z|{name[-half:]}|{len(name) // 4}"]
    for kind, value in (("k", one.kana), ("d", one.domain), ("p", one.phone)):
        if value:
            texts.append(f"{kind}|{value}")
    return {_digest(text) for text in texts}


def compare_people(one: Person, other: Person) -> tuple[float, list[Reason]]:
    """Score from 0 to 1, and what made it."""
    reasons = [
        *_compared_names(one, other),
        *_compared_companies(one, other),
        *_compared_mails(one, other),
    ]
    weights = (("same_birthday", 6.0), ("same_address", 3.0), ("same_city", 1.0))
    for (code, weight), mine, theirs in zip(weights, one.details, other.details, strict=True):
        if mine and mine == theirs:
            reasons.append((code, weight))
    if one.mobiles & other.mobiles:
        reasons.append(("same_mobile", 9.0))
    elif one.phones & other.phones:
        reasons.append(("same_phone", 3.0))
    return _score(LEAD_PRIOR, reasons), reasons


def compare_companies(one: Company, other: Company) -> tuple[float, list[Reason]]:
    """Score from 0 to 1, and what made it. Two company numbers are two companies, whatever else is alike."""
    if one.number and other.number and one.number != other.number:
        return 0.0, []
    reasons: list[Reason] = []
    if one.name.matching == other.name.matching:
        reasons.append(("same_name", 6.0))
    elif ratio(one.name.matching, other.name.matching) >= SIMILAR:
        reasons.append(("similar_name", 3.0))
    else:
        reasons.append(("other_name", -2.0))
    if one.name.form and other.name.form and one.name.form != other.name.form:
        reasons.append(("other_form", -3.0))
    elif one.name.place and other.name.place and one.name.place != other.name.place:
        reasons.append(("other_place", -0.5))
    for code, weight, a, b in (
        ("same_kana", 4.0, one.kana, other.kana),
        ("same_website", 5.0, one.domain, other.domain),
        ("same_phone", 4.0, one.phone, other.phone),
        ("same_address", 3.0, one.address, other.address),
    ):
        if a and a == b and not (code == "same_kana" and one.name.matching == other.name.matching):
            reasons.append((code, weight))
    return _score(ACCOUNT_PRIOR, reasons), reasons


def _compared_names(one: Person, other: Person) -> Iterable[Reason]:
    same_kana = bool(one.kana and one.kana == other.kana)
    if one.name and other.name:
        if one.name == other.name:
            yield "same_name", 7.0
            return
        alike = max(
            ratio(one.name, other.name), ratio("".join(sorted(one.name)), "".join(sorted(other.name)))
        )
        latin = bool(one.words and other.words)
        if latin and (alike >= SIMILAR or _one_of(one.words, other.words)):
            yield "similar_name", 4.0
        elif same_kana:
            yield "similar_name" if alike >= 50 else "other_name", 0.0
        elif not latin and (one.name in other.name or other.name in one.name):
            yield "similar_name", 2.0
        else:
            yield "other_name", -6.0
    if same_kana:
        yield "same_kana", 5.0
    elif one.kana and other.kana:
        yield "other_kana", -3.0


def _compared_companies(one: Person, other: Person) -> Iterable[Reason]:
    apart = one.account and other.account and one.account != other.account and one.domain != other.domain
    if one.company and one.company == other.company and not apart:
        yield "same_company", 4.0
    elif one.domain and one.domain == other.domain:
        yield "same_domain", 3.0
    elif one.where and other.where:
        yield "other_company", -2.0


def _compared_mails(one: Person, other: Person) -> Iterable[Reason]:
    if one.mail_name and one.mail_name == other.mail_name:
        yield "same_mail_name", 5.0
    elif one.email and other.email and ratio(one.email, other.email) >= SIMILAR:
        yield "similar_mail_name", 4.0
    elif one.mail_name and other.mail_name and ratio(one.mail_name, other.mail_name) >= SIMILAR:
        yield "similar_mail_name", 3.0


def _score(prior: float, reasons: Iterable[Reason]) -> float:
    total = prior + sum(weight for _code, weight in reasons)
    return round(1 / (1 + float(2.0**-total)), 3)


def _mail_name(email: str) -> str:
    local = email.rpartition("@")[0]
    words = sorted(word for word in _BETWEEN.split(local) if word)
    joined = "".join(words)
    return joined if len(joined) >= 5 and not _SHARED_MAILBOXES.intersection(words) else ""


def _first_of(fields: Mapping[str, str], names: tuple[str, ...]) -> str:
    return next((person_name(fields[name]) for name in names if name in fields), "")


def _starts(name: str) -> list[str]:
    return [name[:2]] if len(name) >= 2 else []


def _spelled(one: Person) -> list[str]:
    """For a name without company: each word with the first letter of the rest, so that one wrong word does no harm."""
    if len(one.words) < 2:
        return []
    return [
        f"{word}|{other[0]}"
        for word in one.words
        for other in one.words
        if other is not word and len(word) > 2
    ]


def _one_of(some: tuple[str, ...], others: tuple[str, ...]) -> bool:
    """One name is part of the other, or all words but one are the same and that one is alike."""
    mine, theirs = set(some) - set(others), set(others) - set(some)
    if set(some) == set(others) or not (set(some) & set(others)):
        return False
    return not mine or not theirs or ratio("".join(sorted(mine)), "".join(sorted(theirs))) >= 60


def _digest(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big", signed=True)
