"""JSON, read strictly: UTF-8, no NaN, no half surrogates, no nesting beyond 200; flat texts out of nested values."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from pydantic_core import from_json, to_json

from tasuki.server.core.errors import Invalid, Refused

DEEPEST = 8
MOST = 500


def read_json(raw: bytes) -> Any:
    """The value of a JSON text. Refused (400) says where it breaks."""
    try:
        return from_json(raw, allow_inf_nan=False)
    except ValueError as error:
        raise Refused(
            "bad_json",
            _("This is not JSON: %(problem)s.") % {"problem": str(error)[:200]},
            cure=_("Check brackets, quotes and commas; the text is UTF-8."),
        ) from None


def flat(values: dict[str, Any], field: str) -> dict[str, str]:
    """Nested values as flat text: `{"content": {"kind": "x"}}` is `content.kind`.

    Numbers and lists as JSON; null says nothing. Invalid: nested deeper than 8, more than 500, a number that is none.
    """
    return {name: value for name, value in changes(values, field).items() if value is not None}


def changes(values: dict[str, Any], field: str) -> dict[str, str | None]:
    """The same, where null stays, for it removes."""
    found: dict[str, str | None] = {}
    _flatten("", values, found, field, DEEPEST)
    return found


def _flatten(
    prefix: str, values: dict[str, Any], found: dict[str, str | None], field: str, depth: int
) -> None:
    if depth == 0 or len(found) + len(values) > MOST:
        raise Invalid(
            "too_deep",
            _("This is nested too deeply, or holds too much."),
            cure=_("At most %(depth)s levels and %(most)s values.") % {"depth": DEEPEST, "most": MOST},
            field=field,
        )
    for name, value in values.items():
        _without_nul(name, field)
        if type(value) is str:
            found[prefix + name.strip()] = _without_nul(value, field)
        elif isinstance(value, dict):
            _flatten(f"{prefix}{name.strip()}.", value, found, field, depth - 1)
        else:
            found[prefix + name.strip()] = None if value is None else _text(value, field)


def _without_nul(text: str, field: str) -> str:
    if "\0" in text:
        raise Invalid(
            "nul_byte", _("This text holds a NUL byte."), cure=_("Take it out; text has none."), field=field
        )
    return text


def _text(value: Any, field: str) -> str:
    try:
        return to_json(value, inf_nan_mode="constants").decode() if _finite(value) else ""
    except ValueError:
        raise Invalid(
            "number_out_of_range", _("This number is too large."), cure=_("Send it as a text."), field=field
        ) from None


def _finite(value: Any) -> bool:
    if isinstance(value, float) and value in (float("inf"), float("-inf")):
        raise ValueError("infinite")
    if isinstance(value, list):
        return all(map(_finite, value))
    if isinstance(value, dict):
        return all(map(_finite, value.values()))
    return True
