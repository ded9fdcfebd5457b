"""`/healthz`, `/readyz`, `/metrics`: for machines, without session, language or host check."""

from __future__ import annotations

from ipaddress import ip_address

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.utils.translation import gettext as _
from prometheus_client import CONTENT_TYPE_LATEST

from tasuki.server.core import tokens
from tasuki.server.core.access import require
from tasuki.server.core.errors import NotSignedIn, Refused

FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_X_REAL_IP", "HTTP_FORWARDED", "HTTP_VIA")
READING = {"GET", "HEAD"}


def health(request: HttpRequest) -> HttpResponseBase:
    """This process answers: 200. It asks nobody else."""
    return _only_reading(request) or _plain(JsonResponse({"status": "ok"}))


def ready(request: HttpRequest) -> HttpResponseBase:
    """200 if requests can be answered, else 503, with the state of each part."""
    from tasuki.server.running.readiness import parts

    found = parts()
    able = all(part.well for part in found if part.needed)
    status = "ok" if all(part.well for part in found) else "degraded" if able else "unavailable"
    told = {part.name: {"ok": part.well, "says": part.says} for part in found}
    answer = JsonResponse({"status": status, "parts": told}, status=200 if able else 503)
    return _only_reading(request) or _plain(answer)


def metrics(request: HttpRequest) -> HttpResponseBase:
    """For Prometheus: on this machine freely, from elsewhere with a token of the scope `metrics.read`."""
    from tasuki.server.running.metrics import exposition

    if wrong := _only_reading(request):
        return wrong
    try:
        _check_may_read(request)
    except Refused as refused:
        return _plain(JsonResponse({"error": refused.as_json()}, status=refused.status))
    return _plain(HttpResponse(exposition(), content_type=CONTENT_TYPE_LATEST))


def _check_may_read(request: HttpRequest) -> None:
    """NotSignedIn or NotAllowed. A forwarded request comes from elsewhere, whoever hands it on."""
    address = request.META.get("REMOTE_ADDR", "")
    if _loopback(address) and not any(name in request.META for name in FORWARDED):
        return
    kind, _space, plain = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer" or not plain:
        raise NotSignedIn(
            "token_missing",
            _("Metrics are read from this machine, or with a token."),
            cure=_("Send a token with the scope metrics.read as Authorization: Bearer …"),
        )
    require(tokens.authenticate(plain.strip(), address or None), "metrics.read")


def _loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False


def _only_reading(request: HttpRequest) -> HttpResponseBase | None:
    if request.method in READING:
        return None
    refused = Refused("method_not_allowed", _("Only GET works here."), cure=_("Ask with GET."))
    return _plain(JsonResponse({"error": refused.as_json()}, status=405, headers={"Allow": "GET, HEAD"}))


def _plain(response: HttpResponseBase) -> HttpResponseBase:
    response.headers["Cache-Control"] = "no-store"
    return response


PROBES = {"/healthz": health, "/readyz": ready, "/metrics": metrics}
