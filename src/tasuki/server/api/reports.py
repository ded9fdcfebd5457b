"""Weekly reports: which there are, and the one of last week as values, in words, and as a PDF."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import Router
from pydantic import Field

from tasuki.metrics.figures import Figure
from tasuki.server.api.auth import actor
from tasuki.server.api.fields import LARGEST_ID, At, Given
from tasuki.server.api.operations import operation
from tasuki.server.core import clock
from tasuki.server.reports import files, queries
from tasuki.server.reports.making import Written
from tasuki.server.reports.queries import Planned
from tasuki.weekly.report import LONG, WEEKS, Line

router = Router(tags=["metrics"])
Number = Annotated[int, Field(ge=0, le=LARGEST_ID, description="Of the team; 0: the whole company.")]
PDF = "application/pdf"
PLANNED = {
    "number": 3,
    "team": "Inside sales Tokyo",
    "name": "Inside sales Tokyo",
    "enabled": True,
    "weekday": 0,
    "hour": 8,
    "time_zone": "Asia/Tokyo",
    "next_at": "2026-11-29T23:00:00Z",
    "sent_at": "2026-11-23T23:00:04Z",
    "sent_week": "2026-11-16",
    "mails": 6,
}
LINE = {
    "metric": "mql.entries",
    "name": "MQL entries",
    "unit": "count",
    "value": 28.0,
    "before": 31.0,
    "amounts": [],
    "weeks": 1,
    "target": 28.0,
    "is_met": True,
    "said": "28",
    "change": "−3 vs week before",
    "note": "",
}
REPORT = {
    "number": 3,
    "team": "Inside sales Tokyo",
    "name": "Inside sales Tokyo",
    "week": "2026-W47",
    "since": "2026-11-15T15:00:00Z",
    "until": "2026-11-22T15:00:00Z",
    "as_of": "2026-11-24T01:02:03Z",
    "narrowed_to": {"team": "3"},
    "said": ["Last week there were 28 MQLs; 3 less than the week before."],
    "attention": [
        {"code": "overdue", "text": "2 open handoffs are past their due time", "count": 2, "is_urgent": True}
    ],
    "figures": [LINE],
    "weeks": ["2026-W46", "2026-W47"],
    "curves": [{"stage": "MQL", "entries": [31.0, 28.0]}],
    "funnel": [
        {"stage": "MQL", "name": "Marketing qualified lead", "reached": 1400, "rate": None, "of": 1400}
    ],
    "funnel_weeks": LONG,
    "notes": ["Figures are defined as on the page of figures."],
}


class PlannedOut(Given):
    """A report as it is set up."""

    number: Number
    team: Annotated[str | None, Field(description="Null: the whole company.")]
    name: str
    enabled: Annotated[bool, Field(description="Whether it is sent every week.")]
    weekday: Annotated[int, Field(description="0 is Monday.")]
    hour: int
    time_zone: str
    next_at: At | None
    sent_at: At | None
    sent_week: Annotated[str | None, Field(description="The Monday of the week that was sent last.")]
    mails: Annotated[int, Field(description="To how many it goes.")]


class PlannedList(Given):
    """Those whose figures you may see: of the whole company, then of each team."""

    items: list[PlannedOut]


class WeeklyAmount(Given):
    """Money of one currency, of so many deals."""

    currency: str
    amount: float
    deals: int


class LineOut(Given):
    """A figure of the week, or of `weeks` weeks where it takes time to be known; `before`: of the same time before it."""

    metric: str
    name: str
    unit: Annotated[str, Field(description="count, rate (0 to 1), hours or money")]
    value: Annotated[
        float | None, Field(description="Null where there is none, or money of several currencies.")
    ]
    before: float | None
    amounts: list[WeeklyAmount]
    weeks: int
    target: Annotated[float | None, Field(description="What the agreement wants of this time.")]
    is_met: Annotated[bool | None, Field(description="Null where nobody can say.")]
    said: Annotated[str, Field(description="The value as the report prints it.")]
    change: str
    note: Annotated[str, Field(description="Why there is no value, or of how many weeks it is.")]


class AlertOut(Given):
    """Something to look at."""

    code: Annotated[str, Field(description="overdue, missed, untouched or returned")]
    text: str
    count: int
    is_urgent: Annotated[bool, Field(description="A promise was broken.")]


class CurveOut(Given):
    """Entries into a stage in each of `weeks`."""

    stage: str
    entries: list[float]


class FunnelOut(Given):
    """A step: how many have reached it; `rate`: of those old enough to tell, `of` so many."""

    stage: str
    name: str
    reached: int
    rate: float | None
    of: int


class ReportOut(Given):
    """The report of last week, in the language of the request, as it is now."""

    number: Number
    team: str | None
    name: str
    week: str
    since: At
    until: At
    as_of: At
    narrowed_to: Annotated[dict[str, str], Field(description="Slice → value; empty: nothing is left out.")]
    said: list[str]
    attention: list[AlertOut]
    figures: list[LineOut]
    weeks: list[str]
    curves: list[CurveOut]
    funnel: list[FunnelOut]
    funnel_weeks: Annotated[int, Field(description="The funnel is of the entries of so many weeks.")]
    notes: list[str]


def _planned(one: Planned) -> dict[str, Any]:
    return {
        "number": one.number, "team": one.team.name if one.team else None, "name": one.name, "enabled": one.row.enabled,
        "weekday": one.row.weekday, "hour": one.row.hour, "time_zone": one.zone, "next_at": one.next_at,
        "sent_at": one.sent_at, "sent_week": one.sent_week.isoformat() if one.sent_week else None, "mails": one.mails,
    }  # fmt: skip


@operation(
    router,
    "GET",
    "/reports/weekly",
    gives=PlannedList,
    answer={"items": [PLANNED]},
    summary="The weekly reports that there are",
)
def list_reports(request: HttpRequest) -> dict[str, Any]:
    """Switched on or not."""
    return {"items": list(map(_planned, queries.reports(actor(request))))}


@operation(
    router,
    "GET",
    "/reports/weekly/{int:number}",
    gives=ReportOut,
    errors=(404,),
    answer=REPORT,
    summary="The weekly report",
)
def get_report(request: HttpRequest, number: Number) -> dict[str, Any]:
    """Of last week. The same numbers and words as the page, the mail and the PDF; `number` 0 is the whole company's."""
    who = actor(request)
    planned, written = queries.report(who, number), queries.written(who, number)
    found, sheet = written.found, written.sheet
    counts = {code: getattr(found.attention, code) for code in ("overdue", "missed", "untouched", "returned")}
    since, until = (clock.instant(at) for at in found.week.span)
    return {
        "number": number, "team": planned.team.name if planned.team else None, "name": planned.name,
        "week": found.week.label, "since": since, "until": until, "as_of": clock.instant(found.as_of),
        "narrowed_to": dict(found.where), "said": list(sheet.said),
        "attention": [
            {"code": one.code, "text": one.text, "count": counts[one.code], "is_urgent": one.is_urgent}
            for one in sheet.alerts
        ],
        "figures": _figures(written),
        "weeks": [found.week.later(n).label for n in range(1 - WEEKS, 1)],
        "curves": [{"stage": stage, "entries": list(values)} for stage, values in found.curves.items()],
        "funnel": [
            {
                "stage": step.stage, "name": shown.name, "reached": step.reached,
                "rate": step.share.share if place else None, "of": step.share.total,
            }
            for place, (step, shown) in enumerate(zip(found.funnel.steps, sheet.steps, strict=True))
        ],
        "funnel_weeks": LONG, "notes": list(sheet.notes),
    }  # fmt: skip


