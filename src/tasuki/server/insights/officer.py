"""One view for marketing, sales and the revenue officer: the way to money, what each side gave, what came of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise

from tasuki.agreement.values import Target
from tasuki.metrics.dashboards.funnels import snapshot_funnel, way_of
from tasuki.metrics.figures import Answer, Figure
from tasuki.metrics.formulas import Kpi
from tasuki.metrics.kpis.pairs import days, reach
from tasuki.metrics.kpis.stages import prefix_of
from tasuki.server.core.access import Actor
from tasuki.server.insights.board import Months, Tile, months, tiles_of
from tasuki.server.insights.scope import Asking, Scope, scoped
from tasuki.server.insights.spans import Span
from tasuki.server.insights.values import Values, values

MONEY = ("won.amount", "won.deals", "won.average", "won.rate", "opportunity.open_amount")
MARKETING = ("mql.entries", "mql.promotion", "mql.by_hand")
SALES = ("sal.acceptance", "sal.follow_up", "sal.in_time", "sal.progress")
BY_SOURCE = ("mal.created", "mql.entries", "sal.acceptance", "sql.entries", "won.deals", "won.amount")
MOST_REASONS = 6


@dataclass(frozen=True)
class Step:
    """A stage of the way: entries beside their target, the share that goes on, in how many days, and how many are there."""

    stage: str
    entries: Figure
    entries_kpi: Kpi
    target: Target | None
    on: Figure | None
    on_kpi: Kpi | None
    days: Figure | None
    days_kpi: Kpi | None
    there: int


@dataclass(frozen=True)
class Overall:
    """The page. `reasons`: why leads came back from sales, the commonest first; `sources`: each figure by source."""

    at: datetime
    span: Span
    money: Sequence[Tile]
    marketing: Sequence[Tile]
    sales: Sequence[Tile]
    way: Sequence[Step]
    reasons: Sequence[tuple[str, int]]
    sources: Mapping[str, Answer]
    year: Sequence[Months]
    values: Values


def overall(actor: Actor, asking: Asking) -> Overall:
    """Narrowed to what the actor sees. NotFound `numbers_not_yet`; NotAllowed."""
    with scoped(actor, asking) as scope:
        tiles = {tile.kpi.id: tile for tile in tiles_of(scope, (*MONEY, *MARKETING, *SALES))}
        (sources,) = scope.answers(scope.kpis(BY_SOURCE), replace(scope.question, by="source"))
        money, marketing, sales = (
            [tiles[one] for one in ids if one in tiles] for ids in (MONEY, MARKETING, SALES)
        )
        return Overall(
            scope.at, scope.span, money, marketing, sales, _way(scope), _reasons(scope),
            {answer.kpi.id: answer for answer in sources}, months(scope, ("won.amount",)), values(scope.facts, actor),
        )  # fmt: skip


def _way(scope: Scope) -> list[Step]:
    terms, way = scope.facts.terms, way_of(scope.facts)
    prefix = {stage.id: prefix_of(stage) for stage in terms.stages}
    steps = list(pairwise(way))
    entries = tiles_of(scope, [f"{prefix[stage]}.entries" for stage in way])
    on = [kpi for before, after in steps for kpi in (reach(terms, before, after), days(terms, before, after))]
    (answers,) = scope.answers(on, scope.question)
    there = {one.stage: one.leads for one in scope.once(snapshot_funnel, scope.always)}
    found = []
    for place, (stage, tile) in enumerate(zip(way, entries, strict=True)):
        pair = answers[2 * place : 2 * place + 2]
        rate, time = pair if pair else (None, None)
        found.append(Step(
            stage, tile.figure, tile.kpi, tile.target, rate.total if rate else None, rate.kpi if rate else None,
            time.total if time else None, time.kpi if time else None, there.get(stage, 0),
        ))  # fmt: skip
    return found


def _reasons(scope: Scope) -> list[tuple[str, int]]:
    """Of what sales gave back out of MQL, SAL and SQL."""
    kpis = scope.kpis(["mql.returns", "sal.returns", "sql.returns"])
    (answers,) = scope.answers(kpis, replace(scope.question, by="reason"))
    counts: Counter[str] = Counter()
    for answer in answers:
        counts.update({str(part.part): part.numerator for part in answer.parts})
    return counts.most_common(MOST_REASONS)
