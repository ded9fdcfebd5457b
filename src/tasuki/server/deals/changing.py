"""Changing a deal by hand: what its page shows, and nothing that somebody else changed meanwhile."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _

from tasuki.server.core import bulk
from tasuki.server.core.access import Actor, require
from tasuki.server.core.errors import Conflict, Refused
from tasuki.server.deals import queries
from tasuki.server.deals.inputs import DealInput, PutDeal
from tasuki.server.deals.models import Deal


def seen(deal: Deal) -> str:
    """What a form was made for: another one means that somebody was quicker."""
    return f"{deal.state} {deal.amount} {deal.expected_at} {deal.name}"


def change_deal(
    actor: Actor,
    deal_id: int,
    *,
    name: str | None = None,
    amount: Decimal | None = None,
    expected_at: date | None = None,
    state: str | None = None,
    reason: str | None = None,
    emptied: Collection[str] = (),
    shown: str | None = None,
) -> PutDeal:
    """Change what is given of a deal; None leaves a field. `emptied`: which of amount, expected_at and reason are
    to hold nothing from now on. `shown` is `seen` of the deal that the actor looked at.

    NotAllowed; NotFound; Invalid; Conflict `deal_changed_meanwhile`.
    """
    require(actor, "deals.write")

    def changed() -> PutDeal:
        from tasuki.server.deals.commands import put_deals

        Deal.objects.filter(pk=queries.deal(actor, deal_id).pk).select_for_update(no_key=True).first()
        deal = queries.deal(actor, deal_id)
        if shown is not None and shown != seen(deal):
            raise _meanwhile()
        given = DealInput(
            lead_id=deal.lead_id, key=deal.key, name=name, amount=amount, expected_at=expected_at, state=state,
            reason=reason, emptied=tuple(emptied),
        )  # fmt: skip
        (put,) = put_deals(actor, [given], source=deal.source)
        if isinstance(put, Refused):
            raise put
        return put

    return bulk.in_one_transaction(changed)


def _meanwhile() -> Conflict:
    return Conflict(
        "deal_changed_meanwhile",
        _("Somebody else has changed this deal meanwhile; nothing of yours was written."),
        cure=_("Look at what stands there now, then save again."),
    )
