"""How you, and teams, are told of news."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Router
from pydantic import Field

from tasuki.server.api.auth import actor
from tasuki.server.api.fields import Clean, Given, Id, Taken
from tasuki.server.api.operations import Status, operation
from tasuki.server.api.webhooks import DELIVERY, Address, DeliveryOut, delivery_shown
from tasuki.server.notify import commands, queries
from tasuki.server.notify.kinds import KINDS
from tasuki.server.notify.models import Channel

router = Router(tags=["telling"])
Kinds = Annotated[
    list[Annotated[str, Clean, Field(max_length=40)]],
    Field(max_length=len(KINDS), description="Of: " + ", ".join(KINDS)),
]
SHOWN = {
    "id": 4,
    "medium": "apprise",
    "name": "#leads",
    "address": "slack://…",
    "team": "Inside sales Tokyo",
    "kinds": ["handoff", "breach"],
    "enabled": True,
}


class ChannelOut(Given):
    """A way to be told. `medium`: app (the page of news), mail, apprise (a chat); `address` without what is secret."""

    id: int | None
    medium: Literal["app", "mail", "apprise"]
    name: str
    address: str
    team: str | None
    kinds: list[str]
    enabled: bool


class Channels(Given):
    """Yours, then those of teams where you may."""

    items: list[ChannelOut]


class ChannelIn(Taken):
    """A chat to be told; `team` is a team's id, and yours when absent."""

    address: Annotated[Address, Field(description="As Apprise writes it.")]
    kinds: Kinds
    name: Annotated[str, Clean, Field(max_length=100)] = ""
    team: Id | None = None


class ChannelChange(Taken):
    """What is absent stays as it is."""

    kinds: Kinds | None = None
    enabled: bool | None = None


class Wanted(Taken):
    """The kinds of news that go one way."""

    medium: Literal["app", "mail"]
    kinds: Kinds


def _shown(channel: Channel) -> dict[str, Any]:
    return {
        "id": channel.pk,
        "medium": channel.medium,
        "name": channel.name,
        "address": channel.shown if channel.address else "",
        "team": channel.team.name if channel.team else None,
        "kinds": channel.kinds,
        "enabled": channel.enabled,
    }


@operation(router, "GET", "/channels", gives=Channels, answer={"items": [SHOWN]}, summary="How you are told")
def list_channels(request: HttpRequest) -> dict[str, Any]:
    """Addresses of chats are secrets and not shown."""
    who = actor(request)
    teams = queries.team_chats(who) if who.may("channels.team") else ()
    found = [*queries.choices(who).values(), *queries.my_chats(who), *teams]
    return {"items": list(map(_shown, found))}


@operation(
    router,
    "PUT",
    "/channels",
    gives=ChannelOut,
    takes={"medium": "mail", "kinds": ["handoff", "breach"]},
    answer={**SHOWN, "medium": "mail", "name": "", "address": "", "team": None},
    summary="Choose what you are told",
)
def choose(request: HttpRequest, body: Wanted) -> dict[str, Any]:
    """On the page of news (`app`), or by `mail`."""
    return _shown(commands.choose(actor(request), medium=body.medium, wanted=body.kinds))


@operation(
    router,
    "POST",
    "/channels",
    gives=ChannelOut,
    status=201,
    errors=(404,),
    takes={"address": "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ", "kinds": ["handoff"], "name": "#leads"},
    answer=SHOWN,
    summary="Add a chat",
)  # fmt: skip
def add_channel(request: HttpRequest, body: ChannelIn) -> Status[dict[str, Any]]:
    """One of your own, or of a team for those who lead."""
    channel = commands.add_channel(
        actor(request), address=body.address, wanted=body.kinds, name=body.name, team_id=body.team
    )
    return Status(201, _shown(channel))


@operation(
    router,
    "PATCH",
    "/channels/{int:channel_id}",
    gives=ChannelOut,
    errors=(404,),
    takes={"kinds": ["breach"]},
    answer={**SHOWN, "kinds": ["breach"]},
    summary="Change a chat",
)
def change_channel(request: HttpRequest, channel_id: Id, body: ChannelChange) -> dict[str, Any]:
    """Other news, or none for a while."""
    return _shown(
        commands.change_channel(actor(request), channel_id, wanted=body.kinds, enabled=body.enabled)
    )


@operation(
    router,
    "DELETE",
    "/channels/{int:channel_id}",
    gives=None,
    status=204,
    errors=(404,),
    summary="Remove a chat",
)
def remove_channel(request: HttpRequest, channel_id: Id) -> Status[None]:
    """It is told nothing any more."""
    commands.remove_channel(actor(request), channel_id)
    return Status(204, None)


@operation(
    router,
    "POST",
    "/channels/{int:channel_id}/test",
    gives=DeliveryOut,
    errors=(404,),
    answer={**DELIVERY, "kind": "test", "webhook": None, "channel": 4, "state": "sent", "fault": ""},
    summary="Send a test message",
)
def test_channel(request: HttpRequest, channel_id: Id) -> dict[str, Any]:
    """Now; the answer says what came of it."""
    return delivery_shown(commands.test_channel(actor(request), channel_id))
