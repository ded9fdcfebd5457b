"""One thing done to many leads, with what came of it and its undo; and leads as a file."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from tasuki.server.core import clock, formats
from tasuki.server.core.access import Actor
from tasuki.server.core.errors import Invalid
from tasuki.server.lists import commands, exporting, queries
from tasuki.server.lists.models import Bulk
from tasuki.server.pages.frame import page, show, undo_at
from tasuki.server.pages.listing import posted
from tasuki.server.pages.views.lead import morning

KINDS = ("owner", "team", "campaign", "stage")
MOVING = (Bulk.State.WAITING, Bulk.State.RUNNING, Bulk.State.UNDOING)


def _chosen(request: HttpRequest) -> list[int] | None:
    """The leads that were ticked; None for all that fit."""
    if request.POST.get("all"):
        return None
    ticked = request.POST.getlist("lead")[: commands.MOST]
    return [int(one) for one in ticked if one.isascii() and one.isdigit() and len(one) < 19]


@require_POST
@page()
def many(request: HttpRequest, actor: Actor) -> HttpResponseBase:
    """What the bar below the list was told to do; back to the list, or to the page that says how far it is."""
    kind = request.POST.get("kind", "")
    if kind in exporting.KINDS:
        return _file(request, actor, kind, _chosen(request))
    work = posted(actor, request)
    row = commands.act(
        actor, kind=kind, to=_to(request), lead_ids=_chosen(request), asked=work.asked, sort=work.sort
    )
    if row.state in MOVING or row.refused:
        return redirect("many-one", row.pk)
    messages.success(request, said(row), extra_tags=undo_at("many-undo", row.pk) if row.changed else "")
    return redirect(f"{reverse('leads')}?{work.query}")


def _to(request: HttpRequest) -> dict[str, Any]:
    kind = request.POST.get("kind", "")
    if (
        kind in ("owner", "team") and kind not in request.POST
    ):  # the list says so while nothing is chosen in it
        raise Invalid(
            "nobody_chosen",
            _("To whom was not chosen."),
            cure=_("Choose somebody, or nobody, in the list."),
            field=kind,
        )
    given = {name: request.POST.get(name, "") for name in ("owner", "team", "campaign", "note")}
    to, _colon, reason = request.POST.get("move", "").partition(":")
    return {**given, "to": to, "reason": reason, "until": _until(request.POST.get("until", ""))}


def _until(text: str) -> datetime | None:
    if not text:
        return None
    try:
        day = parse_date(text)
    except ValueError:
        day = None
    if day is None or not 1970 <= day.year <= 2200:
        raise Invalid("day_invalid", _("This is no day."), cure=_("Write it like 2026-04-01."), field="until")
    return morning(day)


def said(row: Bulk) -> str:
    """What came of it, in one sentence."""
    changed = ngettext("%(n)s lead was changed.", "%(n)s leads were changed.", row.changed) % {
        "n": formats.number(row.changed)
    }
    if row.kind == "stage":
        changed = ngettext("%(n)s lead moves.", "%(n)s leads move.", row.changed) % {
            "n": formats.number(row.changed)
        }
    if not row.unchanged:
        return changed
    had = ngettext("%(n)s had it already.", "%(n)s had it already.", row.unchanged) % {
        "n": formats.number(row.unchanged)
    }
    return f"{changed} {had}"


@never_cache
@page()
def one(request: HttpRequest, actor: Actor, bulk_id: int) -> HttpResponse:
    """How far it is, what was refused and why."""
    row = queries.bulk(actor, bulk_id)
    total = len(row.leads)
    context = {
        "title": _("Many leads at once"),
        "bulk": row,
        "total": total,
        "share": round(100 * row.done / total) if total else 100,
        "is_moving": row.state in MOVING,
        "said": said(row),
        "refused": [{**each, "shown": queries.some(actor, each["leads"])} for each in row.refused],
        "refused_count": sum(each["count"] for each in row.refused),
        "can_undo": row.state in (Bulk.State.DONE, Bulk.State.FAILED) and bool(row.before),
    }
    return show(request, actor, "many.html", context)


@require_POST
@page()
def undo(request: HttpRequest, actor: Actor, bulk_id: int) -> HttpResponse:
    """Put it back."""
    row = commands.undo_bulk(actor, bulk_id)
    text = _("It was undone.")
    if row.kept:
        stays = ngettext(
            "%(n)s lead stays as it is: something happened to it since.",
            "%(n)s leads stay as they are: something happened to them since.",
            row.kept,
        )
        text = f"{text} {stays % {'n': formats.number(row.kept)}}"
    messages.success(request, text)
    return redirect("many-one", row.pk)


@require_POST
@page("export")
def export(request: HttpRequest, actor: Actor) -> HttpResponseBase:
    """All that the list shows, on all its pages, as a file."""
    return _file(request, actor, request.POST.get("kind", exporting.CSV), None)


def _file(request: HttpRequest, actor: Actor, kind: str, ids: Sequence[int] | None) -> StreamingHttpResponse:
    """Of these leads; None: of all that fit."""
    work = posted(actor, request)
    pieces = commands.export_leads(
        actor, asked=work.asked, sort=work.sort, shown=work.shown, kind=kind, lead_ids=ids
    )
    answer = StreamingHttpResponse(pieces, content_type=exporting.KINDS[kind])
    name = (
        f"leads-{timezone.localtime(clock.now()):%Y%m%d-%H%M}.{'xlsx' if kind == exporting.EXCEL else 'csv'}"
    )
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
