"""The handoff of a stage: from its part of the document to its meaning."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasuki.agreement.model import ANY, HOLD, MANAGER, NONE, PERSON_WORDS, USER, Agreement, Handoff, Route
from tasuki.agreement.values import working_day

if TYPE_CHECKING:
    from collections.abc import Callable

    from tasuki.agreement.conditions import Condition
    from tasuki.agreement.document import CalendarPart, HandoffPart, RoutePart
    from tasuki.agreement.source import Source
    from tasuki.agreement.syntax import Place

    ReadCondition = Callable[[str | None, Place], Condition | None]


def names_to_hand_to(agreement: Agreement) -> set[str]:
    """Every role, team's name and `user:` name that a handoff names; not the words for persons, not `hold`."""
    return {
        name
        for handoff in (stage.handoff for stage in agreement.stages if stage.handoff)
        for name in (handoff.to, handoff.escalate, handoff.full, handoff.fallback, *_targets(handoff))
        if name not in ("", HOLD)
    }


def _targets(handoff: Handoff) -> list[str]:
    return [route.to for route in handoff.routes if route.to not in PERSON_WORDS]


RETURNS = frozenset({"RECYCLED", "DISQUALIFIED", "LOST"})
"""Whoever enters one of these goes back, wherever from."""


def is_return(agreement: Agreement, handed: str, to: str) -> bool:
    """Whether a lead that goes from `handed` to `to` goes back: to an earlier stage, or one from which it may come again."""
    if to in RETURNS:
        return True
    order = {stage.id: place for place, stage in enumerate(agreement.stages)}
    if handed not in order or to not in order:
        return False
    if order[to] < order[handed]:
        return True
    return any(
        to in path.from_ and order[path.stage] <= order[handed]
        for path in agreement.paths
        if not {ANY, NONE} & set(path.from_)
    )


class HandoffReader:
    """Reads handoffs; problems go to the source. `condition` reads what a route's `when` says."""

    def __init__(self, source: Source, calendar: CalendarPart | None, condition: ReadCondition) -> None:
        self._source, self._condition = source, condition
        self._day = working_day(calendar.hours if calendar else "09:00-18:00")

    def read(self, part: HandoffPart | None, place: Place) -> Handoff | None:
        """The handoff that the part at `place` says."""
        if part is None:
            return None
        self._check_times(part, place)
        self._check_names(part, place)
        return Handoff(
            part.to,
            part.within,
            part.remind,
            part.escalate or MANAGER,
            part.reassign,
            tuple(self._route(route, (*place, "route", i)) for i, route in enumerate(part.route or ())),
            part.full or "",
            part.fallback or "",
        )

    def _route(self, part: RoutePart, place: Place) -> Route:
        route = Route(
            part.to, part.by or "load", self._condition(part.when, (*place, "when")), part.because or ""
        )
        if part.by and route.names_person:
            text = f"`by` says how a role or team shares its leads, `{part.to}` is one person: leave `by` out"
            self._wrong((*place, "by"), text, key=True)
        if part.to == USER:
            self._wrong((*place, "to"), "`user:` needs a user's name after it, like `user:sato`")
        return route

    def _check_times(self, part: HandoffPart, place: Place) -> None:
        for key in ("remind", "escalate", "reassign"):
            if part.within is None and getattr(part, key) is not None:
                self._wrong((*place, key), f"`{key}` has no time to go by: say `within`, too", key=True)
        within, remind = part.within, part.remind
        if within is None or remind is None:
            return
        if within.business != remind.business:
            kind = "in business hours, too" if within.business else "without `business`, too"
            self._wrong((*place, "remind"), f"`remind` is counted as `within` ({within}) is: write it {kind}")
        elif remind.length(self._day) >= within.length(self._day):
            text = f"`{remind}` before it is due would be at the start: `remind` is shorter than `within`"
            self._wrong((*place, "remind"), text)

    def _check_names(self, part: HandoffPart, place: Place) -> None:
        for key in ("escalate", "full", "fallback"):
            name = getattr(part, key)
            if name in PERSON_WORDS or (name or "").startswith(USER):
                text = f"`{key}` names a role or a team, and `{name}` is a person: name one, like `manager`"
                self._wrong((*place, key), text)

    def _wrong(self, place: Place, text: str, *, key: bool = False) -> None:
        self._source.error(place, "handoff", text, key=key)
