"""Plans as page, API and files ask for them: within what the actor may see, and with words where something does not fit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from math import isfinite
from typing import Any

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tasuki.agreement.targets import with_targets
from tasuki.errors import UsageError
from tasuki.metrics.plan import Changes, Goal, Plan, Quarter, make_plan, quarter_named, running_quarter
from tasuki.metrics.plan.assumed import LEAST_RATE, MOST_DAYS, MOST_VALUE
from tasuki.metrics.plan.goals import AHEAD, agreed_goal, agreed_goals, targets_of
from tasuki.metrics.plan.own import Own, own_now
from tasuki.metrics.plan.plan import FARTHEST, MOST_QUARTERS
from tasuki.metrics.plan.told import COLUMNS, rows_of
from tasuki.metrics.reader import Facts
from tasuki.metrics.values import percent
from tasuki.server.agreements import queries as agreements
from tasuki.server.core import audit, formats
from tasuki.server.core.access import Actor, require
from tasuki.server.core.errors import Invalid
from tasuki.server.handoffs.room import Receiver, receivers
from tasuki.server.insights.asking import narrowed, own
from tasuki.server.insights.opened import opened
from tasuki.server.lists import exporting

MOST_GOAL = 10**15
HEADS: Mapping[str, str | Promise] = {
    "stage": gettext_lazy("Stage"),
    "name": gettext_lazy("Name"),
    "month": gettext_lazy("Month"),
    "needed": gettext_lazy("Needed"),
    "low": gettext_lazy("Interval from"),
    "high": gettext_lazy("Interval to"),
    "there": gettext_lazy("There already"),
    "coming": gettext_lazy("Expected of what is under way"),
    "currency": gettext_lazy("Currency"),
    "reason": gettext_lazy("Why there is none"),
}


@dataclass(frozen=True)
class PlanAsked:
    """`goals`: quarter, like 2026-Q4, → revenue; those of the agreement when empty. Rates and shares from 0 to 1, by stage.

    `as_of`: as known then (aware; now when None). `currency`: of the agreement's goal, else of most deals, when empty.
    """

    goals: Mapping[str, float] = field(default_factory=dict)
    rates: Mapping[str, float] = field(default_factory=dict)
    days: Mapping[str, float] = field(default_factory=dict)
    shares: Mapping[str, float] = field(default_factory=dict)
    value: float | None = None
    currency: str = ""
    as_of: datetime | None = None


@dataclass(frozen=True)
class Seen:
    """A plan, and what stands beside it. `changes`: what is otherwise than own figures; `agreed`: the agreement's goals,
    quarter by quarter; `mine`: own figures are those of the actor's team (`team`) or own leads (`rep`), empty: of all."""

    plan: Plan
    changes: Changes
    agreed: tuple[Goal, ...]
    running: Quarter
    mine: str
    receivers: tuple[Receiver, ...]


def plan(actor: Actor, asked: PlanAsked | None = None) -> Seen:
    """What goals need, by figures of the leads and deals that the actor may see. NotFound `numbers_not_yet`; Invalid."""
    require(actor, "numbers.read")
    asked = asked or PlanAsked()
    mine = own(actor)
    with opened(asked.as_of) as facts:
        running = running_quarter(facts)
        agreed = () if mine else tuple(agreed_goals(facts.terms, running))
        goals = _goals(asked.goals, running) if asked.goals else list(agreed)
        wanted = agreed_goal(facts.terms)
        currency = (asked.currency or (wanted[1] if wanted else "")).upper()
        changes = _changes(facts, asked, currency, narrowed(actor, {}))
        try:
            found = make_plan(facts, goals, changes, currency=currency, where=narrowed(actor, {}))
        except UsageError as error:  # what is asked for was looked at above: a way that nobody has thought of
            raise Invalid("plan_unfit", str(error), field="plan") from error
    months = [one.month for one in found.months]
    return Seen(found, changes, agreed, running, mine[0] if mine else "", tuple(receivers(actor, months)))


def _goals(asked: Mapping[str, float], running: Quarter) -> list[Goal]:
    found = []
    for name, amount in asked.items():
        place = f"goal_{name}"
        try:
            quarter = quarter_named(name)
        except UsageError:
            raise Invalid(
                "quarter_unknown", _("This is no quarter."), cure=_("Write it like 2026-Q4."), field=place
            ) from None
        _within(amount, 1, MOST_GOAL, place)
        if not running.next(-FARTHEST) <= quarter <= running.next(FARTHEST):
            raise Invalid(
                "quarter_far",
                _("This quarter is too far away to plan for."),
                cure=_("Choose one within three years."),
                field=place,
            )
        found.append(Goal(quarter, float(amount)))
    found.sort(key=lambda one: one.quarter)
    if len(found) > MOST_QUARTERS or any(
        one.quarter != found[0].quarter.next(place) for place, one in enumerate(found)
    ):
        raise Invalid(
            "goals_apart",
            _("Goals are of quarters one after the other, eight at the most."),
            cure=_("Fill in the quarters between, or leave the later ones out."),
            field="goals",
        )
    return found


