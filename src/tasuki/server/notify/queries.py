"""Reading news, which are everybody's own; and how people, teams and programs are told."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Count, Q, QuerySet

from tasuki.server.core.access import Actor, require, sight
from tasuki.server.notify.channels import chosen_by
from tasuki.server.notify.models import Channel, Delivery, Endpoint, Notification

MOST = 500


def unread(actor: Actor) -> int:
    """How many of one's news are not read yet."""
    return _mine(actor).filter(read_at=None).count()


def notifications(actor: Actor, *, limit: int = 100) -> Sequence[Notification]:
    """One's news, the latest first, with lead, account and transition."""
    found = _mine(actor).select_related("lead__account", "transition")
    return list(found.order_by("-at", "-pk")[: min(limit, MOST)])


def choices(actor: Actor) -> dict[str, Channel]:
    """How one is told on the page of news (`app`) and by `mail`: what one chose, or what is usual."""
    require(actor, "channels.own")
    return chosen_by(actor.user) if actor.user else {}


def my_chats(actor: Actor) -> Sequence[Channel]:
    """One's own chats."""
    require(actor, "channels.own")
    return list(Channel.objects.filter(user=actor.user, medium=Channel.Medium.APPRISE).order_by("pk"))


def team_chats(actor: Actor) -> Sequence[Channel]:
    """The chats of all teams; for those who lead."""
    require(actor, "channels.team")
    found = Channel.objects.filter(team__isnull=False).select_related("team")
    return list(found.order_by("team__name", "pk"))


def endpoints(actor: Actor) -> Sequence[Endpoint]:
    """Every program that is told of events, each with how many of its deliveries `wait` and are `dead`."""
    require(actor, "webhooks.manage")
    states = {
        "waits": Count("deliveries", filter=Q(deliveries__state=Delivery.State.WAITING)),
        "dead": Count("deliveries", filter=Q(deliveries__state=Delivery.State.DEAD)),
    }
    return list(Endpoint.objects.annotate(**states).order_by("pk"))


def deliveries(actor: Actor, *, state: str = "", limit: int = 100, offset: int = 0) -> Sequence[Delivery]:
    """Messages on their way or over, the latest first. Those about leads that one may not see are left out."""
    require(actor, "webhooks.manage")
    seen = Q(lead=None) | (Q(lead__isnull=False) & sight(actor, "lead__"))
    found = Delivery.objects.filter(seen).select_related("channel__user", "channel__team", "endpoint")
    if state:
        found = found.filter(state=state)
    return list(found.order_by("-made_at", "-pk")[offset : offset + min(limit, MOST)])


def _mine(actor: Actor) -> QuerySet[Notification]:
    """News of leads that one may see still, and of none."""
    if actor.user is None:
        return Notification.objects.none()
    seen = Q(lead=None) | (Q(lead__isnull=False) & sight(actor, "lead__"))
    return Notification.objects.filter(seen, user=actor.user, lead__erased_at=None)
