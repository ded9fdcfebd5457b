"""What is done about telling: news, how one is told, endpoints for programs, and deliveries that are made again."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from tasuki.server.core import audit, clock
from tasuki.server.core.access import Actor, require
from tasuki.server.core.errors import Invalid, NotAllowed, NotFound
from tasuki.server.core.models import Sight, Team, User
from tasuki.server.notify import chat, courier, kinds, outbox, webhooks
from tasuki.server.notify.channels import Medium, chosen_by
from tasuki.server.notify.endpoints import LONGEST_ADDRESS, checked_url
from tasuki.server.notify.models import Channel, Delivery, Endpoint, Notification
from tasuki.server.notify.readers import Readers
from tasuki.server.notify.telling import Event, News, over, publish, send_mail, tell

__all__ = [
    "Event", "News", "Readers", "add_channel", "add_endpoint", "change_channel", "change_endpoint", "choose",
    "mail_myself", "mark_read", "over", "publish", "remove_channel", "remove_endpoint", "rotate_secret", "send_again",
    "send_mail", "tell", "test_channel", "test_endpoint",
]  # fmt: skip

LARGEST = 2**63 - 1
MOST_CHATS = 10
"""Of one person or of one team: each news goes to every one of them."""
State = Delivery.State


def mark_read(actor: Actor, ids: Sequence[int] | None = None) -> int:
    """Mark one's own news read, all of it when `ids` is None. How many were unread."""
    if actor.user is None:
        return 0
    mine = Notification.objects.filter(user=actor.user, read_at=None)
    if ids is not None:
        mine = mine.filter(pk__in=[one for one in ids if 0 < one <= LARGEST])
    return mine.update(read_at=clock.now())


# How people and teams are told.


def choose(actor: Actor, *, medium: str, wanted: Sequence[str]) -> Channel:
    """Which kinds of news one wants on one's page of news (`app`) or by `mail`. Invalid."""
    require(actor, "channels.own")
    user = _person(actor)
    if medium not in {Medium.APP, Medium.MAIL}:
        raise Invalid("medium_unknown", _("This is neither app nor mail."), field="medium")
    with transaction.atomic():
        channel = chosen_by(user)[medium]
        channel.kinds = _kinds(wanted, kinds.KINDS)
        channel.save()
        audit.record(actor, "channel.choose", f"user:{user.pk}", medium=medium, kinds=channel.kinds)
    return channel


def add_channel(
    actor: Actor, *, address: str, wanted: Sequence[str], name: str = "", team_id: int | None = None
) -> Channel:
    """A chat, at an address that Apprise knows, is told of some kinds of news: one's own, or a team's. Invalid; NotFound."""
    require(actor, "channels.own" if team_id is None else "channels.team")
    team = _team(team_id) if team_id is not None else None
    if team and not _sees_all_of(actor, team):
        raise NotAllowed(
            "team_unseen",
            _("A chat of a team reads of all its leads, and you do not see all of them."),
            cure=_("Ask somebody who sees all leads."),
        )
    _check_room(actor, team)
    address = address.strip()
    if len(address) > LONGEST_ADDRESS or not address.isprintable() or not chat.is_address(address):
        raise Invalid(
            "chat_address",
            _("This is no address of a chat."),
            cure=_(
                "Paste the address of an incoming webhook of Slack or Teams, or any address that Apprise knows."
            ),
            field="address",
        )
    with transaction.atomic():
        channel = Channel.objects.create(
            user=None if team else _person(actor), team=team, medium=Medium.APPRISE, address=address,
            name=name.strip()[:100], kinds=_kinds(wanted, kinds.KINDS),
        )  # fmt: skip
        audit.record(actor, "channel.add", f"channel:{channel.pk}", team=team_id, kinds=channel.kinds)
    return channel


def change_channel(
    actor: Actor, channel_id: int, *, wanted: Sequence[str] | None = None, enabled: bool | None = None
) -> Channel:
    """Other kinds of news for a chat, or none for a while. NotFound; Invalid."""
    with transaction.atomic():
        channel = _channel(actor, channel_id)
        channel.kinds = channel.kinds if wanted is None else _kinds(wanted, kinds.KINDS)
        channel.enabled = channel.enabled if enabled is None else enabled
        channel.save(update_fields=["kinds", "enabled"])
        audit.record(
            actor, "channel.change", f"channel:{channel.pk}", kinds=channel.kinds, enabled=channel.enabled
        )
    return channel


