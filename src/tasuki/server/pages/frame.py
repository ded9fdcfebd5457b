"""What every page has in common: who asks, the rail, messages, and how a refusal is shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.context import make_context
from django.template.loader import get_template, render_to_string
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tasuki.server.agreements.stages import stages_now
from tasuki.server.core.access import Actor, require
from tasuki.server.core.company import STEPS, progress
from tasuki.server.core.errors import NotAllowed, NotFound, Refused
from tasuki.server.core.sign_in import actor_of
from tasuki.server.lifecycle import queries as lifecycle
from tasuki.server.notify import queries as news
from tasuki.server.pages.places import SECTIONS, Place, settings_around

Given = ParamSpec("Given")
THEME, THEMES = "tasuki_theme", ("light", "dark")
"""The cookie of the device's look, and what it may say."""
View = Callable[Concatenate[HttpRequest, Actor, Given], HttpResponseBase]


RAIL = (
    Place("today", gettext_lazy("Today"), "leads.read", "home"),
    Place("leads", gettext_lazy("Leads"), "leads.read", "users"),
    Place("handoffs", gettext_lazy("Handoffs"), "leads.read", "arrow-right"),
    Place("numbers", gettext_lazy("Numbers"), "numbers.read", "chart-bar"),
    Place("accounts", gettext_lazy("Accounts"), "leads.read", "building"),
    Place("deals", gettext_lazy("Deals"), "leads.read", "coin"),
    Place("duplicates", gettext_lazy("Duplicates"), "duplicates.decide", "copy"),
    Place("agreement", gettext_lazy("Agreement"), "agreement.read", "signature"),
    Place("imports", gettext_lazy("Import"), "imports.run", "file-import"),
    Place("settings", gettext_lazy("Settings"), "leads.read", "settings"),
)


def page(action: str = "leads.read") -> Callable[[View[Given]], Callable[..., HttpResponseBase]]:
    """A view for those who are signed in and may do `action`; it gets the actor. Refusals become pages that say the cure."""

    def around(view: View[Given]) -> Callable[..., HttpResponseBase]:
        @wraps(view)
        def shown(request: HttpRequest, *args: Given.args, **kwargs: Given.kwargs) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return _to_sign_in(request)
            actor = actor_of(request)
            try:
                require(actor, action)
                return view(request, actor, *args, **kwargs)
            except Refused as refused:
                return refusal(request, actor, refused)

        return shown

    return around


def is_partial(request: HttpRequest) -> bool:
    """Whether a part of a page is asked for, by htmx."""
    return request.headers.get("HX-Request") == "true"


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    """The session is over: the whole page goes to sign in, whichever part of it asked."""
    if not is_partial(request):
        return redirect_to_login(request.get_full_path())
    shown = urlsplit(request.headers.get("HX-Current-URL", ""))
    back = redirect_to_login(shown.path + (f"?{shown.query}" if shown.query else "") or "/")
    return HttpResponse(status=204, headers={"HX-Redirect": back.url})


def refusal(request: HttpRequest, actor: Actor, refused: Refused) -> HttpResponse:
    """The page of a refusal; one of a form goes back to where it was sent from, with the sentence on top.

    A part of a page that is refused changes nothing on it: the sentence comes as a toast.
    """
    if is_partial(request):
        say_refusal(request, refused)
        answer = part(request, actor, "nothing.html", {})
        answer.headers["HX-Reswap"] = "none"
        return answer
    came_from = request.headers.get("Referer", "")
    if request.method == "POST" and came_from and not isinstance(refused, NotAllowed | NotFound):
        say_refusal(request, refused)
        return redirect(_own(request, came_from))
    return show(
        request, actor, "refused.html", {"refused": refused, "title": refused.message}, refused.status
    )


