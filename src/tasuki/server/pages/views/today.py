"""Today: for who works leads a queue with the lead beside it; for marketing and who leads what moved and what waits."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from tasuki.server.agreements.stages import stages_now
from tasuki.server.core import clock, formats
from tasuki.server.core import queries as core
from tasuki.server.core.access import LEADING, MARKETING, Actor
from tasuki.server.core.errors import Conflict, Invalid, Refused
from tasuki.server.handoffs import queries as handoffs
from tasuki.server.lifecycle import commands
from tasuki.server.lifecycle import queries as lifecycle
from tasuki.server.lifecycle.commands import HeldGroup
from tasuki.server.pages import desk, forms
from tasuki.server.pages.days import a_day, a_moment
from tasuki.server.pages.deciding import as_forms_say, decide_form, possible
from tasuki.server.pages.frame import is_partial, on_form, page, part, show, undo_at
from tasuki.server.pages.paging import a_number
from tasuki.server.pages.views.lead import morning
from tasuki.server.people import queries as people
from tasuki.server.people.models import Lead

LISTED, FEW = 60, 15
"""So many are listed at first, more than anybody takes up on a day, and so few are no rest."""
SHOWN = 50
MOVED = 10
ANSWERED = 10
OVERVIEW = {"marketing": "today_marketing.html", "manager": "today_manager.html"}


@never_cache
@page()
def today(request: HttpRequest, actor: Actor) -> HttpResponse:
    """What to do now; `?lead=` opens a lead beside the queue, `?list=` is the queue of who has an overview first."""
    wanted = a_number(request.GET.get("lead"))
    role = actor.user.role if actor.user else ""
    if role in MARKETING and wanted is None and "list" not in request.GET:
        return _overview(request, actor, "manager" if role in LEADING else "marketing")
    tasks = lifecycle.queue(actor)
    first = wanted or (tasks[0].lead.pk if tasks else None)
    found = people.lead(actor, first) if first else None
    context = {
        "title": _("Today"),
        **_queue(request, actor, tasks, found.pk if found else 0),
        **(desk.opened(actor, found) if found else {}),
        "chosen": wanted is not None,
        "has_overview": role in MARKETING,
    }
    return show(request, actor, "today.html", context)


def _queue(request: HttpRequest, actor: Actor, tasks: list[lifecycle.Task], open_id: int) -> dict[str, Any]:
    """The first of them; all where they are asked for, few are left or the open one is further down."""
    rest = tasks[LISTED:]
    whole = "all" in request.GET or len(rest) <= FEW or open_id in (one.lead.pk for one in rest)
    rows = desk.rows(tasks if whole else tasks[:LISTED], stages_now())
    return {
        "rows": rows,
        "to_do": len(tasks),
        "more": len(tasks) - len(rows),
        "more_address": f"?{urlencode({'list': 1, 'all': 1, **({'lead': open_id} if open_id else {})})}",
        "whole": whole,
        "queue_version": f"{len(tasks)} {desk.version(rows)}",
        "minute": f"{clock.now():%H:%M}",
        "open_id": open_id,
        "waiting": lifecycle.waits(actor),
    }


@never_cache
@page()
def today_queue(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The queue, for it to renew itself; `lead` is the one that is open."""
    tasks = lifecycle.queue(actor)
    wanted = a_number(request.GET.get("lead"))
    return part(request, actor, "today_queue.html", _queue(request, actor, tasks, wanted or 0))


@never_cache
@page()
def today_lead(request: HttpRequest, actor: Actor, lead_id: int) -> HttpResponse:
    """The lead beside the queue; 204 where it is there already as it is."""
    found = people.lead(actor, lead_id)
    if request.GET.get("have") == desk.state(found):
        return HttpResponse(status=204)
    return part(request, actor, "today_open.html", desk.opened(actor, found))


def _overview(request: HttpRequest, actor: Actor, kind: str) -> HttpResponse:
    work = lifecycle.overview(actor, limit=SHOWN)
    flow = lifecycle.flow(actor)
    context = {
        "title": _("Today"),
        "flow": flow,
        "neglected": [work.standings[one.pk] for one in work.neglected],
        "answered": desk.answers(work)[:ANSWERED],
        "version": " ".join(f"{one.pk}{one.person_id}" for one in (*work.neglected, *work.came_back))
        + f" {len(work.sent_back)}",
        "flow_version": f"{flow.steps}{flow.changes}",
        "minute": f"{clock.now():%H:%M}",
        "waiting": lifecycle.waits(actor),
    }
    if kind == "marketing":
        moved = people.leads(actor, sort="-stage_entered", limit=MOVED).leads
        context |= {"moved": moved, "moved_version": " ".join(f"{one.pk}{one.stage}" for one in moved)}
    else:
        names = {one.username: one.shown_name for one in core.colleagues(actor)}
        context |= {"loads": handoffs.loads(actor), "names": names, "measured": lifecycle.measured(actor)}
    return show(request, actor, OVERVIEW[kind], context)


# Acting.


