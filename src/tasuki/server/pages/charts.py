"""Figures as drawings: labels, lines and targets for the script that draws them; the tables beside them say the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from tasuki.metrics.asking import PERIODS
from tasuki.metrics.dashboards.flows import Pace
from tasuki.metrics.dashboards.teams import FollowUp
from tasuki.metrics.figures import Answer, Figure
from tasuki.metrics.formulas import Kpi, Unit
from tasuki.server.core import formats
from tasuki.server.insights.board import Months

MOST_BARS = 30


def chart(
    answer: Answer, called: Mapping[str, str], target: float | None = None, currency: str = ""
) -> dict[str, Any]:
    """The parts of a figure: a line over time, bars else; shares in percent, money in one currency."""
    over_time = answer.question.by in PERIODS
    shown = answer.parts if over_time else answer.parts[:MOST_BARS]
    return {
        "labels": [called.get(str(part.part), str(part.part)) for part in shown],
        "lines": [
            {
                "name": answer.kpi.name.text(formats.language()),
                "colour": "--indigo",
                "values": [_drawn(part, answer.kpi, currency) for part in shown],
            }
        ],
        "bars": not over_time or answer.kpi.unit == Unit.MONEY,
        "unit": "%" if answer.kpi.unit == Unit.RATE else "",
        "young": [place for place, part in enumerate(shown) if part.young],
        **_wanted(target, answer.kpi),
    }


def months_chart(one: Months, labels: Sequence[str], currency: str = "") -> dict[str, Any]:
    """A figure in these months, in which nothing happened that is not there; with what is wanted of each."""
    kpi = one.answer.kpi
    parts = [one.answer.part(label) for label in labels]
    nothing = 0.0 if kpi.unit in (Unit.COUNT, Unit.MONEY) else None
    return {
        "labels": list(labels),
        "lines": [
            {
                "name": kpi.name.text(formats.language()),
                "colour": "--indigo",
                "values": [_drawn(part, kpi, currency) if part else nothing for part in parts],
            }
        ],
        "bars": kpi.unit == Unit.MONEY,
        "unit": "%" if kpi.unit == Unit.RATE else "",
        "currency": currency if kpi.unit == Unit.MONEY else "",
        "young": [place for place, part in enumerate(parts) if part and part.young],
        **_wanted(one.target, kpi),
    }


def follow_up_chart(found: FollowUp) -> dict[str, Any]:
    """Handoffs by the hours to their first touch: working time beside the clock on the wall."""
    return {
        "labels": [hours(low, high) for low, high, _count in found.bars],
        "lines": [
            {"name": str(name), "colour": colour, "values": [count for *_ends, count in bars]}
            for name, colour, bars in (
                (_("business hours"), "--indigo", found.bars),
                (_("clock on the wall"), "--s8", found.wall_bars),
            )
        ],
        "bars": True,
    }


def span_of(pace: Pace, longest: float) -> dict[str, float] | None:
    """Where its quarter, median, three quarters and nine tenths lie, of a hundred; None if nobody went that way."""
    if pace.quarter is None or pace.median is None or pace.three_quarters is None or pace.nine_tenths is None:
        return None
    quarter, median, three, nine = (
        100 * value / (longest or 1.0)
        for value in (pace.quarter, pace.median, pace.three_quarters, pace.nine_tenths)
    )
    return {"quarter": quarter, "median": median, "box": max(three - quarter, 0.4), "reach": nine - quarter}


def hours(low: float, high: float | None) -> str:
    """`2–4 h`, `96 h and more`."""
    given = {"low": formats.number(low, 1), "high": formats.number(high, 1) if high else ""}
    return _("%(low)s–%(high)s h") % given if high else _("%(low)s h and more") % given


def _drawn(figure: Figure, kpi: Kpi, currency: str) -> float | None:
    if kpi.unit == Unit.MONEY and currency:
        return float(sum(one.value for one in figure.amounts if one.currency == currency))
    if figure.value is None:
        return None
    return round(100 * figure.value if kpi.unit == Unit.RATE else figure.value, 4)


def _wanted(target: float | None, kpi: Kpi) -> dict[str, Any]:
    if target is None:
        return {}
    many = 100 if kpi.unit == Unit.RATE else 1
    return {"target": round(target * many, 2), "target_word": _("target")}
