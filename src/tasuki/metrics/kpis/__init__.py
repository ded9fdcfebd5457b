"""Every KPI, each defined in one place."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import TypeVar

from tasuki.errors import UsageError
from tasuki.metrics.formulas import Kpi
from tasuki.metrics.kpis import marketing, sales
from tasuki.metrics.kpis.pairs import pair_kpi
from tasuki.metrics.kpis.stages import kpis_of_stage
from tasuki.metrics.roles import OUT, Terms

Wanted = TypeVar("Wanted")
FIXED: tuple[Kpi, ...] = (*marketing.KPIS, *sales.KPIS)


def kpis_of(terms: Terms) -> Mapping[str, Kpi]:
    """Every KPI by its id: the fixed ones, then those of each stage in funnel order."""
    out = [place for place, stage in enumerate(terms.stages) if stage.role in OUT]
    return {
        kpi.id: kpi for kpi in (*FIXED, *(k for stage in terms.stages for k in kpis_of_stage(stage, out)))
    }


def find_kpi(terms: Terms, id: str) -> Kpi | None:
    """The KPI of that id, in capitals or not, those of two stages among them; None if there is none."""
    known = {name.casefold(): kpi for name, kpi in kpis_of(terms).items()}
    return known.get(id.casefold()) or pair_kpi(terms, id)


def kpi_of(terms: Terms, id: str) -> Kpi:
    """The KPI of that id, in capitals or not. UsageError with the ones that are near."""
    if found := find_kpi(terms, id):
        return found
    known = {name.casefold(): kpi for name, kpi in kpis_of(terms).items()}
    near = get_close_matches(id.casefold(), known, n=3, cutoff=0.5)
    meant = f"did you mean {', '.join(known[n].id for n in near)}?" if near else "see `tasuki report --list`"
    raise UsageError(f"there is no KPI `{id}`: {meant}")


def target_of(terms: Terms, kpi: Kpi) -> str | None:
    """What the agreement wants of a KPI, in its words."""
    return target_in(terms.targets, kpi)


def target_in(targets: Mapping[str, Wanted], kpi: Kpi) -> Wanted | None:
    """Which of these targets is of the KPI: `SAL.acceptance` is of `sal.acceptance`, `MQL` alone of `mql.entries`."""
    for name, target in targets.items():
        wanted = name if "." in name else f"{name}.entries"
        if wanted.casefold() == kpi.id.casefold():
            return target
    return None
