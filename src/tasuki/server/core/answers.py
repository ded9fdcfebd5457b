"""What goes wrong, as an answer: JSON in the house's shape under /api, else a plain page in the reader's language."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template import Context, Engine
from django.utils.translation import gettext as _

from tasuki.server.core.errors import NotAllowed, NotFound, NotSignedIn, Refused, TooMany

RETRY_SECONDS = 60
TEMPLATES = Engine(
    dirs=[str(Path(__file__).parent / "templates")],
    libraries={"i18n": "django.templatetags.i18n", "static": "django.templatetags.static"},
)
"""Of its own, so that the page of an error does not depend on what may be broken."""


def wants_json(request: HttpRequest) -> bool:
    """Whether a program asks: under /api, or accepting JSON but no page."""
    accepted = request.META.get("HTTP_ACCEPT", "")
    return request.path.startswith("/api/") or ("json" in accepted and "html" not in accepted)


def answer(request: HttpRequest, refused: Refused) -> HttpResponse:
    """The refusal, with its status."""
    response: HttpResponse
    if wants_json(request):
        response = JsonResponse({"error": refused.as_json()}, status=refused.status)
    else:
        context = {"refused": refused, "status": refused.status, "request_id": getattr(request, "id", "")}
        response = HttpResponse(
            TEMPLATES.get_template("errors/refused.html").render(Context(context)), status=refused.status
        )
    if isinstance(refused, NotSignedIn) and wants_json(request):
        response["WWW-Authenticate"] = "Bearer"
    if isinstance(refused, TooMany):
        response["Retry-After"] = str(RETRY_SECONDS)
    return response


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Django's handler400: a request that cannot be read."""
    return answer(
        request,
        Refused(
            "bad_request",
            _("This request cannot be understood."),
            cure=_("Go back, reload the page and try again."),
        ),
    )


def not_allowed(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Django's handler403."""
    return answer(
        request,
        NotAllowed(
            "not_allowed", _("You may not do that."), cure=_("Sign in as someone who may, or ask them.")
        ),
    )


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Django's handler404."""
    return answer(
        request,
        NotFound(
            "not_found",
            _("There is nothing at this address."),
            cure=_("Check the address, or begin at the first page."),
        ),
    )


class _Fault(Refused):
    status = 500


def fault(request: HttpRequest) -> HttpResponse:
    """Django's handler500: our own mistake. The log holds it under the request's id."""
    return answer(
        request,
        _Fault(
            "fault",
            _("Something broke on our side."),
            cure=_("Try again; if it happens again, tell an administrator when it was and what you did."),
        ),
    )


def csrf_failure(request: HttpRequest, reason: str = "", **_given: Any) -> HttpResponse:
    """Django's CSRF_FAILURE_VIEW: a form that did not come from one of our pages, or from one that is too old."""
    return answer(
        request,
        NotAllowed(
            "form_expired",
            _("This form is no longer valid, so nothing was changed."),
            cure=_("Go back, reload the page and send the form again; cookies must be allowed."),
        ),
    )
