"""Language and time zone of who asks."""

from __future__ import annotations

from collections.abc import Callable
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation

COOKIE = "tasuki_language"
KNOWN = {code for code, _ in settings.LANGUAGES}


class LanguageAndTimeZone:
    """What the person has chosen; else the cookie, else what the client asks for, else the installation's own."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer in that language, and say so."""
        chosen = request.COOKIES.get(COOKIE)
        language = chosen if chosen in KNOWN else translation.get_language_from_request(request)
        zone = request.session.get("time_zone") or settings.TIME_ZONE
        with translation.override(language), timezone.override(ZoneInfo(zone)):
            request.LANGUAGE_CODE = language
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        return response
