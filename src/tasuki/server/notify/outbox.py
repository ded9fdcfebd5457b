"""The outbox: which receivers have something coming, who makes a delivery, and what came of it.

A delivery is claimed by a lease: until it ends nobody else makes it. Whoever is killed between sending and marking leaves a
lease that ends; the delivery is then made again under the same id, by which its receiver knows it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet

from tasuki.server.core import clock
from tasuki.server.notify.attempts import PATIENCE, Attempt, State, next_try
from tasuki.server.notify.models import Channel, Delivery

LEASE = timedelta(minutes=5)
BATCH = 10
"""Deliveries that one claim takes: few, so that all of them can be made within the lease."""


@dataclass(frozen=True)
class Receiver:
    """Whoever answers for several deliveries together: the mail server, one chat, one endpoint."""

    medium: str  # mail, apprise, webhook
    number: int = 0

    def of(self, deliveries: QuerySet[Delivery]) -> QuerySet[Delivery]:
        """Those of the deliveries that are for this receiver."""
        if self.medium == "webhook":
            return deliveries.filter(endpoint=self.number)
        if self.medium == "apprise":
            return deliveries.filter(channel=self.number)
        return deliveries.filter(channel__medium=Channel.Medium.MAIL)


def receivers() -> list[Receiver]:
    """Those for whom a delivery is due."""
    rows = _due(clock.now()).values_list("channel__medium", "channel", "endpoint").distinct()
    found = (
        Receiver("webhook", endpoint)
        if endpoint
        else Receiver("mail")
        if medium == Channel.Medium.MAIL
        else Receiver("apprise", channel or 0)
        for medium, channel, endpoint in rows
    )
    return list(dict.fromkeys(found))


def claim(receiver: Receiver, limit: int = BATCH) -> list[Delivery]:
    """Take the next deliveries for a receiver that nobody else has; they are ours for `LEASE`."""
    now = clock.now()
    with transaction.atomic():
        free = receiver.of(_due(now)).order_by("next_at", "pk")
        locked = free.select_for_update(of=("self",), skip_locked=True, no_key=True)
        ids = list(locked.values_list("pk", flat=True)[:limit])
        until = now + LEASE
        Delivery.objects.filter(pk__in=ids).update(claimed_until=until, next_at=until)
    # One that is tried again and again comes last, so that it holds up none of the others.
    return with_all(Delivery.objects.filter(pk__in=ids).order_by("attempts", "made_at", "pk"))


def as_it_is(delivery: Delivery) -> Delivery | None:
    """The claimed delivery as it is now, with all that it needs; None if it is gone, over or not ours any more."""
    found = with_all(_held(delivery))
    return found[0] if found else None


def with_all(deliveries: QuerySet[Delivery]) -> list[Delivery]:
    """With what is needed to make them."""
    return list(deliveries.select_related("channel__user", "channel__team", "endpoint", "lead__account"))


def settle(delivery: Delivery, attempt: Attempt) -> bool:
    """Write down what came of an attempt; False if the lease had ended and somebody else has it now."""
    now = clock.now()
    attempts = delivery.attempts + (attempt.state != State.DROPPED)
    state = attempt.state
    again = next_try(attempts, attempt.wish, now) if state == State.WAITING else None
    if again and again > delivery.made_at + PATIENCE[medium_of(delivery)]:
        state, again = State.DEAD, None
    return bool(
        _held(delivery).update(
            state=state, attempts=attempts, fault=attempt.fault[:300], next_at=again, claimed_until=None,
            ended_at=None if again else now,
        )
    )  # fmt: skip


def release(deliveries: Sequence[Delivery]) -> None:
    """Give back what was claimed and not tried."""
    for one in deliveries:
        _held(one).update(claimed_until=None, next_at=clock.now())


def medium_of(delivery: Delivery) -> str:
    """mail, apprise or webhook."""
    return str(delivery.channel.medium) if delivery.channel else "webhook"


def _held(delivery: Delivery) -> QuerySet[Delivery]:
    return Delivery.objects.filter(pk=delivery.pk, state=State.WAITING, claimed_until=delivery.claimed_until)


def _due(now: datetime) -> QuerySet[Delivery]:
    free = Q(claimed_until=None) | Q(claimed_until__lte=now)
    return Delivery.objects.filter(free, next_at__lte=now)
