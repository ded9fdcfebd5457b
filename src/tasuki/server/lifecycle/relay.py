"""The relay of handoffs: what clocks and people make of them is told in the same transaction."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime

from django.db import OperationalError

from tasuki.server.core import bulk, clock
from tasuki.server.core.access import Actor
from tasuki.server.handoffs import commands as handoffs
from tasuki.server.handoffs.commands import Act
from tasuki.server.lifecycle import calls, worker
from tasuki.server.lifecycle.news import handoff_data, of_handoffs
from tasuki.server.lifecycle.work import ASIDE
from tasuki.server.notify import commands as notify
from tasuki.server.notify.commands import Event, News

log = logging.getLogger(__name__)

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
    """Do what the clocks of handoffs say is due, and tell of it, in one transaction; how many things were done.

    Where that fails for a reason that lies in one of them, each is done in a transaction of its own, that one put off.
    """
    now = clock.now()
    if not handoffs.is_anything_due(now):
        return 0
    try:
        return _done(lambda: handoffs.act_on_clocks(now, limit), lambda: calls.due_news(now, limit))
    except OperationalError:
        raise
    except Exception:
        log.warning("a batch of clocks could not be acted on: each alone", exc_info=True)
    return _each_alone(now, limit)


def _done(work: Callable[[], Sequence[Act]], promised: Callable[[], Sequence[News]] = tuple) -> int:
    def once() -> int:
        acts, due = work(), promised()
        notify.tell([*of_handoffs(told for one in acts for told in one.told), *due])
        notify.publish(list(_events(acts)))
        return len(acts) + len(due)

    return bulk.in_one_transaction(once)


def _each_alone(now: datetime, limit: int) -> int:
    done = sum(_clock(now, one) for one in handoffs.due_clocks(now, limit))
    done += _safely(lambda: _done(lambda: handoffs.rescue(now, limit)), "what people who left still have")
    done += _safely(lambda: _done(lambda: handoffs.release_held(now, limit)), "what waits in queues")
    return done + _safely(lambda: _done(tuple, lambda: calls.due_news(now, limit)), "promised calls")


def _clock(now: datetime, one: int) -> int:
    try:
        return _done(lambda: handoffs.act_on_clock(now, one))
    except OperationalError:
        raise
    except Exception:
        log.exception("clock %s could not be acted on", one)
        handoffs.put_off(one, now=now, until=now + ASIDE)
        return 0


def _safely(work: Callable[[], int], what: str) -> int:
    try:
        return work()
    except OperationalError:
        raise
    except Exception:
        log.exception("%s could not be acted on", what)
        return 0


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
            data = {**handoff_data(one.handoff), "why": one.kind}
            yield Event(kind, one.handoff.lead_id, one.at, f"clock:{one.clock}", data)


def run(stop: threading.Event) -> None:
    """Act on the clocks until `stop` is set. In a thread or a process of its own; as many as one likes."""
    worker.repeat(stop, _turn)


def _turn() -> float:
    """One pass; how long to wait until the next."""
    return 0.0 if act() else EVERY
