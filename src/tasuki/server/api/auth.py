"""Who asks: a token in the header, or the person who is signed in on the page (then with Django's CSRF token)."""

from __future__ import annotations

from typing import Any, TypeVar

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja.security import APIKeyCookie, HttpBearer
from ninja.utils import check_csrf

from tasuki.server.core import tokens
from tasuki.server.core.access import Actor
from tasuki.server.core.errors import NotAllowed
from tasuki.server.core.sign_in import address_of

T = TypeVar("T")


class Token(HttpBearer):
    """`Authorization: Bearer tsk_…`."""

    def authenticate(self, request: HttpRequest, token: str) -> Actor:
        """NotSignedIn: unknown, expired, revoked."""
        return tokens.authenticate(token.strip(), address_of(request))


class Session(APIKeyCookie):
    """The session of the pages."""

    param_name = "sessionid"

    def __call__(self, request: HttpRequest) -> Actor | None:
        """Nobody, or whoever is signed in. NotAllowed: a write without the CSRF token."""
        if self.param_name not in request.COOKIES or not request.user.is_authenticated:
            return None
        if check_csrf(request) is not None:
            raise NotAllowed(
                "csrf",
                _("This request does not come from a page of ours."),
                cure=_(
                    "Send the value of the cookie csrftoken as header X-CSRFToken, or use a token of the API."
                ),
            )
        return Actor(user=request.user, address=address_of(request))

    def authenticate(self, request: HttpRequest, key: str | None) -> Any:
        """Not used: see above."""
        raise NotImplementedError


SIGNED_IN = [Token(), Session()]


def actor(request: HttpRequest) -> Actor:
    """Whoever was found by one of the ways above."""
    found = request.auth  # type: ignore[attr-defined]
    assert isinstance(found, Actor)
    return found
