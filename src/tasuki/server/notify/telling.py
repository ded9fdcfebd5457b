"""News and events are written in the transaction that causes them: for the pages, and for whatever else is to carry them."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tasuki.server.core import bulk, clock
from tasuki.server.notify.channels import Chosen, ensure_mail
from tasuki.server.notify.kinds import HELD
from tasuki.server.notify.models import Channel, Delivery, Endpoint, Notification

NOTIFICATION = ("user", "lead", "transition", "kind", "cause", "detail", "at")
DELIVERY = ("id", "channel", "endpoint", "lead", "kind", "cause", "detail", "made_at", "next_at")


@dataclass(frozen=True, slots=True)
class News:
    """Something about a lead (or none) for some people. Nobody is told twice of one `cause` by one kind.

    `kind`: of `kinds.KINDS`. `cause`: like transition:17. `team`: whose channels are told; the people's teams where it is
    None. `detail`: ids and words of ours, no personal data.
    """

    kind: str
    lead: int | None
    users: tuple[int, ...]
    cause: str
    at: datetime
    transition: int | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)
    team: int | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """Something that programs are told. `kind`: of `kinds.EVENTS`. `data`: ids, stages, times; no personal data."""

    kind: str
    lead: int
    at: datetime
    cause: str
    data: Mapping[str, Any]


def tell(news: Iterable[News]) -> int:
    """Write the news for each person as they chose, and what carries it elsewhere. How many rows for people's pages.

    What is told of a handoff takes the place of what was told of it before: of each, the latest news alone is unread.
    Within the transaction of what caused it; a set of news costs a handful of queries.
    """
    told = [one for one in news if one.users or one.team]
    if not told:
        return 0
    over({one.lead for one in told if one.lead and one.kind in HELD})
    chosen = Chosen(told)
    rows = [
        (user, one.lead, one.transition, one.kind, one.cause, dict(one.detail), one.at)
        for one in told
        for user in dict.fromkeys(one.users)
        if chosen.shows(user, one.kind)
    ]
    bulk.insert(Notification, NOTIFICATION, rows, or_ignore=True)
    bulk.insert(Delivery, DELIVERY, list(_deliveries(told, chosen)), or_ignore=True)
    return len(rows)


def over(leads: Collection[int]) -> int:
    """Handoffs of these leads were answered, or went on: what was told of them is out of date, and counts as read.

    Within the transaction in which that happens. How many were unread.
    """
    mine = Notification.objects.filter(lead__in=leads, kind__in=HELD, read_at=None)
    return mine.update(read_at=clock.now()) if leads else 0


def _deliveries(told: Iterable[News], chosen: Chosen) -> Iterator[tuple[Any, ...]]:
    now = clock.now()
    for one in told:
        for channel in chosen.channels(one.users, one.team, one.kind):
            yield row(one.kind, one.lead, one.cause, one.detail, now, channel=channel)


def send_mail(kind: str, users: Collection[int], cause: str, detail: Mapping[str, Any]) -> int:
    """Write a mail to each of them, whatever news they chose, once for each `cause`; how many. They have an address.

    `kind`: one that has a writer (`letters.WRITERS`). Within the transaction of what caused it.
    """
    ensure_mail(users)
    now = clock.now()
    channels = Channel.objects.filter(user__in=users, medium=Channel.Medium.MAIL).order_by("pk")
    rows = [row(kind, None, cause, detail, now, channel=channel.pk) for channel in channels]
    bulk.insert(Delivery, DELIVERY, rows, or_ignore=True)
    return len(rows)


def publish(events: Iterable[Event]) -> int:
    """Write what programs are to be told, for each endpoint that wants it. How many were written.

    Within the transaction of what caused it.
    """
    happened = list(events)
    endpoints = list(Endpoint.objects.filter(enabled=True)) if happened else []
    now = clock.now()
    rows = [
        row(one.kind, one.lead, one.cause, {**one.data, "at": one.at.isoformat()}, now, endpoint=each.pk)
        for one in happened
        for each in endpoints
        if not each.kinds or one.kind in each.kinds
    ]
    bulk.insert(Delivery, DELIVERY, rows, or_ignore=True)
    return len(rows)


def row(
    kind: str,
    lead: int | None,
    cause: str,
    detail: Mapping[str, Any],
    now: datetime,
    *,
    channel: int | None = None,
    endpoint: int | None = None,
) -> tuple[Any, ...]:
    """A delivery that is due at once, as a row of `DELIVERY`."""
    return (uuid.uuid4().hex, channel, endpoint, lead, kind, cause, dict(detail), now, now)
