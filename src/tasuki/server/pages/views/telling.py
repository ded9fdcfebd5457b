"""How people, teams and programs are told: one's own choices, team chats, webhooks and what they could not be told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from tasuki.server.core import queries as house
from tasuki.server.core.access import Actor
from tasuki.server.core.errors import Refused
from tasuki.server.notify import attempts, commands, kinds, mail, queries
from tasuki.server.notify.models import Channel, Delivery
from tasuki.server.pages import telling_forms as forms
from tasuki.server.pages.frame import done, on_form, page, show


@dataclass(frozen=True)
class Way:
    """A column of the table of choices: a way to be told. `name` of its boxes; `number` of a stored channel."""

    name: str
    title: str
    wanted: Sequence[str]
    number: int | None = None
    channel: Channel | None = None


@dataclass(frozen=True)
class Choice:
    """A row of it: a kind of news, and for each way whether it goes there."""

    kind: str
    title: str | Promise
    boxes: list[tuple[Way, bool]] = field(default_factory=list)


def _table(ways: Sequence[Way]) -> list[Choice]:
    return [
        Choice(name, kind.title, [(way, name in way.wanted) for way in ways])
        for name, kind in kinds.KINDS.items()
    ]


def _chat(channel: Channel) -> Way:
    title = channel.name or channel.shown
    return Way(f"chat-{channel.pk}", title, channel.kinds, channel.pk, channel)


ADDED = gettext_lazy("The chat was added. Send a test to see whether it arrives.")
STATES = {
    str(Delivery.State.DEAD): gettext_lazy("Given up"),
    str(Delivery.State.WAITING): gettext_lazy("On their way"),
    str(Delivery.State.SENT): gettext_lazy("Sent"),
}
"""Which deliveries one looks at."""


# One's own.


@require_http_methods(["GET", "POST"])
@page("channels.own")
def telling(request: HttpRequest, actor: Actor) -> HttpResponse:
    """What one is told, and which way."""
    if request.method == "POST":
        _store(request, actor, _my_ways(actor))
        return done(request, _("Saved."), "telling")
    return _telling(request, actor, forms.Chat())


def _my_ways(actor: Actor) -> list[Way]:
    chosen = queries.choices(actor)
    named = {"app": _("Here"), "mail": _("Mail")}
    ways = [Way(medium, title, chosen[medium].kinds) for medium, title in named.items()]
    return ways + [_chat(one) for one in queries.my_chats(actor)]


def _telling(request: HttpRequest, actor: Actor, form: forms.Chat) -> HttpResponse:
    ways = _my_ways(actor)
    context = {
        "title": _("How I am told"), "ways": ways, "choices": _table(ways), "mail_works": mail.is_set_up(),
        "form": form,
    }  # fmt: skip
    return show(request, actor, "telling.html", context, 422 if form.errors else 200)


def _store(request: HttpRequest, actor: Actor, ways: Sequence[Way]) -> None:
    """Only the columns that were changed where they were shown: another tab may have added or changed others since."""
    shown = dict(one.split(":", 1) for one in request.POST.getlist("shown") if ":" in one)
    for way in ways:
        wanted = request.POST.getlist(way.name)
        if way.name not in shown or set(wanted) == set(filter(None, shown[way.name].split(","))):
            continue
        if way.number is not None:
            commands.change_channel(actor, way.number, wanted=wanted)
        else:
            commands.choose(actor, medium=way.name, wanted=wanted)


@require_POST
@page("channels.own")
def chat_new(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Another chat of one's own, told what one is told by mail."""
    form = forms.Chat(request.POST)
    if _added(actor, form, queries.choices(actor)["mail"].kinds, team=None):
        return done(request, str(ADDED), "telling")
    return _telling(request, actor, form)


@require_POST
@page("channels.own")
def test_mail(request: HttpRequest, actor: Actor) -> HttpResponse:
    """A mail to oneself, now."""
    delivery = commands.test_mail(actor)
    if request.POST.get("from") == "start-telling":
        return _told(request, delivery, "start-step", "telling")
    return _told(request, delivery, "telling")


@require_POST
@page("channels.own")
def chat_test(request: HttpRequest, actor: Actor, channel_id: int) -> HttpResponse:
    """A message to a chat, now."""
    return _told(request, commands.test_channel(actor, channel_id), _back(request))


@require_POST
@page("channels.own")
def chat_remove(request: HttpRequest, actor: Actor, channel_id: int) -> HttpResponse:
    """A chat is told nothing any more."""
    commands.remove_channel(actor, channel_id)
    return done(request, _("The chat was removed."), _back(request))


def _back(request: HttpRequest) -> str:
    return "team-telling" if request.POST.get("from") == "team-telling" else "telling"


