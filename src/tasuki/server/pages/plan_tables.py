"""The tables of the plan in words: what is needed, what people can take, why the quarter is where it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tasuki.metrics.plan import DEALS, Plan
from tasuki.metrics.plan.gap import Gap
from tasuki.metrics.plan.told import effect_words, kind_name, name_of, sentences, signed
from tasuki.metrics.roles import Terms
from tasuki.metrics.values import percent
from tasuki.server.core import formats
from tasuki.server.handoffs.room import Receiver
from tasuki.server.insights.plans import Seen
from tasuki.server.pages.plan_form import quarter_words

LITTLE = 0.02
"""Causes of less than this share of the largest one are told together."""
FEW = 30
"""Below so many in a month a need is told with one decimal."""


def money_in(currency: str) -> Callable[[float], str]:
    """Amounts of the plan in the reader's language; nobody plans in cents."""
    return lambda amount: formats.about(Decimal(round(amount)), currency or "JPY")


def month_words(month: date) -> str:
    """Short: `10月`, `Oct`; January with its year."""
    if formats.language() == "ja":
        return f"{month.year}年1月" if month.month == 1 else f"{month.month}月"
    return f"{month:%b %Y}" if month.month == 1 else f"{month:%b}"


@dataclass(frozen=True)
class CellShown:
    """What is needed; under it the interval, and what is there or under way."""

    needed: str
    interval: str
    there: str
    coming: str


@dataclass(frozen=True)
class RowShown:
    """A stage; `total` is the sum of the cells as they are shown. `early`: due by today for the first quarter's goal."""

    name: str
    stage: str
    cells: Sequence[CellShown]
    total: str
    early: str


def rows(plan: Plan) -> list[RowShown]:
    """Revenue, deals, then back to the first stages."""
    language = formats.language()
    found = [_revenue(plan)] if plan.months else []
    for stage in (DEALS, *plan.own.way.stages[::-1]):
        row = plan.row(stage)
        if row is None:
            continue
        digits = 1 if row.total < FEW * len(row.cells) else 0
        needs = rounded([cell.needed for cell in row.cells], digits)
        cells = [
            CellShown(
                formats.number(need, digits),
                f"{formats.number(cell.low, digits)}–{formats.number(cell.high, digits)}",
                "" if cell.there is None else formats.number(cell.there),
                formats.number(cell.coming, 1) if cell.coming >= 0.05 else "",
            )
            for need, cell in zip(needs, row.cells, strict=True)
        ]
        by_now, of = rounded([row.early[0], row.early[1] - row.early[0]], digits)
        early = _("%(n)s of %(of)s") % {
            "n": formats.number(by_now, digits),
            "of": formats.number(by_now + of, digits),
        }
        name, code = name_of(plan.terms, stage, language), "" if stage == DEALS else stage
        found.append(RowShown(name, code, cells, formats.number(sum(needs), digits), early))
    return found


def _revenue(plan: Plan) -> RowShown:
    money = money_in(plan.currency)
    sums = [one.wanted for one in plan.months]
    wanted = rounded(sums, (-4 if sum(sums) >= 10**6 else -3) if plan.currency == "JPY" else 0)
    cells = [
        CellShown(
            money(need), "", money(one.won) if one.month <= plan.today else "",
            money(_near(one.coming)) if one.coming >= 0.5 else "",
        )
        for need, one in zip(wanted, plan.months, strict=True)
    ]  # fmt: skip
    return RowShown(name_of(plan.terms, "revenue", formats.language()), "", cells, money(sum(wanted)), "")


def _near(amount: float) -> float:
    """Of what is only expected three digits say enough."""
    return float(f"{amount:.3g}")


def rounded(values: Sequence[float], digits: int) -> list[float]:
    """Each so that the sum of the first n is the rounded sum of the first n: what is shown adds up to what is shown."""
    ends, sofar = [0.0], 0.0
    for value in values:
        sofar += value
        ends.append(round(sofar, digits))
    return [round(after - before, digits) for before, after in pairwise(ends)]


@dataclass(frozen=True)
class EffectShown:
    """A cause: what it adds or takes, and how much of the largest one, from 0 to 100."""

    kind: str
    words: str
    deals: str
    money: str
    is_loss: bool
    width: int


@dataclass(frozen=True)
class GapShown:
    """A gap said, and its causes; `kinds`: sums of the causes of one kind. `flows`: stage, needed, there, difference."""

    title: str
    said: str
    total: str
    deals: str
    effects: Sequence[EffectShown]
    kinds: Sequence[tuple[str, str]]
    flows: Sequence[tuple[str, str, str, str]]


