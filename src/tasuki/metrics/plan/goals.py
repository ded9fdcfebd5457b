"""Goals as an agreement has them, and what a plan would write into it."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil

from tasuki.agreement.values import target
from tasuki.metrics.plan.need import Goal
from tasuki.metrics.plan.plan import Plan
from tasuki.metrics.plan.quarters import Quarter
from tasuki.metrics.plan.way import DEALS
from tasuki.metrics.roles import Terms

QUARTERS_PER: Mapping[str, float] = {"month": 3.0, "quarter": 1.0, "year": 0.25}
AHEAD = 4
"""So many quarters are planned where nobody says how many."""
RATES: Mapping[tuple[str, str], tuple[str, str]] = {
    ("MAL", "MQL"): ("MQL", "promotion"),
    ("MQL", "SAL"): ("SAL", "acceptance"),
    ("SAL", "SQL"): ("SAL", "qualification"),
    ("SAL", "OPPORTUNITY"): ("SAL", "progress"),
    ("SQL", "OPPORTUNITY"): ("SQL", "deal_rate"),
}
"""Step → stage and measure by which targets call its rate, as the KPIs do."""


def agreed_goal(terms: Terms) -> tuple[float, str] | None:
    """Revenue for each quarter, with its currency, by the target `WON.amount` of the agreement; None where it has none."""
    wanted = f"{terms.stage('WON')}.amount".casefold()
    text = next((text for name, text in terms.targets.items() if name.casefold() == wanted), None)
    found = target(text) if text else None
    if found is None or len(found.unit) != 3 or (found.per or "") not in QUARTERS_PER:
        return None
    return found.amount * QUARTERS_PER[found.per or ""], found.unit


def agreed_goals(terms: Terms, running: Quarter) -> list[Goal]:
    """The same for the running quarter and those after it; empty where the agreement has no goal."""
    found = agreed_goal(terms)
    return [Goal(running.next(count), found[0]) for count in range(AHEAD)] if found and found[0] > 0 else []


def targets_of(plan: Plan, quarter: Quarter) -> dict[str, str]:
    """What a quarter of the plan asks of the agreement: entries a month, rounded up; its revenue; rates set by hand.

    Keys are stages of the agreement; revenue and deals stand at the stage that plays WON, if there is one.
    """
    found = {
        row.stage: f"{ceil(row.of_quarter(quarter) / 3 - 1e-9)} per month"
        for row in plan.rows
        if row.stage != DEALS
    }
    roles = {stage.id: stage.role or "" for stage in plan.terms.stages}
    for link in plan.own.way.links:
        rate, measure = plan.assumed.changes.rates.get(link.source), ("", "")
        if rate is not None:
            measure = RATES.get((roles[link.source], roles.get(link.target, "")), ("", ""))
        if rate is not None and measure[0] and (stage := plan.terms.stage(measure[0])):
            found[f"{stage}.{measure[1]}"] = f"{round(100 * rate, 1):g}%"
    goal = next((one for one in plan.goals if one.quarter == quarter), None)
    won = plan.terms.stage("WON")
    if goal and won and plan.currency:
        found[f"{won}.amount"] = f"{goal.amount:.0f} {plan.currency} per quarter"
    return found
