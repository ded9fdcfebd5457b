"""Webhooks, and the messages that could not be delivered."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Query, Router
from pydantic import Field

from tasuki.server.api.auth import actor
from tasuki.server.api.fields import At, Clean, Given, Id, Taken
from tasuki.server.api.operations import Status, operation
from tasuki.server.notify import commands, queries
from tasuki.server.notify.endpoints import LONGEST_ADDRESS
from tasuki.server.notify.kinds import EVENTS
from tasuki.server.notify.models import Delivery, Endpoint

router = Router(tags=["telling"])
State = Literal["waiting", "sent", "dead", "dropped"]
Address = Annotated[str, Clean, Field(min_length=1, max_length=LONGEST_ADDRESS)]
Kinds = Annotated[
    list[Annotated[str, Clean, Field(max_length=40)]],
    Field(max_length=len(EVENTS), description="Of: " + ", ".join(EVENTS) + "; all when empty."),
]
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # noqa: S105 — an example
SHOWN = {
    "id": 2,
    "url": "https://crm.example/hooks/tasuki",
    "kinds": ["lead.entered", "handoff.answered"],
    "enabled": True,
    "off_because": "",
    "created_at": "2026-04-01T00:00:00Z",
}
DELIVERY = {
    "id": "8a7e6a34-5f0e-4d0b-9c55-0f8b1f0c8a11",
    "kind": "lead.entered",
    "cause": "transition:31",
    "lead": 17,
    "webhook": 2,
    "channel": None,
    "state": "dead",
    "fault": "status:500",
    "attempts": 17,
    "made_at": "2026-04-01T00:00:00Z",
    "next_at": None,
    "ended_at": "2026-04-03T00:00:00Z",
}


class WebhookIn(Taken):
    """A program to be told."""

    url: Address
    kinds: Kinds = []  # noqa: RUF012 — pydantic copies it


class WebhookChange(Taken):
    """What is absent stays as it is."""

    kinds: Kinds | None = None
    enabled: bool | None = None


class WebhookOut(Given):
    """A program that is told of events. `off_because`: `gone` where the receiver said so."""

    id: int
    url: str
    kinds: list[str]
    enabled: bool
    off_because: str
    created_at: At


class WebhookNew(WebhookOut):
    """One just added, with the secret to check signatures with."""

    secret: str


class Webhooks(Given):
    """Every program that is told."""

    items: list[WebhookOut]


class Secret(Given):
    """A new secret; it is never shown again."""

    secret: str


class DeliveryOut(Given):
    """One message on its way to one receiver. `fault`: of the last attempt.

    Its receiver knows it by the digits of `id` without hyphens: `webhook-id: msg_<digits>`, `Message-ID: <digits@host>`.
    """

    id: UUID
    kind: str
    cause: str
    lead: int | None
    webhook: int | None
    channel: int | None
    state: State
    fault: str
    attempts: int
    made_at: At
    next_at: At | None
    ended_at: At | None


class Deliveries(Given):
    """Messages, the latest first."""

    items: list[DeliveryOut]


class Again(Given):
    """How many are sent again."""

    deliveries: int


def _shown(endpoint: Endpoint) -> dict[str, Any]:
    return {name: getattr(endpoint, name) for name in WebhookOut.model_fields}


def delivery_shown(delivery: Delivery) -> dict[str, Any]:
    """A delivery as it is answered."""
    same = ("id", "kind", "cause", "state", "fault", "attempts", "made_at", "next_at", "ended_at")
    return {
        **{name: getattr(delivery, name) for name in same},
        "lead": delivery.lead_id,
        "webhook": delivery.endpoint_id,
        "channel": delivery.channel_id,
    }


@operation(router, "GET", "/webhooks", gives=Webhooks, answer={"items": [SHOWN]}, summary="List webhooks")
def list_webhooks(request: HttpRequest) -> dict[str, Any]:
    """Without their secrets."""
    return {"items": list(map(_shown, queries.endpoints(actor(request))))}


@operation(
    router,
    "POST",
    "/webhooks",
    gives=WebhookNew,
    status=201,
    takes={"url": SHOWN["url"], "kinds": SHOWN["kinds"]},
    answer={**SHOWN, "secret": SECRET},
    summary="Add a webhook",
)
def add_webhook(request: HttpRequest, body: WebhookIn) -> Status[dict[str, Any]]:
    """Its secret is shown this once. Signatures are those of Standard Webhooks."""
    endpoint, secret = commands.add_endpoint(actor(request), url=body.url, wanted=body.kinds)
    return Status(201, {**_shown(endpoint), "secret": secret})


@operation(
    router,
    "PATCH",
    "/webhooks/{int:webhook_id}",
    gives=WebhookOut,
    errors=(404,),
    takes={"enabled": False},
    answer={**SHOWN, "enabled": False},
    summary="Change a webhook",
)
def change_webhook(request: HttpRequest, webhook_id: Id, body: WebhookChange) -> dict[str, Any]:
    """Other events, or switched off and on."""
    return _shown(
        commands.change_endpoint(actor(request), webhook_id, wanted=body.kinds, enabled=body.enabled)
    )


@operation(
    router,
    "DELETE",
    "/webhooks/{int:webhook_id}",
    gives=None,
    status=204,
    errors=(404,),
    summary="Remove a webhook",
)
def remove_webhook(request: HttpRequest, webhook_id: Id) -> Status[None]:
    """Nothing is sent there any more, and what waited is forgotten."""
    commands.remove_endpoint(actor(request), webhook_id)
    return Status(204, None)


@operation(
    router,
    "POST",
    "/webhooks/{int:webhook_id}/secret",
    gives=Secret,
    errors=(404,),
    answer={"secret": SECRET},
    summary="Make a new secret",
)
def rotate_secret(request: HttpRequest, webhook_id: Id) -> dict[str, Any]:
    """Signed with it from now on; a receiver that refuses until it has it is tried again."""
    return {"secret": commands.rotate_secret(actor(request), webhook_id)}


@operation(
    router,
    "POST",
    "/webhooks/{int:webhook_id}/test",
    gives=DeliveryOut,
    errors=(404,),
    answer={**DELIVERY, "kind": "test", "state": "sent", "fault": ""},
    summary="Send a test event",
)
def test_webhook(request: HttpRequest, webhook_id: Id) -> dict[str, Any]:
    """Now; the answer says what came of it."""
    return delivery_shown(commands.test_endpoint(actor(request), webhook_id))


@operation(
    router,
    "GET",
    "/deliveries",
    gives=Deliveries,
    answer={"items": [DELIVERY]},
    summary="List messages on their way",
)
def list_deliveries(
    request: HttpRequest,
    state: Annotated[State | None, Query()] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
) -> dict[str, Any]:
    """To people, chats and programs; the latest first."""
    found = queries.deliveries(actor(request), state=state or "", limit=limit, offset=offset)
    return {"items": list(map(delivery_shown, found))}


@operation(
    router,
    "POST",
    "/deliveries/again",
    gives=Again,
    answer={"deliveries": 12},
    summary="Send everything dead again",
)
def send_all_again(request: HttpRequest) -> dict[str, Any]:
    """Every delivery that was given up is tried as if it were new, under the same id."""
    return {"deliveries": commands.send_again(actor(request))}


@operation(
    router,
    "POST",
    "/deliveries/{delivery_id}/again",
    gives=Again,
    errors=(404,),
    answer={"deliveries": 1},
    summary="Send one dead delivery again",
)
def send_one_again(request: HttpRequest, delivery_id: Annotated[str, Clean]) -> dict[str, Any]:
    """Under the same id."""
    return {"deliveries": commands.send_again(actor(request), delivery_id)}
