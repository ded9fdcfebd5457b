"""What is asked of figures, from texts; and the one place that narrows it to what the actor may see."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.utils.translation import gettext as _

from tasuki.metrics.asking import NO_VALUE, PERIODS, Question, slices_of
from tasuki.metrics.formulas import Kpi, Money, Stock
from tasuki.metrics.kpis import find_kpi
from tasuki.metrics.roles import Terms
from tasuki.server.core import clock
from tasuki.server.core.access import Actor
from tasuki.server.core.errors import Invalid, NotAllowed, NotFound
from tasuki.server.core.models import Sight

GRAINS = ("item", "account")


@dataclass(frozen=True)
class Asked:
    """By what, narrowed to what (slice → value, `(none)` for none), within what time, as of when (aware; now when None)."""

    by: str = ""
    where: Mapping[str, str] = field(default_factory=dict)
    since: datetime | None = None
    until: datetime | None = None
    as_of: datetime | None = None
    grain: str = "item"


def kpi_named(terms: Terms, id: str) -> Kpi:
    """NotFound: there is no such KPI."""
    found = find_kpi(terms, id)
    if found is None:
        raise NotFound("kpi_unknown", _("There is no such figure."), cure=_("Look at the list of figures."))
    return found


def question_of(actor: Actor, kpi: Kpi, asked: Asked) -> Question:
    """Ready for the KPI, and narrowed to what the actor may see. Invalid; NotAllowed."""
    known = slices_of(kpi)
    for name, place in ((asked.by, "by"), *((each, "where") for each in asked.where)):
        if name and name not in (known if place == "by" else known[len(PERIODS) :]):
            raise Invalid(
                "slice_unknown",
                _("This figure cannot be split by that."),
                cure=_("Possible: %(known)s.") % {"known": ", ".join(known)},
                field=place,
            )
    if asked.grain not in GRAINS or (asked.grain == "account" and not counts_accounts(kpi)):
        raise Invalid("grain_unknown", _("This figure makes no sense of companies."), field="grain")
    since, until = (None, None) if isinstance(kpi.formula, Stock) else (asked.since, asked.until)
    return Question(
        asked.by, narrowed(actor, asked.where), _micros(since), _micros(until),
        "account" if asked.grain == "account" else "item",
    )  # fmt: skip


def counts_accounts(kpi: Kpi) -> bool:
    """Whether companies can be counted instead of leads."""
    return kpi.accounts and not isinstance(kpi.formula, Money)


def _micros(at: datetime | None) -> int | None:
    return clock.microseconds(at) if at else None


def narrowed(actor: Actor, where: Mapping[str, str]) -> dict[str, str]:
    """The same within the actor's sight: whoever does not see all leads gets figures of their team, or their own.

    NotAllowed: those of another team or person were asked for.
    """
    found = dict(where)
    if (mine := own(actor)) is None:
        return found
    name, value = mine
    if found.setdefault(name, value) != value:
        raise NotAllowed(
            "figures_of_others",
            _("You see figures of your own team, or your own, only."),
            cure=_("Ask an administrator to let you see all leads."),
        )
    return found


def own(actor: Actor) -> tuple[str, str] | None:
    """The slice that the actor is kept to, with its value; None: sees all."""
    user = actor.user
    if actor.system or (user is not None and user.sight == Sight.ALL):
        return None
    if user is None:
        return "rep", NO_VALUE
    if user.sight == Sight.TEAM and user.team_id is not None:
        return "team", str(user.team_id)
    return "rep", str(user.pk)
