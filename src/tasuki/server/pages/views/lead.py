"""The page of one lead, and what can be done on it."""

from __future__ import annotations

import json
from datetime import date, datetime, time
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from tasuki.server.agreements.stages import Stages, stages_now
from tasuki.server.core import clock
from tasuki.server.core.access import Actor
from tasuki.server.core.errors import Conflict, Invalid, Refused
from tasuki.server.lifecycle import commands as lifecycle_commands
from tasuki.server.lifecycle import queries as lifecycle
from tasuki.server.pages import forms, leadpage
from tasuki.server.pages.deciding import as_forms_say, decide_form, possible, questions_form
from tasuki.server.pages.frame import done, on_form, page, part, show
from tasuki.server.pages.sash import Forms
from tasuki.server.people import privacy, queries
from tasuki.server.people.models import Lead

BODY = "lead-body"


@never_cache
@page()
def lead(request: HttpRequest, actor: Actor, lead_id: int) -> HttpResponse:
    """Everything about one lead; with `?at=` as it was on that day."""
    found = queries.lead(actor, lead_id)
    if found.pk != lead_id:
        messages.info(request, _("Lead %(number)s was merged into this one.") % {"number": lead_id})
        return redirect("lead", found.pk)
    return shown(request, actor, found)


@never_cache
@page()
def lead_now(request: HttpRequest, actor: Actor, lead_id: int) -> HttpResponse:
    """What moves on the page, for the page to renew itself; 204 where it has this already."""
    found = queries.lead(actor, lead_id)
    if request.GET.get("have") == leadpage.state(found, lifecycle.held(actor, found)):
        return HttpResponse(status=204)
    context = leadpage.live(actor, found, None)
    return part(request, actor, "lead_live.html", {**context, **leadpage.curve_of(context)})


@never_cache
@page()
def lead_story(request: HttpRequest, actor: Actor, lead_id: int) -> HttpResponse:
    """A part of the story: further back, of one kind, or anew where something came; 204 where it has this already."""
    found = queries.lead(actor, lead_id)
    if request.GET.get("have") == leadpage.story_state(actor, found):
        return HttpResponse(status=204)
    at = _asked_day(request.GET.get("at", ""))
    context = leadpage.story_part(actor, found, at, request.GET.dict())
    template = "lead_story_older.html" if context["is_later"] else "lead_story.html"
    return part(request, actor, template, context)


def shown(
    request: HttpRequest, actor: Actor, found: Lead, came_back: Forms | None = None, status: int = 200
) -> HttpResponse:
    """The page, or its body where that was asked for; forms that `came_back` stay as they were typed."""
    at = _asked_day(request.GET.get("at", ""))
    context = leadpage.whole(actor, found, at, request.GET.dict(), came_back)
    if wants_body(request):
        return part(request, actor, "lead_body.html", context, status)
    return show(request, actor, "lead.html", context, status)


def wants_body(request: HttpRequest) -> bool:
    """Whether htmx asks for what stands below the head; after a form, too, whose answer leads back to the page."""
    is_back = request.headers.get("HX-History-Restore-Request") == "true"
    return request.headers.get("HX-Target") == BODY and not is_back


def _asked_day(text: str) -> datetime | None:
    """The end of a day, or an instant; None for now. Invalid: neither."""
    text = text.strip()
    if not text:
        return None
    try:
        instant = parse_datetime(text) if len(text) > 10 else None
        day = parse_date(text)
    except ValueError:
        instant = day = None
    if instant is None and day is not None and 1970 <= day.year <= 2200:
        instant = timezone.make_aware(datetime.combine(day, time.max))
    if instant is None or not 1970 <= instant.year <= 2200:
        raise Invalid("day_invalid", _("This is no day."), cure=_("Write it like 2026-04-01."), field="at")
    instant = instant if instant.tzinfo else timezone.make_aware(instant)
    return instant if instant < clock.now() else None


# Deciding.


