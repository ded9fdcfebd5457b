"""Figures: what each is, what it is, and which leads are behind it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Query, Router
from pydantic import BaseModel, Field

from tasuki.metrics.asking import slices_of
from tasuki.metrics.rows import definition
from tasuki.server.api.auth import actor
from tasuki.server.api.fields import At, Given, Instant, Short
from tasuki.server.api.leads import SHOWN as LEAD
from tasuki.server.api.leads import LeadOut
from tasuki.server.api.leads import shown as lead_shown
from tasuki.server.api.operations import operation
from tasuki.server.core import clock, formats
from tasuki.server.core.errors import Invalid
from tasuki.server.insights import queries
from tasuki.server.insights.asking import Asked
from tasuki.server.insights.files import rows_named

router = Router(tags=["metrics"])
Sides = Literal["numerator", "denominator", "young", "unknown", "late"]
DEFINITION = {
    "id": "sal.acceptance",
    "stage": "SAL",
    "name": "Acceptance rate MQL → SAL",
    "meaning": "Of the MQLs handed over, which sales accepted. SGLs never count here.",
    "formula": "entries into MQL that reach SAL on the same run ÷ entries into MQL, mature ones",
    "unit": "rate",
    "kind": "cohort",
    "grain": "entry",
    "matures": True,
    "accounts": True,
    "target": "60%",
    "slices": ["month", "week", "source", "campaign", "team", "rep"],
}
FIGURE = {
    "part": "2026-10",
    "name": "2026-10",
    "value": 0.48,
    "currency": None,
    "numerator": 48,
    "denominator": 100,
    "low": 0.385,
    "high": 0.577,
    "mature": "partly",
    "young": 12,
    "unknown": 0,
    "late": 0,
    "reason": None,
}


class MetricOut(Given):
    """A figure's definition, in the language of the request."""

    id: str
    stage: Annotated[str, Field(description="The part of the funnel that it speaks of; empty: all of it.")]
    name: str
    meaning: str
    formula: str
    unit: Annotated[str, Field(description="count, rate (0 to 1), hours, days, points, times or money")]
    kind: Annotated[str, Field(description="cohort: of the time of what is counted; snapshot: of an instant")]
    grain: Annotated[str, Field(description="What is counted: entry, lead, handoff, deal, visit.")]
    matures: Annotated[bool, Field(description="Young ones are left out.")]
    accounts: Annotated[bool, Field(description="Companies can be counted, too.")]
    target: Annotated[str | None, Field(description="What the agreement wants of it, in its words.")]
    slices: Annotated[list[str], Field(description="By what it can be split and narrowed.")]


class MetricsOut(Given):
    """Every figure, in the order of the funnel."""

    items: list[MetricOut]


class FigureOut(Given):
    """One figure; money of several currencies is one for each."""

    part: Annotated[str | None, Field(description="Which part of the slice; null: all of them together.")]
    name: Annotated[str, Field(description="What the part is called; ids of teams and people by name.")]
    value: Annotated[float | None, Field(description="Null where there is none; then `reason` says why.")]
    currency: str | None
    numerator: int
    denominator: int
    low: Annotated[float | None, Field(description="Of a rate: the 95 % interval (Wilson).")]
    high: float | None
    mature: Annotated[str, Field(description="mature, partly, young")]
    young: Annotated[int, Field(description="Too young to tell: left out.")]
    unknown: Annotated[int, Field(description="Of which it is not known: left out.")]
    late: Annotated[int, Field(description="Recorded after `as_of`: in no figure.")]
    reason: str | None


class AnswerOut(Given):
    """A figure: first all of it, then its parts in order."""

    metric: MetricOut
    as_of: At
    by: str
    lag: Annotated[float | None, Field(description="Days after which an item is old enough to tell.")]
    notes: list[str]
    figures: list[FigureOut]


class BehindOut(Given):
    """One item behind a figure."""

    at: At
    value: float | None
    hit: bool | None
    deal: int | None
    lead: LeadOut


class BehindPage(Given):
    """Items, the earliest first; `next` is the value of `offset` for those that follow, null at the end."""

    items: list[BehindOut]
    hidden: Annotated[int, Field(description="Items of this page whose lead you may not see.")]
    next: int | None


