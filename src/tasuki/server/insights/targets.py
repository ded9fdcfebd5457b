"""What the agreement wants of a figure, as far as it fits the time that is looked at."""

from __future__ import annotations

from datetime import datetime

from tasuki.agreement.values import Target
from tasuki.metrics.formulas import Kpi
from tasuki.metrics.kpis import target_in
from tasuki.server.agreements import queries as agreements
from tasuki.server.insights.spans import Span

HOURS = ("business hours", "business hour", "hours", "hour", "h")
MONTHS = {"month": 1, "quarter": 3, "year": 12}


def target_of(kpi: Kpi, at: datetime) -> Target | None:
    """What the agreement that is in force then wants of it."""
    under = agreements.in_force(at)
    return target_in(under.agreement.targets, kpi) if under else None


def target_for(kpi: Kpi, span: Span, at: datetime) -> Target | None:
    """The same where it fits such a period: shares and hours are of any time, a count of a month is of a month."""
    target = target_of(kpi, at)
    if target is None or _is_of_any_time(kpi, target):
        return target
    months = target.per == "month" and span.period in ("month", "last_month")
    quarters = target.per == "quarter" and span.period == "quarter"
    return target if kpi.unit in ("count", "money") and (months or quarters) else None


def in_unit(kpi: Kpi, target: Target) -> float:
    """Its amount in the unit of the KPI: a rate from 0 to 1."""
    return target.amount / 100 if target.unit == "%" else target.amount


def monthly(kpi: Kpi, at: datetime) -> float | None:
    """What is wanted of each month, in the unit of the KPI: a third of what is wanted of a quarter; None: nothing."""
    target = target_of(kpi, at)
    if target is None:
        return None
    if _is_of_any_time(kpi, target):
        return in_unit(kpi, target)
    months = MONTHS.get(target.per or "")
    return target.amount / months if months and kpi.unit in ("count", "money") else None


def _is_of_any_time(kpi: Kpi, target: Target) -> bool:
    is_share = target.unit == "%" and kpi.unit == "rate"
    return is_share or (target.unit in HOURS and kpi.unit == "hours")
