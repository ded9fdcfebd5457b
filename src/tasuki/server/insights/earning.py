"""What comes of it in money: won, open and lost, by month or any other slice, against what is wanted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.utils.translation import gettext as _

from tasuki.metrics.asking import PERIODS
from tasuki.metrics.dashboards.teams import REVENUE
from tasuki.metrics.derived import SLICES
from tasuki.metrics.figures import Answer
from tasuki.server.core.access import Actor
from tasuki.server.core.company import the_company
from tasuki.server.core.errors import Invalid
from tasuki.server.insights.board import Months, Tile, months, tiles_of
from tasuki.server.insights.scope import Asking, scoped
from tasuki.server.insights.spans import Span
from tasuki.server.insights.values import Values, values

BY = (*PERIODS, *SLICES)
"""By what money is split."""


@dataclass(frozen=True)
class Earning:
    """`parts`: each figure split `by`; `currency` is the company's, in which charts are drawn."""

    at: datetime
    span: Span
    tiles: Sequence[Tile]
    year: Sequence[Months]
    by: str
    parts: Mapping[str, Answer]
    currency: str
    values: Values

    @property
    def others(self) -> dict[str, int]:
        """Other currencies among the deals won, with how many deals."""
        amounts = self.parts["won.amount"].total.amounts
        return {one.currency: one.deals for one in amounts if one.currency != self.currency}

    @property
    def without_amount(self) -> int:
        """Deals won of which nobody said what they are worth."""
        return self.parts["won.amount"].total.unknown


def earning(actor: Actor, asking: Asking, by: str = "month") -> Earning:
    """Narrowed to what the actor sees. Invalid `slice_unknown`; NotFound `numbers_not_yet`; NotAllowed."""
    if by not in BY:
        raise Invalid(
            "slice_unknown",
            _("This figure cannot be split by that."),
            cure=_("Possible: %(known)s.") % {"known": ", ".join(BY)},
            field="by",
        )
    with scoped(actor, asking) as scope:
        kpis = scope.kpis(REVENUE)
        (answers,) = scope.answers(kpis, replace(scope.question, by=by))
        parts = {answer.kpi.id: answer for answer in answers}
        return Earning(
            scope.at, scope.span, tiles_of(scope, REVENUE), months(scope, ("won.amount", "won.deals")), by, parts,
            the_company().currency, values(scope.facts, actor),
        )  # fmt: skip
