"""The first run: the first administrator, five steps that can each be skipped, and the way in for those who are invited."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from tasuki.server.agreements import commands as agreements
from tasuki.server.agreements import queries as in_force
from tasuki.server.agreements.stages import Stages
from tasuki.server.agreements.starters import BY_ID, STARTERS, Starter
from tasuki.server.core import company, entrance, queries
from tasuki.server.core.access import Actor, require
from tasuki.server.core.errors import Refused
from tasuki.server.core.formats import language
from tasuki.server.core.models import User
from tasuki.server.imports import queries as imports
from tasuki.server.notify import inviting, mail
from tasuki.server.notify import queries as channels
from tasuki.server.pages import clauses, import_forms, start_forms
from tasuki.server.pages.frame import done, not_there, on_form, page, sentence, show, theme_of

MANAGE = "company.manage"


@dataclass(frozen=True)
class Step:
    """One of the five. `says` is what it is good for; `state`: done, skipped or nothing yet."""

    id: str
    word: str | Promise
    says: str | Promise
    icon: str
    state: str = ""


WORDS = (
    Step(
        "company", gettext_lazy("Company and calendar"),
        gettext_lazy("So that due times know your working days and holidays."), "building",
    ),
    Step(
        "people", gettext_lazy("People"),
        gettext_lazy("Who calls, who decides, who looks after the whole. Several at once."), "users",
    ),
    Step(
        "agreement", gettext_lazy("Agreement"),
        gettext_lazy("What an MQL is at your place. Begin with one of five, change it when you like."), "signature",
    ),
    Step(
        "import", gettext_lazy("First leads"),
        gettext_lazy("A list, business cards, an export: see what comes of it before it comes in."), "file-import",
    ),
    Step(
        "telling", gettext_lazy("Who is told, and how"),
        gettext_lazy("By mail, in a chat, or by another program: nobody has to look whether something came."), "bell",
    ),
)  # fmt: skip


# Before anybody is signed in.


@never_cache
@require_http_methods(["GET", "POST"])
def begin(request: HttpRequest) -> HttpResponse:
    """The first administrator, made with the code that the machine has printed; gone once there is somebody."""
    if request.user.is_authenticated or not entrance.nobody_yet():
        return redirect("today" if request.user.is_authenticated else "sign-in")
    code = request.GET.get("code", "")[:40]
    form = start_forms.First(request.POST or None, initial={"code": code})
    if request.method == "POST" and form.is_valid():
        try:
            entrance.begin(request, **form.cleaned_data)
            return redirect("start")
        except Refused as refused:
            on_form(form, refused)
    context = {"title": _("Begin"), "form": form, "has_code": bool(code)}
    return _outside(request, "begin.html", context, 422 if form.errors else 200)


@never_cache
@require_http_methods(["GET", "POST"])
def welcome(request: HttpRequest, user_id: int, key: str) -> HttpResponse:
    """Somebody who was invited chooses a password, and is in."""
    form = start_forms.Welcome(request.POST or None)
    try:
        user = entrance.guest(user_id, key)
        if request.method == "POST" and form.is_valid():
            entrance.enter(request, user_id, key, form.cleaned_data["password"])
            return redirect("today")
    except Refused as refused:
        if refused.status == 404:
            return _outside(request, "link_over.html", {"title": _("Link"), "refused": refused}, 404)
        on_form(form, refused)
    context = {"title": _("Welcome"), "form": form, "guest": user}
    return _outside(request, "welcome.html", context, 422 if form.errors else 200)


def _outside(request: HttpRequest, template: str, context: dict[str, Any], status: int) -> HttpResponse:
    frame = {"languages": settings.LANGUAGES, "theme": theme_of(request)}
    return render(request, f"pages/{template}", {**frame, **context}, status=status)


# The five steps.


@never_cache
@page(MANAGE)
def start(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The five steps, and where one stands."""
    steps = steps_of(actor)
    left = [step for step in steps if not step.state]
    context = {
        "title": _("Set up Tasuki"),
        "steps": steps,
        "next": left[0] if left else None,
        "done": len(steps) - len(left),
    }
    return show(request, actor, "start.html", context)


