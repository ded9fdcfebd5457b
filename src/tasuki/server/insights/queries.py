"""Reading figures: the same for page, API and files, within what the actor may see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, cast, get_args

from django.utils.translation import gettext as _

from tasuki.errors import UsageError
from tasuki.metrics.asking import NO_VALUE, PERIODS, day_of
from tasuki.metrics.compute import Side, behind
from tasuki.metrics.compute import leads_behind as ids_behind
from tasuki.metrics.figures import Answer
from tasuki.metrics.formulas import Kpi
from tasuki.metrics.kpis import target_of
from tasuki.metrics.rows import told
from tasuki.server.core import clock
from tasuki.server.core.access import Actor, require, sight
from tasuki.server.core.errors import Invalid
from tasuki.server.insights.asking import Asked, kpi_named, question_of
from tasuki.server.insights.opened import opened
from tasuki.server.insights.scope import answer_of
from tasuki.server.people.models import Lead

PAGE, MOST = 50, 200
SIDES = get_args(Side)


@dataclass(frozen=True)
class Definition:
    """A KPI, what the agreement wants of it in its words (None: nothing), and whether there is something to tell."""

    kpi: Kpi
    target: str | None


@dataclass(frozen=True)
class Item:
    """One item behind a figure: its lead, when it was, its value or whether it has a hit, its deal."""

    lead: Lead
    at: datetime
    value: float | None
    hit: bool | None
    deal: str | None


@dataclass(frozen=True)
class Behind:
    """Items of a page; `hidden` ones are of leads that the actor may not see, or have no lead. `next`: where to go on."""

    items: Sequence[Item]
    hidden: int
    next: int | None


def definitions(actor: Actor) -> list[Definition]:
    """Every KPI whose stages the agreement has, in the order of the funnel. NotFound `numbers_not_yet`."""
    require(actor, "numbers.read")
    with opened() as facts:
        return [Definition(kpi, target_of(facts.terms, kpi)) for kpi in told(facts)]


def definition(actor: Actor, id: str) -> Definition:
    """One of them. NotFound."""
    require(actor, "numbers.read")
    with opened() as facts:
        kpi = kpi_named(facts.terms, id)
        return Definition(kpi, target_of(facts.terms, kpi))


def figure(actor: Actor, id: str, asked: Asked | None = None) -> Answer:
    """The figures of a KPI as the actor may see them: all, or those of their team, or their own.

    NotFound; Invalid; NotAllowed.
    """
    require(actor, "numbers.read")
    asked = asked or Asked()
    with opened(asked.as_of) as facts:
        kpi = kpi_named(facts.terms, id)
        return answer_of(facts, kpi, question_of(actor, kpi, asked))


def leads_behind(
    actor: Actor,
    id: str,
    asked: Asked | None = None,
    *,
    part: str | None = None,
    side: str = "denominator",
    offset: int = 0,
    limit: int = PAGE,
) -> Behind:
    """The items behind a figure, or behind one part of it, the earliest first; those of leads that the actor sees.

    `side`: numerator, denominator, young, unknown or late. NotFound; Invalid; NotAllowed.
    """
    require(actor, "numbers.read")
    require(actor, "leads.read")
    asked, limit = asked or Asked(), min(limit, MOST)
    with opened(asked.as_of) as facts:
        kpi = kpi_named(facts.terms, id)
        question = question_of(actor, kpi, asked)
        _check_part(asked.by, part, side)
        found = behind(
            facts, kpi, replace(question, grain="item"), part=part, side=cast("Any", side), limit=limit + 1, offset=offset,
        )  # fmt: skip
    shown = found[:limit]
    leads = _visible(actor, [one.lead for one in shown if one.lead])
    items = [
        Item(leads[one.lead], clock.instant(one.at), one.value, one.hit, one.deal)
        for one in shown
        if one.lead in leads
    ]
    return Behind(items, len(shown) - len(items), offset + limit if len(found) > limit else None)


def _visible(actor: Actor, ids: Sequence[str]) -> dict[str | None, Lead]:
    rows = Lead.objects.filter(sight(actor), pk__in={int(each) for each in ids}).select_related(
        "account", "owner", "team"
    )
    return {str(lead.pk): lead for lead in rows}


def _check_part(by: str, part: str | None, side: str) -> None:
    if side not in SIDES:
        raise Invalid(
            "side_unknown",
            _("A figure has no such side."),
            cure=_("Possible: %(known)s.") % {"known": ", ".join(SIDES)},
            field="side",
        )
    if part is None:
        return
    if not by:
        raise Invalid("part_unknown", _("A part is one of a slice: say by what."), field="part")
    if by in PERIODS and part != NO_VALUE:
        try:
            day_of(part, by)
        except UsageError:
            raise Invalid(
                "part_unknown",
                _("This is no such part."),
                cure=_("Write it like 2026-04 or 2026-W14."),
                field="part",
            ) from None


def lead_ids_behind(
    actor: Actor, id: str, asked: Asked, *, part: str | None = None, side: str = "denominator"
) -> list[int]:
    """The ids of all leads behind a figure that the actor sees, each once, in order. As `leads_behind`."""
    require(actor, "numbers.read")
    with opened(asked.as_of) as facts:
        kpi = kpi_named(facts.terms, id)
        question = question_of(actor, kpi, asked)
        _check_part(asked.by, part, side)
        found = ids_behind(facts, kpi, replace(question, grain="item"), part=part, side=cast("Any", side))
    ids = sorted(int(one) for one in found)
    seen: set[int] = set()
    for place in range(0, len(ids), 500):
        rows = Lead.objects.filter(sight(actor), pk__in=ids[place : place + 500])
        seen.update(rows.values_list("pk", flat=True))
    return [one for one in ids if one in seen]
