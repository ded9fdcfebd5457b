"""What leads did: one, a batch, a stream; and read."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from ninja import Query, Router
from pydantic import Field, TypeAdapter

from tasuki.server.activities import commands, queries
from tasuki.server.activities.inputs import ActivityInput, Recorded
from tasuki.server.api import streams
from tasuki.server.api.auth import actor
from tasuki.server.api.batches import SOURCE, Answers, Head, batch_schema, each, read_batch, woven
from tasuki.server.api.fields import At, Given, Id, Instant, Key, Source, Taken, Type
from tasuki.server.api.naming import LeadHere
from tasuki.server.api.operations import Status, operation, rapid
from tasuki.server.api.reading import flat
from tasuki.server.core.access import require
from tasuki.server.core.errors import Refused

router = Router(tags=["activities"])
EXAMPLE = {
    "lead": {
        "email": "hanako@yamada.example",
        "fields": {"name": "山田 花子", "title": "情報システム部長", "account.name": "株式会社山田電機"},
    },
    "type": "page_view",
    "at": "2026-04-01T09:00:00+09:00",
    "properties": {"path": "/pricing", "content": {"topic": "product"}},
    "key": "web-000017",
}


class ActivityIn(Taken):
    """One thing a lead did."""

    lead: LeadHere
    type: Annotated[
        Type, Field(description="page_view, form_submit, download, webinar_attend, email_click, call …")
    ]
    at: Annotated[Instant | None, Field(description="When it happened; now when absent.")] = None
    properties: Annotated[
        dict[Annotated[str, Field(min_length=1, max_length=200)], Any],
        Field(
            max_length=200,
            description="What the signals of the agreement read: `path`, `content.kind`, … Kept as text.",
        ),
    ] = Field(default_factory=dict)
    key: Annotated[
        Key | None,
        Field(
            description="Its name within the source. Without one, the same lead, time, type, properties are the same."
        ),
    ] = None

    def input(self) -> ActivityInput:
        """The same as the command takes it."""
        properties = flat(self.properties, "properties") if self.properties else {}
        return ActivityInput(
            ref=self.lead.ref(),
            type=self.type,
            at=self.at,
            properties=properties,
            key=self.key,
            lead=self.lead.profile(self.at),
        )


class OneActivity(ActivityIn):
    """One thing a lead did, sent by itself."""

    source: Annotated[
        Source | None, Field(description="Where it comes from; the name of the token when absent.")
    ] = None


class ActivityStored(Given):
    """What came of an activity."""

    status: Literal["stored", "duplicate"]
    lead: int


class ActivityOut(Given):
    """An activity as it is stored."""

    id: int
    type: str
    at: At
    properties: dict[str, str]
    source: str
    key: str
    recorded_at: At


class ActivityPage(Given):
    """Activities, latest first; `next` is the value of `before` for those that follow, null at the end."""

    items: list[ActivityOut]
    next: str | None


ADAPTER = TypeAdapter(ActivityIn)


def shown(outcome: Recorded) -> dict[str, Any]:
    """The answer for one that is stored."""
    return {"status": "duplicate" if outcome.duplicate else "stored", "lead": outcome.lead_id}


@operation(
    router,
    "POST",
    "/activities",
    gives=ActivityStored,
    status=(201, 200),
    errors=(404,),
    takes=EXAMPLE,
    answer={"status": "stored", "lead": 17},
    summary="Record an activity",
)
def record_activity(request: HttpRequest, body: OneActivity) -> Status[dict[str, Any]]:
    """ActivityStored once by source and key: 201, and 200 where it was there already.

    A lead that is not known yet is created from what names it; `lead.fields` is put as its profile.
    Its stage moves within a second.
    """
    (outcome,) = commands.record_activities(actor(request), [body.input()], source=body.source or "")
    if isinstance(outcome, Refused):
        raise outcome
    return Status(200 if outcome.duplicate else 201, shown(outcome))


@operation(
    router,
    "POST",
    "/activities/batch",
    gives=Answers,
    body=batch_schema("OneActivity", SOURCE),
    takes={"source": "web", "items": [EXAMPLE]},
    answer={"results": [{"status": "stored", "lead": 17}]},
    summary="Record up to 1,000 activities",
)
def record_activity_batch(request: HttpRequest) -> HttpResponse:
    """All that fit are stored in one transaction; what does not is refused at its place."""
    items, head = read_batch(request, Head)
    return rapid({"results": record_all(actor(request), items, head.source or "")})


def record_all(who: Any, items: list[Any], source: str) -> list[Any]:
    """Store what fits; one answer for each item, in order."""
    inputs, refusals = each(items, ADAPTER, ActivityIn.input)
    outcomes = commands.record_activities(who, inputs, source=source)
    return woven(refusals, outcomes, shown)


@operation(
    router,
    "POST",
    "/activities/stream",
    gives=None,
    body={
        "description": "One activity a line, as for a single one. A line that is none is refused by itself."
    },
    kind="application/x-ndjson",
    summary="Record activities from a stream of lines",
)
def record_activity_stream(
    request: HttpRequest,
    source: Annotated[Source | None, Query()] = None,
    answers: Annotated[
        Literal["all", "refused", "live"],
        Query(description="refused: only lines that were not stored, and the sum. live: while you send on."),
    ] = "all",
) -> StreamingHttpResponse:
    """NDJSON of any length: each 1,000 lines are stored together; each line is answered with its number.

    The last line is the sum: `{"stored", "duplicate", "refused"}`; without it, the stream broke: send it again, what was
    stored stays once. The answers come when you have sent everything; with `answers=live` as they come: then
    read while you write.
    """
    who = actor(request)
    require(who, "activities.write")  # before the answer begins: then it could not be 403 any more
    lines = streams.answers(request, lambda items: record_all(who, items, source or ""), answers != "refused")
    body = lines if answers == "live" else streams.kept(lines)
    return StreamingHttpResponse(body, content_type="application/x-ndjson")


@operation(
    router,
    "GET",
    "/leads/{int:lead_id}/activities",
    gives=ActivityPage,
    errors=(404,),
    summary="What a lead did",
)
def list_activities(
    request: HttpRequest,
    lead_id: Id,
    before: Annotated[str, Query(max_length=60, description="`next` of the page before.")] = "",
    limit: Annotated[int, Query(ge=1, le=queries.MOST)] = 50,
) -> dict[str, Any]:
    """Latest first."""
    from tasuki.server.people import queries as people

    who = actor(request)
    lead = people.lead(who, lead_id)
    found = queries.activities(who, lead.pk, streams.read_place(before), limit)
    return {"items": found, "next": _place(found[-1].at, found[-1].pk) if len(found) == limit else None}


def _place(at: datetime, last: int) -> str:
    return f"{at.isoformat()}~{last}"