@require_POST
@page("decisions.write")
def decide(request: HttpRequest, actor: Actor, lead_id: int) -> HttpResponse:
    """Take a decision, which the page offers to take back for ten seconds; an earlier one of one's own is recorded by it.

    What was typed stays where it is refused; what somebody else did meanwhile is told.
    """
    lifecycle_commands.settle(actor, queries.lead(actor, lead_id).pk)
    found = queries.lead(actor, lead_id)
    to = request.POST.get("to", "")
    stages = stages_now()
    moves = [move for move in lifecycle.moves(actor, found.pk) if move.to == to]
    if not moves:
        raise Conflict(
            "illegal_move",
            _("This decision is not open to you for this lead."),
            cure=_("Choose from the decisions that the page offers now."),
        )
    known = as_forms_say(lifecycle.answers(actor, found.pk))
    form = decide_form(found, possible(moves), stages, known, request.POST)
    if form.is_valid():
        try:
            lifecycle_commands.decide_soon(actor, **{"role": moves[0].role, **_decision(found, form)})
            return done(request, _said(actor, found, to, stages), "lead", found.pk)
        except Refused as refused:
            on_form(form, refused)
    found = queries.lead(actor, lead_id)
    form.data = {**request.POST.dict(), "seen": found.stage}  # whoever sends it again has seen this page
    return shown(request, actor, found, {"decide": form}, 422)


def _said(actor: Actor, found: Lead, to: str, stages: Stages) -> str:
    """The decision, and whether the promised call falls away with it."""
    said = _("%(lead)s: %(stage)s.") % {"lead": found, "stage": stages.name(to)}
    away = lifecycle.falling_away(actor, found.pk, to)
    return said + " " + _("The promised call falls away with it.") if away else said


def _decision(found: Lead, form: forms.Decide) -> dict[str, Any]:
    given = form.cleaned_data
    said = {
        "lead_ids": [found.pk],
        "to": given["to"],
        "reason": given.get("reason", ""),
        "note": given["note"],
        "until": morning(given.get("until")),
        "answers": form.answers() or None,
        "amount": given.get("amount"),
        "seen": given["seen"] if "seen" in form.data else None,
    }
    return {**said, "role": given["role"]} if given.get("role") else said


def morning(day: date | None) -> datetime | None:
    """The beginning of a day, in the reader's time zone."""
    return timezone.make_aware(datetime.combine(day, time.min)) if day else None


@require_POST
@page()
def record_now(request: HttpRequest, actor: Actor, lead_id: int) -> HttpResponse:
    """What the actor could still take back is recorded; they go on with the lead."""
    found = queries.lead(actor, lead_id)
    done_now = lifecycle_commands.settle(actor, found.pk)
    return done(request, _("Recorded.") if done_now else _("It is recorded already."), "lead", found.pk)


@require_POST
@page("decisions.write")
def answer(request: HttpRequest, actor: Actor, lead_id: int) -> HttpResponse:
    """Record answers to questions, without a move."""
    found = queries.lead(actor, lead_id)
    known = as_forms_say(lifecycle.answers(actor, found.pk))
    form = questions_form(stages_now(), known, request.POST)
    news = form.answers() if form is not None and form.is_valid() else {}
    if not news:
        return done(request, _("Nothing was changed."), "lead", found.pk)
    lifecycle_commands.decide(actor, lead_id=found.pk, to="", answers=news)
    return done(request, _("The answers were recorded."), "lead", found.pk)


# A person's data.


@require_POST
@page("export")
def export(request: HttpRequest, actor: Actor, lead_id: int) -> HttpResponse:
    """Everything stored about the person, as a file."""
    text = json.dumps(privacy.export_person(actor, lead_id), ensure_ascii=False, indent=1, default=str)
    answer = HttpResponse(text, content_type="application/json; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="lead-{lead_id}.json"'
    return answer


@require_POST
@page("erase")
def erase(request: HttpRequest, actor: Actor, lead_id: int) -> HttpResponse:
    """Take away for good who this was; only with the word typed."""
    if request.POST.get("sure", "").strip() != str(lead_id):
        raise Invalid(
            "not_sure",
            _("Nothing was erased: the number typed is not that of this lead."),
            cure=_("Type %(number)s to erase it; it cannot be undone.") % {"number": lead_id},
        )
    privacy.erase_person(actor, lead_id)
    return done(request, _("The person's data were erased; the counts stay."), "leads")
