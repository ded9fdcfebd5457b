"""Signing in and out, and the language before and after."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from tasuki.server.core import commands, company, entrance, queries, sign_in
from tasuki.server.core.access import SYSTEM, Actor
from tasuki.server.core.errors import Refused
from tasuki.server.core.middleware import COOKIE, KNOWN
from tasuki.server.core.models import User
from tasuki.server.pages import forms
from tasuki.server.pages.frame import THEME, THEMES, on_form, say_refusal, theme_of

YEAR = 365 * 86_400


def _safe(request: HttpRequest, address: str) -> str:
    """Where to go next: only within this site."""
    safe = url_has_allowed_host_and_scheme(address, {request.get_host()}, require_https=request.is_secure())
    return address if safe else reverse("today")


def _asked_for(request: HttpRequest) -> str:
    return str(request.POST.get("next") or request.GET.get("next") or reverse("today"))


@never_cache
@require_http_methods(["GET", "POST"])
def sign_in_page(request: HttpRequest) -> HttpResponse:
    """Name and password; in the demo also one click."""
    if request.user.is_authenticated and not settings.DEMO:  # in the demo one may be somebody else at once
        return redirect(_safe(request, _asked_for(request)))
    form = forms.SignIn(request.POST or None)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            user = sign_in.sign_in(request, form.cleaned_data["username"], form.cleaned_data["password"])
            return redirect(_first(user, _safe(request, _asked_for(request))))
        except Refused as refused:
            on_form(form, refused)
            status = refused.status
    return _shown(request, form, status)


def _first(user: User, asked: str) -> str:
    """Where nothing is set up yet, who may set it up begins there."""
    marks = company.progress(Actor(user=user))
    return reverse("start") if asked == reverse("today") and marks is not None and not marks else asked


def _shown(request: HttpRequest, form: forms.SignIn, status: int) -> HttpResponse:
    context = {
        "title": _("Sign in"),
        "form": form,
        "next": _safe(request, _asked_for(request)),
        "nobody": entrance.nobody_yet(),
        **(_demo_people() if settings.DEMO else {}),
        "languages": settings.LANGUAGES,
        "theme": theme_of(request),
    }
    return render(request, "pages/sign_in.html", context, status=status)


def _demo_people() -> dict[str, list[User]]:
    """The made-up people: those to begin with in the order in which a lead meets them, and their colleagues."""
    made_up = [user for user in queries.users(SYSTEM, active=True) if sign_in.is_made_up(user)]
    order = ["marketing", "inside_sales", "sales", "manager", "administrator"]
    made_up.sort(
        key=lambda user: (order.index(user.role), user.team.name if user.team else "", user.username)
    )
    first = [user for user in made_up if user.username.startswith("demo-")]
    return {"people": first, "colleagues": [user for user in made_up if user not in first]}


@require_POST
def sign_in_demo(request: HttpRequest) -> HttpResponse:
    """One click as one of the demo's people."""
    try:
        sign_in.sign_in_as(request, request.POST.get("username", ""))
    except Refused as refused:
        say_refusal(request, refused)
        return redirect("sign-in")
    return redirect(_safe(request, _asked_for(request)))


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session."""
    sign_in.sign_out(request)
    return redirect("sign-in")


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Another language: kept with the person if one is signed in, and in a cookie."""
    chosen = request.POST.get("language", "")
    answer = redirect(_safe(request, _asked_for(request)))
    if chosen in KNOWN:
        if isinstance(request.user, User):
            commands.put_preferences(sign_in.actor_of(request), language=chosen)
        remember_language(answer, chosen)
    return answer


def remember_language(answer: HttpResponseRedirect, chosen: str) -> None:
    """Keep it for the pages outside, such as the one to sign in."""
    _remember(answer, COOKIE, chosen)


@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Light, dark, or as the device says; kept in a cookie, for it belongs to the device."""
    chosen = request.POST.get("theme", "")
    answer = redirect(_safe(request, _asked_for(request)))
    if chosen in THEMES:
        _remember(answer, THEME, chosen)
    else:
        answer.delete_cookie(THEME, samesite="Lax")
    return answer


def _remember(answer: HttpResponseRedirect, name: str, value: str) -> None:
    answer.set_cookie(
        name, value, max_age=YEAR, samesite="Lax", httponly=True, secure=settings.SESSION_COOKIE_SECURE
    )
