"""How a company stands: made of the scores that the engine gave its people, and nothing else.

The score of a company is the best score of its people: one who is ready to buy is worth a call, however many others are not.
Nobody calls who was disqualified or whom the agreement excludes, so their scores are none of the company's. Beside it
stands how many are engaged, which are those with at least half of what the agreement's first bar asks for; where there is no
bar, those with any points.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from tasuki.server.agreements import queries as agreements
from tasuki.server.core import formats
from tasuki.server.core.access import Actor, require, sight
from tasuki.server.core.prepared import prepared
from tasuki.server.handoffs.models import Handoff
from tasuki.server.lifecycle.excluding import is_excluded
from tasuki.server.people.models import Lead
from tasuki.server.people.queries import heavy

SHARE = 0.5
"""Of the first bar: from there somebody is engaged."""
MOST = 100
OUT: Final = "DISQUALIFIED"
TRIED = 20
"""So many of the best are asked whether the agreement excludes them."""


@dataclass(frozen=True)
class Company:
    """`best`: the lead whose score the company has. `stages`: stage ("": none) → how many people stand there."""

    best: Lead | None = None
    people: int = 0
    engaged: int = 0
    bar: float | None = None
    stages: dict[str, int] = field(default_factory=dict)

    @property
    def said(self) -> str:
        """How it is made, in the reader's language."""
        best = _("The best score of its people who are neither disqualified nor excluded.")
        if self.bar is None:
            return " ".join((best, _("Engaged are those with any points who are not disqualified.")))
        said = _(
            "Engaged are those with at least %(least)s of the bar's %(bar)s points who are not disqualified."
        )
        said = " ".join((best, said))
        return said % {"least": formats.number(self.bar * SHARE, 1), "bar": formats.number(self.bar, 1)}


def company(actor: Actor, account_id: int) -> Company:
    """How the company stands by those of its people whom the actor sees."""
    require(actor, "leads.read")
    under = agreements.in_force()
    bar = next((bar.value for bar in under.compiled.bars), None) if under else None
    bar = bar if bar and bar > 0 else None
    counted = _counted(actor, account_id, bar=bar)
    return Company(
        next(
            (one for one in _best(actor, account_id) if not (under and is_excluded(under.agreement, one))),
            None,
        ),
        sum(row["n"] for row in counted),
        sum(row["m"] for row in counted if row["stage"] != OUT),
        bar,
        {row["stage"]: row["n"] for row in counted},
    )


@prepared
def _counted(actor: Actor, account_id: int, *, bar: float | None) -> QuerySet[Any, Any]:
    """By stage how many there are, and how many of them are engaged."""
    engaged = Q(score__gte=bar * SHARE) if bar else Q(score__gt=0)
    people = _people(actor, account_id).values("stage")
    return people.annotate(n=Count("pk"), m=Count("pk", filter=engaged)).order_by("stage")


@prepared
def _best(actor: Actor, account_id: int) -> QuerySet[Any, Lead]:
    found = _people(actor, account_id).exclude(stage=OUT).select_related("account")
    return found.order_by("-score", "-pk")[:TRIED]


def buying_group(actor: Actor, account_id: int) -> list[Lead]:
    """Those who have a part in the buying group, by part, then the highest score first."""
    require(actor, "leads.read")
    return _buying(actor, account_id)


@prepared
def _buying(actor: Actor, account_id: int) -> QuerySet[Any, Lead]:
    found = _people(actor, account_id).exclude(buying_role="").select_related("owner")
    return found.defer(*heavy("", account=False)).order_by("buying_role", "-score", "-pk")[:MOST]


def handoffs_of_company(
    actor: Actor, account_id: int, before: int | None = None, limit: int = 20
) -> Sequence[Handoff]:
    """Handoffs of its people, the latest first, at most `limit` (≤ 100); `before` is the id of the last one had."""
    require(actor, "leads.read")
    last = Handoff.objects.filter(pk=before).values_list("opened_at", flat=True).first() if before else None
    return _handed(actor, account_id, before if last else None, last, limit=min(limit, MOST))


@prepared
def _handed(
    actor: Actor, account_id: int, before: int | None, last: datetime | None, *, limit: int
) -> QuerySet[Any, Handoff]:
    found = Handoff.objects.filter(
        sight(actor, "lead__"), lead__account=account_id, lead__merged_into=None, lead__erased_at=None
    )
    if last is not None:
        found = found.filter(Q(opened_at__lt=last) | Q(opened_at=last, pk__lt=before))
    found = found.select_related("lead", "person", "team", "transition", "closed_by__decision")
    moves = [
        f"{move}__{name}" for move in ("transition", "closed_by") for name in ("scores", "contributions")
    ]
    return found.defer(*heavy("lead__", account=False), *moves).order_by("-opened_at", "-pk")[:limit]


def _people(actor: Actor, account_id: int) -> QuerySet[Lead]:
    return Lead.objects.filter(
        sight(actor), account=account_id, merged_into=None, erased_at=None, anonymous=False
    )
