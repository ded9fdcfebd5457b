"""Predicates over the fields of one activity or of one profile: parsing, and testing a single value."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import re2

from tasuki.agreement.problems import did_you_mean

if TYPE_CHECKING:
    from tasuki.agreement.source import Place, Source

SIGNS = {"gte": "≥", "gt": ">", "lte": "≤", "lt": "<"}
OPERATORS = ("gte", "gt", "lte", "lt", "contains", "matches", "exists", "not", "any", "all")
_PLAIN_NUMBER = re.compile(r"\s*[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?\s*", re.ASCII)

ValueTest = Callable[[str], bool]


def fold(text: str) -> str:
    """The form in which texts are compared: NFKC, then case folding."""
    return text.casefold() if text.isascii() else unicodedata.normalize("NFKC", text).casefold()


def as_number(text: str) -> float | None:
    """The number a value says (full-width digits too), or None."""
    normal = text if text.isascii() else unicodedata.normalize("NFKC", text)
    if not _PLAIN_NUMBER.fullmatch(normal):
        return None
    number = float(normal)
    return number if math.isfinite(number) else None


@dataclass(frozen=True)
class Test:
    """`test(value)` for one field; False where the field is absent."""

    field: str
    test: ValueTest
    text: str
    """What is asked of the value, like `= /pricing*` or `≥ 100`; a text like a number is quoted."""


@dataclass(frozen=True)
class Exists:
    """The field is there."""

    field: str


@dataclass(frozen=True)
class Not:
    """The part does not hold."""

    part: Predicate


@dataclass(frozen=True)
class AllOf:
    """Every part holds."""

    parts: tuple[Predicate, ...]


@dataclass(frozen=True)
class AnyOf:
    """One part at least holds."""

    parts: tuple[Predicate, ...]


Predicate = Test | Exists | Not | AllOf | AnyOf


def fields_of(predicate: Predicate) -> Iterator[str]:
    """Every field a predicate reads."""
    match predicate:
        case Test(field=field) | Exists(field=field):
            yield field
        case Not(part=part):
            yield from fields_of(part)
        case AllOf(parts=parts) | AnyOf(parts=parts):
            for part in parts:
                yield from fields_of(part)


def is_label(value: Any) -> bool:
    """Whether a `name:` beside the fields is the display name rather than a field."""
    return isinstance(value, str) or (isinstance(value, dict) and bool(value) and set(value) <= {"ja", "en"})


class PredicateParser:
    """Reads one predicate of a file; problems go to the source."""

    def __init__(self, source: Source) -> None:
        self._source = source

    def parse(self, value: Any, place: Place) -> Predicate:
        """A mapping of fields, with `any`, `all`, `not`; all of its entries must hold."""
        if not isinstance(value, dict) or not value:
            self._source.error(place, "predicate", "a predicate is a mapping like {type: download}")
            return AllOf(())
        return _all_of([self._entry(key, part, [*place, key]) for key, part in value.items()])

    def _entry(self, key: str, value: Any, place: Place) -> Predicate:
        if key in ("any", "all"):
            parts = self._list(value, place, self.parse)
            return AnyOf(parts) if key == "any" else _all_of(list(parts))
        if key == "not":
            return Not(self.parse(value, place))
        return self._field(key, value, place)

    def _list(
        self, value: Any, place: Place, parse: Callable[[Any, Place], Predicate]
    ) -> tuple[Predicate, ...]:
        if not isinstance(value, list) or not value:
            self._source.error(place, "predicate", f"`{place[-1]}` takes a list with one item at least")
            return ()
        return tuple(parse(item, [*place, i]) for i, item in enumerate(value))

    def _field(self, field: str, value: Any, place: Place) -> Predicate:
        if isinstance(value, dict):
            if not value:
                self._source.error(
                    place, "predicate", f"`{field}` needs a value or an operator such as contains"
                )
            return _all_of(
                [self._operator(field, op, operand, [*place, op]) for op, operand in value.items()]
            )
        if isinstance(value, list):
            return AnyOf(self._list(value, place, lambda item, at: self._equals(field, item, at)))
        return self._equals(field, value, place)

    def _equals(self, field: str, value: Any, place: Place) -> Predicate:
        if value is None or isinstance(value, (dict, list)):
            self._source.error(
                place, "predicate", f"`{field}` needs a value; for an absent field write {{exists: false}}"
            )
            return AllOf(())
        return Test(field, equality(value), f"= {_said(value)}")

    def _operator(self, field: str, operator: str, operand: Any, place: Place) -> Predicate:
        if operator == "exists":
            if not isinstance(operand, bool):
                self._source.error(place, "predicate", "`exists` takes true or false")
            return Exists(field) if operand else Not(Exists(field))
        if operator == "not":
            return Not(self._field(field, operand, place))
        if operator in ("any", "all"):
            parts = self._list(operand, place, lambda item, at: self._field(field, item, at))
            return AnyOf(parts) if operator == "any" else _all_of(list(parts))
        if operator in ("contains", "matches"):
            many = operand if isinstance(operand, list) else [operand]
            tests = [self._text_test(field, operator, item, place) for item in many]
            return tests[0] if len(tests) == 1 else AnyOf(tuple(tests))
        if operator in ("gte", "gt", "lte", "lt"):
            return self._order_test(field, operator, operand, place)
        self._source.error(
            place, "operator", f"unknown operator `{operator}`{did_you_mean(operator, OPERATORS)}", key=True
        )
        return AllOf(())

    def _text_test(self, field: str, operator: str, operand: Any, place: Place) -> Predicate:
        if not isinstance(operand, (str, int, float)) or isinstance(operand, bool) or operand == "":
            self._source.error(place, "predicate", f"`{operator}` takes a text or a list of texts")
            return AllOf(())
        text = shown(operand)
        if operator == "contains":
            part = fold(text)
            return Test(field, lambda value: part in fold(value), f"contains {text}")
        try:
            pattern = compiled(text)
        except re2.error as error:
            self._source.error(
                place, "regex", f"`{text}` is no regular expression of RE2: {_re2_text(error)}"
            )
            return AllOf(())
        return Test(field, lambda value: pattern.search(fold(value)) is not None, f"matches {text}")

    def _order_test(self, field: str, operator: str, operand: Any, place: Place) -> Predicate:
        if isinstance(operand, bool) or not isinstance(operand, (int, float, str)):
            self._source.error(place, "predicate", f"`{operator}` takes a number or a text")
            return AllOf(())
        return Test(field, order(operator, operand), f"{SIGNS[operator]} {_said(operand)}")


def _all_of(parts: list[Predicate]) -> Predicate:
    return parts[0] if len(parts) == 1 else AllOf(tuple(parts))


def _re2_text(error: Exception) -> str:
    said = error.args[0] if error.args else "cannot be read"
    return said.decode(errors="replace") if isinstance(said, bytes) else str(said)


def compiled(pattern: str) -> Any:
    """The RE2 expression, ignoring case, over folded text."""
    options = re2.Options()
    options.log_errors = False
    options.case_sensitive = False
    options.max_mem = 8 << 20
    return re2.compile(unicodedata.normalize("NFKC", pattern), options=options)


def shown(value: Any) -> str:
    """A YAML value as the text that data would carry."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)


def _said(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) and as_number(value) is not None else shown(value)


def equality(value: Any) -> ValueTest:
    """`field: value`: numbers as numbers, texts folded, `*` a glob over the whole value."""
    text = fold(shown(value))
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        number = float(value)

        def same_number(data: str) -> bool:
            said = as_number(data)
            return fold(data) == text if said is None else said == number

        return same_number
    if "*" in text:
        glob = re2.compile("(?s)" + ".*".join(re2.escape(part) for part in re.split(r"\*+", text)))
        return lambda data: glob.fullmatch(fold(data)) is not None
    return lambda data: fold(data) == text


def order(operator: str, operand: Any) -> ValueTest:
    """`gte gt lte lt` against a number (data must be one) or a text (folded text order)."""
    above, strict = operator.startswith("g"), not operator.endswith("e")

    def holds(data: Any, bound: Any) -> bool:
        if data == bound:
            return not strict
        return bool(data > bound) if above else bool(data < bound)

    if isinstance(operand, str):
        bound = fold(operand)
        return lambda data: holds(fold(data), bound)

    def number_holds(data: str) -> bool:
        said = as_number(data)
        return said is not None and holds(said, float(operand))

    return number_holds
