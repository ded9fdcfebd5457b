"""The pages of figures: overview, the revenue officer's, flow, speed, revenue, and any figure by any two slices."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict, StreamingHttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from tasuki.metrics.dashboards.flows import Link
from tasuki.metrics.dashboards.teams import OF_STANDING, Standing
from tasuki.server.agreements.stages import stages_now
from tasuki.server.core.access import Actor
from tasuki.server.core.company import the_company
from tasuki.server.core.errors import NotFound
from tasuki.server.insights import board as boards
from tasuki.server.insights import crossed, earning, files, flowing, names, officer, pacing
from tasuki.server.insights.asking import narrowed
from tasuki.server.insights.board import Months, Tile
from tasuki.server.insights.opened import keep_ready
from tasuki.server.insights.spans import months_of
from tasuki.server.lists import exporting
from tasuki.server.pages import charts, numbers, streams, tables
from tasuki.server.pages.frame import not_there, page, show
from tasuki.server.pages.tables import Table
from tasuki.server.pages.wanted import Wanted, filters, one_of, text_of, wanted_of


@dataclass(frozen=True)
class Shown:
    """A page: its template, what is in it, and its tables as files have them, by their names."""

    template: str
    context: Mapping[str, Any]
    tables: Mapping[str, Table]


def _overview(actor: Actor, wanted: Wanted, given: QueryDict) -> Shown:
    """A sentence, the funnels, each stage, twelve months against their targets."""
    found = boards.board(actor, wanted.asking)
    tiles = [tile for some in found.tiles.values() for tile in some]
    context = {
        "older": _older(wanted, tiles),
        "said": numbers.sentences(found, stages_now(), wanted.zone),
        "most": max((step.reached for step in found.cohort.steps), default=0),
        "most_found": max((step.reached for step in found.found.steps), default=0) if found.found else 0,
        "most_standing": max((one.leads for one in found.standing), default=0),
    }
    shown = {
        "cohort": tables.cohort(found.cohort),
        "standing": tables.standing(found.standing),
        "figures": tables.tiles(tiles),
    }
    return _with_months("numbers.html", wanted.zone, found, context, shown)


def _older(wanted: Wanted, tiles: Sequence[Tile]) -> list[tuple[str, Any]]:
    """Where most rates are too young to be told: the addresses of times with older entries, and what these are called."""
    if not numbers.are_too_young(tiles):
        return []
    return [
        (replace(wanted, period=one).query, numbers.PERIODS[one])
        for one in ("last_month", "year")
        if one != wanted.period
    ]


def _with_months(
    template: str, zone: str, found: Any, context: Mapping[str, Any], shown: Mapping[str, Table]
) -> Shown:
    """With a drawing of each figure of `found.year` in the last twelve months."""
    year: Sequence[Months] = found.year
    labels = months_of(found.at, zone) if any(one.answer.parts for one in year) else []
    months = tables.months(year, labels)
    drawings = (
        [(one, charts.months_chart(one, labels, the_company().currency)) for one in year] if labels else []
    )
    more = {"found": found, "drawings": drawings, "months": months, "labels": labels}
    return Shown(template, {**context, **more}, {**shown, "months": months})


def _officer(actor: Actor, wanted: Wanted, given: QueryDict) -> Shown:
    """One view for marketing, sales and the revenue officer."""
    found = officer.overall(actor, wanted.asking)
    called = names.names_of("reason", [code for code, _n in found.reasons])
    sources = tables.split(found.sources, "source")
    context = {
        "reasons": [(called[code], n) for code, n in found.reasons],
        "sources": sources,
        "older": _older(wanted, [*found.marketing, *found.sales]),
    }
    shown = {"way": tables.way(found.way, stages_now()), "sources": sources.plain}
    return _with_months("numbers_officer.html", wanted.zone, found, context, shown)


def _flow(actor: Actor, wanted: Wanted, given: QueryDict) -> Shown:
    """How leads moved, forth and back, as a picture and as a table."""
    found = flowing.flowing(actor, wanted.asking)
    called = names.names_of("reason", [str(part.part) for one in found.returns for part in one.parts])
    context = {
        "found": found,
        "picture": streams.picture(found.stages, found.links),
        "links": [(link, _way(link, found.stages)) for link in found.links if link.moves],
        "returns": [
            (one, [(called[str(part.part)], part) for part in sorted(one.parts, key=lambda p: -p.numerator)])
            for one in found.returns
        ],
    }
    shown = {
        "moves": tables.moves(found.links, stages_now()),
        "returns": tables.returns(found.returns, called),
    }
    return Shown("numbers_flow.html", context, shown)


def _way(link: Link, stages: Sequence[str]) -> str:
    """Which way it goes, as the picture shows it."""
    if link.source and stages.index(link.source) >= stages.index(link.target):
        return _("to an earlier stage")
    if link.is_out and not link.source:
        return _("ends at once")
    return _("goes back or ends") if link.is_return or link.is_out else _("goes on")


def _speed(actor: Actor, wanted: Wanted, given: QueryDict) -> Shown:
    """From stage to stage, to the first touch, and by whom."""
    found = pacing.pacing(actor, wanted.asking)
    longest = max((pace.nine_tenths or 0.0 for pace in found.paces), default=0.0)
    people = [
        (code, str(word), by, _called(by, some))
        for code, word, by, some in (
            ("people", names.SLICES["rep"], "rep", found.reps),
            ("teams", names.SLICES["team"], "team", found.teams),
        )
        if some
    ]
    context = {
        "found": found,
        "paces": [(pace, charts.span_of(pace, longest)) for pace in found.paces],
        "handed": [(stage, one, charts.follow_up_chart(one)) for stage, one in found.handed.items()],
        "people": people,
        "standing": OF_STANDING,
    }
    stages = stages_now()
    shown = {
        "paces": tables.paces(found.paces, stages),
        "cohorts": tables.cohorts(found.cohorts, stages),
        **{f"handed-{stage}": tables.follow_up(one) for stage, one in found.handed.items()},
        **{code: tables.people(rows, word) for code, word, _by, rows in people},
    }
    return Shown("numbers_speed.html", context, shown)


def _called(by: str, some: Sequence[Standing]) -> list[tuple[str, Standing]]:
    called = names.names_of(by, [one.rep for one in some])
    return [(called[one.rep], one) for one in some]


def _revenue(actor: Actor, wanted: Wanted, given: QueryDict) -> Shown:
    """What comes of it in money."""
    by = one_of(given, "by", earning.BY, "month")
    found = earning.earning(actor, wanted.asking, by)
    split = tables.split(found.parts, by)
    context = {
        "by": by,
        "by_word": names.SLICES[by],
        "slices": [(name, names.SLICES[name]) for name in earning.BY],
        "split": split,
        "others": sorted(found.others.items()),
    }
    return _with_months("numbers_revenue.html", wanted.zone, found, context, {"split": split.plain})


def _by(actor: Actor, wanted: Wanted, given: QueryDict) -> Shown:
    """A figure by any two slices."""
    rows, columns = text_of(given, "rows", "source"), text_of(given, "columns", "month")
    if columns == rows:
        columns = "source" if rows == "month" else "month"
    grain = one_of(given, "grain", ("item", "account"), "item")
    asked = crossed.Wanted(text_of(given, "figure", crossed.STAGES), rows, columns, grain)
    found = crossed.crossed(actor, wanted.asking, asked)
    table = tables.crossing(found, stages_now(), wanted.query)
    context = {
        "found": found,
        "asked": asked,
        "table": table,
        "figures": [(kpi.id, kpi.name) for kpi in found.kpis],
        "slices_here": [(name, names.SLICES[name]) for name in found.slices],
        "columns_word": names.SLICES.get(asked.columns, ""),
    }
    return Shown("numbers_by.html", context, {"table": table.plain})


TABS: Mapping[str, tuple[Callable[[Actor, Wanted, QueryDict], Shown], str]] = {
    "numbers": (_overview, "month"),
    "numbers-officer": (_officer, "quarter"),
    "numbers-flow": (_flow, "year"),
    "numbers-speed": (_speed, "year"),
    "numbers-revenue": (_revenue, "year"),
    "numbers-by": (_by, "year"),
}
"""Name of the page → what makes it, and the time that it begins with."""


@never_cache
@page("numbers.read")
def tab_page(request: HttpRequest, actor: Actor, tab: str) -> HttpResponse:
    """One of the pages, by its name in `TABS`."""
    make, period = TABS[tab]
    try:
        wanted = wanted_of(actor, request.GET, period)
        shown = make(actor, wanted, request.GET)
        if wanted.as_of is None:
            key = (tab, request.GET.urlencode(), *sorted(narrowed(actor, wanted.where).items()))
            keep_ready(key, partial(make, actor, wanted, request.GET))
    except NotFound as missing:
        if missing.code != "numbers_not_yet":
            raise
        return show(request, actor, "numbers_empty.html", {"title": _("Numbers"), "missing": missing})
    context = {
        "title": _("Numbers"),
        "tab": tab,
        "address": request.GET.urlencode(),
        **filters(actor, wanted, shown.context["found"].values),
        **shown.context,
    }
    return show(request, actor, shown.template, context)


@require_POST
@page("numbers.read")
def table_export(request: HttpRequest, actor: Actor, tab: str, table: str) -> StreamingHttpResponse:
    """A table of one of the pages as a file, as its address in `query` shows it. NotFound."""
    if tab not in TABS:
        raise not_there()
    make, period = TABS[tab]
    given = QueryDict(request.POST.get("query", ""))
    found = make(actor, wanted_of(actor, given, period), given).tables.get(table)
    if found is None:
        raise not_there()
    kind = request.POST.get("kind", exporting.CSV)
    pieces = files.export_table(actor, f"{tab}/{table}", found.head, found.rows, kind)
    return tables.file_answer(pieces, kind, f"{tab}-{table}")
