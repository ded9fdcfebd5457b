"""Section 6 of the page: the expressions of `when`, `requires` and `excluded`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Protocol

from .predicates import duration

TOKEN = re.compile(r"\s*(\d+[mhdw]\b|\d+\.?\d*|\.\d+|[^\W\d]\w*(?:\.\w+)*|[<>=!]=|[<>()+,−-])")
COMPARISONS = (">=", "<=", "==", "!=", ">", "<")


class Facts(Protocol):
    """What an expression may ask of a lead at an instant."""

    def number(self, name: str) -> float: ...
    def grade_rank(self, score: str) -> int: ...
    def rank_of(self, score: str, grade: str) -> int: ...
    def trait(self, name: str) -> bool: ...
    def has(self, field: str) -> bool: ...
    def count(self, signal: str, within: int | None) -> int: ...
    def happened(self, signal: str) -> bool: ...
    def days_in_stage(self) -> float: ...
    def times_entered(self, stage: str) -> int: ...


@dataclass(frozen=True)
class Leaf:
    """A number or a name, as written."""

    text: str


@dataclass(frozen=True)
class Call:
    function: str
    arguments: tuple[str, ...]


@dataclass(frozen=True)
class Operation:
    operator: str
    left: Node
    right: Node


@dataclass(frozen=True)
class Not:
    inner: Node


Node = Leaf | Call | Operation | Not


def parse(text: str) -> Node:
    parser = Parser(tokens(text))
    node = parser.disjunction()
    assert parser.peek() == "", f"unread: {parser.tokens}"
    return node


def tokens(text: str) -> list[str]:
    found: list[str] = []
    position = 0
    while text[position:].strip():
        match = TOKEN.match(text, position)
        assert match, f"not a token: {text[position:]}"
        found.append(match[1].replace("−", "-"))
        position = match.end()
    return found


class Parser:
    """Recursive descent: or, and, not, comparison, + and -, then what stands alone."""

    def __init__(self, found: list[str]) -> None:
        self.tokens = found

    def peek(self) -> str:
        return self.tokens[0] if self.tokens else ""

    def take(self, expected: str | None = None) -> str:
        token = self.tokens.pop(0)
        assert expected is None or token == expected, f"{token} instead of {expected}"
        return token

    def disjunction(self) -> Node:
        node = self.conjunction()
        while self.peek() == "or":
            node = Operation(self.take(), node, self.conjunction())
        return node

    def conjunction(self) -> Node:
        node = self.negation()
        while self.peek() == "and":
            node = Operation(self.take(), node, self.negation())
        return node

    def negation(self) -> Node:
        if self.peek() == "not":
            self.take()
            return Not(self.negation())
        return self.comparison()

    def comparison(self) -> Node:
        node = self.addition()
        if self.peek() in COMPARISONS:
            node = Operation(self.take(), node, self.addition())
        return node

    def addition(self) -> Node:
        node = self.atom()
        while self.peek() in ("+", "-"):
            node = Operation(self.take(), node, self.atom())
        return node

    def atom(self) -> Node:
        if self.peek() == "-":
            return Operation(self.take(), Leaf("0"), self.atom())
        if self.peek() == "(":
            self.take()
            node = self.disjunction()
            self.take(")")
            return node
        name = self.take()
        return Call(name, self.arguments()) if self.peek() == "(" else Leaf(name)

    def arguments(self) -> tuple[str, ...]:
        self.take("(")
        found = [self.take()]
        while self.peek() == ",":
            self.take()
            found.append(self.take())
        self.take(")")
        return tuple(found)


def holds(node: Node, facts: Facts) -> bool:
    """Whether a condition holds for the lead."""
    if isinstance(node, Not):
        return not holds(node.inner, facts)
    if isinstance(node, Call):
        return bool(call(node, facts))
    assert isinstance(node, Operation), f"no condition: {node}"
    if node.operator == "and":
        return holds(node.left, facts) and holds(node.right, facts)
    if node.operator == "or":
        return holds(node.left, facts) or holds(node.right, facts)
    score = graded_score(node.left) or graded_score(node.right)
    if score:
        left, right = grade_rank(node.left, score, facts), grade_rank(node.right, score, facts)
        return compare(node.operator, left, right)
    return compare(node.operator, amount(node.left, facts), amount(node.right, facts))


def amount(node: Node, facts: Facts) -> float:
    """The number that a node stands for."""
    if isinstance(node, Leaf):
        return float(node.text) if node.text[0] in "0123456789." else name_amount(node.text, facts)
    if isinstance(node, Call):
        return float(call(node, facts))
    assert isinstance(node, Operation), f"no number: {node}"
    left, right = amount(node.left, facts), amount(node.right, facts)
    assert node.operator in ("+", "-"), f"no number: {node}"
    return left + right if node.operator == "+" else left - right


def name_amount(name: str, facts: Facts) -> float:
    return facts.days_in_stage() if name == "days_in_stage" else facts.number(name)


def call(node: Call, facts: Facts) -> float | bool:
    first = node.arguments[0]
    if node.function == "trait":
        return facts.trait(first)
    if node.function == "has":
        return facts.has(first)
    if node.function == "count":
        return facts.count(first, duration(node.arguments[1]) if len(node.arguments) == 2 else None)
    if node.function == "happened":
        return facts.happened(first)
    assert node.function == "times_entered", node.function
    return facts.times_entered(first)


def graded_score(node: Node) -> str | None:
    """`fit` for the node `fit.grade`, None for any other."""
    if isinstance(node, Leaf) and node.text.endswith(".grade"):
        return node.text.removesuffix(".grade")
    return None


def grade_rank(node: Node, score: str, facts: Facts) -> float:
    own = graded_score(node)
    if own:
        return facts.grade_rank(own)
    assert isinstance(node, Leaf), f"no grade: {node}"
    return facts.rank_of(score, node.text)


def compare(operator: str, left: float, right: float) -> bool:
    """Numbers are compared to one part in 10⁹, so that rounding never decides."""
    slack = 1e-9 * max(1.0, abs(left), abs(right))
    if operator == ">=":
        return left > right - slack
    if operator == "<=":
        return left < right + slack
    if operator == ">":
        return left > right + slack
    if operator == "<":
        return left < right - slack
    equal = abs(left - right) <= slack
    return equal if operator == "==" else not equal
