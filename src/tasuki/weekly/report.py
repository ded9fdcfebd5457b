"""What a weekly report tells, as figures: asked of the facts with the definitions that page and API have."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from tasuki.agreement.values import Target
from tasuki.agreement.values import target as read_target
from tasuki.metrics.asking import Question
from tasuki.metrics.compute import compute
from tasuki.metrics.dashboards.funnels import CohortFunnel, cohort_funnel, way_of
from tasuki.metrics.dashboards.waiting import waiting
from tasuki.metrics.figures import Answer, Figure
from tasuki.metrics.formulas import Kpi, Unit
from tasuki.metrics.items import missing_stages
from tasuki.metrics.kpis import kpi_of, kpis_of, target_of
from tasuki.metrics.reader import Facts
from tasuki.weekly.weeks import Week

KPIS = (
    "mal.created", "mql.entries", "sal.acceptance", "sal.follow_up", "sal.in_time", "sql.entries", "opportunity.opened",
    "won.deals", "won.amount",
)  # fmt: skip
"""The figures of a report, in the order of the funnel; of a team that sells the first one says nothing."""
CURVES = ("mql.entries", "sal.entries", "sql.entries")
"""Week by week."""
WEEKS = 13
"""A quarter of a year: over so many weeks stand the curves, and rates that take time to be known."""
LONG = 52
"""Over so many the funnel, for it takes long until a lead is won."""
Ask = Callable[[Facts, Kpi, Question], Answer]


@dataclass(frozen=True)
class Wanted:
    """What the agreement wants of a figure. `amount`: of this time, in the unit of the figure; None where that cannot be
    said. `share`: how much of it is reached, for what should be high; `is_met`: None where nothing is known."""

    target: Target
    amount: float | None
    share: float | None
    is_met: bool | None


@dataclass(frozen=True)
class Line:
    """A figure of the week, or of WEEKS weeks where it `is_long`; `before`: of the same time before it."""

    kpi: Kpi
    now: Figure
    before: Figure
    wanted: Wanted | None
    is_long: bool


@dataclass(frozen=True)
class Attention:
    """What somebody should look at. `missed`: handoffs of the week not answered in time; `returned`: leads that came
    back in the week; now: `overdue` open handoffs past their due time, `untouched` ones that nobody has contacted."""

    missed: int
    returned: int
    overdue: int
    untouched: int


@dataclass(frozen=True)
class Weekly:
    """A report. `where`: what it is narrowed to. `as_of`: µs UTC.

    `curves`: part of the funnel → entries of each of the WEEKS, the earliest first.
    """

    week: Week
    where: Mapping[str, str]
    as_of: int
    lines: Sequence[Line]
    funnel: CohortFunnel
    curves: Mapping[str, Sequence[float]]
    attention: Attention

    @property
    def is_whole(self) -> bool:
        """Whether it is of everybody."""
        return not self.where

    def line(self, id: str) -> Line | None:
        """The figure of that KPI, if the report has it."""
        return next((line for line in self.lines if line.kpi.id == id), None)


def weekly(facts: Facts, week: Week, where: Mapping[str, str] | None = None, ask: Ask = compute) -> Weekly:
    """Last week's figures, narrowed by slices. `ask` answers a question, and may remember what it was asked before."""
    where = dict(where or {})
    with facts.lock:
        known = kpis_of(facts.terms)
        kpis = [
            known[one]
            for one in KPIS[bool(where) :]
            if one in known and not missing_stages(facts, known[one])
        ]
        lines = [_line(facts, kpi, week, where, ask) for kpi in kpis]
        way = way_of(facts)
        stages = way[1:] if where and len(way) > 2 and facts.terms.stage("MAL") == way[0] else way
        return Weekly(
            week, where, facts.as_of, lines,
            cohort_funnel(facts, Question("", where, *week.up_to(LONG)), stages=stages),
            _curves(facts, week, where, ask), _attention(facts, week, where, ask),
        )  # fmt: skip


def _line(facts: Facts, kpi: Kpi, week: Week, where: Mapping[str, str], ask: Ask) -> Line:
    """A rate that takes time to be known is none of last week's: its leads are too young for it."""
    weeks = WEEKS if kpi.matures else 1
    spans = (week.up_to(weeks), week.later(-weeks).up_to(weeks))
    now, before = (ask(facts, kpi, Question("", where, *span)).total for span in spans)
    text = target_of(facts.terms, kpi)
    wanted = _wanted(read_target(text), kpi, now, week, not where) if text else None
    return Line(kpi, now, before, wanted, kpi.matures)


def _wanted(target: Target, kpi: Kpi, now: Figure, week: Week, is_whole: bool) -> Wanted | None:
    """Counts and money are wanted of everybody together: of one team alone nobody has said how many."""
    value = _value(now, target)
    if kpi.unit == Unit.RATE and target.unit == "%":
        return _at_least(target, target.amount / 100, value)
    if kpi.unit == Unit.HOURS and "hour" in target.unit:
        met = None if value is None else value <= target.amount
        return Wanted(target, target.amount, None, met)
    if kpi.unit not in (Unit.COUNT, Unit.MONEY) or not is_whole or target.per is None:
        return None
    part = week.part_of(target.per)
    return _at_least(target, target.amount * part, value) if part else None


def _at_least(target: Target, amount: float, value: float | None) -> Wanted:
    share = value / amount if value is not None and amount else None
    return Wanted(target, amount, share, None if share is None else share >= 1)


def _value(now: Figure, target: Target) -> float | None:
    """Of money in several currencies that of the target."""
    if len(target.unit) != 3:
        return now.value
    return float(sum((one.value for one in now.amounts if one.currency == target.unit), Decimal(0)))


def _curves(facts: Facts, week: Week, where: Mapping[str, str], ask: Ask) -> dict[str, list[float]]:
    known, labels = kpis_of(facts.terms), [week.later(n).label for n in range(1 - WEEKS, 1)]
    found = {}
    for name in CURVES:
        if name in known and not missing_stages(facts, known[name]):
            answer = ask(facts, known[name], Question("week", where, *week.up_to(WEEKS)))
            parts = {part.part: part.value or 0.0 for part in answer.parts}
            found[known[name].stage] = [parts.get(label, 0.0) for label in labels]
    return found


def _attention(facts: Facts, week: Week, where: Mapping[str, str], ask: Ask) -> Attention:
    in_time = ask(facts, kpi_of(facts.terms, "handoffs.in_time"), Question("", where, *week.span)).total
    returns = [kpi for kpi in kpis_of(facts.terms).values() if kpi.id.endswith(".returns")]
    returned = sum(ask(facts, kpi, Question("", where, *week.span)).total.denominator for kpi in returns)
    now = waiting(facts, Question(where=where))
    return Attention(in_time.denominator - in_time.numerator, returned, now.overdue, now.untouched)
