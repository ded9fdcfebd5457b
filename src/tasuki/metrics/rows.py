"""An answer as rows of plain values: what command line, API and files show, so that they cannot differ."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from tasuki.history.times import format_time
from tasuki.metrics.figures import Answer, Figure
from tasuki.metrics.formulas import Kpi
from tasuki.metrics.items import missing_stages
from tasuki.metrics.kpis import kpis_of, target_of
from tasuki.metrics.reader import Facts
from tasuki.metrics.roles import Terms

COLUMNS = (
    "kpi", "by", "part", "value", "unit", "currency", "numerator", "denominator", "low", "high", "mature", "young",
    "unknown", "late", "reason", "kind", "grain", "as_of",
)  # fmt: skip


def rows_of(answer: Answer, language: str = "en") -> Iterator[dict[str, Any]]:
    """One row for the total (`part` None), then one for each part; of money in several currencies one for each of them.

    `value` is in `unit`: rates from 0 to 1, None with a `reason`. Money is exact, as a Decimal. Times are UTC texts.
    """
    for figure in (answer.total, *answer.parts):
        plain = _row(answer, figure, language)
        if not figure.amounts:
            yield plain
        for amount in figure.amounts:
            counts = {"numerator": amount.deals, "denominator": amount.deals}
            yield plain | counts | {"value": _exact(amount.value), "currency": amount.currency}


def _row(answer: Answer, figure: Figure, language: str) -> dict[str, Any]:
    low, high = figure.interval or (None, None)
    return {
        "kpi": answer.kpi.id, "by": answer.question.by or None, "part": figure.part, "value": figure.value,
        "unit": str(answer.kpi.unit), "currency": None, "numerator": figure.numerator, "denominator": figure.denominator,
        "low": low, "high": high, "mature": figure.mature, "young": figure.young, "unknown": figure.unknown,
        "late": figure.late, "reason": figure.reason.text(language) if figure.reason else None, "kind": str(answer.kpi.kind),
        "grain": "account" if answer.question.grain == "account" else answer.kpi.grain, "as_of": format_time(answer.as_of),
    }  # fmt: skip


def _exact(value: Decimal) -> Decimal:
    """Without zeros behind the point that say nothing."""
    return (
        value.quantize(Decimal(1)) if value == value.to_integral_value() else value.quantize(Decimal("0.01"))
    )


def definition(terms: Terms | None, kpi: Kpi, language: str) -> dict[str, Any]:
    """A KPI's definition in words."""
    return {
        "kpi": kpi.id, "stage": kpi.stage, "name": kpi.name.text(language), "meaning": kpi.meaning.text(language),
        "formula": kpi.words.text(language), "unit": str(kpi.unit), "kind": str(kpi.kind), "grain": kpi.grain,
        "matures": kpi.matures, "accounts": kpi.accounts, "target": target_of(terms, kpi) if terms else None,
    }  # fmt: skip


def told(facts: Facts) -> list[Kpi]:
    """The KPIs of which there is something to tell: those of stages that the agreement has."""
    ids = {stage.id for stage in facts.terms.stages}
    return [
        kpi
        for kpi in kpis_of(facts.terms).values()
        if not missing_stages(facts, kpi)
        and (not kpi.stage or kpi.stage in ids or facts.place(kpi.stage) is not None)
    ]
