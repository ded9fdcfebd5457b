"""Everything that the page of figures shows, read at once, so that its parts are of one moment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from tasuki.agreement.values import Target
from tasuki.metrics.asking import Question
from tasuki.metrics.dashboards.funnels import CohortFunnel, Standing, cohort_funnel, matrix, snapshot_funnel
from tasuki.metrics.dashboards.teams import Standing as Rep
from tasuki.metrics.dashboards.teams import leaderboard
from tasuki.metrics.figures import Answer, Figure
from tasuki.metrics.formulas import Kpi, Stock
from tasuki.metrics.items import missing_stages
from tasuki.metrics.kpis import kpis_of
from tasuki.metrics.reader import Facts
from tasuki.server.agreements import queries as agreements
from tasuki.server.core import clock
from tasuki.server.core.access import Actor, require
from tasuki.server.insights.asking import Asked, narrowed, question_of
from tasuki.server.insights.opened import opened
from tasuki.server.insights.queries import answer
from tasuki.server.insights.spans import Span, span_of, year_of_months

TILES: Mapping[str, tuple[str, ...]] = {
    "MAL": ("mal.created", "mal.quality", "mal.form_completion"),
    "MQL": ("mql.entries", "mql.promotion", "mql.engagement", "mql.content"),
    "SGL": ("sgl.gained", "sgl.quality", "sgl.deal_rate"),
    "SAL": ("sal.acceptance", "sal.follow_up", "sal.in_time", "sal.qualification", "sal.progress"),
    "SQL": ("sql.entries", "sql.deal_rate", "sql.conversion"),
    "OPPORTUNITY": ("opportunity.opened", "opportunity.open_amount"),
    "WON": ("won.deals", "won.amount", "won.average", "won.rate", "won.cycle"),
}
"""What is shown of each part of the funnel."""
TREND = ("mal.created", "mql.entries", "sal.entries", "sql.entries", "won.deals")
NARROWED = ("source", "campaign", "content", "persona", "team", "rep", "version", "path")
"""Slices by which the page can be narrowed."""
MOST_VALUES = 100


@dataclass(frozen=True)
class Tile:
    """A figure of the period, and of the time before it (None: nothing to compare). `target` fits the period, or is None."""

    kpi: Kpi
    figure: Figure
    before: Figure | None
    target: Target | None

    @property
    def of_target(self) -> float | None:
        """Which share of the target there is, for counts; None where that cannot be said."""
        if not self.target or self.figure.value is None or not self.target.amount:
            return None
        wanted = self.target.amount / 100 if self.target.unit == "%" else self.target.amount
        return self.figure.value / wanted


@dataclass(frozen=True)
class Board:
    """All of it. `tiles` by the id of the stage. `matrix`: part → stage → leads; `acceptance`: of the period, and before it,
    by source."""

    as_of: datetime
    span: Span
    tiles: Mapping[str, Sequence[Tile]]
    cohort: CohortFunnel
    standing: Sequence[Standing]
    trend: Sequence[Answer]
    matrix: Mapping[str, Mapping[str, int]]
    stages: Sequence[str]
    reps: Sequence[Rep]
    values: Mapping[str, Sequence[str]]
    acceptance: tuple[Answer, Answer] | None

    def tile(self, name: str) -> Tile | None:
        """One of the tiles."""
        return next((tile for tiles in self.tiles.values() for tile in tiles if tile.kpi.id == name), None)


def board(
    actor: Actor, period: str, where: Mapping[str, str], as_of: datetime | None, by: str = "source"
) -> Board:
    """As of a time (aware; now when None), narrowed to what the actor sees. `by`: the slice of the matrix.

    NotFound `numbers_not_yet`; NotAllowed.
    """
    require(actor, "numbers.read")
    with opened(as_of) as facts:
        at = clock.instant(facts.as_of)
        span = span_of(period, at, facts.terms.timezone)
        asked = Asked(where=where, since=span.since, until=span.until)
        plain = _plain(actor, asked)
        cells = matrix(facts, Question(by, plain.where, plain.since, plain.until))
        table: dict[str, dict[str, int]] = {}
        for cell in cells:
            table.setdefault(cell.part, {})[cell.stage] = cell.leads
        return Board(
            at, span, _tiles(facts, actor, asked, span), cohort_funnel(facts, plain),
            snapshot_funnel(facts, Question(where=plain.where)), _trend(facts, actor, where, at), table,
            [stage.id for stage in facts.terms.stages if any(stage.id in row for row in table.values())],
            leaderboard(facts, plain), values(facts), _acceptance(facts, actor, asked, span),
        )  # fmt: skip


def _plain(actor: Actor, asked: Asked) -> Question:
    since, until = (clock.microseconds(at) if at else None for at in (asked.since, asked.until))
    return Question("", narrowed(actor, asked.where), since, until)


def _tiles(facts: Facts, actor: Actor, asked: Asked, span: Span) -> dict[str, list[Tile]]:
    """Of the stages that the agreement has: no tile is empty for lack of one."""
    known = kpis_of(facts.terms)
    found: dict[str, list[Tile]] = {}
    for stage, ids in TILES.items():
        kpis = [known[one] for one in ids if one in known and not missing_stages(facts, known[one])]
        if kpis and (code := facts.terms.stage(stage)):
            found[code] = [_tile(facts, actor, kpi, asked, span) for kpi in kpis]
    return found


def _tile(facts: Facts, actor: Actor, kpi: Kpi, asked: Asked, span: Span) -> Tile:
    now = answer(facts, kpi, question_of(actor, kpi, asked)).total
    earlier = _before(asked, span) if not isinstance(kpi.formula, Stock) else None
    before = answer(facts, kpi, question_of(actor, kpi, earlier)).total if earlier else None
    return Tile(kpi, now, before, target_for(kpi, span))


def _before(asked: Asked, span: Span) -> Asked | None:
    return Asked(asked.by, asked.where, *span.before) if span.before else None


def target_of(kpi: Kpi) -> Target | None:
    """What the agreement in force wants of it; a stage alone is of its entries."""
    under = agreements.in_force()
    for name, target in under.agreement.targets.items() if under else ():
        wanted = name if "." in name else f"{name}.entries"
        if wanted.casefold() == kpi.id.casefold():
            return target
    return None


def target_for(kpi: Kpi, span: Span) -> Target | None:
    """The same where it fits such a period: a share is of any time, a count of a month is of a month."""
    target = target_of(kpi)
    if target is None:
        return None
    is_share = target.unit == "%" and kpi.unit == "rate"
    months = target.per == "month" and span.period in ("month", "last_month")
    quarters = target.per == "quarter" and span.period == "quarter"
    return target if is_share or (kpi.unit in ("count", "money") and (months or quarters)) else None


def _trend(facts: Facts, actor: Actor, where: Mapping[str, str], at: datetime) -> list[Answer]:
    known = kpis_of(facts.terms)
    asked = Asked("month", where, year_of_months(at, facts.terms.timezone))
    kpis = [known[one] for one in TREND if one in known and not missing_stages(facts, known[one])]
    return [answer(facts, kpi, question_of(actor, kpi, asked)) for kpi in kpis]


def _acceptance(facts: Facts, actor: Actor, asked: Asked, span: Span) -> tuple[Answer, Answer] | None:
    kpi = kpis_of(facts.terms)["sal.acceptance"]
    if missing_stages(facts, kpi) or not span.before:
        return None
    now = Asked("source", asked.where, asked.since, asked.until)
    earlier = Asked("source", asked.where, *span.before)
    found = [answer(facts, kpi, question_of(actor, kpi, one)) for one in (now, earlier)]
    return found[0], found[1]


def values(facts: Facts) -> dict[str, list[str]]:
    """By what the page can be narrowed: the values of each slice, the commonest first; remembered."""
    if "values" not in facts.remembered:
        facts.remembered["values"] = {
            name: [
                str(row[0])
                for row in facts.rows(
                    f"SELECT {name} FROM entries WHERE {name} <> '' GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT {MOST_VALUES}"  # noqa: S608 — columns of ours
                )
            ]
            for name in NARROWED
        }
    found: dict[str, list[str]] = facts.remembered["values"]
    return found


def slice_values(actor: Actor, as_of: datetime | None = None) -> dict[str, list[str]]:
    """The same for the page of one figure. NotFound `numbers_not_yet`."""
    require(actor, "numbers.read")
    with opened(as_of) as facts:
        return values(facts)


def zone_of(actor: Actor) -> str:
    """The time zone by which months are counted. NotFound `numbers_not_yet`."""
    require(actor, "numbers.read")
    with opened() as facts:
        return facts.terms.timezone
