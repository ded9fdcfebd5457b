"""The page of one lead, and what can be done on it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any, cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from tasuki.agreement.predicates import fold as folded
from tasuki.engine.bind import YES
from tasuki.server.agreements.stages import Stages, stages_now
from tasuki.server.core import clock
from tasuki.server.core.access import Actor
from tasuki.server.core.errors import Conflict, Invalid, NotFound, Refused
from tasuki.server.deals import queries as deals
from tasuki.server.lifecycle import commands as lifecycle_commands
from tasuki.server.lifecycle import queries as lifecycle
from tasuki.server.pages import forms
from tasuki.server.pages.deciding import decide_form, offers, possible, questions_form, seen
from tasuki.server.pages.desk import pending
from tasuki.server.pages.frame import done, on_form, page, show
from tasuki.server.pages.sash import Forms, sash
from tasuki.server.pages.story import story
from tasuki.server.pages.views.duplicates import pairs
from tasuki.server.pages.why import why
from tasuki.server.people import privacy, queries
from tasuki.server.people.models import Lead

if TYPE_CHECKING:
    from tasuki.server.handoffs.models import Promise
    from tasuki.server.lifecycle.models import Held, Transition

STORY = 60


@dataclass(frozen=True)
class Stop:
    """One stage of the path: whether the lead has been there, is there, since when, how often."""

    id: str
    here: bool
    passed: bool
    latest: datetime | None
    times: int


@never_cache
@page()
def lead(request: HttpRequest, actor: Actor, lead_id: int) -> HttpResponse:
    """Everything about one lead; with `?at=` as it was on that day."""
    found = queries.lead(actor, lead_id)
    if found.pk != lead_id:
        return redirect("lead", found.pk)
    return shown(request, actor, found)


@never_cache
@page()
def lead_now(request: HttpRequest, actor: Actor, lead_id: int) -> HttpResponse:
    """What moves on the page, for the page to renew itself; 204 where it has this already."""
    found = queries.lead(actor, lead_id)
    if request.GET.get("have") == _state(found, lifecycle.held(actor, found.pk)):
        return HttpResponse(status=204)
    return show(request, actor, "lead_live.html", {"title": str(found), **_live(actor, found, None)})


def _state(found: Lead, held: Sequence[Held]) -> str:
    """What changes when the lead is folded or something is about to be, and every minute, for the page tells how long ago
    things were."""
    about = " ".join(f"{one.pk}{one.state}" for one in held)
    return f"{seen(found)} {found.score:.3f} {found.folded_at} {found.owner_id} {clock.now():%H:%M} {about}"


def shown(
    request: HttpRequest, actor: Actor, found: Lead, came_back: Forms | None = None, status: int = 200
) -> HttpResponse:
    """The page; forms that `came_back` stay as they were typed."""
    at = _asked_day(request.GET.get("at", ""))
    context = {
        "title": str(found),
        **_live(actor, found, at, came_back),
        "identities": queries.identities(actor, found.pk),
        "duplicates": pairs(queries.duplicates(actor, lead=found.pk).duplicates, found.pk),
        "merges": queries.merges(actor, found.pk),
        "deals": deals.deals(actor, lead_id=found.pk),
        "may_export": actor.may("export"),
        "may_erase": actor.may("erase"),
        "today": timezone.localtime(clock.now()).date(),
    }
    return show(request, actor, "lead.html", context, status)


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


def _live(actor: Actor, found: Lead, at: datetime | None, came_back: Forms | None = None) -> dict[str, Any]:
    """What moves: stage, score, why, decisions, timeline."""
    stages, held = stages_now(), lifecycle.held(actor, found.pk)
    transitions = [one for one in lifecycle.transitions(actor, found.pk) if at is None or one.at <= at]
    given = lifecycle.answers(actor, found.pk)
    answers = _as_forms_say(given)
    context = {
        "lead": found,
        "at": at,
        "stages": stages,
        "stage_shown": (transitions[-1].to_stage if transitions else "") if at else found.stage,
        "path": _path(transitions, stages),
        "latest": transitions[-1] if transitions else None,
        "story": story(actor, found, at, stages, STORY),
        "why": _why(actor, found, at, stages),
        "version": _state(found, held),
        "pending": pending(held, stages) if at is None else [],
        "moves_version": f"{seen(found)} {sorted(answers.items())}",
    }
    if at is None:
        came_back = came_back or {}
        context |= sash(actor, found, came_back)
        refused = cast("forms.Decide | None", came_back.get("decide"))
        context["offers"] = offers(found, lifecycle.moves(actor, found.pk), stages, answers, refused)
        context["has_illegal"] = any(not offer.legal and not offer.is_open for offer in context["offers"])
        context["questions"] = questions_form(stages, answers)
        context["answered"] = given
    return context


def _answers(actor: Actor, found: Lead) -> dict[str, str]:
    """Question → its latest answer, as the forms say it."""
    return _as_forms_say(lifecycle.answers(actor, found.pk))


def _as_forms_say(answers: Mapping[str, lifecycle.Answer]) -> dict[str, str]:
    return {question: "yes" if folded(one.answer) in YES else "no" for question, one in answers.items()}


def _why(actor: Actor, found: Lead, at: datetime | None, stages: Stages) -> Any:
    if stages.agreement is None:
        return None
    explanation = lifecycle.explanation(actor, found.pk, at)
    return why(explanation, stages) if explanation else None


def _path(transitions: list[Transition], stages: Stages) -> list[Stop]:
    """The stages in funnel order, with the lead's passes through each."""
    here = transitions[-1].to_stage if transitions else ""
    entered: dict[str, list[datetime]] = {}
    for one in transitions:
        entered.setdefault(one.to_stage, []).append(one.at)
    unknown = [code for code in entered if code not in stages.places]
    return [
        Stop(
            code,
            code == here,
            code in entered,
            max(entered.get(code, []), default=None),
            len(entered.get(code, [])),
        )
        for code in [*stages.ids, *unknown]
    ]


