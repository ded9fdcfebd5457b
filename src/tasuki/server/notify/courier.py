"""The courier: makes the deliveries of the outbox. As many as one likes, in threads, processes or machines.

Each receiver is served by one thread at a time in this process, so that a slow one holds up nobody else. Mail has a thread
of its own, which slow chats and programs cannot take.
"""

from __future__ import annotations

import contextvars
import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import timedelta

from django.core.mail.backends.base import BaseEmailBackend
from django.db import DatabaseError, InterfaceError, close_old_connections, connection

from tasuki.server.core import clock
from tasuki.server.notify import chat, letters, mail, measures, outbox, webhooks
from tasuki.server.notify.attempts import AWAY, REFUSED, RETRY, Attempt
from tasuki.server.notify.endpoints import switch_off
from tasuki.server.notify.models import Delivery
from tasuki.server.notify.outbox import Receiver

LOG = logging.getLogger(__name__)
THREADS = 8
TURNS = 10
"""Claims that a thread makes for one receiver before the others have their turn."""
IDLE = 0.5
"""Seconds between two looks when nothing is due."""
DATABASE_AWAY = 2.0
LAST_MINUTE = timedelta(minutes=3)
"""What is left of a lease must be enough for one attempt."""
Make = Callable[[Delivery], Attempt]


def deliver(limit: int = 1_000) -> int:
    """Make what is due, one receiver after the other, in this thread. How many attempts were made; 0: nothing is due."""
    made = 0
    for receiver in outbox.receivers():
        while made < limit and (done := serve(receiver)):
            made += done
    return made


def serve(receiver: Receiver, stop: threading.Event | None = None) -> int:
    """Make the next deliveries for one receiver, until `stop`; how many were claimed, 0 also if the receiver is away."""
    claimed = outbox.claim(receiver)
    if not claimed:
        return 0
    with _making(receiver) as make:
        answers = _make_all(claimed, make, stop)
    return len(claimed) if answers else 0


def make_one(delivery: Delivery) -> None:
    """Make a delivery that the caller has claimed."""
    with _making(Receiver(outbox.medium_of(delivery))) as make:
        _make_all([delivery], make)


def _make_all(claimed: Sequence[Delivery], make: Make, stop: threading.Event | None = None) -> bool:
    """One after the other; once the receiver is away, the others share the fault and the wait. Whether it answers."""
    away: Attempt | None = None
    for place, delivery in enumerate(claimed):
        if _lease_ends(delivery) or (stop and stop.is_set()):
            outbox.release(claimed[place:])
            break
        current = outbox.as_it_is(delivery)
        if current is None:
            continue
        attempt = away or _tried(current, make)
        away = attempt if attempt.away else None
        if outbox.settle(current, attempt):
            measures.ATTEMPTS.labels(outbox.medium_of(current), attempt.state.value).inc()
        if attempt.fault == "gone" and current.endpoint:
            switch_off(current.endpoint)
            return False
    return away is None


def _lease_ends(delivery: Delivery) -> bool:
    return delivery.claimed_until is None or delivery.claimed_until < clock.now() + LAST_MINUTE


def _tried(delivery: Delivery, make: Make) -> Attempt:
    try:
        return make(delivery)
    except (DatabaseError, InterfaceError):
        raise
    except Exception:  # a message that cannot be made must not hold up the others
        LOG.exception("delivery %s could not be made", delivery.pk)
        return RETRY("ours")


@contextmanager
def _making(receiver: Receiver) -> Iterator[Make]:
    """What makes a delivery of this kind."""
    if receiver.medium == "webhook":
        yield (
            lambda delivery: (
                webhooks.send(delivery, delivery.endpoint) if delivery.endpoint else RETRY("ours")
            )
        )
    elif receiver.medium == "apprise":
        yield _to_chat
    elif not mail.is_set_up():
        yield lambda delivery: AWAY("mail_off")
    else:
        with ExitStack() as opened:
            yield _mailer(opened)


def _mailer(opened: ExitStack) -> Make:
    """What makes mails over one connection, which is closed with `opened`."""
    try:
        through = opened.enter_context(mail.connection())
    except Exception:  # settings that no connection can be made of must not keep the leases
        LOG.exception("no connection to the mail server can be made")
        return lambda _delivery: AWAY("mail_away")
    return lambda delivery: _by_mail(delivery, through)


def _to_chat(delivery: Delivery) -> Attempt:
    channel = delivery.channel
    if channel is None or not channel.enabled:
        return REFUSED("switched_off")
    letter = letters.letter_of(delivery)
    return letter if isinstance(letter, Attempt) else chat.send(letter, address=channel.address)


def _by_mail(delivery: Delivery, through: BaseEmailBackend) -> Attempt:
    user = delivery.channel.user if delivery.channel else None
    if user is None or not user.email:
        return REFUSED("address")
    letter = letters.letter_of(delivery)
    if isinstance(letter, Attempt):
        return letter
    return mail.send(through, letter, to=user.email, number=delivery.pk.hex)


class _Round:
    """Receivers that threads of this process serve at the moment."""

    def __init__(self, pool: ThreadPoolExecutor, mails: ThreadPoolExecutor, stop: threading.Event) -> None:
        self._pool, self._mails, self._stop = pool, mails, stop
        self._busy, self._lock = set[Receiver](), threading.Lock()

    def begin(self, receiver: Receiver) -> None:
        """Serve it, unless that is being done."""
        with self._lock:
            if receiver in self._busy:
                return
            self._busy.add(receiver)
        pool = self._mails if receiver.medium == "mail" else self._pool
        pool.submit(contextvars.copy_context().run, self._serve, receiver)

    def _serve(self, receiver: Receiver) -> None:
        try:
            for _turn in range(TURNS):
                if self._stop.is_set() or not serve(receiver, self._stop):
                    break
        except Exception:
            LOG.exception("deliveries for a receiver (%s) failed; they are made again", receiver.medium)
        finally:
            connection.close()
            with self._lock:
                self._busy.discard(receiver)


def run(stop: threading.Event) -> None:
    """Make deliveries as they fall due until `stop` is set; then return once those in hand are made.

    A database that is away is waited for. Runs in a thread of its own, with connections of its own.
    """
    with ThreadPoolExecutor(THREADS, "courier") as pool, ThreadPoolExecutor(1, "mails") as mails:
        round_ = _Round(pool, mails, stop)
        while not stop.wait(_look(round_)):
            pass
    connection.close()


def _look(round_: _Round) -> float:
    """Set to work whatever is due; how long to wait until the next look. Never raises."""
    try:
        for receiver in outbox.receivers():
            round_.begin(receiver)
    except (DatabaseError, InterfaceError):
        LOG.exception("the database does not answer; trying again in %s s", DATABASE_AWAY)
        connection.close()
        return DATABASE_AWAY
    close_old_connections()
    return IDLE
