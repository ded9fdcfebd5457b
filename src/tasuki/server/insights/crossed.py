"""A figure by any two slices, or the stages that leads of each slice reached."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.utils.translation import gettext as _

from tasuki.metrics.asking import PERIODS, Grain, slices_of
from tasuki.metrics.dashboards.crossing import crossing
from tasuki.metrics.dashboards.funnels import matrix
from tasuki.metrics.derived import SLICES
from tasuki.metrics.figures import Figure
from tasuki.metrics.formulas import Kpi, Stock
from tasuki.metrics.kpis.stages import prefix_of
from tasuki.metrics.rows import told
from tasuki.server.core.access import Actor
from tasuki.server.core.errors import Invalid
from tasuki.server.insights.asking import counts_accounts, kpi_named
from tasuki.server.insights.scope import Asking, Scope, scoped
from tasuki.server.insights.spans import Span
from tasuki.server.insights.values import Values, values

STAGES = "stages"
"""In place of a figure: leads at their first entry into each stage."""
ROWS = (*PERIODS, *SLICES)
MOST_ROWS, MOST_COLUMNS = 200, 40


@dataclass(frozen=True)
class Wanted:
    """A KPI's id or STAGES, by `rows`, and by `columns` unless it is by stages; `grain` "account" counts companies."""

    figure: str = STAGES
    rows: str = "source"
    columns: str = "month"
    grain: str = "item"


@dataclass(frozen=True)
class Crossed:
    """Cells by row and column, figures or counts. `kpi` None: leads by stage, `leads`: which KPI counts those of a stage.
    `has_more`: there are rows or columns that are not shown, the smallest ones."""

    at: datetime
    span: Span
    wanted: Wanted
    kpi: Kpi | None
    rows: Sequence[str]
    columns: Sequence[str]
    cells: Mapping[str, Mapping[str, Figure | int]]
    has_more: bool
    leads: Mapping[str, str]
    kpis: Sequence[Kpi]
    slices: Sequence[str]
    values: Values


def crossed(actor: Actor, asking: Asking, wanted: Wanted) -> Crossed:
    """Narrowed to what the actor sees. Invalid `slice_unknown`; NotFound; NotAllowed."""
    with scoped(actor, asking) as scope:
        if wanted.figure == STAGES:
            _check(wanted.rows, ROWS, "rows")
            return _by_stage(scope, wanted)
        kpi = kpi_named(scope.facts.terms, wanted.figure)
        slices = SLICES if isinstance(kpi.formula, Stock) else ROWS
        known = (*slices, *(name for name in slices_of(kpi) if name not in ROWS))
        _check(wanted.rows, known, "rows")
        _check(wanted.columns, [one for one in known if one != wanted.rows], "columns")
        return _by_two(scope, kpi, wanted, known)


def _check(name: str, known: Sequence[str], field: str) -> None:
    if name not in known:
        raise Invalid(
            "slice_unknown",
            _("This figure cannot be split by that."),
            cure=_("Possible: %(known)s.") % {"known": ", ".join(known)},
            field=field,
        )


def _by_stage(scope: Scope, wanted: Wanted) -> Crossed:
    cells: dict[str, dict[str, Figure | int]] = {}
    for cell in scope.once(matrix, replace(scope.question, by=wanted.rows), most=MOST_ROWS + 1):
        cells.setdefault(cell.part, {})[cell.stage] = cell.leads
    entered = {stage for row in cells.values() for stage in row}
    columns = [stage.id for stage in scope.facts.terms.stages if stage.id in entered]
    return _shown(scope, wanted, None, list(cells), columns, cells, ROWS)


def _by_two(scope: Scope, kpi: Kpi, wanted: Wanted, slices: Sequence[str]) -> Crossed:
    grain: Grain = "account" if wanted.grain == "account" and counts_accounts(kpi) else "item"
    question = replace(scope.question, by=wanted.rows, across=wanted.columns, grain=grain)
    if isinstance(kpi.formula, Stock):
        question = replace(question, since=None, until=None)
    found = scope.once(crossing, kpi, question, most=MOST_ROWS + 1)
    cells: dict[str, dict[str, Figure | int]] = {row: {} for row in found.rows}
    for (row, column), figure in found.cells.items():
        cells[row][column] = figure
    return _shown(scope, wanted, kpi, found.rows, found.columns, cells, slices)


def _shown(
    scope: Scope, wanted: Wanted, kpi: Kpi | None, rows: Sequence[str], columns: Sequence[str],
    cells: Mapping[str, Mapping[str, Figure | int]], slices: Sequence[str],
) -> Crossed:  # fmt: skip
    """The rows and columns that hold most, in their order."""
    kept = _most(rows, {row: sum(map(_size, cells[row].values())) for row in rows}, MOST_ROWS)
    sizes = {column: sum(_size(cells[row].get(column, 0)) for row in rows) for column in columns}
    across = _most(columns, sizes, MOST_COLUMNS) if kpi else list(columns)
    return Crossed(
        scope.at, scope.span, wanted, kpi, kept, across, cells, (len(kept), len(across)) != (len(rows), len(columns)),
        {stage.id: f"{prefix_of(stage)}.leads" for stage in scope.facts.terms.stages}, told(scope.facts), slices,
        values(scope.facts, scope.actor),
    )  # fmt: skip


def _size(cell: Figure | int) -> int:
    return cell if isinstance(cell, int) else cell.denominator + cell.young + cell.unknown


def _most(parts: Sequence[str], sizes: Mapping[str, int], most: int) -> list[str]:
    kept = set(sorted(parts, key=lambda part: -sizes[part])[:most])
    return [part for part in parts if part in kept]
