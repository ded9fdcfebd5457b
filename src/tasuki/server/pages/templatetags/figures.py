"""What templates say of figures."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import template
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from tasuki.agreement.values import Target
from tasuki.metrics import values
from tasuki.metrics.dashboards.flows import Link, Pace
from tasuki.metrics.dashboards.funnels import CohortFunnel, Step
from tasuki.metrics.figures import Amount, Answer, Figure
from tasuki.metrics.formulas import NO_STAGE, Kpi, Unit
from tasuki.metrics.reasons import Reason
from tasuki.numerals import signed, with_sign
from tasuki.server.core import formats
from tasuki.server.core.words import Words
from tasuki.server.insights.board import Tile
from tasuki.server.lifecycle.flow import LEADS
from tasuki.server.pages.streams import Stream
from tasuki.shares import Share

register = template.Library()
PER: Words = {
    "week": gettext_lazy("%(amount)s a week"),
    "month": gettext_lazy("%(amount)s a month"),
    "quarter": gettext_lazy("%(amount)s a quarter"),
    "year": gettext_lazy("%(amount)s a year"),
}


@register.filter
def figure(found: Figure | None, kpi: Kpi) -> str:
    """The value with its unit; a dash where there is none, of several currencies each."""
    return values.value_text(found, kpi.unit, formats.language())


@register.filter
def in_days(number: float | None) -> str:
    """`1 day`, `2.5 days`."""
    return values.in_unit(number, Unit.DAYS, formats.language())


@register.filter
def change(tile: Tile) -> str:
    """Against the time before: points of a rate, percent of anything else; empty where nothing can be said."""
    now, before = tile.figure, tile.before
    if before is None or now.value is None or before.value is None:
        return ""
    if str(tile.kpi.unit) == "rate":
        if min(now.denominator, before.denominator) < values.FEW:
            return ""
        moved = signed(100 * (now.value - before.value), 1)
        count = 1 if moved in ("+1", "−1") else 2
        return ngettext("%(n)s percentage point", "%(n)s percentage points", count) % {"n": moved}
    if not before.value:
        return ""
    moved_by = now.value / before.value - 1
    return with_sign(values.percent(abs(moved_by), formats.language()), moved_by)


@register.filter
def reason(found: Reason) -> str:
    """Why there is no figure, or what is left out."""
    return found.text(formats.language())


@register.filter
def kpi_name(kpi: Kpi) -> str:
    """What it is called."""
    return kpi.name.text(formats.language())


@register.filter
def words(found: object) -> str:
    """A text that is there in both languages."""
    return str(found.text(formats.language()))  # type: ignore[attr-defined]


@register.filter
def wanted(target: Target) -> str:
    """What the agreement wants: `120 a month`, `50 %`."""
    if target.unit == "%":
        amount = values.percent(target.amount / 100, formats.language(), 1)
    elif target.unit == LEADS:
        amount = formats.number(target.amount)
    else:
        amount = (
            formats.about(Decimal(str(target.amount)), target.unit)
            if len(target.unit) == 3
            else formats.service_level(target.text)
        )
    word = PER.get(target.per or "")
    return str(word) % {"amount": amount} if word else amount


@register.filter
def worth(amount: Amount) -> str:
    """Money of one currency."""
    return values.amount_text(amount.value, amount.currency, formats.language())


@register.filter
def share(found: Share) -> str:
    """`48 % (12 of 25)`; a dash where there is nothing to divide by."""
    if not found.total:
        return "–"
    return _("%(share)s %% (%(part)s of %(whole)s)") % {
        "share": formats.number(100 * found.count / found.total),
        "part": formats.number(found.count),
        "whole": formats.number(found.total),
    }


@register.filter
def hundredth(number: int | float | None, most: int | float) -> int:
    """Of a hundred, for the width of a bar."""
    return round(100 * (number or 0) / most) if most else 0


@register.filter
def cell(row: Mapping[str, Any], name: str) -> Any:
    """A cell of the matrix, by stage, or the name of its row; 0 where there is nothing."""
    return row.get(name, 0)


@register.filter
def in_unit(amount: float, kpi: Kpi) -> str:
    """An amount in the unit of a KPI, like its target."""
    return values.in_unit(amount, kpi.unit, formats.language())


@register.filter
def part_of(answer: Answer, part: str) -> str:
    """The figure of a part, with its unit; nothing counted where nothing happened."""
    found = answer.part(part)
    if found is None:
        return "0" if answer.kpi.unit in (Unit.COUNT, Unit.MONEY) else "–"
    return figure(found, answer.kpi)


@register.filter
def pair_id(found: Pace | Link | Stream, what: str) -> str:
    """The id of the KPI of a pair of stages, like `days.MQL.SAL`."""
    return f"{what}.{found.source or NO_STAGE}.{found.target}"


@register.filter
def move_id(found: Link | Stream) -> str:
    """The id of the KPI of a move."""
    return pair_id(found, "moves")


@register.filter
def reach_id(funnel: CohortFunnel, step: Step) -> str:
    """The id of the KPI of the rate from the first stage of a funnel to a later one."""
    return f"reach.{funnel.steps[0].stage}.{step.stage}"


@register.filter
def rows_of_bars(drawing: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """A drawing as rows: label, then a value of each line."""
    return list(zip(drawing["labels"], *(line["values"] for line in drawing["lines"]), strict=True))


@register.filter
def plain(number: float) -> str:
    """A number as a drawing's attribute wants it."""
    return f"{number:.2f}".rstrip("0").rstrip(".")


@register.filter
def interval(found: Figure) -> str:
    """Of a rate: from, to."""
    if found.interval is None or found.value is None:
        return "–"
    low, high = found.interval
    return f"{formats.number(100 * low)}–{values.percent(high, formats.language())}"
