"""One figure: its definition, its parts, the leads behind it, files of them."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, QueryDict, StreamingHttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from tasuki.metrics.asking import slices_of
from tasuki.metrics.figures import Answer, Figure
from tasuki.server.core import clock, formats
from tasuki.server.core.access import Actor
from tasuki.server.core.company import the_company
from tasuki.server.insights import files, names, queries
from tasuki.server.insights.asking import Asked, counts_accounts
from tasuki.server.insights.spans import span_of
from tasuki.server.insights.targets import monthly, target_of
from tasuki.server.insights.values import slice_values
from tasuki.server.lists import commands as lists
from tasuki.server.lists import exporting
from tasuki.server.lists.commands import MOST
from tasuki.server.pages import charts, tables
from tasuki.server.pages.frame import page, show
from tasuki.server.pages.listing import work_of
from tasuki.server.pages.wanted import Wanted, filters, one_of, text_of, wanted_of


def _asked(
    actor: Actor, kpi_id: str, given: QueryDict
) -> tuple[queries.Definition, Wanted, Asked, dict[str, Any]]:
    """What is asked of one figure: what it is, when and of whom, and which part of it is opened."""
    known = queries.definition(actor, kpi_id)
    wanted = wanted_of(actor, given, "year")
    span = span_of(wanted.period, wanted.as_of or clock.now(), wanted.zone)
    by = one_of(given, "by", ("", *slices_of(known.kpi)), "month")
    grain = one_of(given, "grain", ("item", "account"), "item") if counts_accounts(known.kpi) else "item"
    offset = given.get("offset", "0")
    opened = {
        "part": (text_of(given, "part") or None) if by else None,
        "side": one_of(given, "side", queries.SIDES, "denominator"),
        "offset": int(offset) if offset.isascii() and offset.isdigit() and len(offset) < 8 else 0,
    }
    return known, wanted, Asked(by, wanted.where, span.since, span.until, wanted.as_of, grain), opened


@never_cache
@page("numbers.read")
def number(request: HttpRequest, actor: Actor, kpi_id: str) -> HttpResponse:
    """One figure: its definition, its parts as chart and table, the leads behind it, files."""
    known, wanted, asked, opened = _asked(actor, kpi_id, request.GET)
    answer = queries.figure(actor, kpi_id, asked)
    behind = queries.leads_behind(actor, kpi_id, asked, **opened)
    at = clock.instant(answer.as_of)
    called = names.names_of(asked.by, [part.part for part in answer.parts])
    query = urlencode({"by": asked.by, **({"grain": "account"} if asked.grain == "account" else {})})
    query += f"&{wanted.query}" if wanted.query else ""
    line = monthly(known.kpi, at) if asked.by == "month" and asked.grain == "item" else None
    context = {
        "title": known.kpi.name.text(formats.language()),
        "kpi": known.kpi,
        "target": target_of(known.kpi, at),
        "answer": answer,
        "at": at,
        "parts": [(called.get(str(part.part), str(part.part)), part) for part in answer.parts],
        "drawing": charts.chart(answer, called, line, the_company().currency) if answer.parts else None,
        "slices": [(name, names.SLICES[name]) for name in slices_of(known.kpi)],
        "by": asked.by,
        "by_word": names.SLICES.get(asked.by, ""),
        "may_count_accounts": counts_accounts(known.kpi),
        "grain": asked.grain,
        "behind": behind,
        "opened": opened,
        "young": _opened_figure(answer, opened["part"]).young,
        "opened_name": called.get(opened["part"] or "", opened["part"]),
        "sides": _sides(answer.total),
        "query": query,
        "may_export": actor.may("export"),
        **filters(actor, wanted, slice_values(actor, wanted.as_of)),
    }
    return show(request, actor, "number.html", context)


def _opened_figure(answer: Answer, part: str | None) -> Figure:
    """That of the part which is opened, else the whole."""
    return next((one for one in answer.parts if part is not None and str(one.part) == part), answer.total)


def _sides(total: Figure) -> list[tuple[str, str]]:
    words = [("denominator", _("what counts"))]
    if total.is_rate:
        words.append(("numerator", _("with a hit")))
    left = (
        ("young", total.young, _("too young")),
        ("unknown", total.unknown, _("not known")),
        ("late", total.late, _("late")),
    )
    return [*words, *((side, word) for side, count, word in left if count)]


@require_POST
@page("numbers.read")
def number_export(request: HttpRequest, actor: Actor, kpi_id: str) -> StreamingHttpResponse:
    """The figure and its parts as a file."""
    _known, _of, asked, _opened = _asked(actor, kpi_id, QueryDict(request.POST.get("query", "")))
    kind = request.POST.get("kind", exporting.CSV)
    return tables.file_answer(files.export_figure(actor, kpi_id, asked, kind), kind, kpi_id)


@require_POST
@page("export")
def number_leads_export(request: HttpRequest, actor: Actor, kpi_id: str) -> StreamingHttpResponse:
    """The leads behind it as a file, with the columns of one's list."""
    _known, _of, asked, opened = _asked(actor, kpi_id, QueryDict(request.POST.get("query", "")))
    ids = queries.lead_ids_behind(actor, kpi_id, asked, part=opened["part"], side=opened["side"])
    kind = request.POST.get("kind", exporting.CSV)
    work = work_of(actor, QueryDict(""))
    pieces = lists.export_leads(
        actor, asked=work.asked, sort=work.sort, shown=work.shown, kind=kind, lead_ids=ids[:MOST]
    )
    return tables.file_answer(pieces, kind, f"{kpi_id}-leads")