def gap_shown(gap: Gap | None, plan: Plan) -> GapShown | None:
    """None where there is no gap."""
    if gap is None:
        return None
    language, money = formats.language(), money_in(plan.currency)
    quarter = quarter_words(gap.goal.quarter)
    kinds: dict[str, int] = {}
    for one in gap.effects:
        kinds[one.kind] = kinds.get(one.kind, 0) + one.money
    by_kind = [(kind_name(kind, language), signed(cents, money)) for kind, cents in kinds.items()]
    title = _("Why: %(quarter)s to its end") if gap.is_projected else _("Why: %(quarter)s so far")
    flows = [
        (name_of(plan.terms, one.stage, language), formats.number(one.planned, 1), formats.number(one.actual, 1),
         _signed(one.actual - one.planned))
        for one in gap.flows
    ]  # fmt: skip
    return GapShown(
        title % {"quarter": quarter}, sentences(gap, language, money, quarter, plan.terms), signed(gap.gap, money),
        _signed(gap.deals[1] - gap.deals[0]), _effects(gap, plan.terms, language, money), by_kind, flows,
    )  # fmt: skip


def _effects(gap: Gap, terms: Terms, language: str, money: Callable[[float], str]) -> list[EffectShown]:
    """The largest first; those that do next to nothing together."""
    most = max((abs(one.money) for one in gap.effects), default=0)
    large = [one for one in gap.effects if abs(one.money) >= LITTLE * most]
    found = [
        EffectShown(
            kind_name(one.kind, language), effect_words(one, language, money, terms),
            "" if one.kind == "value" else _signed(one.deals), signed(one.money, money), one.money < 0,
            round(100 * abs(one.money) / most) if most else 0,
        )
        for one in large
    ]  # fmt: skip
    if rest := gap.effects[len(large) :]:
        cents = sum(one.money for one in rest)
        words = ngettext("%(n)s smaller one", "%(n)s smaller ones together", len(rest)) % {"n": len(rest)}
        deals = _signed(sum(one.deals for one in rest))
        found.append(
            EffectShown(
                _("Other causes"),
                words,
                deals,
                signed(cents, money),
                cents < 0,
                round(100 * abs(cents) / most),
            )
        )
    return found


def _signed(number: float) -> str:
    text = formats.number(abs(number), 1)
    return "±0" if text == "0" else f"{'+' if number > 0 else '−'}{text}"


# Capacity.


@dataclass(frozen=True)
class RoomShown:
    """Whom leads of these stages go to: by month what is needed, what fits, and the share; `why` there is none."""

    name: str
    stages: str
    cells: Sequence[tuple[str, str, str, bool]]
    teams: Sequence[str]
    why: str


def rooms(seen: Seen, called: Mapping[str, str]) -> list[RoomShown]:
    """Those that get leads of stages of the plan."""
    return [shown for one in seen.receivers if (shown := _room(seen, one, called))]


def _room(seen: Seen, one: Receiver, called: Mapping[str, str]) -> RoomShown | None:
    rows = [row for stage in one.stages if (row := seen.plan.row(stage))]
    if not rows:
        return None
    cells, why = [], ""
    for place, month in enumerate(seen.plan.months):
        need, room = sum(row.cells[place].needed for row in rows), one.leads(month.month)
        share = need / room if room else None
        shown = (
            "–" if room is None else formats.number(room),
            "–" if share is None else percent(share, formats.language()),
        )
        cells.append((formats.number(need), *shown, share is not None and share > 1))
    if not one.teams:
        why = _("No team has this name or this role.")
    elif all(room.leads is None for room in one.teams):
        why = _("Nobody of them has said how much they can take.")
    elif unknown := sum(room.unknown for room in one.teams):
        why = ngettext(
            "%(n)s of them has not said how much they can take, and is not counted.",
            "%(n)s of them have not said how much they can take, and are not counted.",
            unknown,
        ) % {"n": formats.number(unknown)}
    teams = [
        _("%(team)s: %(people)s, %(minutes)s a lead") % {
            "team": room.team.name,
            "people": ngettext("%(n)s person", "%(n)s people", room.people) % {"n": formats.number(room.people)},
            "minutes": formats.service_level(f"{room.team.minutes_a_lead} minutes"),
        }
        for room in one.teams
    ]  # fmt: skip
    return RoomShown(called.get(one.name, one.name), " + ".join(row.stage for row in rows), cells, teams, why)
