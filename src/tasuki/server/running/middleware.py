"""Every request: counted, timed and logged by its route, without a word of whom or what it is about."""

from __future__ import annotations

import logging
from collections.abc import Callable
from time import perf_counter

from django.http import HttpRequest, HttpResponseBase

from tasuki.server.running.metrics import FAULTS, REQUESTS
from tasuki.server.running.views import PROBES

LOG = logging.getLogger("tasuki.request")
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}


class Measured:
    """Right inside of what gives the request its id. It answers the probes itself: they come under any host name."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer, then tell what it took."""
        probe = PROBES.get(request.path_info)
        if probe is not None:
            return probe(request)
        begin = perf_counter()
        response = self.get_response(request)
        _tell(request, response.status_code, perf_counter() - begin)
        return response


def _tell(request: HttpRequest, status: int, seconds: float) -> None:
    route, method = route_of(request), request.method if request.method in METHODS else "OTHER"
    REQUESTS.labels(route, method, status).observe(seconds)
    if status >= 500:
        FAULTS.labels(route).inc()
    LOG.info(
        "request",
        extra={
            "route": route,
            "method": method,
            "status": status,
            "ms": round(seconds * 1000, 1),
        },
    )


def route_of(request: HttpRequest) -> str:
    """The pattern of the address, `/api/v1/leads/<int:lead>`; never the address itself, which may name a person."""
    match = request.resolver_match
    return f"/{match.route}" if match is not None and match.route is not None else "unmatched"