def _figures(written: Written) -> list[dict[str, Any]]:
    return [
        {
            **_values(line), "name": cell.name, "weeks": WEEKS if line.is_long else 1, "said": cell.value,
            "change": cell.change, "note": cell.note,
        }
        for line, cell in zip(written.found.lines, written.sheet.cells, strict=True)
    ]  # fmt: skip


def _values(line: Line) -> dict[str, Any]:
    return {
        "metric": line.kpi.id, "unit": str(line.kpi.unit), "value": line.now.value, "before": line.before.value,
        "amounts": _amounts(line.now), "target": line.wanted.amount if line.wanted else None,
        "is_met": line.wanted.is_met if line.wanted else None,
    }  # fmt: skip


def _amounts(found: Figure) -> list[dict[str, Any]]:
    return [
        {"currency": one.currency, "amount": float(one.value), "deals": one.deals} for one in found.amounts
    ]


@operation(
    router,
    "GET",
    "/reports/weekly/{int:number}/pdf",
    gives=None,
    file=PDF,
    errors=(404,),
    summary="The weekly report as a PDF",
)
def get_report_pdf(request: HttpRequest, number: Number) -> HttpResponse:
    """One page, to print or to hand on; the audit tells who took it out."""
    file = files.export_report(actor(request), number)
    given = {"Content-Disposition": f'attachment; filename="{file.name}"'}
    return HttpResponse(file.content, content_type=file.kind, headers=given)