def _changes(facts: Facts, asked: PlanAsked, currency: str, where: Mapping[str, str]) -> Changes:
    """What is set, but for what is as in one's own figures, to the last place that a form shows."""
    mine = own_now(facts, currency, where)
    for name, given, least, most in (
        ("rate", asked.rates, LEAST_RATE, 1.0),
        ("days", asked.days, 0.0, MOST_DAYS),
        ("share", asked.shares, 0.0, 1.0),
    ):
        for stage, number in given.items():
            if stage not in mine.steps:
                raise Invalid(
                    "step_unknown",
                    _("No step of the plan begins at this stage."),
                    cure=_("Possible: %(known)s.") % {"known": ", ".join(mine.way.stages)},
                    field=f"{name}_{stage}",
                )
            _within(number, least, most, f"{name}_{stage}")
    _check_shares(mine, asked.shares)
    if asked.value is not None:
        _within(asked.value, 1, MOST_VALUE, "value")
    steps = mine.steps
    return Changes(
        _unlike(asked.rates, {name: step.reached.share for name, step in steps.items()}, 3),
        _unlike(asked.days, {name: step.days for name, step in steps.items()}, 1),
        _unlike(asked.shares, {name: step.carried.share for name, step in steps.items()}, 3),
        _unlike({"": asked.value} if asked.value is not None else {}, {"": mine.value}, 0).get(""),
    )


def _check_shares(mine: Own, shares: Mapping[str, float]) -> None:
    for target in {link.target for link in mine.way.links}:
        if sum(shares.get(one.source, 0.0) for one in mine.way.feeders(target)) > 1.0 + 1e-9:
            raise Invalid(
                "shares_too_much",
                _("The shares of one stage are more than all of it."),
                cure=_("Lower one of them."),
                field="share",
            )


def _unlike(given: Mapping[str, float], mine: Mapping[str, float | None], digits: int) -> dict[str, float]:
    return {
        name: number
        for name, number in given.items()
        if (known := mine[name]) is None or round(number, digits) != round(known, digits)
    }


def _within(number: float, least: float, most: float, place: str) -> None:
    if not (isfinite(number) and least <= number <= most):
        is_percent = place.startswith(("rate_", "share_"))
        ends = {
            "least": percent(least, formats.language(), 1) if is_percent else f"{least:,.0f}",
            "most": percent(most, formats.language(), 1) if is_percent else f"{most:,.0f}",
        }
        raise Invalid(
            "out_of_range",
            _("This should be a number from %(least)s to %(most)s.") % ends,
            cure=_("Change it."),
            field=place,
        )


def export_plan(actor: Actor, asked: PlanAsked, kind: str = exporting.CSV) -> Iterator[bytes]:
    """The table of needs as a file in pieces; `kind`: csv, plain or xlsx. The audit tells who took it out. As `plan`."""
    exporting.check_kind(kind)
    found = plan(actor, asked).plan
    rows = [[row[name] for name in COLUMNS] for row in rows_of(found, formats.language())]
    with transaction.atomic():
        audit.record(actor, "numbers.export", "", kind=kind, figure="plan", by="month", rows=len(rows))
    return exporting.table(kind, [str(HEADS[name]) for name in COLUMNS], iter([rows]))


@dataclass(frozen=True)
class Proposed:
    """The text of the agreement in force with the targets of a quarter in it."""

    text: str
    targets: Mapping[str, str]
    quarter: Quarter


def propose_targets(actor: Actor, asked: PlanAsked, quarter: str) -> Proposed:
    """What a quarter of the plan would write into the agreement; nothing is published by it.

    NotAllowed; NotFound; Invalid: no such quarter in the plan, or targets that have to be written by hand.
    """
    require(actor, "agreement.publish")
    found = plan(actor, asked).plan
    goal = next((one for one in found.goals if str(one.quarter) == quarter), None)
    if goal is None:
        raise Invalid(
            "quarter_unplanned",
            _("The plan has no goal for this quarter."),
            cure=_("Choose one of its quarters."),
            field="quarter",
        )
    under = agreements.in_force()
    assert under is not None, "there are figures, so an agreement is in force"
    targets = targets_of(found, goal.quarter)
    try:
        text = with_targets(agreements.version(actor, under.version.number).text, targets)
    except UsageError:
        raise Invalid(
            "targets_by_hand",
            _("The targets stand so in the agreement that they cannot be changed on their own."),
            cure=_("Write them by hand: %(targets)s")
            % {"targets": ", ".join(f"{name}: {value}" for name, value in targets.items())},
            field="text",
        ) from None
    return Proposed(text, targets, goal.quarter)


def quarters_ahead(running: Quarter) -> list[Quarter]:
    """Those that a form offers."""
    return [running.next(count) for count in range(AHEAD)]


def numbers_of(texts: Mapping[str, str], places: Mapping[str, Any]) -> dict[str, float]:
    """Numbers by name; empty ones left out. Invalid, with the field of `places`, for what is no number."""
    found = {}
    for name, text in texts.items():
        plain = text.strip().replace(",", "").replace("_", "")
        if not plain:
            continue
        try:
            found[name] = float(plain)
        except ValueError:
            raise Invalid(
                "number_unreadable",
                _("This is no number."),
                cure=_("Write it like 0.5 or 100000000."),
                field=places[name],
            ) from None
    return found