def _told(request: HttpRequest, delivery: Delivery, to: str, *args: str) -> HttpResponseRedirect:
    if delivery.state == Delivery.State.SENT:
        messages.success(request, _("The test was sent."))
    else:
        told = {"fault": attempts.said(delivery.fault)}
        messages.error(request, _("The test could not be sent. %(fault)s") % told)
    return redirect(to, *args)


def _added(actor: Actor, form: forms.Chat, wanted: Sequence[str], *, team: int | None) -> bool:
    """Whether the chat was added; else the form says why not, and keeps what was typed."""
    if not form.is_valid():
        return False
    given = form.cleaned_data
    try:
        commands.add_channel(actor, address=given["address"], name=given["name"], wanted=wanted, team_id=team)
    except Refused as refused:
        on_form(form, refused)
        return False
    return True


# Teams.


@require_http_methods(["GET", "POST"])
@page("channels.team")
def team_telling(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The chats of teams, and what each of them is told."""
    if request.method == "POST":
        _store(request, actor, [_chat(one) for one in queries.team_chats(actor)])
        return done(request, _("Saved."), "team-telling")
    return _team_telling(request, actor, forms.TeamChat(teams=house.teams(actor)))


def _team_telling(request: HttpRequest, actor: Actor, form: forms.TeamChat) -> HttpResponse:
    ways = [_chat(one) for one in queries.team_chats(actor)]
    context = {"title": _("Team chats"), "ways": ways, "choices": _table(ways), "form": form}
    return show(request, actor, "team_telling.html", context, 422 if form.errors else 200)


@require_POST
@page("channels.team")
def team_chat_new(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Another chat of a team, told what people are told by mail."""
    form = forms.TeamChat(request.POST, teams=house.teams(actor))
    team = form.cleaned_data["team"] if form.is_valid() else None
    if _added(actor, form, kinds.MAILED, team=team):
        return done(request, str(ADDED), "team-telling")
    return _team_telling(request, actor, form)


# Programs.


@never_cache
@require_http_methods(["GET", "POST"])
@page("webhooks.manage")
def webhooks(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Programs that are told of events, a form for another, and what was given up; a new secret is shown once."""
    form, secret, status = forms.Endpoint(request.POST or None), "", 200
    if request.method == "POST":
        secret = _made(actor, form)
        status, form = (201, forms.Endpoint()) if secret else (422, form)
    return _webhooks(request, actor, form, secret, status)


def _made(actor: Actor, form: forms.Endpoint) -> str:
    if not form.is_valid():
        return ""
    try:
        _endpoint, secret = commands.add_endpoint(
            actor, url=form.cleaned_data["url"], wanted=form.cleaned_data["kinds"]
        )
    except Refused as refused:
        on_form(form, refused)
        return ""
    return secret


def _webhooks(
    request: HttpRequest, actor: Actor, form: forms.Endpoint, secret: str = "", status: int = 200
) -> HttpResponse:
    state = request.GET.get("state", "")
    state = state if state in STATES else str(Delivery.State.DEAD)
    context = {
        "title": _("Webhooks"), "form": form, "secret": secret, "endpoints": queries.endpoints(actor),
        "deliveries": queries.deliveries(actor, state=state), "state": state, "states": STATES.items(),
    }  # fmt: skip
    return show(request, actor, "webhooks.html", context, status)


@require_POST
@page("webhooks.manage")
def webhook_test(request: HttpRequest, actor: Actor, endpoint_id: int) -> HttpResponse:
    """An event of the type `test`, now."""
    return _told(request, commands.test_endpoint(actor, endpoint_id), "webhooks")


@never_cache
@require_POST
@page("webhooks.manage")
def webhook_rotate(request: HttpRequest, actor: Actor, endpoint_id: int) -> HttpResponse:
    """A new secret, shown once."""
    return _webhooks(request, actor, forms.Endpoint(), commands.rotate_secret(actor, endpoint_id))


@require_POST
@page("webhooks.manage")
def webhook_switch(request: HttpRequest, actor: Actor, endpoint_id: int) -> HttpResponse:
    """Off, or on again."""
    on = request.POST.get("enabled") == "yes"
    commands.change_endpoint(actor, endpoint_id, enabled=on)
    return done(request, _("It was switched on.") if on else _("It was switched off."), "webhooks")


@require_POST
@page("webhooks.manage")
def webhook_remove(request: HttpRequest, actor: Actor, endpoint_id: int) -> HttpResponse:
    """A program is told nothing any more."""
    commands.remove_endpoint(actor, endpoint_id)
    return done(request, _("The webhook was removed."), "webhooks")


@require_POST
@page("webhooks.manage")
def send_again(request: HttpRequest, actor: Actor) -> HttpResponse:
    """One dead delivery, or all of them."""
    count = commands.send_again(actor, request.POST.get("delivery") or None)
    return done(request, _("Sent again: %(count)s.") % {"count": count}, "webhooks")
