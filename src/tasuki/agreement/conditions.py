"""What a condition consists of: the tree behind `when`, `requires`, `excluded`; `str()` is its text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tasuki.agreement.values import duration_text, number_text


@dataclass(frozen=True)
class Number:
    """A constant; `offset` is its place in the expression."""

    value: float
    offset: int = 0

    def __str__(self) -> str:
        return number_text(self.value)


@dataclass(frozen=True)
class ScoreValue:
    """The present value of a score."""

    score: str

    def __str__(self) -> str:
        return self.score


@dataclass(frozen=True)
class Count:
    """Matching activities in `(t − within, t]`; ever, when None."""

    signal: str
    within: int | None

    def __str__(self) -> str:
        return f"count({self.signal}{f', {duration_text(self.within)}' if self.within else ''})"


@dataclass(frozen=True)
class DaysInStage:
    """Days of 24 hours since the present stage was entered."""

    def __str__(self) -> str:
        return "days_in_stage"


@dataclass(frozen=True)
class TimesEntered:
    """How often a stage has been entered."""

    stage: str

    def __str__(self) -> str:
        return f"times_entered({self.stage})"


@dataclass(frozen=True)
class Answered:
    """Questions of a qualification set answered yes."""

    questions: str

    def __str__(self) -> str:
        return self.questions


@dataclass(frozen=True)
class Plus:
    """A sum of signed terms."""

    terms: tuple[tuple[int, Numeric], ...]

    def __str__(self) -> str:
        text = "".join(
            f" {'+' if sign > 0 else '−'} {f'({term})' if isinstance(term, Plus) else term}"
            for sign, term in self.terms
        )
        return text.removeprefix(" + ").strip()


Numeric = Number | ScoreValue | Count | DaysInStage | TimesEntered | Answered | Plus


@dataclass(frozen=True)
class Compare:
    """`left operator right` of two numbers."""

    operator: str
    left: Numeric
    right: Numeric

    def __str__(self) -> str:
        return f"{self.left} {self.operator} {self.right}"


@dataclass(frozen=True)
class GradeCompare:
    """A score's grade against a grade; better is greater, no grade is worse than all."""

    score: str
    operator: str
    grade: str

    def __str__(self) -> str:
        return f"{self.score}.grade {self.operator} {self.grade}"


@dataclass(frozen=True)
class TraitHolds:
    """The profile in force has the trait."""

    trait: str

    def __str__(self) -> str:
        return f"trait({self.trait})"


@dataclass(frozen=True)
class Has:
    """The profile in force has the field."""

    field: str

    def __str__(self) -> str:
        return f"has({self.field})"


@dataclass(frozen=True)
class Happened:
    """A matching activity since the present stage was entered."""

    signal: str

    def __str__(self) -> str:
        return f"happened({self.signal})"


@dataclass(frozen=True)
class Negation:
    """`part` does not hold."""

    part: Condition

    def __str__(self) -> str:
        return f"not ({self.part})" if isinstance(self.part, (Both, Either)) else f"not {self.part}"


@dataclass(frozen=True)
class Both:
    """Every part holds."""

    parts: tuple[Condition, ...]

    def __str__(self) -> str:
        return " and ".join(f"({p})" if isinstance(p, Either) else str(p) for p in self.parts)


@dataclass(frozen=True)
class Either:
    """One part at least holds."""

    parts: tuple[Condition, ...]

    def __str__(self) -> str:
        return " or ".join(str(p) for p in self.parts)


Condition = Compare | GradeCompare | TraitHolds | Has | Happened | Negation | Both | Either
Node = Numeric | Condition


def walk(node: Node) -> Iterator[Node]:
    """The node and everything under it."""
    yield node
    match node:
        case Plus(terms=terms):
            for _, term in terms:
                yield from walk(term)
        case Compare(left=left, right=right):
            yield from walk(left)
            yield from walk(right)
        case Negation(part=part):
            yield from walk(part)
        case Both(parts=parts) | Either(parts=parts):
            for part in parts:
                yield from walk(part)