def _where(texts: list[str] | None) -> dict[str, str]:
    found = {}
    for text in texts or ():
        name, colon, value = text.partition(":")
        if not colon:
            raise Invalid(
                "where_invalid",
                _("This does not say of which slice it is."),
                cure=_("Write it like source:web."),
                field="where",
            )
        found[name] = value
    return found


def _shown(one: queries.Definition) -> dict[str, Any]:
    told = definition(None, one.kpi, formats.language())
    return {**told, "id": told.pop("kpi"), "target": one.target, "slices": list(slices_of(one.kpi))}


@operation(
    router,
    "GET",
    "/metrics",
    gives=MetricsOut,
    errors=(404,),
    answer={"items": [DEFINITION]},
    summary="Every figure",
)
def list_metrics(request: HttpRequest) -> dict[str, Any]:
    """Those whose stages the agreement has. 404 `numbers_not_yet` until the worker has counted for the first time."""
    return {"items": list(map(_shown, queries.definitions(actor(request))))}


class Question(BaseModel):
    """What is asked of a figure, in the address."""

    by: Annotated[
        Short | None, Field(description="By what it is split: one of its `slices`; empty: not.")
    ] = None
    where: Annotated[
        list[Short] | None,
        Field(max_length=20, description="Narrowed to, like `source:web`; `source:(none)` for none known."),
    ] = None
    since: Annotated[Instant | None, Field(description="Items from this time on.")] = None
    until: Annotated[Instant | None, Field(description="Items before this time.")] = None
    as_of: Annotated[Instant | None, Field(description="As it was known then; now when absent.")] = None

    def asked(self, grain: str = "item") -> Asked:
        """For the figures. Invalid `where_invalid`."""
        return Asked(self.by or "", _where(self.where), self.since, self.until, self.as_of, grain)


@operation(
    router,
    "GET",
    "/metrics/{str:metric}",
    gives=AnswerOut,
    errors=(404,),
    answer={
        "metric": DEFINITION,
        "as_of": "2026-11-30T00:00:00Z",
        "by": "month",
        "lag": 6.5,
        "notes": [],
        "figures": [{**FIGURE, "part": None, "name": ""}, FIGURE],
    },
    summary="A figure, split and narrowed",
)
def get_metric(
    request: HttpRequest,
    metric: str,
    question: Annotated[Question, Query()],
    grain: Annotated[Literal["item", "account"], Query(description="`account` counts companies.")] = "item",
) -> dict[str, Any]:
    """Of the leads that you may see: all, those of your team, or your own. The same numbers as the page and its files."""
    who = actor(request)
    answer = queries.figure(who, metric, question.asked(grain))
    return {
        "metric": _shown(queries.definition(who, metric)),
        "as_of": clock.instant(answer.as_of),
        "by": question.by or "",
        "lag": answer.lag,
        "notes": [note.text(formats.language()) for note in (*answer.notes, *answer.total.notes)],
        "figures": rows_named(answer),
    }


@operation(
    router,
    "GET",
    "/metrics/{str:metric}/leads",
    gives=BehindPage,
    errors=(404,),
    answer={
        "items": [{"at": "2026-10-02T03:04:05Z", "value": None, "hit": True, "deal": None, "lead": LEAD}],
        "hidden": 0,
        "next": None,
    },
    summary="The leads behind a figure",
)
def list_leads_behind(
    request: HttpRequest,
    metric: str,
    question: Annotated[Question, Query()],
    part: Annotated[Short | None, Query(description="Of one part of `by`, as the figure calls it.")] = None,
    side: Annotated[Sides, Query(description="What counts, has a hit, or was left out.")] = "denominator",
    offset: Annotated[int, Query(ge=0, le=10_000_000)] = 0,
    limit: Annotated[int, Query(ge=1, le=queries.MOST)] = queries.PAGE,
) -> dict[str, Any]:
    """Each item with its lead as it stands now. The same lead may be there more than once, if it came twice."""
    found = queries.leads_behind(
        actor(request), metric, question.asked(), part=part, side=side, offset=offset, limit=limit,
    )  # fmt: skip
    items = [
        {
            "at": one.at, "value": one.value, "hit": one.hit, "deal": int(one.deal) if one.deal else None,
            "lead": lead_shown(one.lead),
        }
        for one in found.items
    ]  # fmt: skip
    return {"items": items, "hidden": found.hidden, "next": found.next}
