"""From the goal of revenue back to the leads needed (KGI → KPI), with own rates and lags, and what a gap is made of.

    with open_facts(Path("facts")) as facts:
        quarter = running_quarter(facts)
        plan = make_plan(facts, [Goal(quarter, 30_000_000)], Changes(rates={"MQL": 0.5}))
        plan.row("MQL").cells       # needed in each month, with the interval
        plan.gap.effects            # volume, rates, lags, value: they add up to the gap

`way` says which stage feeds which, `record` reads the facts, `own` makes own figures of them, `assumed` what the plan goes
by, `need` goes back, `ahead` forward, `gap` tells a gap apart, `plan` puts it together, `told` says it.
"""

from tasuki.metrics.plan.assumed import Changes
from tasuki.metrics.plan.gap import Effect, Gap
from tasuki.metrics.plan.need import Goal
from tasuki.metrics.plan.plan import Plan, make_plan, running_quarter
from tasuki.metrics.plan.quarters import Quarter, quarter_named, quarter_of
from tasuki.metrics.plan.way import DEALS

__all__ = [
    "DEALS",
    "Changes",
    "Effect",
    "Gap",
    "Goal",
    "Plan",
    "Quarter",
    "make_plan",
    "quarter_named",
    "quarter_of",
    "running_quarter",
]
