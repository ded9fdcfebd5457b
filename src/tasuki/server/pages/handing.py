"""What an agreement says of handing a lead over, in sentences: to whom, how fast, and what happens when nobody answers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from tasuki.server.agreements import conditions
from tasuki.server.core import formats, words
from tasuki.server.pages.way import Way

if TYPE_CHECKING:
    from tasuki.agreement.model import Handoff, Route
    from tasuki.server.agreements.stages import Stages

HOLD = "hold"


def told(handoff: Handoff) -> Iterator[str]:
    """To which team and how fast, and what happens at the due time and after."""
    parts = {"team": team(handoff.to), "within": formats.service_level(str(handoff.within or ""))}
    if handoff.within is None:
        yield _("Handed over to %(team)s.") % parts
    else:
        yield _("Handed over to %(team)s, to be answered within %(within)s.") % parts
        yield from _clock(handoff)
    if handoff.full:
        yield (
            _("While the team is over its load, leads wait in its queue.")
            if handoff.full == HOLD
            else _("While the team is over its load, leads go to %(team)s.") % {"team": team(handoff.full)}
        )
    if handoff.fallback:
        yield _("Where nobody is there to take it, it goes to %(team)s.") % {"team": team(handoff.fallback)}


def routes(handoff: Handoff, stages: Stages) -> list[Way]:
    """Who is asked, in this order; each with why."""
    return [Way(_route(route, stages), route.because) for route in handoff.routes]


def team(name: str) -> str:
    """A role as people say it; the name of a team as it is; of a person without what marks it."""
    return words.say(words.ROLES, name.removeprefix("user:"))


def _clock(handoff: Handoff) -> Iterator[str]:
    if handoff.remind:
        before = formats.service_level(str(handoff.remind))
        yield _("Whoever has it is reminded %(time)s before it is due.") % {"time": before}
    yield _("If it is not answered in time, %(team)s hears of it.") % {"team": team(handoff.escalate)}
    if handoff.reassign:
        after = formats.service_level(str(handoff.reassign))
        yield _("%(time)s after it was due it is given to the next person.") % {"time": after}
        yield _("That happens three times at the most; then %(team)s hears of it.") % {
            "team": team(handoff.escalate)
        }


def _route(route: Route, stages: Stages) -> str:
    text = {
        "former_owner": _("who had the lead before"),
        "account_owner": _("who owns the company"),
        "same_account": _("who works on the same company"),
    }.get(route.to) or team(route.to)
    if not route.names_person:
        text = (
            _("%(team)s, in turn") if route.by == "turn" else _("%(team)s, whoever has the most room")
        ) % {"team": text}
    if route.when is None:
        return text
    return _("%(whom)s, if: %(condition)s") % {
        "whom": text,
        "condition": conditions.told(route.when, stages),
    }