# Deciding.


@require_POST
@page("decisions.write")
def decide(request: HttpRequest, actor: Actor, lead_id: int) -> HttpResponse:
    """Take a decision. What was typed stays where it is refused; what somebody else did meanwhile is told."""
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
    form = decide_form(found, possible(moves), stages, {}, request.POST)
    if form.is_valid():
        try:
            promised = lifecycle.promises(actor, found.pk)
            lifecycle_commands.decide(actor, **{"role": moves[0].role, **_decision(found, form)})
            return done(request, _recorded(actor, found, stages.name(to), promised), "lead", found.pk)
        except Refused as refused:
            on_form(form, refused)
    found = queries.lead(actor, lead_id)
    form.data = {**request.POST.dict(), "seen": found.stage}  # whoever sends it again has seen this page
    return shown(request, actor, found, {"decide": form}, 422)


def _recorded(actor: Actor, found: Lead, stage: str, promised: Sequence[Promise]) -> str:
    """The decision, and whether the promised call is off by it."""
    said = _("Recorded: %(stage)s.") % {"stage": stage}
    if not promised:
        return said
    try:
        left = lifecycle.promises(actor, found.pk)
    except NotFound:
        return said
    return said if left else f"{said} {_('The promised call was taken back.')}"


def _decision(found: Lead, form: forms.Decide) -> dict[str, Any]:
    given = form.cleaned_data
    said = {
        "lead_id": found.pk,
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
@page("decisions.write")
def answer(request: HttpRequest, actor: Actor, lead_id: int) -> HttpResponse:
    """Record answers to questions, without a move."""
    found = queries.lead(actor, lead_id)
    form = questions_form(stages_now(), {}, request.POST)
    given = form.answers() if form is not None and form.is_valid() else {}
    known = _answers(actor, found)
    news = {question: text for question, text in given.items() if known.get(question) != text}
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
