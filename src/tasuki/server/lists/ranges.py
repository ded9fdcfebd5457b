"""Ranges of numbers as an address has them: `50..100`, `50..`, `..100`, `70`."""

from __future__ import annotations

import re
import unicodedata

from django.db.models import Q
from django.utils.translation import gettext as _

from tasuki.server.core import formats
from tasuki.server.core.errors import Invalid

_NUMBER = r"-?[0-9]{1,12}(?:\.[0-9]{1,6})?"
_RANGE = re.compile(rf"(?P<low>{_NUMBER})?(?P<dots>\.\.)?(?P<high>{_NUMBER})?")


def read(text: str, column: str) -> tuple[str, Q]:
    """What it says, and the condition on the column. Invalid: it is no range."""
    plain = unicodedata.normalize("NFKC", text).replace(",", "").replace(" ", "")
    found = _RANGE.fullmatch(plain)
    if found is None or not (found["low"] or found["high"]):
        raise Invalid(
            "filter_unreadable",
            _("“%(text)s” is no range of numbers.") % {"text": text[:60]},
            cure=_("Write it like 50..100, 50.. or ..100."),
        )
    low, high = found["low"], found["high"] if found["dots"] else found["low"]
    condition = Q()
    if low:
        condition &= Q(**{f"{column}__gte": float(low)})
    if high:
        condition &= Q(**{f"{column}__lte": float(high)})
    return _said(low, high), condition


def _said(low: str | None, high: str | None) -> str:
    first, last = (formats.number(float(each), 2) if each else "" for each in (low, high))
    if not high:
        return _("%(low)s or more") % {"low": first}
    if not low:
        return _("up to %(high)s") % {"high": last}
    return first if low == high else _("%(low)s to %(high)s") % {"low": first, "high": last}
