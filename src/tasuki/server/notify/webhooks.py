"""Programs elsewhere are told by signed webhooks, as Standard Webhooks has it."""

from __future__ import annotations

import base64
import json
import secrets
import ssl
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import httpx
from django.conf import settings
from standardwebhooks import Webhook

from tasuki import __version__
from tasuki.server.core import clock
from tasuki.server.notify import guard, wire
from tasuki.server.notify.attempts import AWAY, DROPPED, REFUSED, RETRY, SENT, Attempt
from tasuki.server.notify.models import Delivery, Endpoint
from tasuki.server.people.models import Lead

SECONDS = 10.0
"""The time that a receiver has, from the name to the answer."""
BUSY = frozenset({429, 502, 503, 504})


def new_secret() -> str:
    """A secret to sign with, as its receiver is given it."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode("ascii")


def send(delivery: Delivery, endpoint: Endpoint) -> Attempt:
    """Make one attempt. The id is the delivery's at each of them, the signature is new."""
    if delivery.lead is not None and delivery.lead.erased_at is not None:
        return DROPPED("erased")
    if not endpoint.enabled:
        return REFUSED("switched_off")
    text = json.dumps(payload(delivery), ensure_ascii=False, separators=(",", ":"))
    now = clock.now()
    try:
        answer = wire.post(
            endpoint.url,
            headers=_headers(delivery, endpoint, now, text),
            body=text.encode("utf-8"),
            private=settings.ENVIRONMENT.webhooks_private,
            seconds=SECONDS,
        )
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return _failed(error)
    return _answered(answer)


def _headers(delivery: Delivery, endpoint: Endpoint, now: datetime, text: str) -> dict[str, str]:
    number = f"msg_{delivery.pk.hex}"
    return {
        "content-type": "application/json",
        "user-agent": f"Tasuki/{__version__}",
        "webhook-id": number,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(endpoint.secret).sign(number, now, text),
    }


def payload(delivery: Delivery) -> dict[str, Any]:
    """What is sent: type, time, and data with ids, stages, scores, reasons and a link. Nothing that names a person.

    Whoever needs more asks the API for it by the ids, with a token and its rights.
    """
    data = {name: value for name, value in delivery.detail.items() if name != "at"}
    if delivery.lead is not None:
        data["lead"] = _lead(delivery.lead)
    transition = delivery.detail.get("transition")
    if transition and delivery.lead is not None:
        moved = delivery.lead.transitions.filter(pk=transition).first()
        data |= {"scores": moved.scores, "reasons": moved.contributions} if moved else {}
    return {"type": delivery.kind, "timestamp": delivery.detail.get("at"), "data": data}


def _lead(lead: Lead) -> dict[str, Any]:
    known = lead.identities.filter(kind__startswith="external:").values_list("kind", "value")
    return {
        "id": lead.pk,
        "external": {kind.removeprefix("external:"): value for kind, value in known},
        "account": lead.account_id,
        "stage": lead.stage,
        "owner": lead.owner_id,
        "team": lead.team_id,
        "url": f"{settings.ENVIRONMENT.url}/leads/{lead.pk}",
    }


def _answered(answer: wire.Answer) -> Attempt:
    status = answer.status
    if 200 <= status < 300:
        return SENT
    if status == 410:
        return REFUSED("gone")
    if 300 <= status < 400:
        return RETRY(f"redirect:{status}")
    if status in BUSY:
        return AWAY(f"status:{status}", _wish(answer))
    return RETRY(f"status:{status}", _wish(answer))


def _wish(answer: wire.Answer) -> timedelta | None:
    """After how long the receiver wants to be asked again, where it says so in seconds."""
    wanted = answer.headers.get("retry-after", "")
    return (
        timedelta(seconds=int(wanted)) if wanted.isascii() and wanted.isdigit() and len(wanted) < 6 else None
    )


def _failed(error: Exception) -> Attempt:
    causes = list(_causes(error))
    if any(isinstance(one, guard.Forbidden) for one in causes):
        return AWAY("private")
    if any(isinstance(one, guard.UnknownHost) for one in causes):
        return AWAY("unknown_host")
    if any(isinstance(one, ssl.SSLError) for one in causes):
        return AWAY("tls")
    if isinstance(error, httpx.TimeoutException):
        return AWAY("slow")
    if isinstance(error, httpx.ConnectError):
        return AWAY("unreachable")
    if isinstance(error, httpx.RemoteProtocolError) and "disconnected" not in str(error):
        return RETRY("bad_answer")
    return AWAY("cut_off")


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
