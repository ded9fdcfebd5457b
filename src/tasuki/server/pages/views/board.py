"""The board: leads by stage, moved by dragging or by a menu; the agreement says which moves there are."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from tasuki.server.agreements.stages import Stages, stages_now
from tasuki.server.core.access import Actor
from tasuki.server.core.errors import Conflict, Refused
from tasuki.server.lifecycle import commands as lifecycle
from tasuki.server.lifecycle import queries as reading
from tasuki.server.lists import board as boards
from tasuki.server.lists import columns as all_columns
from tasuki.server.pages import forms
from tasuki.server.pages.deciding import as_forms_say, asking_stages, decide_form, possible, verb
from tasuki.server.pages.frame import is_partial, on_form, page, part, sentence, show, undo_at
from tasuki.server.pages.listing import Work, posted, work_of
from tasuki.server.pages.views.lead import morning
from tasuki.server.pages.views.leads import tools
from tasuki.server.people import queries
from tasuki.server.people.models import Lead


@never_cache
@page()
def board(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The stages in their order, each with its first leads."""
    work = work_of(actor, request.GET)
    context = {"title": _("Leads"), "is_board": True, **_lanes(actor, work), **tools(actor, work)}
    partial = is_partial(request) and request.headers.get("HX-History-Restore-Request") != "true"
    if not partial:
        return show(request, actor, "board.html", context)
    answer = part(request, actor, "board_work.html", context)
    answer.headers["HX-Push-Url"] = f"{reverse('board')}?{work.query}"
    return answer


def _lanes(actor: Actor, work: Work) -> dict[str, Any]:
    try:
        lanes, problem = boards.board(actor, work.asked, work.stages), None
    except Refused as refused:
        lanes, problem = [], refused
    return {
        "lanes": lanes,
        "problem": problem,
        "ways": boards.ways(actor, work.stages),
        "asking": asking_stages(work.stages),
        "clock_column": all_columns.known(work.stages)["handoff"],
    }


@never_cache
@page()
def more(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The next cards of one stage."""
    work = work_of(actor, request.GET)
    after = request.GET.get("after", "").replace("\0", "")[:400]
    lane = boards.more(actor, work.asked, request.GET.get("lane", "").replace("\0", "")[:50], after)
    context = {"lane": lane, "work": work, "ways": boards.ways(actor, work.stages)}
    context["clock_column"] = all_columns.known(work.stages)["handoff"]
    return part(request, actor, "board_cards.html", context)


@never_cache
@require_http_methods(["GET", "POST"])
@page("decisions.write")
def move(request: HttpRequest, actor: Actor, lead_id: int) -> HttpResponse:
    """Move a lead to a stage: asks for what the agreement needs, and says why where it cannot be."""
    found = queries.lead(actor, lead_id)
    given = request.POST if request.method == "POST" else request.GET
    to, stages = given.get("to", "")[:50], stages_now()
    mine = [one for one in reading.moves(actor, found.pk) if one.to == to]
    if request.method == "POST" and "seen" in request.POST and request.POST["seen"] != found.stage:
        return _asked(request, actor, found, stages, to, None, _moved_meanwhile(found, stages))
    if not mine or not any(one.legal or one.answerable for one in mine):
        why = mine[0].why_not if mine else _not_at_all(actor, found, stages, to)
        return _asked(request, actor, found, stages, to, None, Conflict("illegal_move", why))
    answers = as_forms_say(reading.answers(actor, found.pk))
    data = request.POST if request.method == "POST" else None
    form = decide_form(found, possible(mine), stages, answers, data)
    if request.method == "POST" and form.is_valid():
        try:
            return _decided(request, actor, found, form, mine[0].role, stages)
        except Refused as refused:
            on_form(form, refused)
    return _asked(request, actor, found, stages, to, form, None)


def _moved_meanwhile(found: Lead, stages: Stages) -> Conflict:
    here = stages.name(found.stage) if found.stage else _("no stage yet")
    return Conflict(
        "moved_meanwhile",
        _("The lead has moved meanwhile; it stands in %(stage)s now.") % {"stage": here},
        cure=_("Look at it again, then decide."),
    )


def _not_at_all(actor: Actor, found: Lead, stages: Stages, to: str) -> str:
    why = boards.ways(actor, stages).get(found.stage, {}).get(to, "")
    return why or _("This decision is not open to you for this lead.")


def _asked(
    request: HttpRequest,
    actor: Actor,
    found: Lead,
    stages: Stages,
    to: str,
    form: forms.Decide | None,
    problem: Refused | None,
) -> HttpResponse:
    """The small form, or why there is none; within the board as a dialog, else as a page."""
    name = verb(to, stages) if to in stages.places else _("Move")
    context = {
        "title": _("%(lead)s: %(verb)s") % {"lead": found, "verb": name},
        "lead": found, "to": to, "verb": name, "form": form, "problem": problem, "query": _address(request),
        "reason": sentence(problem) if problem else "",
    }  # fmt: skip
    is_wrong = problem is not None or (form is not None and bool(form.errors))
    status = 422 if is_wrong and request.method == "POST" else 200
    if is_partial(request):
        return part(request, actor, "board_move.html", context, status)
    return show(request, actor, "board_move_page.html", context, status)


def _address(request: HttpRequest) -> str:
    return (request.POST if request.method == "POST" else request.GET).get("query", "")[:8_000]


def _decided(
    request: HttpRequest, actor: Actor, found: Lead, form: forms.Decide, role: str, stages: Stages
) -> HttpResponse:
    given = form.cleaned_data
    said: dict[str, Any] = {
        "to": given["to"], "reason": given.get("reason", ""), "note": given["note"],
        "until": morning(given.get("until")), "answers": form.answers() or None, "amount": given.get("amount"),
        "role": given.get("role") or role, "seen": given["seen"] if "seen" in form.data else None,
    }  # fmt: skip
    text = _("%(lead)s: %(stage)s.") % {"lead": found, "stage": stages.name(given["to"])}
    group = lifecycle.decide_soon(actor, lead_ids=[found.pk], **said)
    messages.success(request, text, extra_tags=undo_at("board-undo", group.id))
    return _back(request, actor)


def _back(request: HttpRequest, actor: Actor) -> HttpResponse:
    work = posted(actor, request)
    if is_partial(request):
        context = {"title": _("Leads"), "is_board": True, **_lanes(actor, work), **tools(actor, work)}
        answer = part(request, actor, "board_work.html", context)
        answer.headers["HX-Retarget"], answer.headers["HX-Reswap"] = "#work", "morph:outerHTML"
        answer.headers["HX-Trigger-After-Swap"] = "moved"
        return answer
    return redirect(f"{reverse('board')}?{work.query}")


@require_POST
@page()
def undo(request: HttpRequest, actor: Actor, group: str) -> HttpResponse:
    """Take back what was decided within the last seconds."""
    lifecycle.take_back(actor, group)
    messages.success(request, _("Taken back."))
    shown = urlsplit(request.headers.get("HX-Current-URL", ""))
    if not is_partial(request):
        return redirect("board")
    if shown.path != reverse("board"):
        return part(request, actor, "nothing.html", {})
    work = work_of(actor, QueryDict(shown.query[:8_000]))
    context = {"is_board": True, **_lanes(actor, work), **tools(actor, work)}
    return part(request, actor, "board_undone.html", context)
