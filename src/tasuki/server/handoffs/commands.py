"""Handoffs: opened and closed by transitions, watched by clocks, given from one to another."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from tasuki.agreement import is_return
from tasuki.server.core import clock
from tasuki.server.handoffs import acting, following, passing
from tasuki.server.handoffs.capacity import set_capacity, set_team_capacity
from tasuki.server.handoffs.inputs import About, Act, Followed, Step, Told
from tasuki.server.handoffs.models import Promise
from tasuki.server.handoffs.outcomes import outcome_of
from tasuki.server.handoffs.transfer import take, touched, transfer

__all__ = [
    "About", "Act", "Followed", "Step", "Told", "act_on_clock", "act_on_clocks", "due_clocks", "follow", "is_anything_due",
    "is_return", "outcome_of", "put_off", "release_held", "rescue", "set_capacity", "set_team_capacity", "take", "touched",
    "transfer", "wait_for_answer",
]  # fmt: skip


def follow(steps: Sequence[Step], now: datetime | None = None) -> Followed:
    """Close and open handoffs as new transitions say, which come in the order of each lead's; route them, start clocks.

    Within the caller's transaction, which holds the leads. See `handoffs.following`.
    """
    return following.follow(steps, now or clock.now())


def act_on_clocks(now: datetime, limit: int = 200) -> list[Act]:
    """Remind, tell of breaches, reassign; route anew what people who left still have; release what waits for room.

    Within the caller's transaction; two at a time do nothing twice. The news are in what comes back.
    """
    return [*acting.act(now, limit), *rescue(now, limit), *release_held(now, limit)]


def due_clocks(now: datetime, limit: int = 200) -> list[int]:
    """The clocks with something to be done about them, the longest due first."""
    return list(acting.due(now).order_by("next_at", "pk").values_list("pk", flat=True)[:limit])


def act_on_clock(now: datetime, clock: int) -> list[Act]:
    """The same as `act_on_clocks` for one of `due_clocks` alone. Within the caller's transaction."""
    return acting.act(now, 1, clock)


def put_off(clock: int, *, now: datetime, until: datetime) -> None:
    """Look at a due clock later: one about which nothing can be done."""
    acting.due(now).filter(pk=clock).update(next_at=until)


def wait_for_answer(leads: Sequence[int], until: datetime) -> None:
    """Nothing is told of these leads' clocks until then, and nothing taken away: an answer is about to be recorded."""
    acting.wait(leads, until)


def rescue(now: datetime, limit: int = 200) -> list[Act]:
    """Route anew what people who left still have. Within the caller's transaction."""
    return passing.rescue(now, limit)


def release_held(now: datetime, limit: int = 200) -> list[Act]:
    """Give handoffs that wait in a queue to who has room, the earliest due first. Within the caller's transaction."""
    return passing.release(now, limit)


def is_anything_due(now: datetime) -> bool:
    """Whether there is anything to act on, or a promised call to tell of: looks into indexes, nothing is locked."""
    promised = Promise.objects.filter(at__lte=now, done_at=None, told_at=None)
    looks = (acting.due(now), passing.orphans(), passing.releasable(now), promised)
    return any(rows.exists() for rows in looks)
