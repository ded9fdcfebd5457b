"""Addresses to try what every request passes: they tell, refuse, break, take forms."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from tasuki.server.core.errors import Conflict, Invalid


def told(request: HttpRequest) -> JsonResponse:
    """Language, time zone and name in force."""
    return JsonResponse(
        {
            "language": translation.get_language(),
            "zone": timezone.get_current_timezone_name(),
            "user": request.user.get_username(),
            "posted": dict(request.POST.items()),
        }
    )


def refused(request: HttpRequest) -> HttpResponse:
    raise Conflict(
        "clash", "They clash.", cure="Choose one.", details=[Invalid("worse", "<b>First</b>", field="a")]
    )


def denied(request: HttpRequest) -> HttpResponse:
    raise PermissionDenied


def broken(request: HttpRequest) -> HttpResponse:
    raise ValueError("taro@example.jp with tsk_0123456789abcdef")


def own_policy(request: HttpRequest) -> HttpResponse:
    return HttpResponse(_("Open"), headers={"Content-Security-Policy": "default-src 'none'"})


views = {"told": told, "refused": refused, "denied": denied, "broken": broken, "own-policy": own_policy}
urlpatterns = [path(f"{root}{name}", view) for root in ("", "api/v1/") for name, view in views.items()]

handler400 = "tasuki.server.core.answers.bad_request"
handler403 = "tasuki.server.core.answers.not_allowed"
handler404 = "tasuki.server.core.answers.not_found"
handler500 = "tasuki.server.core.answers.fault"
