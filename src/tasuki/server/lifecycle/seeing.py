"""The lead that a read is about, if the actor may see it."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from tasuki.server.core.access import Actor, require, sight
from tasuki.server.core.errors import NotFound
from tasuki.server.core.prepared import prepared
from tasuki.server.people.models import Lead


def lead_of(actor: Actor, lead_id: int | Lead) -> Lead:
    """The lead; a merged one is the one it was merged into. NotFound if there is none that the actor may see.

    A lead that this actor's request has found already is taken as it is.
    """
    require(actor, "leads.read")
    if isinstance(lead_id, Lead):
        return lead_id
    wanted = lead_id if 0 < lead_id < 2**63 else 0
    while True:
        found = _seen.first(actor, wanted)
        if found is None:
            raise NotFound(
                "lead_unknown",
                _("There is no lead %(lead)s.") % {"lead": lead_id},
                cure=_("Look for it in the list of leads; it may not be yours to see."),
            )
        if not found.merged_into_id:
            return found
        wanted = found.merged_into_id


@prepared
def _seen(actor: Actor, lead: int) -> QuerySet[Any, Lead]:
    return Lead.objects.filter(sight(actor), pk=lead).select_related("owner", "account")
