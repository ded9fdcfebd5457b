"""KPIs: facts as they were known, definitions as data, and the figures computed from both.

    with open_facts(Path("facts"), as_of=None) as facts:       # or the tables of `facts_of(replay(…))`
        answer = compute(facts, "sal.acceptance", Question(by="month", where={"source": "ads"}))
        leads_behind(facts, "sal.acceptance", answer.question, part="2025-03", side="numerator")

Tables of several figures are in `tasuki.metrics.dashboards`, an answer as plain rows in `tasuki.metrics.rows`, the schema
of facts in `tasuki.metrics.facts.schema`, read-only SQL in `tasuki.metrics.prompt`.
"""

from tasuki.metrics.asking import NO_VALUE, Question, slices_of
from tasuki.metrics.compute import Behind, behind, compute, leads_behind
from tasuki.metrics.facts.deals import read_deals
from tasuki.metrics.facts.of_replay import FactTables, facts_of
from tasuki.metrics.facts.store import forget_leads, write_facts
from tasuki.metrics.figures import Amount, Answer, Figure
from tasuki.metrics.formulas import Kpi
from tasuki.metrics.kpis import kpi_of, kpis_of, target_of
from tasuki.metrics.reader import Facts, open_facts
from tasuki.metrics.roles import Terms, terms_of
from tasuki.metrics.rows import definition, rows_of, told

__all__ = [
    "NO_VALUE",
    "Amount",
    "Answer",
    "Behind",
    "FactTables",
    "Facts",
    "Figure",
    "Kpi",
    "Question",
    "Terms",
    "behind",
    "compute",
    "definition",
    "facts_of",
    "forget_leads",
    "kpi_of",
    "kpis_of",
    "leads_behind",
    "open_facts",
    "read_deals",
    "rows_of",
    "slices_of",
    "target_of",
    "terms_of",
    "told",
    "write_facts",
]
