"""Text from outside, before it is kept: trimmed, storable, and of a length that has room."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext as _

from tasuki.server.core.errors import Invalid

LONGEST = 10_000
MOST_FIELDS = 300
LONGEST_KEY = 100


def cleaned(value: object, field: str, limit: int = LONGEST) -> str:
    """The value trimmed. Invalid: not text, characters that no database stores, or longer than `limit`."""
    if not isinstance(value, str):
        raise Invalid(
            "not_text",
            _("%(field)s is not text.") % {"field": field},
            cure=_("Give it as text."),
            field=field,
        )
    text = value.strip()
    if len(text) > limit:
        raise Invalid(
            "too_long",
            _("%(field)s has %(length)s characters; there is room for %(limit)s.")
            % {"field": field, "length": len(text), "limit": limit},
            cure=_("Shorten it."),
            field=field,
        )
    if not text.isprintable():
        _refuse_unstorable(text, field)
    return text


def cleaned_fields(fields: Mapping[str, str], limits: Mapping[str, int]) -> dict[str, str]:
    """The fields that say something, trimmed. Invalid: a name or value that cannot be kept, or too many of them."""
    if len(fields) > MOST_FIELDS:
        raise Invalid(
            "too_many_fields",
            _("%(count)s fields were given; there is room for %(limit)s.")
            % {"count": len(fields), "limit": MOST_FIELDS},
            cure=_("Leave out what is not needed."),
        )
    kept = {}
    for name, value in fields.items():
        if not value:
            continue
        text = cleaned(
            value, name if len(name) <= LONGEST_KEY else name[:20] + "…", limits.get(name, LONGEST)
        )
        if text:
            kept[_cleaned_key(name)] = text
    return kept


def _cleaned_key(name: str) -> str:
    if name.isidentifier() and len(name) <= LONGEST_KEY:
        return name
    key = cleaned(name, _("The name of a field"), LONGEST_KEY)
    if not key:
        raise Invalid("nameless_field", _("A field has no name."), cure=_("Name it, or leave it out."))
    return key


def _refuse_unstorable(text: str, field: str) -> None:
    if "\x00" in text or any("\ud800" <= each <= "\udfff" for each in text):
        raise Invalid(
            "unstorable_text",
            _("%(field)s contains characters that cannot be stored (NUL or half of a pair).")
            % {"field": field},
            cure=_("Remove them."),
            field=field,
        )
