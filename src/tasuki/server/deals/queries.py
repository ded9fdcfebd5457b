"""Reading deals."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum
from django.utils.translation import gettext as _

from tasuki.server.core import clock
from tasuki.server.core.access import Actor, require, sight
from tasuki.server.core.errors import NotFound
from tasuki.server.core.marks import a_time, mark, read_mark
from tasuki.server.core.prepared import prepared
from tasuki.server.deals.models import Deal
from tasuki.server.people.models import Lead

MOST = 200


def deals(
    actor: Actor,
    *,
    lead_id: int | None = None,
    account_id: int | None = None,
    state: str = "",
    after: int | None = None,
    limit: int = 50,
) -> list[Deal]:
    """Deals of leads that the actor may see, latest put first, at most `limit` (≤ 200); `after` is the last id had."""
    require(actor, "leads.read")
    return _deals(actor, lead_id, account_id, state or None, after, limit=min(limit, MOST))


@prepared
def _deals(
    actor: Actor,
    lead_id: int | None,
    account_id: int | None,
    state: str | None,
    after: int | None,
    *,
    limit: int,
) -> QuerySet[Any, Deal]:
    given = {"lead": lead_id, "account": account_id, "state": state, "pk__lt": after}
    found = Deal.objects.filter(**{name: value for name, value in given.items() if value is not None})
    found = found.filter(sight(actor, "lead__")).select_related("lead", "account", "owner")
    return found.order_by("-pk")[:limit]


def deal(actor: Actor, deal_id: int) -> Deal:
    """One deal. NotFound: it is not there, or of a lead that the actor may not see."""
    require(actor, "leads.read")
    found = (
        Deal.objects.filter(sight(actor, "lead__"), pk=deal_id)
        .select_related("lead", "account", "owner")
        .first()
    )
    if found is None:
        raise NotFound(
            "deal_unknown", _("There is no such deal."), cure=_("Look for it among the lead's deals.")
        )
    return found


def open_deal(lead: Lead) -> Deal | None:
    """The deal that a decision on the lead is about: the latest one that is open. The lead is one that the actor sees."""
    return Deal.objects.filter(lead=lead, state=Deal.State.OPEN).order_by("-opened_at", "-pk").first()


LATELY = timedelta(days=90)
"""How far back the totals of what was won and lost reach."""


@dataclass(frozen=True)
class DealPage:
    """Some deals; `after` asks for the next ones, empty at the end."""

    deals: list[Deal]
    after: str = ""


@dataclass(frozen=True)
class Total:
    """What the deals of one state come to in one currency. `amount` is of those that name one."""

    state: str
    currency: str
    count: int
    amount: Decimal | None


def deal_page(
    actor: Actor, *, state: str = "open", owner: str = "", after: str = "", limit: int = 50
) -> DealPage:
    """Deals of leads that the actor sees: open ones by the day on which they should close, those that are over the latest
    first. `owner`: a sign-in name, `none` for nobody. Invalid: a mark of a page that is none of ours."""
    require(actor, "leads.read")
    found = Deal.objects.filter(sight(actor, "lead__"), state=state)
    found = found.select_related("lead__account", "account", "owner")
    if owner:
        found = found.filter(owner=None) if owner == "none" else found.filter(owner__username=owner)
    rows = list(_in_order(found, state, after)[: limit + 1])
    return DealPage(rows[:limit], _mark(rows[limit - 1], state) if len(rows) > limit else "")


def _in_order(found: QuerySet[Deal], state: str, after: str) -> QuerySet[Deal]:
    if state != Deal.State.OPEN:
        if after:
            closed, pk = read_mark(after, a_time)
            found = found.filter(Q(closed_at__lt=closed) | Q(closed_at=closed, pk__lt=pk))
        return found.order_by("-closed_at", "-pk")
    if after:
        day, pk = read_mark(after, _a_day)
        later = Q(expected_at=day, pk__gt=pk)
        found = found.filter(later if day is None else later | Q(expected_at__gt=day) | Q(expected_at=None))
    return found.order_by(F("expected_at").asc(nulls_last=True), "pk")


def _mark(last: Deal, state: str) -> str:
    if state != Deal.State.OPEN:
        return mark(last.closed_at, last.pk)
    return mark(last.expected_at.isoformat() if last.expected_at else None, last.pk)


def _a_day(value: Any) -> date | None:
    return None if value is None else date.fromisoformat(value)


def totals(actor: Actor) -> list[Total]:
    """What the open deals come to, and those won and lost in the last 90 days, by state and currency."""
    require(actor, "leads.read")
    lately = Q(state=Deal.State.OPEN) | Q(
        state__in=(Deal.State.WON, Deal.State.LOST), closed_at__gte=clock.now() - LATELY
    )
    found = Deal.objects.filter(sight(actor, "lead__")).filter(lately)
    summed = found.order_by().values("state", "currency").annotate(count=Count("pk"), sum=Sum("amount"))
    rows = [Total(one["state"], one["currency"], one["count"], one["sum"]) for one in summed]
    return sorted(rows, key=lambda one: (Deal.State.values.index(one.state), -one.count, one.currency))