def remove_channel(actor: Actor, channel_id: int) -> None:
    """A chat is told nothing any more. NotFound."""
    with transaction.atomic():
        channel = _channel(actor, channel_id)
        audit.record(actor, "channel.remove", f"channel:{channel.pk}", team=channel.team_id)
        channel.delete()


def test_channel(actor: Actor, channel_id: int) -> Delivery:
    """Send a test message now; the delivery says what came of it. NotFound."""
    channel = _channel(actor, channel_id, media={Medium.MAIL, Medium.APPRISE})
    audit.record(actor, "channel.test", f"channel:{channel.pk}")
    return _sent_now(Delivery(channel=channel, kind=kinds.TEST))


def test_mail(actor: Actor) -> Delivery:
    """Send a test by mail to oneself now; the delivery says what came of it."""
    return test_channel(actor, _my_mail(actor).pk)


def mail_myself(actor: Actor, kind: str, detail: Mapping[str, Any]) -> Delivery:
    """Send something by mail to oneself now, of a kind that has a writer; the delivery says what came of it."""
    channel = _my_mail(actor)
    audit.record(actor, "channel.test", f"channel:{channel.pk}", kind=kind)
    return _sent_now(Delivery(channel=channel, kind=kind, detail=detail))


def _my_mail(actor: Actor) -> Channel:
    require(actor, "channels.own")
    channel = chosen_by(_person(actor))[Medium.MAIL]
    if channel._state.adding:
        channel.save()
    return channel


# Programs.


def add_endpoint(actor: Actor, *, url: str, wanted: Sequence[str] = ()) -> tuple[Endpoint, str]:
    """A program that is told of events by signed webhooks (of all kinds when none is named), and the secret to check
    the signatures with, which is shown this once. Invalid."""
    require(actor, "webhooks.manage")
    secret = webhooks.new_secret()
    with transaction.atomic():
        endpoint = Endpoint.objects.create(
            url=checked_url(url), secret=secret, kinds=_kinds(wanted, kinds.EVENTS),
            created_at=clock.now(), created_by=actor.user,
        )  # fmt: skip
        audit.record(actor, "endpoint.add", f"endpoint:{endpoint.pk}", kinds=endpoint.kinds)
    return endpoint, secret


def change_endpoint(
    actor: Actor, endpoint_id: int, *, wanted: Sequence[str] | None = None, enabled: bool | None = None
) -> Endpoint:
    """Other kinds of events, or none for a while. NotFound; Invalid."""
    with transaction.atomic():
        endpoint = _endpoint(actor, endpoint_id)
        endpoint.kinds = endpoint.kinds if wanted is None else _kinds(wanted, kinds.EVENTS)
        if enabled is not None:
            endpoint.enabled, endpoint.off_because = enabled, ""
        endpoint.save(update_fields=["kinds", "enabled", "off_because"])
        told = {"kinds": endpoint.kinds, "enabled": endpoint.enabled}
        audit.record(actor, "endpoint.change", f"endpoint:{endpoint.pk}", **told)
    return endpoint


def rotate_secret(actor: Actor, endpoint_id: int) -> str:
    """A new secret, shown this once; from now on everything is signed with it. NotFound.

    A receiver that still has the old one refuses, and is tried again until it has the new one.
    """
    with transaction.atomic():
        endpoint = _endpoint(actor, endpoint_id)
        endpoint.secret = webhooks.new_secret()
        endpoint.save(update_fields=["secret"])
        audit.record(actor, "endpoint.rotate", f"endpoint:{endpoint.pk}")
    return endpoint.secret


def remove_endpoint(actor: Actor, endpoint_id: int) -> None:
    """A program is told nothing any more; its deliveries are forgotten. NotFound."""
    with transaction.atomic():
        endpoint = _endpoint(actor, endpoint_id)
        audit.record(actor, "endpoint.remove", f"endpoint:{endpoint.pk}")
        endpoint.delete()


def test_endpoint(actor: Actor, endpoint_id: int) -> Delivery:
    """Send an event of the type `test` now; the delivery says what came of it. NotFound."""
    endpoint = _endpoint(actor, endpoint_id)
    audit.record(actor, "endpoint.test", f"endpoint:{endpoint.pk}")
    detail = {"at": clock.now().isoformat()}
    return _sent_now(Delivery(endpoint=endpoint, kind=kinds.TEST, detail=detail))


