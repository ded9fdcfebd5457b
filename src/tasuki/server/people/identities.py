"""By what a person is recognised: mail, own (mobile) phone, id in another system, visitor id; and how each is written."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

import phonenumbers
from django.utils.translation import gettext as _
from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from tasuki.server.accounts.text import cleaned
from tasuki.server.core.errors import Invalid

Key = tuple[str, str]
"""(kind, value) of an identity."""

MAIL, PHONE, VISITOR, EXTERNAL = "mail", "phone", "visitor", "external:"
LONGEST_VALUE = 254
LONGEST_SOURCE = 60

_PLAIN_LOCAL = re.compile(r"[a-z0-9_%+-]+(?:\.[a-z0-9_%+-]+)*")
_PLAIN_DOMAIN = re.compile(r"(?:[a-z0-9]+(?:-[a-z0-9]+)*\.)+[a-z]{2,63}")
_SPECIAL_ENDS = frozenset(name.rpartition(".")[2] for name in SPECIAL_USE_DOMAIN_NAMES)
_JAPANESE_MOBILE = re.compile(r"(?:0|\+81)([6-9]0[1-9]\d{7})")
_JAPANESE_LINE = re.compile(r"(?:0|\+81)([1-9]\d{8})")
_NO_DIGIT = re.compile(r"[^\d+]+")


def mail_address(text: str) -> str:
    """The address, checked and in lower case. Invalid: it is none."""
    email = (
        unicodedata.normalize("NFKC", text).strip().lower() if not text.isascii() else text.strip().lower()
    )
    local, _at, domain = email.rpartition("@")
    if len(local) <= 64 and _PLAIN_LOCAL.fullmatch(local) and _is_domain(domain):
        return email
    try:
        return validate_email(email, check_deliverability=False, test_environment=True).normalized.lower()
    except EmailNotValidError:
        raise Invalid(
            "mail_address",
            _("“%(address)s” is not a mail address.") % {"address": text[:100]},
            cure=_("Write it like hanako@example.jp, or leave it out."),
            field="email",
        ) from None


@lru_cache(maxsize=20_000)
def _is_domain(domain: str) -> bool:
    plain = len(domain) < 64 and _PLAIN_DOMAIN.fullmatch(domain)  # far faster than asking the library
    if plain and domain.rpartition(".")[2] not in _SPECIAL_ENDS:
        return True
    try:
        found = validate_email(f"a@{domain}", check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return False
    return found.normalized == f"a@{domain}" and len(domain) < 180


@lru_cache(maxsize=20_000)
def phone_number(text: str) -> tuple[str, bool]:
    """The number as E.164 (empty where it is none), and whether it is a mobile, which belongs to one person."""
    digits = _NO_DIGIT.sub("", unicodedata.normalize("NFKC", text)[:60])
    if mobile := _JAPANESE_MOBILE.fullmatch(digits):
        return "+81" + mobile[1], True
    if line := _JAPANESE_LINE.fullmatch(digits):
        return "+81" + line[1], False
    try:
        number = phonenumbers.parse(text[:60], "JP")
    except phonenumbers.NumberParseException:
        return "", False
    if not phonenumbers.is_valid_number(number):
        return "", False
    mobile_kind = phonenumbers.number_type(number) == PhoneNumberType.MOBILE
    return phonenumbers.format_number(number, PhoneNumberFormat.E164), mobile_kind


def visitor_key(text: str) -> Key:
    """The identity of a browser. Invalid: too long, or not storable."""
    return VISITOR, cleaned(text, "visitor", LONGEST_VALUE)


def external_key(source: str, key: str) -> Key:
    """The identity in another system. Invalid: too long, empty, or not storable."""
    source, key = cleaned(source, "source", LONGEST_SOURCE), cleaned(key, "external", LONGEST_VALUE)
    if not source or not key:
        raise Invalid(
            "external_id",
            _("An external id needs the name of the system and the id there."),
            cure=_("Give both, or neither."),
            field="external",
        )
    return EXTERNAL + source, key


def shown(kind: str) -> str:
    """What a person calls this kind of identity."""
    if kind.startswith(EXTERNAL):
        return _("the id in %(system)s") % {"system": kind.removeprefix(EXTERNAL)}
    return {MAIL: _("the mail address"), PHONE: _("the mobile number"), VISITOR: _("the visitor id")}[kind]
