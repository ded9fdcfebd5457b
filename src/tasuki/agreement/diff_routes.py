"""What changed in the routes of a stage's handoff, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasuki.agreement.match import in_order, left_over, match_routes
from tasuki.agreement.wording import names_facets

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasuki.agreement.model import Route, Stage
    from tasuki.agreement.telling import Teller


def route_changes(teller: Teller, old: Stage, new: Stage) -> Iterator[str]:
    """A line for each change of a route and of their order."""
    words, before, after = teller.words, _routes(old), _routes(new)
    pairs = match_routes(before, after)
    for route in left_over(before, (i for i, _ in pairs)):
        yield words.line(new.id, words.say("old_route", what=words.route(route)))
    known = {j: before[i] for i, j in pairs}
    for j, route in enumerate(after):
        if j in known:
            where = words.say("route", value=new.id, number=str(j + 1))
            yield from teller.facets(where, words.route_facets(known[j]), words.route_facets(route))
            teller.names(where, names_facets({}, known[j].because), names_facets({}, route.because))
        else:
            phrase = "new_route" if j else "first_route"
            yield words.line(new.id, words.say(phrase, what=words.route(route), number=str(j + 1)))
    if not in_order(pairs):
        yield words.line(new.id, words.say("route_order"))


def _routes(stage: Stage) -> tuple[Route, ...]:
    return stage.handoff.routes if stage.handoff else ()
