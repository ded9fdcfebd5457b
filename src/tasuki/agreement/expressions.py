"""The expressions of `when`, `requires` and `excluded`: grammar, and checks of names and kinds."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from lark import Lark, Token, Tree
from lark.exceptions import UnexpectedCharacters, UnexpectedEOF, UnexpectedInput, UnexpectedToken

from tasuki.agreement.conditions import (
    Answered,
    Both,
    Compare,
    Condition,
    Count,
    DaysInStage,
    Either,
    GradeCompare,
    Happened,
    Has,
    Negation,
    Number,
    Numeric,
    Plus,
    ScoreValue,
    TimesEntered,
    TraitHolds,
)
from tasuki.agreement.problems import did_you_mean
from tasuki.agreement.values import LARGEST, duration

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

GRAMMAR = r"""
?start: or
?or: and ("or" and)*
?and: not ("and" not)*
?not: "not" not -> negation
    | comparison
?comparison: sum (COMPARE sum)?
?sum: term (SIGN term)*
?term: SIGN term -> signed
     | atom
?atom: NUMBER -> number
     | call
     | NAME -> name
     | "(" or ")"
call: FUNCTION "(" (argument ("," argument)*)? ")"
argument: NAME | DURATION | NUMBER | QUOTED

FUNCTION.2: /(?!(and|or|not)\b)[^\W\d]\w*(?=\s*\()/
NAME: /(?!(and|or|not)\b)[^\W\d]\w*(\.\w+)*/
DURATION.2: /\d+[a-z]+/
NUMBER: /\d+(\.\d+)?/
QUOTED: /"[^"]+"|'[^']+'/
COMPARE: ">=" | "<=" | "==" | "!=" | ">" | "<"
SIGN: "+" | "-" | "−"
%ignore /\s+/
"""
FUNCTIONS = ("trait", "has", "count", "happened", "times_entered")
_SIGNS = re.compile(r"([-+−]\s*){20}")
WORDS = (*FUNCTIONS, "and", "or", "not", "days_in_stage", "none", "any")


@dataclass(frozen=True)
class Names:
    """The names that an expression may use; grades by score."""

    scores: Mapping[str, Collection[str]]
    signals: Collection[str]
    traits: Collection[str]
    stages: Collection[str]
    qualification: Collection[str]


class _Wrong(Exception):
    def __init__(self, code: str, text: str, offset: int) -> None:
        super().__init__(text)
        self.code, self.text, self.offset = code, text, offset


@cache
def _parser() -> Lark:
    return Lark(
        GRAMMAR, parser="lalr", lexer="contextual", propagate_positions=True, maybe_placeholders=False
    )


def parse(
    text: str, names: Names, report: Callable[[str, str, int], None], *, who_only: bool = False
) -> Condition | None:
    """The condition that `text` says, or None after `report(code, message, offset)` of each mistake.

    `who_only`: it may ask who a lead is, and not what it did.
    """
    if text.count("(") > 100 or text.count("not") > 200 or _SIGNS.search(text):
        report("expression", "this expression is nested too deeply: name its parts as signals or traits", 0)
        return None
    try:
        tree = _parser().parse(text)
    except UnexpectedInput as error:
        report("expression", _syntax_message(error, text), _offset(error, text))
        return None
    builder = _Builder(names, report, who_only)
    result = builder.condition(tree)
    return None if builder.failed else result


def _offset(error: UnexpectedInput, text: str) -> int:
    if _is_end(error):
        return len(text)
    position: Any = error.pos_in_stream
    return min(position, len(text)) if isinstance(position, int) and position >= 0 else len(text)


def _is_end(error: UnexpectedInput) -> bool:
    return isinstance(error, UnexpectedEOF) or (
        isinstance(error, UnexpectedToken) and error.token.type == "$END"
    )


def _syntax_message(error: UnexpectedInput, text: str) -> str:
    example = "write like `person >= 100 and fit.grade >= C`"
    if _is_end(error):
        return f"`{text}` ends too early: {example}"
    if isinstance(error, UnexpectedCharacters):
        character = text[_offset(error, text) :][:1]
        cure = "equals is written ==" if character == "=" else example
        return f"unexpected `{character}`: {cure}"
    found = error.token if isinstance(error, UnexpectedToken) else "?"
    return f"unexpected `{found}`: {example}"


class _Builder:
    """From lark's tree to ours, with every name and kind checked; goes on after a mistake."""

    def __init__(self, names: Names, report: Callable[[str, str, int], None], who_only: bool) -> None:
        self._names, self._report, self._who_only, self.failed = names, report, who_only, False

    def _wrong(self, code: str, text: str, offset: int) -> None:
        self.failed = True
        self._report(code, text, offset)

    def _refuse_in_route(self, said: str, offset: int) -> None:
        if self._who_only:
            cure = "a score, a grade, trait(…), has(…) or times_entered(…)"
            text = f"a route asks who the lead is, not what it did: instead of `{said}` ask {cure}"
            self._wrong("route", text, offset)

    def condition(self, tree: Any) -> Condition:
        kind = tree.data if isinstance(tree, Tree) else None
        if kind in ("or", "and"):
            parts = tuple(self.condition(child) for child in tree.children)
            return Either(parts) if kind == "or" else Both(parts)
        if kind == "negation":
            return Negation(self.condition(tree.children[0]))
        if kind == "comparison":
            return self._comparison(*tree.children)
        if kind == "call" and tree.children[0] in ("trait", "has", "happened"):
            return self._predicate(tree)
        what = self.numeric(tree)
        if not self.failed:
            self._wrong("kind", f"`{what}` is a number: compare it, like `{what} >= 3`", _start(tree))
        return Both(())

    def _comparison(self, left: Any, operator: Token, right: Any) -> Condition:
        for side, other, op in ((left, right, str(operator)), (right, left, _MIRROR[operator])):
            name = str(side.children[0]) if isinstance(side, Tree) and side.data == "name" else ""
            if name.endswith(".grade"):
                return self._grade(name.removesuffix(".grade"), op, other, _start(side))
        return Compare(str(operator), self.numeric(left), self.numeric(right))

    def _grade(self, score: str, operator: str, other: Any, offset: int) -> Condition:
        grade = str(other.children[0]) if isinstance(other, Tree) and other.data == "name" else ""
        if score not in self._names.scores:
            self._wrong(
                "unknown-score", f"unknown score `{score}`{did_you_mean(score, self._names.scores)}", offset
            )
        elif not self._names.scores[score]:
            self._wrong("unknown-grade", f"score `{score}` has no grades: give it `grades:`", offset)
        elif not grade:
            self._wrong(
                "kind", f"`{score}.grade` is compared with a grade, like `{score}.grade >= C`", _start(other)
            )
        elif grade not in self._names.scores[score]:
            known = did_you_mean(grade, self._names.scores[score])
            self._wrong("unknown-grade", f"unknown grade `{grade}` of `{score}`{known}", _start(other))
        return GradeCompare(score, operator, grade)

    def _predicate(self, tree: Tree[Token]) -> Condition:
        function, arguments = str(tree.children[0]), _arguments(tree)
        if len(arguments) != 1:
            self._wrong("expression", f"`{function}` takes one name, like {function}(…)", _start(tree))
            return Both(())
        name, offset = arguments[0].value.strip("\"'"), arguments[0].start_pos or 0
        if function == "has":
            return Has(name)
        if function == "trait":
            self._known("trait", name, self._names.traits, offset)
            return TraitHolds(name)
        self._known("signal", name, self._names.signals, offset)
        self._refuse_in_route(function, _start(tree))
        return Happened(name)

    def _known(self, what: str, name: str, known: Collection[str], offset: int) -> None:
        if name not in known:
            self._wrong(f"unknown-{what}", f"unknown {what} `{name}`{did_you_mean(name, known)}", offset)

    def numeric(self, tree: Any) -> Numeric:
        kind = tree.data if isinstance(tree, Tree) else None
        if kind == "number":
            return self._number(float(tree.children[0]), _start(tree))
        if kind == "signed":
            sign, term = tree.children
            value = self.numeric(term)
            if isinstance(value, Number):
                return Number(value.value * _sign(sign), value.offset)
            return Plus(((_sign(sign), value),))
        if kind == "sum":
            return self._sum(tree.children)
        if kind == "name":
            return self._name(str(tree.children[0]), _start(tree))
        if kind == "call":
            return self._function(tree)
        self._wrong("kind", "a number is expected here, not a condition", _start(tree))
        return Number(0.0)

    def _number(self, value: float, offset: int) -> Numeric:
        if value > LARGEST:
            self._wrong("value", f"a number here is at most {LARGEST:g}", offset)
        return Number(value, offset)

    def _sum(self, children: list[Any]) -> Numeric:
        signs = [1, *(_sign(token) for token in children[1::2])]
        return Plus(
            tuple((sign, self.numeric(child)) for sign, child in zip(signs, children[::2], strict=True))
        )

    def _name(self, name: str, offset: int) -> Numeric:
        if name == "days_in_stage":
            self._refuse_in_route(name, offset)
            return DaysInStage()
        if name in self._names.scores:
            return ScoreValue(name)
        if name in self._names.qualification:
            self._refuse_in_route(name, offset)
            return Answered(name)
        if name.endswith(".grade"):
            self._wrong("kind", f"`{name}` is a grade: compare it with one, like `{name} >= C`", offset)
        elif name in self._names.traits or (name in self._names.signals and not self._who_only):
            function = "trait" if name in self._names.traits else "happened"
            self._wrong("unknown-score", f"`{name}` is no score: write {function}({name})", offset)
        else:
            known = [*self._names.scores]
            known += [] if self._who_only else [*self._names.qualification, "days_in_stage"]
            self._wrong("unknown-score", f"unknown score `{name}`{did_you_mean(name, known)}", offset)
        return Number(0.0)

    def _function(self, tree: Tree[Token]) -> Numeric:
        function, arguments, offset = str(tree.children[0]), _arguments(tree), _start(tree)
        if function == "times_entered" and len(arguments) == 1:
            self._known("stage", arguments[0].value, self._names.stages, arguments[0].start_pos or 0)
            return TimesEntered(arguments[0].value)
        if function == "count" and len(arguments) in (1, 2):
            self._known("signal", arguments[0].value, self._names.signals, arguments[0].start_pos or 0)
            self._refuse_in_route(function, offset)
            return Count(arguments[0].value, self._within(arguments[1:]))
        if function in ("trait", "has", "happened"):
            self._wrong("kind", f"`{function}(…)` is true or false, not a number: use it by itself", offset)
        elif function in FUNCTIONS:
            takes = "a stage" if function == "times_entered" else "a signal and, if you like, a duration"
            self._wrong("expression", f"`{function}` takes {takes}", offset)
        else:
            self._wrong(
                "unknown-function",
                f"unknown function `{function}`{did_you_mean(function, FUNCTIONS)}",
                offset,
            )
        return Number(0.0)

    def _within(self, arguments: list[Token]) -> int | None:
        if not arguments:
            return None
        try:
            return duration(arguments[0].value)
        except ValueError as error:
            self._wrong("duration", str(error), arguments[0].start_pos or 0)
            return None


_MIRROR = {">=": "<=", "<=": ">=", ">": "<", "<": ">", "==": "==", "!=": "!="}


def _sign(token: Any) -> int:
    return 1 if str(token) == "+" else -1


def _start(tree: Any) -> int:
    if isinstance(tree, Token):
        return tree.start_pos or 0
    return 0 if tree.meta.empty else tree.meta.start_pos


def _arguments(tree: Tree[Token]) -> list[Token]:
    return [child.children[0] for child in tree.children[1:] if isinstance(child, Tree)]  # type: ignore[misc]