def send_again(actor: Actor, delivery_id: str | uuid.UUID | None = None) -> int:
    """Try a dead delivery once more, all of them when None, under the same id. How many. NotFound: that one is not dead."""
    require(actor, "webhooks.manage")
    now = clock.now()
    dead = Delivery.objects.filter(state=State.DEAD)
    if delivery_id is not None:
        dead = dead.filter(pk=_a_uuid(delivery_id))
    with transaction.atomic():
        count = dead.update(state=State.WAITING, attempts=0, made_at=now, next_at=now, ended_at=None)
        if delivery_id is not None and not count:
            raise NotFound("delivery_unknown", _("There is no such dead delivery."))
        audit.record(actor, "delivery.again", f"delivery:{delivery_id or ''}", deliveries=count)
    return count


def _sent_now(delivery: Delivery) -> Delivery:
    """Make it at once, as its claimer, and this once only."""
    now = clock.now()
    delivery.cause, delivery.made_at = f"test:{delivery.pk.hex}", now
    delivery.claimed_until = delivery.next_at = now + outbox.LEASE
    delivery.save(force_insert=True)
    courier.make_one(delivery)
    failed = Delivery.objects.filter(pk=delivery.pk, state__in=[State.WAITING, State.DEAD])
    failed.update(state=State.DROPPED, next_at=None, ended_at=clock.now())
    delivery.refresh_from_db()
    return delivery


def _person(actor: Actor) -> User:
    if actor.user is None:
        raise Invalid("nobody", _("Only a person can be told."))
    return actor.user


def _sees_all_of(actor: Actor, team: Team) -> bool:
    user = actor.user
    return user is None or user.sight == Sight.ALL or (user.sight == Sight.TEAM and user.team_id == team.pk)


def _check_room(actor: Actor, team: Team | None) -> None:
    chats = Channel.objects.filter(medium=Medium.APPRISE)
    if chats.filter(team=team, user=None if team else _person(actor)).count() >= MOST_CHATS:
        raise Invalid(
            "too_many_chats",
            _("There are %(count)s chats already; there may be no more.") % {"count": MOST_CHATS},
            cure=_("Remove one first."),
            field="address",
        )


def _team(team_id: int) -> Team:
    found = Team.objects.filter(pk=team_id).first() if 0 < team_id <= LARGEST else None
    if found is None:
        raise NotFound("team_unknown", _("There is no such team."))
    return found


def _channel(actor: Actor, channel_id: int, *, media: Collection[str] = (Medium.APPRISE,)) -> Channel:
    """One's own, or a team's where one may."""
    require(actor, "channels.own")
    known = Channel.objects.select_related("user", "team").filter(pk=channel_id)
    channel = known.first() if 0 < channel_id <= LARGEST else None
    mine = channel is not None and actor.user is not None and channel.user_id == actor.user.pk
    if channel is None or not (mine or (channel.team_id and actor.may("channels.team"))):
        raise NotFound("channel_unknown", _("There is no such channel, or it is not for you."))
    if channel.medium not in media:
        raise NotFound("channel_unknown", _("There is no such channel, or it is not for you."))
    return channel


def _endpoint(actor: Actor, endpoint_id: int) -> Endpoint:
    require(actor, "webhooks.manage")
    found = Endpoint.objects.filter(pk=endpoint_id).first() if 0 < endpoint_id <= LARGEST else None
    if found is None:
        raise NotFound("endpoint_unknown", _("There is no such endpoint."))
    return found


def _kinds(wanted: Sequence[str], known: Iterable[str]) -> list[str]:
    """Each once, in the order of the house."""
    unknown = sorted(set(wanted) - set(known))
    if unknown:
        raise Invalid(
            "kind_unknown",
            _("%(kind)s is no kind that one can be told of.") % {"kind": unknown[0][:50]},
            cure=_("There is: %(kinds)s.") % {"kinds": ", ".join(known)},
            field="kinds",
        )
    return [one for one in known if one in wanted]


def _a_uuid(text: str | uuid.UUID) -> uuid.UUID:
    try:
        return text if isinstance(text, uuid.UUID) else uuid.UUID(text)
    except ValueError:
        raise NotFound("delivery_unknown", _("There is no such dead delivery.")) from None