def steps_of(actor: Actor) -> list[Step]:
    """The steps with how far they are; what is there already counts as done."""
    marks = company.company(actor).setup
    there = {
        "people": len(queries.colleagues(actor)) > 1,
        "agreement": in_force.in_force() is not None,
        "import": any(job.state == "done" for job in imports.jobs(actor, limit=5)),
    }
    return [
        replace(step, state="done" if there.get(step.id) else str(marks.get(step.id, ""))) for step in WORDS
    ]


@never_cache
@require_http_methods(["GET", "POST"])
@page(MANAGE)
def start_step(request: HttpRequest, actor: Actor, step: str) -> HttpResponse:
    """One of them."""
    view = VIEWS.get(step)
    if view is None:
        raise not_there()
    return view(request, actor)


@require_POST
@page(MANAGE)
def start_skip(request: HttpRequest, actor: Actor, step: str) -> HttpResponse:
    """Later, or not at all."""
    company.mark_step(actor, step, company.SKIPPED)
    return onward(actor, step)


@require_POST
@page(MANAGE)
def start_close(request: HttpRequest, actor: Actor) -> HttpResponse:
    """All that is needed is there."""
    company.mark_step(actor, "setup", company.CLOSED)
    return done(request, _("Tasuki is set up. What you skipped is in the settings."), "today")


def onward(actor: Actor, after: str) -> HttpResponseRedirect:
    """To the next step that is open, else to the overview."""
    steps = steps_of(actor)
    places = [step.id for step in steps]
    at = places.index(after) if after in places else -1
    later = [step for step in steps[at + 1 :] if not step.state]
    return redirect("start-step", later[0].id) if later else redirect("start")


def _step(
    request: HttpRequest, actor: Actor, step: str, context: Mapping[str, Any], status: int = 200
) -> HttpResponse:
    steps = steps_of(actor)
    here = next(one for one in steps if one.id == step)
    frame = {"title": here.word, "steps": steps, "step": here, "number": steps.index(here) + 1}
    return show(request, actor, f"start_{step}.html", {**frame, **context}, status)


# 1. Company and calendar.


def _company(request: HttpRequest, actor: Actor) -> HttpResponse:
    form, saved = company_form(request, actor)
    if saved:
        return onward(actor, "company")
    return _step(request, actor, "company", {"form": form}, 422 if form.errors else 200)


def company_form(request: HttpRequest, actor: Actor) -> tuple[start_forms.CompanyForm, bool]:
    """The form of the company, and whether what was sent is stored."""
    start_as = start_forms.CompanyForm.start_of(company.company(actor))
    form = start_forms.CompanyForm(request.POST or None, initial=start_as)
    if request.method != "POST" or not form.is_valid():
        return form, False
    try:
        company.put_company(actor, **form.given())
    except Refused as refused:
        refused.field = "begins" if refused.field == "hours" else refused.field
        on_form(form, refused)
        return form, False
    return form, True