def _own(request: HttpRequest, address: str) -> str:
    """The path of an address of this site; the first page for any other."""
    if not url_has_allowed_host_and_scheme(address, {request.get_host()}, require_https=request.is_secure()):
        return reverse("today")
    parts = urlsplit(address)
    path = f"/{parts.path.lstrip('/')}"  # two slashes would be another site
    return path + (f"?{parts.query}" if parts.query else "")


def say_refusal(request: HttpRequest, refused: Refused) -> None:
    """What is wrong and the cure, on top of the next page."""
    messages.error(request, sentence(refused))


def sentence(refused: Refused) -> str:
    """What is wrong and the cure, in one text."""
    return f"{refused.message} {refused.cure}".strip()


def on_form(form: Form, refused: Refused) -> None:
    """Put a refusal beside the field that it names, or over the form; the same for its details."""
    for one in refused.details or (refused,):
        shown = one.field in form.fields and not form[one.field].is_hidden
        form.add_error(one.field if shown else None, sentence(one))


def undo_at(name: str, *args: Any) -> str:
    """The tag of a message that offers to undo what it tells of, at the page named."""
    return f"undo {reverse(name, args=args)}"


def done(request: HttpRequest, text: str, to: str, *args: Any, tags: str = "") -> HttpResponseRedirect:
    """After a write: say what was done on the page named; `tags`: that it can be undone, see `undo_at`."""
    messages.success(request, text, extra_tags=tags)
    return redirect(to, *args)


def show(
    request: HttpRequest, actor: Actor, template: str, context: Mapping[str, Any], status: int = 200
) -> HttpResponse:
    """A page within the frame. `context` gives `title`; its place in the rail is found by the address."""
    here = request.resolver_match.url_name if request.resolver_match else None
    frame = {
        "rail": [place for place in RAIL if actor.may(place.action)],
        "settings_tabs": settings_around(actor, here or ""),
        "here": here or "",
        "to_set_up": _to_set_up(actor),
        "section": SECTIONS.get(here or "", here or ""),
        "unread": news.unread(actor),
        "waiting": context["waiting"] if "waiting" in context else lifecycle.waits(actor),
        "languages": settings.LANGUAGES,
        "theme": theme_of(request),
    }
    return rendered(request, template, {**_common(actor), **frame, **context}, status)


def part(
    request: HttpRequest, actor: Actor, template: str, context: Mapping[str, Any], status: int = 200
) -> HttpResponse:
    """A part of a page, without the frame, for htmx or a renewal; what was said meanwhile comes along as toasts."""
    answer = rendered(request, template, {**_common(actor), **context}, status)
    if is_partial(request) and (said := messages.get_messages(request)):
        toasts = render_to_string("pages/toasts.html", {"messages": said}, request)
        answer.content += toasts.encode()
    return answer


def rendered(request: HttpRequest, template: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    """A template of the pages. What it was made of is let go at once: a context and its layers hold each other, and else all
    of it waits until the collector of cycles stops somebody's request for tens of milliseconds.
    """
    made = make_context(context, request)
    text = cast(Any, get_template(f"pages/{template}")).template.render(made)
    made.dicts.clear()
    return HttpResponse(text, status=status)


def _common(actor: Actor) -> dict[str, Any]:
    return {
        "actor": actor,
        "stages": SimpleLazyObject(stages_now),
        "demo": settings.DEMO,
    }


def _to_set_up(actor: Actor) -> dict[str, int] | None:
    """How far the installation is set up, for who may do it; None once it is."""
    marks = None if settings.DEMO else progress(actor)
    return None if marks is None else {"done": sum(step in marks for step in STEPS), "all": len(STEPS)}


def theme_of(request: HttpRequest) -> str:
    """`light` or `dark` as chosen on this device; empty where the device decides."""
    chosen = request.COOKIES.get(THEME, "")
    return chosen if chosen in THEMES else ""


def not_there(what: str = "") -> NotFound:
    """Something that is not there, or not for this person."""
    return NotFound(
        "not_found",
        what or _("This page is not there, or not for you."),
        cure=_("Check the address, or search for it above."),
    )
