"""Deals: what is open and should close when, what was won and lost, and what it all comes to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from tasuki.server.core import clock
from tasuki.server.core import queries as core
from tasuki.server.core.access import Actor
from tasuki.server.deals import queries
from tasuki.server.deals.models import Deal
from tasuki.server.pages.frame import page, show
from tasuki.server.pages.paging import PAGE, following

WORDS = {
    Deal.State.OPEN: pgettext_lazy("deal", "Open"),
    Deal.State.WON: gettext_lazy("Won in the last 90 days"),
    Deal.State.LOST: gettext_lazy("Lost in the last 90 days"),
}


@dataclass(frozen=True)
class State:
    """A state with what its deals come to, a total for each currency."""

    code: str
    word: str
    totals: Sequence[queries.Total]

    @property
    def count(self) -> int:
        """How many deals."""
        return sum(one.count for one in self.totals)


@page()
def deals(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The deals of one state, a page at a time, under the totals of all."""
    asked = {name: request.GET.get(name, "").replace("\0", "")[:200] for name in ("state", "owner", "after")}
    state = asked["state"] if asked["state"] in Deal.State.values else str(Deal.State.OPEN)
    found = queries.deal_page(actor, state=state, owner=asked["owner"], after=asked["after"], limit=PAGE)
    context = {
        "title": _("Deals"),
        "deals": found.deals,
        "state": state,
        "states": _states(queries.totals(actor)),
        "owner": asked["owner"],
        "people": core.colleagues(actor),
        "today": timezone.localdate(clock.now()),
    }
    return show(request, actor, "deals_page.html", {**context, **following(request, found.after or None)})


def _states(totals: Sequence[queries.Total]) -> list[State]:
    by_state = {code: list(group) for code, group in groupby(totals, key=lambda one: one.state)}
    return [State(str(code), str(word), by_state.get(str(code), [])) for code, word in WORDS.items()]
