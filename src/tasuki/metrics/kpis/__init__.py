"""Every KPI, each defined in one place."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches

from tasuki.errors import UsageError
from tasuki.metrics.formulas import Kpi
from tasuki.metrics.kpis import marketing, sales
from tasuki.metrics.kpis.stages import kpis_of_stage
from tasuki.metrics.roles import Terms

FIXED: tuple[Kpi, ...] = (*marketing.KPIS, *sales.KPIS)


def kpis_of(terms: Terms) -> Mapping[str, Kpi]:
    """Every KPI by its id: the fixed ones, then those of each stage in funnel order."""
    return {kpi.id: kpi for kpi in (*FIXED, *(k for stage in terms.stages for k in kpis_of_stage(stage)))}


def kpi_of(terms: Terms, id: str) -> Kpi:
    """The KPI of that id, in capitals or not. UsageError with the ones that are near."""
    known = {name.casefold(): kpi for name, kpi in kpis_of(terms).items()}
    if id.casefold() in known:
        return known[id.casefold()]
    near = get_close_matches(id.casefold(), known, n=3, cutoff=0.5)
    meant = f"did you mean {', '.join(known[n].id for n in near)}?" if near else "see `tasuki report --list`"
    raise UsageError(f"there is no KPI `{id}`: {meant}")


def target_of(terms: Terms, kpi: Kpi) -> str | None:
    """What the agreement wants of a KPI, in its words: `SAL.acceptance` is `sal.acceptance`, `MQL` alone `mql.entries`."""
    for name, text in terms.targets.items():
        wanted = name if "." in name else f"{name}.entries"
        if wanted.casefold() == kpi.id.casefold():
            return text
    return None
