"""What an input says of a lead, checked: fields, identities, account."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from tasuki.server.accounts.domains import mail_domain
from tasuki.server.accounts.facts import PREFIX, AccountFacts, account_facts
from tasuki.server.accounts.text import cleaned, cleaned_fields
from tasuki.server.core.errors import Invalid
from tasuki.server.core.words import channel_code
from tasuki.server.people.identities import (
    MAIL,
    PHONE,
    Key,
    external_key,
    mail_address,
    phone_number,
    visitor_key,
)
from tasuki.server.people.inputs import LeadInput, LeadRef
from tasuki.server.people.models import BuyingRole

COLUMNS = ("name", "name_kana", "email", "phone", "department", "title")
"""The fields that have a column beside `fields`."""
LIMITS = {
    "name": 200,
    "family_name": 100,
    "given_name": 99,
    "name_kana": 200,
    "family_name_kana": 100,
    "given_name_kana": 99,
    "email": 400,
    "phone": 40,
    "mobile": 40,
    "department": 200,
    "title": 200,
}
LEEWAY = timedelta(minutes=5)
"""How far ahead another system's clock may be."""
PHONES = ("phone", "mobile")


@dataclass(frozen=True)
class LeadFacts:
    """One input, checked. `strong` identities name one person; `mobiles` and `visitor` give way to them."""

    lead: int | None
    strong: Sequence[Key]
    mobiles: Sequence[Key]
    visitor: Key | None
    fields: Mapping[str, str]
    account: AccountFacts | None
    at: datetime | None = None
    channel: str = ""
    campaign: str = ""
    owner: str | None = None
    buying_role: str = ""
    cleared: frozenset[str] = frozenset()

    @property
    def keys(self) -> list[Key]:
        """All identities, the strongest first."""
        return [*self.strong, *self.mobiles, *([self.visitor] if self.visitor else [])]

    @property
    def mails(self) -> set[str]:
        """The mail addresses given."""
        return {value for kind, value in self.strong if kind == MAIL}


def lead_facts(given: LeadInput, source: str, now: datetime) -> LeadFacts:
    """Check one input. Invalid, naming the field."""
    fields, account_fields = person_fields(given.fields)
    lead, strong, mobiles, visitor = _identities(given.ref, fields)
    mail = fields.get("email") or next((value for kind, value in strong if kind == MAIL), "")
    if mail:
        fields["email"] = mail
    if given.ref.phone and not any(name in fields for name in PHONES):
        fields["phone"] = cleaned(given.ref.phone, "phone", LIMITS["phone"])
    if lead is None and not strong and not mobiles and visitor is None and not fields.get("name"):
        raise nothing_names_it()
    return LeadFacts(
        lead,
        strong,
        mobiles,
        visitor,
        fields,
        _account(account_fields, source, mail),
        _instant(given.at, now),
        channel_code(cleaned(given.channel or "", "channel", 100)),
        cleaned(given.campaign or "", "campaign", 200),
        given.owner or None,
        buying_role(given.buying_role),
    )


def change_facts(
    lead: int, changes: Mapping[str, str | None], at: datetime | None, source: str, now: datetime
) -> LeadFacts:
    """What a person changes of a lead: fields set, and those of them that are cleared. Invalid, naming the field."""
    given = {name: value for name, value in changes.items() if value and value.strip()}
    facts = lead_facts(LeadInput(LeadRef(lead=lead), given, at), source, now)
    cleared = frozenset(name for name in changes if name not in given)
    role = facts.fields.get("buying_role", "")
    fields = {name: value for name, value in facts.fields.items() if name != "buying_role"}
    return replace(facts, cleared=cleared, fields=fields, buying_role=buying_role(role))


def ref_facts(ref: LeadRef, at: datetime | None) -> LeadFacts:
    """What a mere reference says. Invalid: it names nobody, or not rightly."""
    lead, strong, mobiles, visitor = _identities(ref, {})
    fields = {"email": mail_address(ref.email)} if ref.email else {}
    if ref.phone:
        fields["phone"] = cleaned(ref.phone, "phone", LIMITS["phone"])
    if lead is None and not strong and not mobiles and visitor is None:
        raise nothing_names_it()
    return LeadFacts(lead, strong, mobiles, visitor, fields, None, at)


def person_fields(given: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """The person's own fields, cleaned and with a composed name, and the account's as they came (without prefix)."""
    own: dict[str, str] = {}
    account: dict[str, str] = {}
    for name, value in given.items():
        if name.startswith(PREFIX):
            account[name[len(PREFIX) :]] = value
        else:
            own[name] = value
    fields = cleaned_fields(own, LIMITS)
    for whole, family, first in (
        ("name", "family_name", "given_name"),
        ("name_kana", "family_name_kana", "given_name_kana"),
    ):
        if whole not in fields and (family in fields or first in fields):
            fields[whole] = _composed(fields.get(family, ""), fields.get(first, ""))
    if "email" in fields:
        fields["email"] = mail_address(fields["email"])
    return fields, account


def buying_role(text: str) -> str:
    """A part in the buying group, or empty. Invalid: there is no such part."""
    if text and text not in BuyingRole.values:
        raise Invalid(
            "unknown_buying_role",
            _("“%(role)s” is no part in the buying group.") % {"role": text[:40]},
            cure=_("Use one of: %(roles)s.") % {"roles": ", ".join(BuyingRole.values)},
            field="buying_role",
        )
    return text


def nothing_names_it() -> Invalid:
    """The refusal of an input that names nobody."""
    return Invalid(
        "nobody_named",
        _("Nothing here says who the lead is."),
        cure=_("Give a mail address, a mobile number, an external id, a visitor id, or at least a name."),
        field="lead",
    )


def _identities(
    ref: LeadRef, fields: Mapping[str, str]
) -> tuple[int | None, list[Key], list[Key], Key | None]:
    strong: list[Key] = []
    if ref.external:
        strong.append(external_key(*ref.external))
    mails = [mail_address(ref.email)] if ref.email else []
    mails += [fields["email"]] if "email" in fields else []
    strong += [(MAIL, mail) for mail in dict.fromkeys(mails)]
    mobiles = []
    for text in (ref.phone, *(fields.get(name) for name in PHONES)):
        if text:
            number, mobile = phone_number(text)
            if mobile and (PHONE, number) not in mobiles:
                mobiles.append((PHONE, number))
    return ref.lead, strong, mobiles, visitor_key(ref.visitor) if ref.visitor else None


def _account(fields: dict[str, str], source: str, mail: str) -> AccountFacts | None:
    key = fields.pop("key", "")
    if not any(fields.values()) and not key:
        return None
    return account_facts(fields, external=(source, key) if key else None, mail_domain=mail_domain(mail))


def _composed(family: str, given: str) -> str:
    names = (given, family) if (family + given).isascii() else (family, given)
    return " ".join(name for name in names if name)


def _instant(at: datetime | None, now: datetime) -> datetime | None:
    if at is not None and at.tzinfo is None:
        raise Invalid(
            "naive_time",
            _("The time has no time zone."),
            cure=_("Write it like 2026-02-03T09:00:00Z."),
            field="at",
        )
    if at is not None and at > now + LEEWAY:
        raise Invalid(
            "future_time",
            _("The time lies in the future."),
            cure=_("Give a past one, or none for now."),
            field="at",
        )
    return at
