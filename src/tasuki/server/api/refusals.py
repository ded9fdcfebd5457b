"""What pydantic finds wrong, said in the house's words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from pydantic_core import to_json

from tasuki.server.core.errors import Invalid, Refused

JSON = "application/json"
SHOWN = 20
CODES = {
    "missing": "missing",
    "extra_forbidden": "unknown_field",
    "string_type": "not_text",
    "string_unicode": "not_text",
    "int_type": "not_whole_number",
    "int_parsing": "not_whole_number",
    "int_from_float": "not_whole_number",
    "int_parsing_size": "not_whole_number",
    "float_type": "not_number",
    "float_parsing": "not_number",
    "finite_number": "not_number",
    "bool_type": "not_yes_or_no",
    "bool_parsing": "not_yes_or_no",
    "list_type": "not_list",
    "dict_type": "not_object",
    "model_type": "not_object",
    "model_attributes_type": "not_object",
    "string_too_short": "too_short",
    "too_short": "too_short",
    "string_too_long": "too_long",
    "too_long": "too_long",
    "greater_than": "too_small",
    "greater_than_equal": "too_small",
    "less_than": "too_large",
    "less_than_equal": "too_large",
    "literal_error": "not_possible",
    "enum": "not_possible",
    "string_pattern_mismatch": "not_as_written",
}
"""What pydantic calls a mistake → our code for it."""
PLACES = frozenset({"body", "query", "path", "form", "file", "header"})


def answered(refused: Refused) -> HttpResponse:
    """The refusal in the house's shape."""
    response = HttpResponse(to_json({"error": refused.as_json()}), content_type=JSON, status=refused.status)
    if refused.status == 401:
        response["WWW-Authenticate"] = "Bearer"
    if refused.status == 503:
        response["Retry-After"] = "1"
    return response


def from_validation(errors: Iterable[Mapping[str, Any]]) -> Invalid:
    """One refusal; where several things are wrong, with all of them (the first 20) as details."""
    found = [_one(error) for _nth, error in zip(range(SHOWN), errors, strict=False)]
    if len(found) == 1:
        return found[0]
    return Invalid(
        "invalid",
        _("%(count)s things are wrong with this request.") % {"count": len(found)},
        cure=_("See the details; each names its field."),
        details=found,
    )


def _one(error: Mapping[str, Any]) -> Invalid:
    kind = error["type"]
    given = error.get("ctx", {})
    if kind == "refused":
        return Invalid(given["code"], given["message"], cure=given["cure"], field=_field(error["loc"]))
    message, cure = _words(kind, given)
    return Invalid(CODES.get(kind, "invalid_value"), message, cure=cure, field=_field(error["loc"]))


def _field(place: Iterable[Any]) -> str:
    """`("body", "body", "lead", "email")` is `lead.email`."""
    parts = [str(part)[:100] for part in place]
    while parts and parts[0] in PLACES:
        parts = parts[1:]
    return ".".join(part for part in parts if not part.startswith(("function-", "is-instance")))


def _words(kind: str, given: Mapping[str, Any]) -> tuple[str, str]:  # noqa: C901 — a table, for gettext needs literals
    """The sentence and its cure. `kind` and `given` as pydantic names them."""
    match kind:
        case "missing":
            return _("This field is missing."), _("Add it.")
        case "extra_forbidden":
            return _("There is no such field here."), _("Take it out, or check how it is written.")
        case "string_type" | "string_unicode":
            return _("This must be a text."), _("Put it in quotes.")
        case "int_type" | "int_parsing" | "int_from_float" | "int_parsing_size":
            return _("This must be a whole number."), _("Write it like 17, without quotes in JSON.")
        case "float_type" | "float_parsing" | "finite_number":
            return _("This must be a number."), _("Write it like 17 or 17.5.")
        case "bool_type" | "bool_parsing":
            return _("This must be true or false."), _("Write true or false, without quotes.")
        case "list_type":
            return _("This must be a list."), _("Put it in [ ].")
        case "dict_type" | "model_type" | "model_attributes_type":
            return _("This must be an object."), _("Put it in { }.")
        case "string_too_short" | "too_short":
            return _("This is too short."), _("At least %(least)s.") % {"least": given.get("min_length", 1)}
        case "string_too_long" | "too_long":
            return _("This is too long."), _("At most %(most)s.") % {"most": given.get("max_length", "")}
        case "greater_than_equal" | "greater_than":
            return _("This number is too small."), _("At least %(least)s.") % {
                "least": given.get("ge", given.get("gt"))
            }
        case "less_than_equal" | "less_than":
            return _("This number is too large."), _("At most %(most)s.") % {
                "most": given.get("le", given.get("lt"))
            }
        case "literal_error" | "enum":
            return _("This value is not one of those possible."), _("Possible: %(known)s.") % {
                "known": given.get("expected", "")
            }
        case "string_pattern_mismatch":
            return _("This is not written as it must be."), _("Write it like %(pattern)s.") % {
                "pattern": given.get("pattern", "")
            }
    return _("This value does not fit."), _("See /api/v1/openapi.json for what does.")
