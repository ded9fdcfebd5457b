"""The relay of handoffs: what clocks and people make of them is told in the same transaction."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator

from tasuki.server.core import bulk, clock
from tasuki.server.core.access import Actor
from tasuki.server.handoffs import commands as handoffs
from tasuki.server.handoffs.commands import Act
from tasuki.server.lifecycle import calls, worker
from tasuki.server.lifecycle.news import of_handoffs
from tasuki.server.notify import commands as notify
from tasuki.server.notify.commands import Event

EVERY = 0.5
"""Seconds between two looks when nothing is due."""
EVENTS = {
    "breached": "handoff.breached",
    "reassigned": "handoff.given",
    "released": "handoff.given",
    "transferred": "handoff.given",
    "taken": "handoff.given",
}
"""What was done to a handoff → the event that programs are told."""


def act(*, limit: int = 200) -> int:
    """Do what the clocks of handoffs say is due, and tell of it, in one transaction; how many things were done."""

    def once() -> int:
        now = clock.now()
        acts = handoffs.act_on_clocks(now, limit)
        due = calls.due_news(now, limit)
        notify.tell([*of_handoffs(told for one in acts for told in one.told), *due])
        notify.publish(list(_events(acts)))
        return len(acts) + len(due)

    return bulk.in_one_transaction(once) if handoffs.is_anything_due(clock.now()) else 0


def transfer(
    actor: Actor,
    handoff_id: int,
    *,
    to_user: str | None = None,
    to_team: str | None = None,
    note: str = "",
) -> Act:
    """The same as `handoffs.commands.transfer`; those whom it concerns are told."""
    return _told(lambda: handoffs.transfer(actor, handoff_id, to_user=to_user, to_team=to_team, note=note))


def take(actor: Actor, handoff_id: int) -> Act:
    """The same as `handoffs.commands.take`; those whom it concerns are told."""
    return _told(lambda: handoffs.take(actor, handoff_id))


def _told(work: Callable[[], Act]) -> Act:
    def once() -> Act:
        done = work()
        notify.tell(list(of_handoffs(done.told)))
        notify.publish(list(_events([done])))
        return done

    return bulk.in_one_transaction(once)


def _events(acts: Iterable[Act]) -> Iterator[Event]:
    for one in acts:
        kind = EVENTS.get(one.kind)
        if kind:
            handoff = one.handoff
            data = {
                "handoff": handoff.pk,
                "team": handoff.team_id,
                "person": handoff.person_id,
                "due_at": handoff.due_at.isoformat() if handoff.due_at else None,
                "why": one.kind,
            }
            yield Event(kind, handoff.lead_id, one.at, f"clock:{one.clock}", data)


def run(stop: threading.Event) -> None:
    """Act on the clocks until `stop` is set. In a thread or a process of its own; as many as one likes."""
    worker.repeat(stop, _turn)


def _turn() -> float:
    """One pass; how long to wait until the next."""
    return 0.0 if act() else EVERY
