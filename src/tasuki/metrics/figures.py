"""Figures: a number with what it is of, what it leaves out, and why there may be none."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from tasuki.metrics.asking import Question
from tasuki.metrics.formulas import Kpi
from tasuki.metrics.reasons import Reason
from tasuki.shares import Share

Maturity = Literal["mature", "partly", "young"]


@dataclass(frozen=True)
class Amount:
    """Money of one currency: the sum or mean of so many deals."""

    currency: str
    value: Decimal
    deals: int


@dataclass(frozen=True)
class Figure:
    """`value` in the KPI's unit, None with a `reason`. `part`: which slice, None for all of them together.

    `numerator` are the items with a hit of a rate, those counted elsewhere; `denominator` the items that count. Left out
    of both: `young` ones, `unknown` ones, and `late` ones, which became known after `as_of`. `amounts` of a KPI in money.
    """

    part: str | None
    value: float | None
    numerator: int
    denominator: int
    young: int = 0
    unknown: int = 0
    late: int = 0
    reason: Reason | None = None
    amounts: tuple[Amount, ...] = ()
    is_rate: bool = False

    @property
    def mature(self) -> Maturity:
        """Whether all of it is old enough, some, or nothing."""
        if not self.young:
            return "mature"
        return "partly" if self.denominator else "young"

    @property
    def interval(self) -> tuple[float, float] | None:
        """Of a rate the 95 % Wilson interval."""
        return Share(self.numerator, self.denominator).interval if self.is_rate else None

    @property
    def notes(self) -> tuple[Reason, ...]:
        """What is left out of the figure, each with its count."""
        left = (("left_young", self.young), ("left_unknown", self.unknown), ("late", self.late))
        return tuple(Reason(code, {"count": f"{count:,}"}) for code, count in left if count)


@dataclass(frozen=True)
class Answer:
    """A KPI's figures: the total, and its parts in order. `notes` are about all of them."""

    kpi: Kpi
    question: Question
    as_of: int
    total: Figure
    parts: tuple[Figure, ...]
    lag: float | None = None
    """Days after which an item is mature; None where nothing has to mature."""
    notes: tuple[Reason, ...] = ()

    def part(self, name: str) -> Figure | None:
        """The figure of a part."""
        return next((figure for figure in self.parts if figure.part == name), None)


@dataclass(frozen=True)
class Row:
    """What the SQL gives for a part."""

    part: Any
    is_total: bool
    numerator: int
    denominator: int
    young: int
    unknown: int
    late: int
    value: float | None


def count_figure(part: str | None, row: Row) -> Figure:
    """Of a count."""
    return Figure(part, float(row.denominator), row.denominator, row.denominator, late=row.late)


def rate_figure(part: str | None, row: Row, lag: float | None, kpi: Kpi) -> Figure:
    """Of a rate."""
    value = row.numerator / row.denominator if row.denominator else None
    reason = None if row.denominator else _why(row, lag, kpi)
    return Figure(
        part, value, row.numerator, row.denominator, row.young, row.unknown, row.late, reason, is_rate=True
    )


def value_figure(part: str | None, row: Row, without_score: bool) -> Figure:
    """Of a mean or a quantile."""
    reason = None
    if not row.denominator:
        reason = (
            Reason("no_score")
            if without_score
            else Reason("unknown", {"count": row.unknown})
            if row.unknown
            else Reason("nothing")
        )
    return Figure(part, row.value, row.denominator, row.denominator, 0, row.unknown, row.late, reason)


def money_figure(part: str | None, rows: list[Row], amounts: list[Amount]) -> Figure:
    """Of money: a value only where there is one currency."""
    counted = sum(row.denominator for row in rows)
    unknown, late = sum(row.unknown for row in rows), sum(row.late for row in rows)
    reason: Reason | None = None
    if len(amounts) > 1:
        reason = Reason("currencies", {"which": ", ".join(f"{a.deals} × {a.currency}" for a in amounts)})
    elif not amounts:
        reason = Reason("unknown", {"count": unknown}) if unknown else Reason("nothing")
    value = float(amounts[0].value) if len(amounts) == 1 else None
    return Figure(part, value, counted, counted, 0, unknown, late, reason, tuple(amounts))


def _why(row: Row, lag: float | None, kpi: Kpi) -> Reason:
    if row.young and lag is None:
        return Reason("nobody", {"role": kpi.formula.reaches if hasattr(kpi.formula, "reaches") else ""})
    if row.young:
        return Reason("young", {"count": row.young, "days": f"{lag:.1f}"})
    return Reason("unknown", {"count": row.unknown}) if row.unknown else Reason("nothing")
