"""Data of a file to a `Document`, with every mistake of form reported at its place.

pydantic stops at a file with mistakes; so that names and meanings are checked in the same run, the bad places
are cut out (`_prune`) and the rest is validated again.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from tasuki.agreement.document import Document, keys_at
from tasuki.agreement.problems import did_you_mean

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

    from tasuki.agreement.source import Source

Place = tuple[str | int, ...]

_STANDS_FOR: dict[str, Any] = {
    "agreement": "?",
    "stages": [{"id": "_"}],
    "id": "_",
    "after": "1d",
    "to": "_",
}
_ITEMS: dict[tuple[str | int, int], Any] = {
    ("stages", 2): {"id": "_"},
    ("rules", 4): {},
    ("enter", 4): {},
    ("route", 5): {"to": "_"},
}
"""What stands for an item of a list, by the list's key and how deep the item lies."""
_KINDS = {
    "string_type": "a text",
    "list_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
}
_CALENDAR = {"days": "`mon-fri` or `mon,wed-fri`", "hours": "`09:00-18:00` or `09:00-12:00,13:00-18:00`"}


def read_document(source: Source) -> tuple[Document, frozenset[Place]]:
    """The document, and the places that were cut out of it because their form is wrong."""
    data = copy.deepcopy(source.data)
    if not isinstance(data, dict):
        if not source.problems:
            source.error((), "form", "an agreement is a mapping that begins like `agreement: our name`")
        return Document.model_validate({"agreement": "?", "stages": [{"id": "_"}]}), frozenset([()])
    _drop_empty(data)
    cut: set[Place] = set()
    for _ in range(10):
        try:
            return Document.model_validate(data), frozenset(cut)
        except ValidationError as failure:
            for error in failure.errors(include_url=False):
                place = tuple(step for step in error["loc"] if step != "[key]")
                if place not in cut:
                    _report(source, error, place)
                cut.add(place)
                _prune(data, place)
    return Document.model_validate({"agreement": "?", "stages": [{"id": "_"}]}), frozenset([()])


def _drop_empty(data: dict[str, Any]) -> None:
    """A key with nothing behind it is as good as left out, everywhere but inside predicates."""
    for key in [key for key, value in data.items() if value is None]:
        del data[key]
    for key, value in data.items():
        if key in ("signals", "traits"):
            continue
        if isinstance(value, dict):
            _drop_empty(value)
        elif isinstance(value, list):
            for item in value:
                if isinstance(item, dict):
                    _drop_empty(item)


def _report(source: Source, error: ErrorDetails, place: Place) -> None:
    key = str(place[-1]) if place else ""
    kind = error["type"]
    if kind == "extra_forbidden":
        known = did_you_mean(key, keys_at(place[:-1]))
        source.error(place, "unknown-key", f"unknown key `{key}`{known}", key=True)
    elif kind == "missing":
        source.error(place[:-1], "missing-key", f"`{key}` is missing")
    elif kind == "string_pattern_mismatch" and error["loc"][-1] == "[key]":
        source.error(place, "name", _name_message(key), key=True)
    elif kind == "string_pattern_mismatch" and place[0] != "calendar":
        source.error(place, "name", _name_message(str(error["input"])))
    else:
        source.error(place, "value", _value_message(error, place))


def _value_message(error: ErrorDetails, place: Place) -> str:
    kind, said, named = error["type"], error["input"], _named(place)
    if kind == "value_error":
        return str(error["ctx"]["error"])
    if kind in _KINDS:
        return f"{named} should be {_KINDS[kind]}, not {_found(said)}"
    if kind == "string_pattern_mismatch":
        return f"{named} is not like {_CALENDAR.get(str(place[-1]), 'that')}: `{said}`"
    if kind in ("too_long", "string_too_long"):
        return f"{named} is too long: {error['ctx']['max_length']} is the most; join or leave out some"
    if kind in ("too_short", "string_too_short"):
        return f"{named} is empty: write something, or leave the key out"
    return f"{named}: {error['msg'][0].lower()}{error['msg'][1:]}"


def _named(place: Place) -> str:
    """What stands at a place: its key, or which item of a list it is."""
    if isinstance(place[-1], int):
        return f"item {place[-1] + 1} of `{place[-2]}`"
    return f"`{place[-1]}`"


def _name_message(name: str) -> str:
    return f"`{name}` is no name: letters, digits and _ only, not beginning with a digit"


def _found(value: Any) -> str:
    if value is None:
        return "empty"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _prune(data: Any, place: Place) -> None:
    """Cut out what stands at `place`, or put a harmless value where something must stand."""
    parent = data
    for step in place[:-1]:
        try:
            parent = parent[step]
        except (KeyError, IndexError, TypeError):
            return
    last = place[-1]
    if isinstance(parent, dict):
        if last in _STANDS_FOR and _required(place):
            parent[last] = copy.deepcopy(_STANDS_FOR[str(last)])
        elif len(place) == 2 and place[0] == "qualification":
            parent[last] = ["_"]
        elif (
            len(place) == 2
            and place[0] in ("signals", "traits", "scores")
            and not isinstance(parent.get(last), dict)
        ):
            parent[last] = {} if place[0] == "scores" else {"type": "?"}
        else:
            parent.pop(last, None)
    elif isinstance(parent, list) and isinstance(last, int) and last < len(parent):
        parent[last] = copy.deepcopy(_ITEMS.get((place[-2], len(place)), "_"))


def _required(place: Place) -> bool:
    at_top = len(place) == 1 and place[0] in ("agreement", "stages")
    in_stage = len(place) == 3 and place[0] == "stages" and place[2] == "id"
    under = place[-2] if len(place) > 1 else ""
    in_route = len(place) == 6 and place[3] == "route"
    return at_top or in_stage or in_route or under in ("timeout", "handoff")