@require_http_methods(["GET", "POST"])
@page(MANAGE)
def company_page(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The same among the settings."""
    form, saved = company_form(request, actor)
    if saved:
        return done(request, _("Saved."), "company")
    found = in_force.in_force()
    context = {
        "title": _("Company and calendar"),
        "form": form,
        "agreement_says": found is not None and found.agreement.calendar is not None,
    }
    return show(request, actor, "company.html", context, 422 if form.errors else 200)


# 2. People.


@dataclass(frozen=True)
class Guest:
    """Somebody who was made, with their link, and whether it went by mail."""

    user: User
    address: str
    mailed: bool


def _people(request: HttpRequest, actor: Actor) -> HttpResponse:
    form, guests, wrong = invite(request, actor)
    context = {**people_context(actor, form), "guests": guests}
    return _step(request, actor, "people", context, 422 if wrong else 201 if guests else 200)


def people_context(actor: Actor, form: start_forms.PeopleForm) -> dict[str, Any]:
    """What the rows of new people need on their page."""
    return {
        "people_form": form,
        "teams": start_forms.teams_named(team.name for team in queries.teams(actor)),
        "mail_works": mail.is_set_up(),
        "colleagues": queries.colleagues(actor),
    }


def invite(request: HttpRequest, actor: Actor) -> tuple[start_forms.PeopleForm, list[Guest], bool]:
    """The rows as sent, who was made of them, and whether something was wrong."""
    if request.method != "POST":
        return start_forms.PeopleForm.empty(), [], False
    require(actor, "people.manage")
    form = start_forms.PeopleForm.of(request.POST)
    if request.POST.get("more"):
        return form, [], False
    if not form.is_valid():
        return form, [], True
    try:
        made = entrance.invite_people(actor, form.newcomers())
    except Refused as refused:
        if not form.refuse(refused.field, sentence(refused)):
            raise
        return form, [], True
    guests = guests_of(actor, made)
    if made:
        company.note_step(actor, "people")
    return (start_forms.PeopleForm.empty() if made else form), guests, not made


def guests_of(actor: Actor, made: Sequence[tuple[User, str]]) -> list[Guest]:
    """The links of people, sent by mail where that can be."""
    home = settings.ENVIRONMENT.url.rstrip("/")
    links = {user: home + reverse("welcome", args=(user.pk, key)) for user, key in made}
    sent = inviting.send_invitations(actor, links)
    return [Guest(user, address, user.pk in sent) for user, address in links.items()]


# 3. The agreement.


def _agreement(request: HttpRequest, actor: Actor) -> HttpResponse:
    chosen = BY_ID.get(request.POST.get("starter", "") or request.GET.get("starter", ""))
    if request.method == "POST" and chosen is not None:
        agreements.publish(actor, text=starter_text(actor, chosen))
        company.mark_step(actor, "agreement")
        return onward(actor, "agreement")
    known = in_force.in_force()
    shown = clauses.told(chosen.agreement(language())) if chosen else {}
    context = {
        "starters": [Choice.of(starter) for starter in STARTERS],
        "chosen": chosen,
        "known": known.version if known else None,
        "agreement_text": starter_text(actor, chosen) if chosen else "",
        **shown,
    }
    return _step(request, actor, "agreement", context)


@dataclass(frozen=True)
class Choice:
    """A starter as a card: its way of stages, and how much stands in it."""

    id: str
    name: str
    suits: str
    stages: list[str]
    rules: int

    @classmethod
    def of(cls, starter: Starter) -> Choice:
        """With what its file says."""
        agreement = starter.agreement(language())
        side = {"RECYCLED", "DISQUALIFIED", "LOST"}
        named = Stages(agreement)
        way = [named.short(stage.id) for stage in agreement.stages if stage.id not in side]
        rules = sum(len(score.rules) for score in agreement.scores.values())
        return cls(starter.id, str(starter.name), str(starter.suits), way, rules)


def starter_text(actor: Actor, starter: Starter) -> str:
    """The file, with the company's time zone and calendar."""
    return starter.text(language(), head=company.agreement_head(company.company(actor)))


# 4. and 5.: what there is, done on its own pages.


def _import(request: HttpRequest, actor: Actor) -> HttpResponse:
    jobs = imports.jobs(actor, limit=3)
    return _step(request, actor, "import", {"form": import_forms.Upload(), "jobs": jobs})


def _telling(request: HttpRequest, actor: Actor) -> HttpResponse:
    if request.method == "POST":
        company.mark_step(actor, "telling")
        return onward(actor, "telling")
    context = {
        "mail_works": mail.is_set_up(),
        "chats": channels.team_chats(actor),
        "endpoints": channels.endpoints(actor),
    }
    return _step(request, actor, "telling", context)


VIEWS: Mapping[str, Callable[[HttpRequest, Actor], HttpResponse]] = {
    "company": _company,
    "people": _people,
    "agreement": _agreement,
    "import": _import,
    "telling": _telling,
}
