"""Many entries in one request: each is checked by itself, and answered at its place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal, TypeVar

from django.http import HttpRequest
from django.utils.translation import gettext as _
from pydantic import BaseModel, TypeAdapter, ValidationError

from tasuki.server.api.fields import Given, Source, Taken
from tasuki.server.api.operations import Detail
from tasuki.server.api.reading import read_json
from tasuki.server.api.refusals import from_validation
from tasuki.server.core.errors import Invalid, Refused

M = TypeVar("M", bound=BaseModel)
I = TypeVar("I")  # noqa: E741
MOST = 1000


class Answer(Given):
    """What came of one entry: `status` says it, besides the id of what it became, or the error."""

    status: Literal["stored", "duplicate", "created", "updated", "unchanged", "refused"]
    lead: int | None = None
    account: int | None = None
    deal: int | None = None
    error: Detail | None = None


class Answers(Given):
    """One answer for each entry, in the order sent."""

    results: list[Answer]


class Head(Taken):
    """What is said for all entries of a batch."""

    source: Source | None = None


class PutHead(Head):
    """What is said for all of a batch that puts."""

    mode: Literal["trusted", "fill"] = "trusted"


SOURCE = {
    "source": {
        "type": ["string", "null"],
        "minLength": 1,
        "maxLength": 60,
        "description": "The token's name when absent.",
    }
}
MODE = {"mode": {"enum": ["trusted", "fill"], "description": "fill: only what is empty."}}


def head_schema() -> dict[str, Any]:
    """`PutHead` as JSON Schema."""
    return {**SOURCE, **MODE}


def read_batch(request: HttpRequest, head: type[BaseModel]) -> tuple[list[Any], Any]:
    """The items, unchecked, and what is said for all of them. Refused: no JSON, no list `items`, more than 1,000 items."""
    body = read_json(request.body)
    if not isinstance(body, dict) or not isinstance(body.get("items"), list):
        raise Invalid(
            "items_missing",
            _("A batch is an object with the list items."),
            cure=_("Send it like %(example)s.") % {"example": '{"items": [{…}, {…}]}'},
            field="items",
        )
    items = body.pop("items")
    if len(items) > MOST:
        raise Invalid(
            "too_many_items",
            _("A batch holds at most %(most)s entries.") % {"most": MOST},
            cure=_("Send several, or stream activities to /api/v1/activities/stream."),
            field="items",
        )
    try:
        return items, head.model_validate(body)
    except ValidationError as error:
        raise from_validation(error.errors()) from None


def each(
    items: Sequence[Any], adapter: TypeAdapter[M], make: Callable[[M], I]
) -> tuple[list[I], list[Refused | None]]:
    """Inputs made of the items that fit, in order; and for every item its refusal, or None where it fits."""
    inputs: list[I] = []
    refusals: list[Refused | None] = []
    for item in items:
        try:
            inputs.append(make(adapter.validate_python(item)))
        except ValidationError as error:
            refusals.append(from_validation(error.errors()))
        except Refused as refused:
            refusals.append(refused)
        else:
            refusals.append(None)
    return inputs, refusals


def woven(
    refusals: Sequence[Refused | None], outcomes: Sequence[Any], show: Callable[[Any], dict[str, Any]]
) -> list[Any]:
    """One answer for every item, in its place: refused here, or what the command said of it."""
    said = iter(outcomes)
    return [answer_of(refusal or next(said), show) for refusal in refusals]


def answer_of(outcome: Any, show: Callable[[Any], dict[str, Any]]) -> dict[str, Any]:
    """One entry's answer."""
    return (
        {"status": "refused", "error": outcome.as_json()} if isinstance(outcome, Refused) else show(outcome)
    )


def batch_schema(item: str, head: dict[str, Any] | None = None) -> dict[str, Any]:
    """The JSON Schema of a batch. What does not fit `item` is refused at its place, so it does not break the batch."""
    fits = {"$ref": f"#/components/schemas/{item}"}
    rest = {"description": "Anything else is answered at its place as refused."}
    return {
        "type": "object",
        "required": ["items"],
        "additionalProperties": False,
        "properties": {
            "items": {"type": "array", "maxItems": MOST, "items": {"anyOf": [fits, rest]}},
            **(head or {}),
        },
    }
