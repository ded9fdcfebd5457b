"""Reading handoffs."""

from __future__ import annotations

from tasuki.server.agreements import queries as agreements
from tasuki.server.core import clock
from tasuki.server.core.access import DECIDING, Actor, require
from tasuki.server.handoffs.capacity import TeamLoad, load_of
from tasuki.server.handoffs.facts import counted
from tasuki.server.handoffs.staff import staff
from tasuki.server.handoffs.transfer import may_give
from tasuki.server.worktime import queries as worktime

__all__ = ["TeamLoad", "loads", "may_give"]


def loads(actor: Actor) -> list[TeamLoad]:
    """What each team that handoffs go to has and can take today; every role may know."""
    require(actor, "leads.read")
    now, under = clock.now(), agreements.in_force()
    people = counted(staff(), now)
    working = worktime.works_today(
        [one.id for one in people.active],
        now,
        default=worktime.default_hours(under.agreement if under else None),
    )
    return [load_of(people, crew, working) for crew in people.crews.values() if crew.role in DECIDING]
