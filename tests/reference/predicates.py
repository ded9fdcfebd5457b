"""Sections 3 and 4 of the page: predicates over a mapping of strings, and durations."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping
from typing import Any

Fields = Mapping[str, str]

MICROSECONDS = {"m": 60_000_000, "h": 3_600_000_000, "d": 86_400_000_000, "w": 604_800_000_000}
PLAIN_DECIMAL = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)(e[+-]?[0-9]+)?")


def duration(text: str) -> int:
    """`30d`, `12h`, `45m`, `2w` in microseconds."""
    return int(text[:-1]) * MICROSECONDS[text[-1]]


def fold(value: object) -> str:
    """A value of the agreement or of the data as text to compare: NFKC, then case folding."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return unicodedata.normalize("NFKC", str(value)).casefold()


def number(text: str) -> float | None:
    """The finite decimal number that a text of the data is, or None."""
    folded = fold(text)
    return float(folded) if PLAIN_DECIMAL.fullmatch(folded) and math.isfinite(float(folded)) else None


def predicate(test: Mapping[str, Any], fields: Fields) -> bool:
    """Whether all the tests of a signal or a trait hold; its display name is no test."""
    tests = {key: value for key, value in test.items() if not (key == "name" and is_display_name(value))}
    return all_hold(tests, fields)


def is_display_name(value: object) -> bool:
    return isinstance(value, str) or (
        isinstance(value, Mapping) and bool(value) and set(value) <= {"ja", "en"}
    )


def all_hold(tests: Mapping[str, Any], fields: Fields) -> bool:
    return all(entry_holds(key, value, fields) for key, value in tests.items())


def entry_holds(key: str, value: Any, fields: Fields) -> bool:
    if key == "any":
        return any(all_hold(inner, fields) for inner in value)
    if key == "all":
        return all(all_hold(inner, fields) for inner in value)
    if key == "not":
        return not all_hold(value, fields)
    return field_holds(value, fields.get(key))


def field_holds(test: Any, data: str | None) -> bool:
    """One field's test: a value, a list of values (any of), or a mapping of operators (all of)."""
    if isinstance(test, Mapping):
        return all(operator_holds(str(operator), operand, data) for operator, operand in test.items())
    if isinstance(test, list):
        return any(field_holds(one, data) for one in test)
    return data is not None and equals(test, data)


def operator_holds(operator: str, operand: Any, data: str | None) -> bool:
    if operator == "exists":
        return (data is not None) == bool(operand)
    if operator == "not":
        return not field_holds(operand, data)
    if data is None:
        return False
    if operator == "contains":
        return any(fold(one) in fold(data) for one in as_list(operand))
    if operator == "matches":
        return any(re.search(one, fold(data), re.IGNORECASE) is not None for one in as_list(operand))
    return in_order(operator, operand, data)


def in_order(operator: str, operand: Any, data: str) -> bool:
    """`gte gt lte lt`: as numbers if the agreement gives a number, else as folded texts."""
    if is_number(operand):
        parsed = number(data)
        return parsed is not None and ordered(operator, parsed, float(operand))
    return ordered(operator, fold(data), fold(operand))


def ordered(operator: str, left: Any, right: Any) -> bool:
    if operator == "gte":
        return bool(left >= right)
    if operator == "gt":
        return bool(left > right)
    if operator == "lte":
        return bool(left <= right)
    assert operator == "lt", operator
    return bool(left < right)


def equals(value: Any, data: str) -> bool:
    """A number equals a number; a text with `*` is a glob over the whole value; else folded texts."""
    if is_number(value):
        parsed = number(data)
        if parsed is not None:
            return parsed == float(value)
    if isinstance(value, str) and "*" in value:
        pieces = [re.escape(piece) for piece in fold(value).split("*")]
        return re.fullmatch(".*".join(pieces), fold(data), re.DOTALL) is not None
    return fold(value) == fold(data)


def is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
