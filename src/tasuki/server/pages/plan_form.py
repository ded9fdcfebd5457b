"""The form of the plan: what it asks, and its numbers with their sliders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils.translation import gettext as _

from tasuki.metrics.plan import Quarter
from tasuki.metrics.plan.told import short_name, steps_of
from tasuki.server.core import formats
from tasuki.server.insights.plans import PlanAsked, Seen, numbers_of, quarters_ahead

GOAL, RATE, DAYS, SHARE, VALUE = "goal_", "rate_", "days_", "share_", "value"
LONGEST, MOST_FIELDS = 300, 60
WIDE = 2
"""A slider goes from its own figure divided by this to the same times this."""


def asked_of(given: QueryDict) -> PlanAsked:
    """What an address or a form asks; percent for rates and shares. Invalid, with the field, for what is no number."""
    texts = {
        name: str(value).replace("\0", "")[:LONGEST]
        for name, value in list(given.items())[:MOST_FIELDS]
        if value
    }

    def of(prefix: str, scale: float = 1.0) -> dict[str, float]:
        found = {name[len(prefix) :]: text for name, text in texts.items() if name.startswith(prefix)}
        places = {name: prefix + name for name in found}
        return {name: number / scale for name, number in numbers_of(found, places).items()}

    value = numbers_of({VALUE: texts.get(VALUE, "")}, {VALUE: VALUE})
    currency = texts.get("currency", "")
    known = currency if len(currency) == 3 and currency.isascii() and currency.isalpha() else ""
    return PlanAsked(of(GOAL), of(RATE, 100), of(DAYS), of(SHARE, 100), value.get(VALUE), known)


def query_of(seen: Seen, given: PlanAsked) -> str:
    """The same as an address that says only what is otherwise than own figures and the agreement's goals."""
    changes, plan = seen.changes, seen.plan
    found = (
        {}
        if plan.goals == seen.agreed
        else {f"{GOAL}{one.quarter}": f"{one.amount:.0f}" for one in plan.goals}
    )
    found |= {f"{RATE}{name}": f"{100 * number:.1f}" for name, number in changes.rates.items()}
    found |= {f"{DAYS}{name}": f"{number:.1f}" for name, number in changes.days.items()}
    found |= {f"{SHARE}{name}": f"{100 * number:.1f}" for name, number in changes.shares.items()}
    if changes.value is not None:
        found[VALUE] = f"{changes.value:.0f}"
    if given.currency:
        found["currency"] = given.currency
    return urlencode(found)


def quarter_words(quarter: Quarter) -> str:
    """`2026年10–12月`, `Oct–Dec 2026`: fiscal years begin in April here and in January there."""
    first, last = quarter.begin, quarter.begin.replace(month=quarter.begin.month + 2)
    if formats.language() == "ja":
        return f"{first.year}年{first.month}–{last.month}月"
    return f"{first:%b}–{last:%b} {first.year}"


@dataclass(frozen=True)
class Knob:
    """A number that can be turned: as shown, and by own figures ("" where not known); `low` to `high` of the slider."""

    name: str
    label: str
    value: str
    own: str
    least: str
    most: str
    low: str
    high: str
    step: str
    unit: str

    @property
    def is_changed(self) -> bool:
        """Whether it is set by hand."""
        return self.value != self.own


def _knob(
    name: str, label: str, own: float | None, chosen: float | None, bounds: tuple[float, float], digits: int, unit: str
) -> Knob:  # fmt: skip
    least, most = bounds
    middle = own if own else chosen if chosen else (least + most) / 2
    write = f"{{:.{digits}f}}".format
    return Knob(
        name, label, write(own if chosen is None else chosen) if own is not None or chosen is not None else "",
        "" if own is None else write(own), write(least), write(most), write(max(least, middle / WIDE)),
        write(min(most, max(middle * WIDE, least))), write(10**-digits), unit,
    )  # fmt: skip


@dataclass(frozen=True)
class StepShown:
    """A step with its knobs; `share` where the next stage has several sources."""

    source: str
    target: str
    told: str
    rate: Knob
    days: Knob
    share: Knob | None


def steps(seen: Seen) -> list[StepShown]:
    """From the first stage to the deals."""
    return [_step(seen, one) for one in steps_of(seen.plan)]


def _step(seen: Seen, one: Mapping[str, Any]) -> StepShown:
    language, terms = formats.language(), seen.plan.terms
    source, target = (short_name(one[end], language, terms) for end in ("source", "target"))
    way = f"{source}→{target}"
    told = _("nobody has reached it yet")
    if one["low"] is not None:
        told = _("%(n)s of %(of)s; %(low)s–%(high)s %%") % {
            "n": formats.number(one["reached"]), "of": formats.number(one["of"]),
            "low": formats.number(100 * one["low"], 1), "high": formats.number(100 * one["high"], 1),
        }  # fmt: skip
    share = None
    if len(seen.plan.own.way.feeders(one["target"])) > 1:
        label = _("Share of %(target)s that comes from %(source)s") % {"target": target, "source": source}
        share = _knob(
            f"{SHARE}{one['source']}",
            label,
            _percent(one["share"]),
            _percent(one["share_set"]),
            (0, 100),
            1,
            "%",
        )
    rate = _knob(
        f"{RATE}{one['source']}", _("Rate %(way)s") % {"way": way}, _percent(one["rate"]), _percent(one["rate_set"]),
        (0.1, 100), 1, "%",
    )  # fmt: skip
    days = _knob(
        f"{DAYS}{one['source']}", _("Days %(way)s") % {"way": way}, one["days"], one["days_set"], (0, 365), 1, _("days")
    )  # fmt: skip
    return StepShown(source, target, told, rate, days, share)


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share


def value_knob(seen: Seen) -> Knob:
    """What a deal brings."""
    unit = formats.currency_name(seen.plan.currency) if seen.plan.currency else ""
    return _knob(
        VALUE, _("Average deal value"), seen.plan.own.value, seen.changes.value, (1, 10**12), 0, unit
    )


@dataclass(frozen=True)
class GoalShown:
    """The goal of a quarter as the form shows it."""

    words: str
    knob: Knob


def goals(seen: Seen) -> list[GoalShown]:
    """The goals of the plan, and those of quarters that a form offers."""
    asked = {one.quarter: one.amount for one in seen.plan.goals}
    agreed = {one.quarter: one.amount for one in seen.agreed}
    unit = formats.currency_name(seen.plan.currency) if seen.plan.currency else ""
    return [
        GoalShown(
            quarter_words(quarter),
            _knob(
                f"{GOAL}{quarter}", _("Goal of %(quarter)s") % {"quarter": quarter_words(quarter)},
                agreed.get(quarter), asked.get(quarter), (1, 10**15), 0, unit,
            ),
        )
        for quarter in sorted({*asked, *quarters_ahead(seen.running)})
    ]  # fmt: skip
