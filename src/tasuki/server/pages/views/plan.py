"""From the goal back to the leads: what is needed, what people can take, targets for the agreement."""

from __future__ import annotations

from datetime import datetime, time
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse, QueryDict, StreamingHttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from tasuki.server.agreements import drafting
from tasuki.server.core import clock
from tasuki.server.core.access import Actor
from tasuki.server.core.errors import Invalid, NotFound
from tasuki.server.core.models import Role
from tasuki.server.insights import plans
from tasuki.server.insights.asking import narrowed
from tasuki.server.insights.opened import keep_ready
from tasuki.server.lists import exporting
from tasuki.server.pages import forms
from tasuki.server.pages import plan_form as form
from tasuki.server.pages import plan_tables as tables
from tasuki.server.pages.frame import is_partial, page, part, show
from tasuki.server.pages.tables import file_answer
from tasuki.server.pages.views.agreeing import publishing


@never_cache
@page("numbers.read")
def plan_page(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The whole page; for htmx only what follows from its form, with the address that says the same."""
    try:
        asked = form.asked_of(request.GET)
        seen = plans.plan(actor, asked)
        if asked.as_of is None:
            keep_ready(("plan", *sorted(narrowed(actor, {}).items())), partial(plans.plan, actor, asked))
    except NotFound as missing:
        if missing.code != "numbers_not_yet":
            raise
        return show(request, actor, "numbers_empty.html", {"title": _("Plan"), "missing": missing})
    except Invalid as wrong:
        if is_partial(request):
            return part(request, actor, "plan_wrong.html", {"wrong": wrong, "label": _field(wrong)}, 422)
        seen, asked = plans.plan(actor), plans.PlanAsked()
        return show(
            request,
            actor,
            "plan.html",
            {**_context(actor, seen, asked), "wrong": wrong, "label": _field(wrong)},
            422,
        )
    context = _context(actor, seen, asked)
    if not is_partial(request):
        return show(request, actor, "plan.html", context)
    answer = part(request, actor, "plan_out.html", context)
    answer.headers["HX-Replace-Url"] = reverse("plan") + (f"?{context['query']}" if context["query"] else "")
    return answer


def _field(wrong: Invalid) -> str:
    """What the number that does not fit is called."""
    kind, _rest, name = (wrong.field or "").partition("_")
    called = {
        "goal": _("Goal of %(quarter)s") % {"quarter": name},
        "rate": _("Rate %(way)s") % {"way": name},
        "days": _("Days %(way)s") % {"way": name},
        "share": _("Share of %(source)s") % {"source": name},
        "value": _("Average deal value"),
    }
    return called.get(kind, "")


def _context(actor: Actor, seen: plans.Seen, asked: plans.PlanAsked) -> dict[str, Any]:
    plan = seen.plan
    return {
        "title": _("Plan"),
        "plan": plan,
        "seen": seen,
        "query": form.query_of(seen, asked),
        "goals": form.goals(seen),
        "steps": form.steps(seen),
        "value": form.value_knob(seen),
        "months": [tables.month_words(one.month) for one in plan.months],
        "rows": tables.rows(plan),
        "lacking": [(stage, reason) for stage, reason in plan.lacking.items()],
        "first": form.quarter_words(plan.goals[0].quarter) if plan.goals else "",
        "gaps": [shown for gap in (plan.gap, plan.projected) if (shown := tables.gap_shown(gap, plan))],
        "rooms": tables.rooms(seen, {role.value: str(role.label) for role in Role}),
        "quarters": [(str(goal.quarter), form.quarter_words(goal.quarter)) for goal in plan.goals],
        "may_publish": actor.may("agreement.publish") and not seen.mine,
        "kinds": [kind for kind in exporting.KINDS if kind != exporting.PLAIN],
        "at": clock.instant(plan.now),
    }


@require_POST
@page("numbers.read")
def plan_export(request: HttpRequest, actor: Actor) -> StreamingHttpResponse:
    """The table of needs as a file."""
    kind = request.POST.get("kind", exporting.CSV)
    asked = form.asked_of(QueryDict(request.POST.get("query", "")))
    return file_answer(plans.export_plan(actor, asked, kind), kind, "plan")


@require_POST
@page("agreement.publish")
def plan_write(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The form for the next version of the agreement, with the targets of a quarter in it: looked at, not published."""
    asked = form.asked_of(QueryDict(request.POST.get("query", "")))
    proposed = plans.propose_targets(actor, asked, request.POST.get("quarter", ""))
    initial: dict[str, Any] = {"text": proposed.text}
    begins = datetime.combine(proposed.quarter.begin, time(), ZoneInfo(timezone.get_current_timezone_name()))
    if begins > clock.now():
        initial["effective_from"] = f"{begins:%Y-%m-%dT%H:%M}"
    draft = drafting.look(actor, proposed.text)
    return publishing(request, actor, forms.AgreementText(initial=initial), [], draft)
