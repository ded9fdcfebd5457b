"""Programs elsewhere that are told of events."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from tasuki.server.core import audit, clock
from tasuki.server.core.access import SYSTEM
from tasuki.server.core.errors import Invalid
from tasuki.server.notify import guard
from tasuki.server.notify.models import Delivery, Endpoint

LONGEST_ADDRESS = 500


def switch_off(endpoint: Endpoint) -> None:
    """The receiver says that it is gone for good: nothing is sent there any more, and what waited is given up."""
    with transaction.atomic():
        Endpoint.objects.filter(pk=endpoint.pk).update(enabled=False, off_because="gone")
        waiting = Delivery.objects.filter(endpoint=endpoint, state=Delivery.State.WAITING)
        waiting.update(
            state=Delivery.State.DEAD, fault="gone", next_at=None, claimed_until=None, ended_at=clock.now()
        )
        audit.record(SYSTEM, "endpoint.gone", f"endpoint:{endpoint.pk}")
    endpoint.enabled = False


def checked_url(text: str) -> str:
    """The address of a receiver. Invalid: none; with a password in it; unencrypted or private where that is not allowed."""
    text = text.strip()
    try:
        parts = urlsplit(text)
        host = parts.hostname or ""
        whole = parts.scheme in {"http", "https"} and bool(host) and (parts.port is None or parts.port > 0)
    except ValueError:
        whole = False
    if not whole or len(text) > LONGEST_ADDRESS or not text.isprintable() or parts.username is not None:
        raise Invalid(
            "address_invalid",
            _("This is no address of a receiver."),
            cure=_("Give one like https://example.com/hook, without a name and password in it."),
            field="url",
        )
    if not settings.ENVIRONMENT.webhooks_private:
        _check_public(parts.scheme, host)
    return text


def _check_public(scheme: str, host: str) -> None:
    if scheme != "https":
        raise Invalid(
            "address_unencrypted", _("Webhooks go to https:// addresses only."), cure=_allow(), field="url"
        )
    if host == "localhost" or (_is_number(host) and not guard.is_public(host)):
        raise Invalid(
            "address_private", _("The address is a private one, which is not allowed here."), cure=_allow(), field="url"
        )  # fmt: skip


def _allow() -> str:
    return _("Whoever runs Tasuki can allow it with TASUKI_WEBHOOKS_PRIVATE.")


def _is_number(host: str) -> bool:
    return ":" in host or host.rpartition(".")[2].isdigit()
