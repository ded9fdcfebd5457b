"""Routes of a handoff that are legal but hardly meant: warnings, one small function each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasuki.agreement.conditions import Condition, Negation, TimesEntered, walk
from tasuki.agreement.model import Agreement, Handoff, Route, Stage
from tasuki.agreement.possible import contradiction

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasuki.agreement.source import Source


def route_warnings(agreement: Agreement, source: Source) -> None:
    """Add every warning about routes to the source."""
    for i, stage in enumerate(agreement.stages):
        if stage.handoff is None:
            continue
        place = ("stages", i, "handoff")
        for j, route in enumerate(stage.handoff.routes):
            if not route.because:
                text = "a route without `because`: say why, so that whoever gets the lead can read it"
                source.warning((*place, "route", j), "no-because", text)
            reason = _never(agreement, stage, route) or _too_late(agreement, stage.handoff, j)
            if reason:
                source.warning((*place, "route", j), "unreachable-route", reason)
        for key, text in _same(stage.handoff):
            source.warning((*place, key), "same-team", text)


def _never(agreement: Agreement, stage: Stage, route: Route) -> str:
    """Why no lead that enters the stage can match the route; empty if one can."""
    if route.when is None:
        return ""
    reason = contradiction(agreement, route.when)
    if reason:
        return f"this route can never match: {reason}; change its `when` or leave the route out"
    reason = _nobody_enters(agreement, stage, route.when)
    if reason:
        return f"this route can never match, by what leads into {stage.id}: {reason}; change one of them"
    return ""


def _nobody_enters(agreement: Agreement, stage: Stage, when: Condition) -> str:
    """Why each path into the stage contradicts the condition; empty where a person or a timeout may enter it."""
    paths = [path.when for path in stage.paths if path.when is not None and not path.by]
    by_timeout = any(other.timeout and other.timeout.to == stage.id for other in agreement.stages)
    if by_timeout or not paths or len(paths) < len(stage.paths):
        return ""
    if TimesEntered(stage.id) in walk(when):  # the route counts this entry, the path does not yet
        return ""
    excluded = [Negation(agreement.excluded)] if agreement.excluded else []
    reasons = [contradiction(agreement, when, path, *excluded) for path in paths]
    return reasons[0] if all(reasons) else ""


def _too_late(agreement: Agreement, handoff: Handoff, j: int) -> str:
    """Which route has taken the leads of the one at place j; empty if none has."""
    for k, earlier in enumerate(handoff.routes[:j]):
        if _covers(agreement, earlier, handoff.routes[j]):
            cure = "put this one before it, or give that one a narrower `when`"
            return f"this route comes too late: route {k + 1} has given its leads to `{earlier.to}`; {cure}"
    return ""


def _covers(agreement: Agreement, earlier: Route, later: Route) -> bool:
    """Whether every lead that the later route matches has found somebody by the earlier one.

    One person may be away; in a role or a team somebody is there, and if not, `fallback` says who is next.
    """
    if earlier.names_person and earlier.to != later.to:
        return False
    if earlier.when is None:
        return True
    if later.when is None:
        return False
    return bool(contradiction(agreement, later.when, Negation(earlier.when)))


def _same(handoff: Handoff) -> Iterator[tuple[str, str]]:
    """`full` and `fallback` that name whom the routes have asked already."""
    routes = handoff.routes or (Route(handoff.to),)
    teams = {route.to for route in routes if not route.names_person}
    if teams == {handoff.full}:
        cure = "name another, or `hold`"
        yield "full", f"`{handoff.full}` cannot take what `{handoff.full}` has no room for: {cure}"
    if handoff.fallback in {route.to for route in routes if route.when is None}:
        cure = "name another, like `manager`"
        yield "fallback", f"`{handoff.fallback}` was asked before and had nobody: {cure}"
