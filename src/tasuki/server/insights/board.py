"""The overview: both funnels, the figures of each stage, twelve months; all of one moment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from tasuki.agreement.values import Target
from tasuki.metrics.asking import Question
from tasuki.metrics.dashboards.funnels import CohortFunnel, Standing, cohort_funnel, snapshot_funnel, way_of
from tasuki.metrics.figures import Answer, Figure
from tasuki.metrics.formulas import Kpi, Stock, Unit
from tasuki.server.core.access import Actor
from tasuki.server.insights.scope import Asking, Scope, scoped
from tasuki.server.insights.spans import Span
from tasuki.server.insights.targets import in_unit, monthly, target_for
from tasuki.server.insights.values import Values, values

TILES: Mapping[str, tuple[str, ...]] = {
    "MAL": ("mal.created", "mal.quality", "mal.form_completion"),
    "MQL": ("mql.entries", "mql.promotion", "mql.engagement", "mql.content", "mql.by_hand"),
    "SGL": ("sgl.gained", "sgl.quality", "sgl.deal_rate"),
    "SAL": ("sal.acceptance", "sal.follow_up", "sal.in_time", "sal.qualification", "sal.progress"),
    "SQL": ("sql.entries", "sql.deal_rate", "sql.conversion"),
    "OPPORTUNITY": ("opportunity.opened", "opportunity.open_amount"),
    "WON": ("won.deals", "won.amount", "won.average", "won.rate", "won.cycle"),
}
"""What is shown of each part of the funnel."""
TREND = ("mal.created", "mql.entries", "sal.acceptance", "sal.entries", "sql.entries", "won.deals")


@dataclass(frozen=True)
class Tile:
    """A figure of the period, and of the time before it (None: nothing to compare). `target` fits the period, or is None."""

    kpi: Kpi
    figure: Figure
    before: Figure | None
    target: Target | None

    @property
    def of_target(self) -> float | None:
        """Which share of the target there is; None where that cannot be said, as of hours, of which less is better."""
        if (
            not self.target
            or self.figure.value is None
            or not self.target.amount
            or self.kpi.unit == Unit.HOURS
        ):
            return None
        return self.figure.value / in_unit(self.kpi, self.target)

    @property
    def is_met(self) -> bool:
        """Whether the target is reached."""
        if self.target is None or self.figure.value is None:
            return False
        wanted = in_unit(self.kpi, self.target)
        return self.figure.value <= wanted if self.kpi.unit == Unit.HOURS else self.figure.value >= wanted


@dataclass(frozen=True)
class Months:
    """A figure month by month, and what the agreement wants of each month in its unit (None: nothing)."""

    answer: Answer
    target: float | None


@dataclass(frozen=True)
class Board:
    """All of it. `tiles` by the id of the stage; `found` is the cohort of those that sales found, None where the agreement
    has no such stage; `acceptance`: of the period, and before it, by source."""

    at: datetime
    span: Span
    tiles: Mapping[str, Sequence[Tile]]
    cohort: CohortFunnel
    found: CohortFunnel | None
    standing: Sequence[Standing]
    year: Sequence[Months]
    values: Values
    acceptance: tuple[Answer, Answer] | None

    def tile(self, name: str) -> Tile | None:
        """One of the tiles."""
        return next((tile for tiles in self.tiles.values() for tile in tiles if tile.kpi.id == name), None)


def board(actor: Actor, asking: Asking) -> Board:
    """Narrowed to what the actor sees. NotFound `numbers_not_yet`; NotAllowed."""
    with scoped(actor, asking) as scope:
        facts = scope.facts
        way = way_of(facts, sgl=True)
        found = way[0] == facts.terms.stage("SGL")
        return Board(
            scope.at, scope.span, tiles_by_stage(scope), scope.once(cohort_funnel, scope.question),
            scope.once(cohort_funnel, scope.question, stages=way) if found else None,
            scope.once(snapshot_funnel, scope.always), months(scope, TREND), values(facts, actor), _acceptance(scope),
        )  # fmt: skip


def tiles_by_stage(scope: Scope) -> dict[str, list[Tile]]:
    """Of the stages that the agreement has: no tile is empty for lack of one."""
    shown = {tile.kpi.id: tile for tile in tiles_of(scope, [one for ids in TILES.values() for one in ids])}
    found: dict[str, list[Tile]] = {}
    for role, ids in TILES.items():
        some = [shown[one] for one in ids if one in shown]
        if some and (code := scope.facts.terms.stage(role)):
            found[code] = some
    return found


def tiles_of(scope: Scope, ids: Sequence[str]) -> list[Tile]:
    """These figures beside the time before."""
    kpis = scope.kpis(ids)
    questions = [scope.question, *([scope.before] if scope.before else [])]
    now, *before = scope.answers(kpis, *questions)
    return [
        Tile(
            kpi, now[place].total,
            before[0][place].total if before and not isinstance(kpi.formula, Stock) else None,
            target_for(kpi, scope.span, scope.at),
        )
        for place, kpi in enumerate(kpis)
    ]  # fmt: skip


def months(scope: Scope, ids: Sequence[str]) -> list[Months]:
    """These figures in the last twelve months, beside their targets."""
    kpis = scope.kpis(ids)
    (answers,) = scope.answers(kpis, scope.year)
    return [Months(answer, monthly(answer.kpi, scope.at)) for answer in answers]


def _acceptance(scope: Scope) -> tuple[Answer, Answer] | None:
    kpis = scope.kpis(["sal.acceptance"])
    if not kpis or scope.before is None:
        return None
    asked = [Question("source", one.where, one.since, one.until) for one in (scope.question, scope.before)]
    (now,), (before,) = scope.answers(kpis, *asked)
    return now, before