@require_POST
@page("decisions.write")
def today_decide(request: HttpRequest, actor: Actor, lead_id: int) -> HttpResponse:
    """Decide; the next lead is there. It can be taken back for ten seconds. What was typed stays where it is refused."""
    found = people.lead(actor, lead_id)
    to, stages = request.POST.get("to", ""), stages_now()
    moves = [move for move in lifecycle.moves(actor, found.pk) if move.to == to]
    if not moves:
        raise Conflict(
            "illegal_move",
            _("This decision is not open to you for this lead."),
            cure=_("Choose from the decisions that the page offers now."),
        )
    known = as_forms_say(lifecycle.answers(actor, found.pk))
    form = decide_form(found, possible(moves), stages, known, _with_day(request))
    form.fields.pop("role", None)
    if form.is_valid():
        try:
            held = _held(actor, found, form, moves[0].role)
            return _next(request, actor, found, held, desk.done("decision", form.cleaned_data, stages))
        except Refused as refused:
            on_form(form, refused)
    form.data = {**request.POST.dict(), "seen": found.stage}  # whoever sends it again has seen this
    return _again(request, actor, found, form)


def _with_day(request: HttpRequest) -> dict[str, Any]:
    """What was sent, with the day that is meant for what was said of it; that stays where nobody understands it."""
    given = request.POST.dict()
    day = a_day(str(given.get("until", "")), timezone.localdate(clock.now()))
    return {**given, "until": day.isoformat()} if day else given


def _held(actor: Actor, found: Lead, form: forms.Decide, role: str) -> HeldGroup:
    given = form.cleaned_data
    return commands.decide_soon(
        actor, lead_ids=[found.pk], to=given["to"], reason=given.get("reason", ""), note=given["note"],
        until=morning(given.get("until")), answers=form.answers() or None, amount=given.get("amount"), role=role,
        seen=given["seen"] if "seen" in form.data else None,
    )  # fmt: skip


@require_POST
@page("activities.write")
def today_call(request: HttpRequest, actor: Actor, lead_id: int) -> HttpResponse:
    """Log a call. Who was reached stays open, for now one knows more; else the next lead is there."""
    found = people.lead(actor, lead_id)
    outcome, note = request.POST.get("outcome", ""), request.POST.get("note", "")
    held = commands.call_soon(actor, found.pk, outcome, note, _promised(request.POST.get("promised_at", "")))
    said = desk.done("call", {"outcome": outcome}, stages_now())
    return _next(request, actor, found, held, said, stays=outcome == "reached")


def _promised(text: str) -> datetime | None:
    if not text.strip():
        return None
    found = a_moment(text, clock.now())
    if found is None:
        raise Invalid(
            "promise_time",
            _("This is no time for a call."),
            cure=_("Write it like: tomorrow 10:00, in 2 hours, 12/15 9:30."),
            field="promised_at",
        )
    return found


@require_POST
@page("decisions.write")
def today_answer(request: HttpRequest, actor: Actor, lead_id: int) -> HttpResponse:
    """Record one answer, or a note; the lead stays open."""
    found = people.lead(actor, lead_id)
    question, note = request.POST.get("question", ""), request.POST.get("note", "").strip()
    answers = {question: request.POST.get("answer", "")} if question else None
    if answers or note:
        commands.decide(actor, lead_id=found.pk, to="", answers=answers, note=note)
    if not is_partial(request):
        return _to(found.pk)
    return _desk(request, actor, people.lead(actor, found.pk))


@require_POST
@page()
def held_undo(request: HttpRequest, actor: Actor, group: str) -> HttpResponse:
    """Take back what was done, if it is not recorded yet; the lead is there again."""
    done = commands.take_back(actor, group)
    said = _("Taken back.")
    if done.recorded:
        said = _("Taken back, but for %(n)s that were recorded already.") % {
            "n": formats.number(len(done.recorded))
        }
    messages.success(request, said)
    if not is_partial(request):
        return redirect("lead", done.leads[0]) if request.GET.get("on") == "lead" else _to(done.leads[0])
    answer = part(request, actor, "nothing.html", {})
    answer.headers["HX-Trigger"] = json.dumps({"tasuki:undone": {"lead": done.leads[0]}})
    return answer


def _next(
    request: HttpRequest, actor: Actor, found: Lead, held: HeldGroup, said: str, *, stays: bool = False
) -> HttpResponse:
    """What was done as a toast, and the next lead of the queue. Undo is in the toast, or beside the lead if that stays."""
    wanted, tasks = a_number(request.POST.get("next")), lifecycle.queue(actor)
    there = [one.lead.pk for one in tasks]
    following = found.pk if stays else wanted if wanted in there else next(iter(there), None)
    undo = "" if following == found.pk else undo_at("held-undo", held.id)
    messages.success(request, desk.toast(found, said), extra_tags=undo)
    if not is_partial(request):
        return _to(found.pk if stays else None)
    return _desk(request, actor, people.lead(actor, following) if following else None, tasks)


def _to(lead: int | None) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("today") + (f"?lead={lead}" if lead else "?list=1"))


def _again(request: HttpRequest, actor: Actor, found: Lead, form: forms.Decide) -> HttpResponse:
    if is_partial(request):
        return part(request, actor, "today_open.html", desk.opened(actor, found, form), 422)
    tasks = lifecycle.queue(actor)
    context = {
        "title": _("Today"),
        **_queue(request, actor, tasks, found.pk),
        **desk.opened(actor, found, form),
    }
    return show(request, actor, "today.html", {**context, "chosen": True}, 422)


def _desk(
    request: HttpRequest, actor: Actor, found: Lead | None, tasks: list[lifecycle.Task] | None = None
) -> HttpResponse:
    """The lead for the right side, and the queue for the left one."""
    tasks = lifecycle.queue(actor) if tasks is None else tasks
    queued = _queue(request, actor, tasks, found.pk if found else 0)
    context = {**queued, **(desk.opened(actor, found) if found else {})}
    return part(request, actor, "today_after.html", context)
