"""Figures: all of them at a glance, and each with its definition, its parts and the leads behind it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, QueryDict, StreamingHttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from tasuki.metrics.asking import slices_of
from tasuki.server.agreements.stages import stages_now
from tasuki.server.core import clock, formats
from tasuki.server.core.access import Actor
from tasuki.server.core.errors import NotFound
from tasuki.server.insights import board as boards
from tasuki.server.insights import files, names, queries
from tasuki.server.insights.asking import Asked, own
from tasuki.server.insights.spans import span_of
from tasuki.server.lists import commands as lists
from tasuki.server.lists import exporting
from tasuki.server.lists.commands import MOST
from tasuki.server.pages import numbers
from tasuki.server.pages.frame import page, show
from tasuki.server.pages.listing import work_of


@dataclass(frozen=True)
class Wanted:
    """What the address asks for."""

    period: str
    where: Mapping[str, str]
    day: str
    as_of: datetime | None
    zone: str

    @property
    def query(self) -> str:
        """The same as an address has it."""
        given = {"period": self.period, **self.where, "as_of": self.day}
        return urlencode({name: value for name, value in given.items() if value})


def _wanted(actor: Actor, given: QueryDict, period: str) -> Wanted:
    zone = boards.zone_of(actor)
    asked = {
        name: given.get(name, "").replace("\0", "")[:300] for name in ("period", "as_of", *boards.NARROWED)
    }
    as_of = numbers.end_of_day(asked["as_of"], zone)
    if as_of is not None and as_of >= clock.now():
        as_of = None
    where = {name: asked[name] for name in boards.NARROWED if asked[name]}
    chosen = asked["period"] if asked["period"] in numbers.PERIODS else period
    return Wanted(chosen, where, asked["as_of"] if as_of else "", as_of, zone)


@never_cache
@page("numbers.read")
def numbers_page(request: HttpRequest, actor: Actor) -> HttpResponse:
    """A sentence, the funnel, each stage, the trend, sources, people; what comes here where there is nothing yet."""
    try:
        wanted = _wanted(actor, request.GET, "month")
        found = boards.board(actor, wanted.period, wanted.where, wanted.as_of)
    except NotFound as missing:
        if missing.code != "numbers_not_yet":
            raise
        return show(request, actor, "numbers_empty.html", {"title": _("Numbers"), "missing": missing})
    stages = stages_now()
    context = {
        "title": _("Numbers"),
        "board": found,
        "said": numbers.sentences(found, stages, wanted.zone),
        "trend": numbers.trend(found.trend),
        "most": max((step.reached for step in found.cohort.steps), default=0),
        "most_standing": max((one.leads for one in found.standing), default=0),
        "sources": names.names_of("source", found.matrix),
        "reps": [(names.names_of("rep", [one.rep])[one.rep], one) for one in found.reps],
        **_filters(actor, wanted, found.values),
    }
    return show(request, actor, "numbers.html", context)


def _filters(actor: Actor, wanted: Wanted, values: Mapping[str, Any]) -> dict[str, Any]:
    mine = own(actor)
    narrowing = [
        {
            "name": name,
            "word": names.SLICES[name],
            "chosen": wanted.where.get(name, ""),
            "values": sorted(names.names_of(name, values[name]).items(), key=lambda one: one[1]),
        }
        for name in boards.NARROWED
        if values[name] and (mine is None or name not in ("team", "rep"))
    ]
    return {
        "wanted": wanted,
        "periods": numbers.PERIODS,
        "narrowing": narrowing,
        "is_narrowed": bool(wanted.where or wanted.day),
        "mine": mine[0] if mine else "",
        "kinds": [kind for kind in exporting.KINDS if kind != exporting.PLAIN],
    }


def _asked(
    actor: Actor, kpi_id: str, given: QueryDict
) -> tuple[queries.Definition, Wanted, Asked, dict[str, Any]]:
    """What is asked of one figure: what it is, when and of whom, and which part of it is opened."""
    known = queries.definition(actor, kpi_id)
    wanted = _wanted(actor, given, "year")
    span = span_of(wanted.period, wanted.as_of or clock.now(), wanted.zone)
    slices = slices_of(known.kpi)
    by = given.get("by", "month")
    by = by if by in slices or by == "" else "month"
    part, side = given.get("part", "").replace("\0", "")[:300] or None, given.get("side", "denominator")
    offset = given.get("offset", "0")
    opened = {
        "part": part if by else None,
        "side": side if side in queries.SIDES else "denominator",
        "offset": int(offset) if offset.isascii() and offset.isdigit() and len(offset) < 8 else 0,
    }
    return known, wanted, Asked(by, wanted.where, span.since, span.until, wanted.as_of), opened


@never_cache
@page("numbers.read")
def number(request: HttpRequest, actor: Actor, kpi_id: str) -> HttpResponse:
    """One figure: its definition, its parts as chart and table, the leads behind it, files."""
    known, wanted, asked, opened = _asked(actor, kpi_id, request.GET)
    answer = queries.figure(actor, kpi_id, asked)
    behind = queries.leads_behind(actor, kpi_id, asked, **opened)
    called = names.names_of(asked.by, [part.part for part in answer.parts])
    query = urlencode({"by": asked.by}) + (f"&{wanted.query}" if wanted.query else "")
    context = {
        "title": known.kpi.name.text(formats.language()),
        "kpi": known.kpi,
        "target": boards.target_of(known.kpi),
        "answer": answer,
        "at": clock.instant(answer.as_of),
        "parts": [(called.get(str(part.part), str(part.part)), part) for part in answer.parts],
        "drawing": numbers.chart(answer, called) if answer.parts else None,
        "slices": [(name, names.SLICES[name]) for name in slices_of(known.kpi)],
        "by": asked.by,
        "by_word": names.SLICES.get(asked.by, ""),
        "behind": behind,
        "opened": opened,
        "opened_name": called.get(opened["part"] or "", opened["part"]),
        "sides": _sides(answer.total),
        "query": query,
        "may_export": actor.may("export"),
        **_filters(actor, wanted, boards.slice_values(actor, wanted.as_of)),
    }
    return show(request, actor, "number.html", context)


def _sides(total: Any) -> list[tuple[str, str]]:
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
    return file_answer(files.export_figure(actor, kpi_id, asked, kind), kind, kpi_id)


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
    return file_answer(pieces, kind, f"{kpi_id}-leads")


def file_answer(pieces: Any, kind: str, name: str) -> StreamingHttpResponse:
    """A file in pieces, under a name with the time at which it was made."""
    answer = StreamingHttpResponse(pieces, content_type=exporting.KINDS[kind])
    safe = "".join(
        letter if letter.isascii() and (letter.isalnum() or letter in "._-") else "_" for letter in name
    )
    ending = "xlsx" if kind == exporting.EXCEL else "csv"
    at = timezone.localtime(clock.now())
    answer.headers["Content-Disposition"] = f'attachment; filename="{safe}-{at:%Y%m%d-%H%M}.{ending}"'
    return answer
