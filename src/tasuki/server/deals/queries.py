"""Reading deals."""

from __future__ import annotations

from django.utils.translation import gettext as _

from tasuki.server.core.access import Actor, require, sight
from tasuki.server.core.errors import NotFound
from tasuki.server.deals.models import Deal

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
    found = Deal.objects.filter(sight(actor, "lead__")).select_related("lead", "account", "owner")
    if lead_id is not None:
        found = found.filter(lead_id=lead_id)
    if account_id is not None:
        found = found.filter(account_id=account_id)
    if state:
        found = found.filter(state=state)
    if after is not None:
        found = found.filter(pk__lt=after)
    return list(found.order_by("-pk")[: min(limit, MOST)])


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
