"""Signing in and out, and changing one's password. Wrong passwords are counted by django-axes for a name and an address."""

from __future__ import annotations

import ipaddress
import unicodedata
from datetime import timedelta

from axes.handlers.proxy import AxesProxyHandler
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib import auth
from django.contrib.auth.hashers import check_password
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tasuki.server.core import audit, clock
from tasuki.server.core.access import Actor
from tasuki.server.core.commands import put_new_password
from tasuki.server.core.errors import Invalid, NotAllowed, NotSignedIn, TooMany
from tasuki.server.core.models import User

SIGNED_IN_AT = "signed_in_at"
SEEN_AT = "seen_at"
LONGEST = timedelta(days=14)
"""However busy one is, after this one signs in again."""
RENEWED = timedelta(minutes=15)
"""A session is written at most so often to keep it alive."""
LONGEST_PASSWORD = 1_000


def address_of(request: HttpRequest) -> str | None:
    """The client's address. Behind `TASUKI_PROXIES` proxies of ours: what the outermost saw, never what a client claims."""
    seen = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if part.strip()]
    proxies: int = getattr(settings, "PROXIES", 0)
    address = seen[-proxies] if 0 < proxies <= len(seen) else request.META.get("REMOTE_ADDR", "")
    try:
        return str(ipaddress.ip_address(address))
    except ValueError:
        return None


def actor_of(request: HttpRequest) -> Actor:
    """The signed-in person of a page. NotSignedIn if there is none."""
    user = request.user
    if not isinstance(user, User):
        raise NotSignedIn("not_signed_in", _("You are not signed in."), cure=_("Sign in and try again."))
    return Actor(user=user, address=address_of(request))


def sign_in(request: HttpRequest, username: str, password: str) -> User:
    """Open a session. NotSignedIn: the two do not fit; TooMany: too many failures, with the time to wait.

    Which of name and password was wrong, or that a user is deactivated, is not told.
    """
    name = _known_name(username)
    if not AxesProxyHandler.is_allowed(request, {"username": name}):
        raise _locked_out(request, name)
    user = auth.authenticate(request, username=name, password=_typed(password))
    if not isinstance(user, User):
        _note_failure(request, name)
        if _has_locked_out(request):
            raise _locked_out(request, name)
        raise NotSignedIn(
            "sign_in_failed",
            _("User name and password do not fit."),
            cure=_("Check both; an administrator can set a new password."),
        )
    AxesProxyHandler.reset_attempts(username=name, ip_address=address_of(request))
    return open_session(request, user)


def sign_in_as(request: HttpRequest, username: str) -> User:
    """Open a session as one of the demo's made-up people, without password. NotAllowed anywhere but in the demo."""
    user = User.objects.filter(username=username, is_active=True).first()
    if not settings.DEMO or user is None or not is_made_up(user):
        raise NotAllowed(
            "demo_only",
            _("Signing in by one click is for the made-up people of the demo."),
            cure=_("Sign in with user name and password."),
        )
    return open_session(request, user)


def is_made_up(user: User) -> bool:
    """Of the demo: one whom a visitor can be from the start, or a colleague, whom nobody has given a password."""
    return user.username.startswith("demo-") or not user.has_usable_password()


def open_session(request: HttpRequest, user: User) -> User:
    """Sign somebody in who has shown that it is them."""
    auth.login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    request.session[SIGNED_IN_AT] = request.session[SEEN_AT] = clock.now().timestamp()
    audit.record(Actor(user=user, address=address_of(request)), "session.open", f"user:{user.pk}")
    return user


def sign_out(request: HttpRequest) -> None:
    """End the session, if there is one."""
    if isinstance(request.user, User):
        audit.record(actor_of(request), "session.close", f"user:{request.user.pk}")
    auth.logout(request)


def keep_alive(request: HttpRequest) -> None:
    """Put off the session's end, seldom enough not to write at every click; end one that has lasted too long."""
    now = clock.now().timestamp()
    begun = request.session.get(SIGNED_IN_AT, now)
    if now - begun > LONGEST.total_seconds():
        auth.logout(request)
    elif now - request.session.get(SEEN_AT, 0) > RENEWED.total_seconds():
        request.session[SIGNED_IN_AT], request.session[SEEN_AT] = begun, now


def change_password(request: HttpRequest, *, old: str, new: str) -> None:
    """A new password for oneself; all other sessions of this person end. Invalid: the old is wrong, the new too weak."""
    actor = actor_of(request)
    user = User.objects.get(username=request.user.get_username())
    name = user.username
    if not AxesProxyHandler.is_allowed(request, {"username": name}):
        raise _locked_out(request, name)
    if not check_password(_typed(old), user.password):
        auth.signals.user_login_failed.send(__name__, credentials={"username": name}, request=request)
        if _has_locked_out(request):
            raise _locked_out(request, name)
        raise Invalid(
            "password_wrong", _("This is not your present password."), cure=_("Type it again."), field="old"
        )
    with transaction.atomic():
        put_new_password(actor, user, new, field="new")
    auth.update_session_auth_hash(request, user)


def _typed(text: str) -> str:
    """Of a length that is worth hashing, and of letters that can be written down."""
    return text[: LONGEST_PASSWORD + 1].encode("utf-8", "replace").decode()


def _known_name(username: str) -> str:
    """The name as it is stored: as typed, or folded as `create_user` folds it."""
    typed = _typed(username).replace("\0", "").strip()[:150]
    folded = unicodedata.normalize("NFKC", typed).lower()[:150]
    there = User.objects.filter(username__in={typed, folded}).values_list("username", flat=True)
    return typed if typed in there else folded


def _note_failure(request: HttpRequest, name: str) -> None:
    """Told under the user's id only: what was typed as a name may be a password."""
    user = User.objects.filter(username=name).first()
    if user is not None:
        audit.record(Actor(address=address_of(request)), "session.refuse", f"user:{user.pk}")


def _has_locked_out(request: HttpRequest) -> bool:
    """Whether this failure was the last one allowed. Unset, so that the page answers and not axes' middleware."""
    locked = bool(getattr(request, "axes_locked_out", False))
    request.axes_locked_out = False  # type: ignore[attr-defined]
    return locked


def _locked_out(request: HttpRequest, name: str) -> TooMany:
    attempts = AccessAttempt.objects.filter(username=name, ip_address=address_of(request))
    latest = attempts.order_by("-attempt_time").values_list("attempt_time", flat=True).first()
    wait = timedelta(hours=settings.AXES_COOLOFF_TIME)
    left = wait if latest is None else latest + wait - timezone.now()
    minutes = max(1, -int(-left.total_seconds() // 60))
    return TooMany(
        "sign_in_locked",
        _("Too many failed sign-ins with this name."),
        cure=ngettext(
            "Wait %(minutes)s minute, then try again.", "Wait %(minutes)s minutes, then try again.", minutes
        )
        % {"minutes": minutes},
    )
