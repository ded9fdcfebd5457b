"""The formats that are known, and which of them a file is of."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from tasuki.server.imports.formats import (
    connpass,
    corporate_numbers,
    eight,
    general,
    hubspot,
    marketo,
    salesforce,
    sansan,
    zoom,
)
from tasuki.server.imports.formats.base import KINDS, ActivityRule, Fields, Format, folded

SPECIAL: Final = (
    eight.FORMAT,
    sansan.FORMAT,
    zoom.FORMAT,
    connpass.FORMAT,
    hubspot.CONTACTS,
    hubspot.COMPANIES,
    hubspot.DEALS,
    hubspot.MINIMAL,
    salesforce.LABELS,
    salesforce.API_NAMES,
    marketo.FORMAT,
    corporate_numbers.FORMAT,
)
FORMATS: Final[dict[str, Format]] = {form.id: form for form in (*SPECIAL, *general.FORMATS)}

PLAIN: Final = re.compile(r"(account|activity|answers|content)\.[a-z][a-z_]*")
"""Headers that are names of fields as they stand."""

__all__ = [
    "FORMATS",
    "KINDS",
    "SPECIAL",
    "ActivityRule",
    "Fields",
    "Format",
    "best_format",
    "field_for",
    "folded",
]


def best_format(headers: Sequence[str]) -> Format | None:
    """The format whose signature these headers fit best; those of the general guess only where none fits."""
    score, form = max(((form.fits(headers), form) for form in SPECIAL), key=lambda pair: pair[0])
    if score:
        return form
    return _general(headers)


def _general(headers: Sequence[str]) -> Format | None:
    for form in reversed(general.FORMATS):
        found = {form.field_of(header) for header in headers}
        if any(needed <= found for needed in general.NEEDED.get(form.kind, ())):
            return form
    leads, accounts = (
        sum(FORMATS[kind].field_of(h) is not None for h in headers) for kind in ("leads", "accounts")
    )
    if not leads + accounts:
        return None
    people = {"email", "name", "family_name", "title", "department", "phone", "mobile", "lead", "visitor"}
    names_people = {FORMATS["leads"].field_of(header) for header in headers} & people - {"name", "phone"}
    return FORMATS["accounts" if accounts >= leads and not names_people else "leads"]


def field_for(form: Format, header: str) -> str | None:
    """Where a column goes: by the format, and by the general guess for its kind where the format allows."""
    found = form.field_of(header)
    if found is None and form.general:
        found = FORMATS[form.kind].field_of(header)
    if found is None and (form.general or form in general.FORMATS) and PLAIN.fullmatch(header):
        return header
    return found
