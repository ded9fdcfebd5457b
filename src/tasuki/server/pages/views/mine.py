"""What is one's own: language, time zone, password, tokens, notifications."""

from __future__ import annotations

from datetime import datetime, time

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from tasuki.server.core import clock, commands, queries, sign_in, tokens
from tasuki.server.core.access import SCOPES, Actor
from tasuki.server.core.errors import Refused
from tasuki.server.lifecycle import queries as lifecycle
from tasuki.server.notify import commands as notify_commands
from tasuki.server.notify import queries as notify_queries
from tasuki.server.pages import forms
from tasuki.server.pages.frame import done, on_form, page, part, show
from tasuki.server.pages.views.signing import remember_language


@require_http_methods(["GET", "POST"])
@page()
def settings(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Language and time zone."""
    if actor.user is None:
        return redirect("sign-in")
    start = {"language": actor.user.language, "time_zone": actor.user.time_zone}
    form = forms.Preferences(request.POST or None, initial=start)
    if request.method == "POST" and form.is_valid():
        try:
            user = commands.put_preferences(actor, **form.cleaned_data)
        except Refused as refused:
            on_form(form, refused)
        else:
            with translation.override(user.language or translation.get_language()):
                answer = done(request, _("Saved."), "settings")
            if user.language:
                remember_language(answer, user.language)
            return answer
    context = {"title": _("My settings"), "form": form, "password": forms.Password()}
    return show(request, actor, "settings.html", context, 422 if form.errors else 200)


@never_cache
@page()
def bell(request: HttpRequest, actor: Actor) -> HttpResponse:
    """How much news there is and how much waits, for every page to renew."""
    found = {"unread": notify_queries.unread(actor), "waiting": lifecycle.waits(actor), "renews": True}
    return part(request, actor, "bell.html", found)


@require_POST
@page()
def password(request: HttpRequest, actor: Actor) -> HttpResponse:
    """A new password for oneself."""
    form = forms.Password(request.POST)
    if form.is_valid():
        try:
            sign_in.change_password(request, **form.cleaned_data)
            return done(
                request, _("The password was changed. Other sessions of yours have ended."), "settings"
            )
        except Refused as refused:
            on_form(form, refused)
    user = actor.user
    start = {"language": user.language, "time_zone": user.time_zone} if user else {}
    context = {"title": _("My settings"), "form": forms.Preferences(initial=start), "password": form}
    return show(request, actor, "settings.html", context, 422)


@never_cache
@require_http_methods(["GET", "POST"])
@page("tokens.own")
def my_tokens(request: HttpRequest, actor: Actor) -> HttpResponse:
    """One's tokens, and a form for another; a new one is shown once, in the answer to the form."""
    mine = [scope for scope in SCOPES if actor.may(scope)]
    form = forms.Token(request.POST or None, scopes=mine)
    plain, status = "", 200
    if request.method == "POST":
        plain = _issued(actor, form)
        status = 201 if plain else 422
        form = forms.Token(scopes=mine) if plain else form
    context = {"title": _("My tokens"), "form": form, "plain": plain, "tokens": queries.tokens(actor)}
    return show(request, actor, "tokens.html", {**context, "now": clock.now()}, status)


def _issued(actor: Actor, form: forms.Token) -> str:
    if actor.user is None or not form.is_valid():
        return ""
    last_day, scopes = form.cleaned_data["expires"], form.cleaned_data["scopes"]
    expires_at = timezone.make_aware(datetime.combine(last_day, time.max)) if last_day else None
    try:
        _token, plain = tokens.issue(
            actor=actor, user=actor.user, name=form.cleaned_data["name"], scopes=scopes, expires_at=expires_at
        )
    except Refused as refused:
        on_form(form, refused)
        return ""
    return plain


@require_POST
@page("tokens.own")
def revoke(request: HttpRequest, actor: Actor, token_id: int) -> HttpResponse:
    """A token is no longer valid."""
    tokens.revoke(actor=actor, token_id=token_id)
    return done(request, _("The token was revoked. It opens nothing from now on."), "tokens")


@page()
def notifications(request: HttpRequest, actor: Actor) -> HttpResponse:
    """News, latest first."""
    context = {"title": _("Notifications"), "news": notify_queries.notifications(actor, limit=100)}
    return show(request, actor, "notifications.html", context)


@require_POST
@page()
def notifications_read(request: HttpRequest, actor: Actor) -> HttpResponse:
    """All of them are read."""
    notify_commands.mark_read(actor)
    return redirect("notifications")
