"""What is asked of a KPI: by what it is sliced, and of which items."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from tasuki.errors import UsageError
from tasuki.metrics.derived import SLICES
from tasuki.metrics.formulas import Items, Kpi, Money, Stock

PERIODS = ("month", "week")
NO_VALUE = "(none)"
"""The part of what has no value of a slice."""
Grain = Literal["item", "account"]


@dataclass(frozen=True)
class Question:
    """`by`: a period or slice, empty for the whole. `where`: slice → value, NO_VALUE for none. Times in µs UTC, half-open.

    `grain` "account" counts companies: each once, at its first item; it has a hit if one of its leads has. `across`: a
    second period or slice, for tables of two (`dashboards.crossing`).
    """

    by: str = ""
    where: Mapping[str, str] = field(default_factory=dict)
    since: int | None = None
    until: int | None = None
    grain: Grain = "item"
    across: str = ""


def slices_of(kpi: Kpi) -> tuple[str, ...]:
    """By what a KPI can be sliced."""
    return PERIODS + slices_of_items(kpi.formula.items)


def slices_of_items(items: Items) -> tuple[str, ...]:
    """By what items can be sliced, besides periods."""
    more = {"entries": ("reason",), "handed": ("outcome",), "worth": ("currency",), "forms": ("form",)}
    return SLICES + more[items.table]


def check(kpi: Kpi, question: Question) -> None:
    """UsageError where the question does not fit the KPI."""
    known = slices_of(kpi)
    for name in (question.by, question.across):
        if name and name not in known:
            raise UsageError(f"{kpi.id} cannot be sliced by `{name}`: there is {', '.join(known)}")
    for name in question.where:
        if name not in known[len(PERIODS) :]:
            raise UsageError(
                f"{kpi.id} cannot be narrowed by `{name}`: there is {', '.join(known[len(PERIODS) :])}"
            )
    if question.grain == "account" and not kpi.accounts:
        raise UsageError(f"{kpi.id} makes no sense of companies")
    if isinstance(kpi.formula, Stock) and question.since is not None:
        raise UsageError(f"{kpi.id} is looked at in an instant: it has no begin")
    if isinstance(kpi.formula, Money) and question.grain == "account":
        raise UsageError(f"{kpi.id} makes no sense of companies")


def narrowing(question: Question, time: str = "") -> tuple[list[str], dict[str, Any]]:
    """Conditions in SQL with their parameters: what is left by `where`, `since`, `until`. Names were checked before."""
    conditions: list[str] = []
    parameters: dict[str, Any] = {}
    for place, (name, wanted) in enumerate(question.where.items()):
        if wanted == NO_VALUE:
            conditions.append(f"coalesce({name}, '') = ''")
        else:
            conditions.append(f"{name} = $where_{place}")
            parameters[f"where_{place}"] = wanted
    for name, sign, bound in (("since", ">=", question.since), ("until", "<", question.until)):
        if bound is not None:
            conditions.append(f"{time}us {sign} ${name}")
            parameters[name] = bound
    return conditions, parameters


def check_slices(question: Question, known: tuple[str, ...], what: str) -> None:
    """UsageError for a slice that is not known."""
    for name in (question.by, *question.where):
        if name and name not in known:
            raise UsageError(f"{what} cannot be sliced by `{name}`: there is {', '.join(known)}")


def label(value: object, by: str) -> str:
    """How a part is called: `2025-03`, `2025-W14`, the value itself, or NO_VALUE."""
    if value is None or value == "":
        return NO_VALUE
    if isinstance(value, date):
        year, week, _ = value.isocalendar()
        return f"{year}-W{week:02}" if by == "week" else f"{value:%Y-%m}"
    return str(value)


def day_of(part: str, by: str) -> date:
    """The first day of a period by its label. UsageError: it is none."""
    try:
        if by == "week":
            year, week = part.split("-W")
            return date.fromisocalendar(int(year), int(week), 1)
        return date.fromisoformat(f"{part}-01")
    except ValueError:
        raise UsageError(
            f"`{part}` is no {by}: write like {'2025-W14' if by == 'week' else '2025-03'}"
        ) from None
