"""The 13 digits by which the tax agency knows a company."""

from __future__ import annotations

import re
import unicodedata

from django.utils.translation import gettext as _

from tasuki.server.core.errors import Invalid

_BETWEEN = re.compile(r"[\s\-‐-―−ー]+")


def is_number(digits: str) -> bool:
    """Whether these are 13 digits whose first is the check digit of the others."""
    return (
        len(digits) == 13
        and digits.isascii()
        and digits.isdigit()
        and int(digits[0]) == check_digit(digits[1:])
    )


def check_digit(twelve: str) -> int:
    """9 − (sum of the digits, from the right weighted 1, 2, 1, 2 …) mod 9."""
    total = sum(int(digit) * (1 + nth % 2) for nth, digit in enumerate(reversed(twelve)))
    return 9 - total % 9


def company_number(text: str) -> str:
    """The 13 digits of a number as people write it: full width, with spaces or dashes, as T-number of an invoice.

    Invalid: it is none, or a digit is mistyped.
    """
    digits = _BETWEEN.sub("", unicodedata.normalize("NFKC", text)).upper().removeprefix("T")
    if is_number(digits):
        return digits
    wrong = (
        _("The company number %(number)s is wrong: its first digit does not check the others.")
        if len(digits) == 13 and digits.isascii() and digits.isdigit()
        else _("The company number %(number)s does not have 13 digits.")
    )
    raise Invalid(
        "company_number",
        wrong % {"number": text[:40]},
        cure=_("Look it up at the tax agency's list of company numbers, or leave it out."),
        field="account.number",
    )
