"""What every request passes: headers that protect, language and time zone of who asks, limits, the session's end."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.middleware import get_user
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from tasuki.server.core.answers import answer
from tasuki.server.core.errors import Refused, TooLarge
from tasuki.server.core.logs import request_id
from tasuki.server.core.models import User
from tasuki.server.core.sign_in import keep_alive

COOKIE = "tasuki_language"
KNOWN = {code for code, _name in settings.LANGUAGES}
Answer = Callable[[HttpRequest], HttpResponseBase]

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'self'",
        "img-src 'self' data:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
"""No script or style stands in a page itself, and none comes from elsewhere."""
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
STREAMED = "application/x-ndjson"
"""Read line by line, so it may be of any length."""
FORM_SLACK = 1_048_576
"""What may stand around an uploaded file in its form."""
LONGEST_QUERY = 16_384
ID = re.compile(r"[A-Za-z0-9_-]{8,64}")


class RequestId:
    """Gives each request an id, `request.id`, which stands in every line of the log about it and in the answer."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """The id that a proxy has given it, if it looks like one; else a new one."""
        given = request.headers.get("X-Request-ID", "")
        made = given if ID.fullmatch(given) else secrets.token_hex(8)
        request.id = made  # type: ignore[attr-defined]
        held = request_id.set(made)
        try:
            response = self.get_response(request)
        finally:
            request_id.reset(held)
        response.headers["X-Request-ID"] = made
        return response


class SecureHeaders:
    """What a browser is told to refuse. A view that needs another policy sets the header itself."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Add what is not there yet. Answers that are no static file are kept nowhere: they hold people's data."""
        response = self.get_response(request)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if not request.path.startswith(settings.STATIC_URL):
            response.headers.setdefault("Cache-Control", "private, no-store")
        return response


class LanguageAndTimeZone:
    """What the person has chosen; else the cookie, else what the client asks for, else the installation's own."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer in that language, and say so."""
        user = _signed_in(request)
        language, zone = _language(request, user), _zone(user)
        with translation.override(language), timezone.override(zone):
            request.LANGUAGE_CODE = language
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        return response


def _signed_in(request: HttpRequest) -> User | None:
    """Who has a session; without its cookie the session is not even looked at."""
    if settings.SESSION_COOKIE_NAME not in request.COOKIES:
        return None
    user = get_user(request)  # kept on the request, where AuthenticationMiddleware finds it again
    return user if isinstance(user, User) else None


def _language(request: HttpRequest, user: User | None) -> str:
    if user is not None and user.language in KNOWN:
        return user.language
    chosen = request.COOKIES.get(COOKIE, "")
    return chosen if chosen in KNOWN else translation.get_language_from_request(request)


def _zone(user: User | None) -> ZoneInfo:
    name = (user.time_zone if user is not None else "") or settings.TIME_ZONE
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # a zone that the time zone data no longer know
        return ZoneInfo(settings.TIME_ZONE)


class Gate:
    """Turns away what is too large or cannot be read, and turns what views refuse into answers."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Look at the request's size and address before anything reads it."""
        refused = _too_large(request) or _unreadable(request)
        return answer(request, refused) if refused else self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """A Refused that a view let through."""
        return answer(request, exception) if isinstance(exception, Refused) else None


def _too_large(request: HttpRequest) -> TooLarge | None:
    """Against the limit of its kind: a form with a file, a stream, anything else."""
    if request.content_type == STREAMED:
        return None
    form = request.content_type == "multipart/form-data"
    limit: int = settings.UPLOAD_LIMIT + FORM_SLACK if form else settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    length = request.META.get("CONTENT_LENGTH") or "0"
    if length.isdecimal() and int(length) <= limit:
        return None
    return TooLarge(
        "too_large",
        _("This is more than %(megabytes)s MB, which is the most taken at once.")
        % {"megabytes": limit // 1_048_576},
        cure=_("Send it in several parts."),
    )


def _unreadable(request: HttpRequest) -> Refused | None:
    query = request.META.get("QUERY_STRING", "")
    if "\0" in request.path or "%00" in query or "\0" in query or len(query) > LONGEST_QUERY:
        return Refused(
            "bad_address",
            _("This address is too long or holds characters that no text has."),
            cure=_("Check the address."),
        )
    return None


class SessionLifetime:
    """Keeps the session of whoever is at work, and ends one that has lasted too long."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Before the view, so that an ended session shows there."""
        if settings.SESSION_COOKIE_NAME in request.COOKIES and request.user.is_authenticated:
            keep_alive(request)
        return self.get_response(request)
