"""Leads: listed, read, created, changed, put by what identifies them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import Query, Router
from pydantic import Field, TypeAdapter

from tasuki.server.api.auth import actor
from tasuki.server.api.batches import Answers, PutHead, batch_schema, each, head_schema, read_batch, woven
from tasuki.server.api.fields import At, Clean, Given, Id, Instant, Source, Taken
from tasuki.server.api.naming import Fields, LeadHere, LeadIn
from tasuki.server.api.operations import Status, operation, rapid
from tasuki.server.api.reading import changes
from tasuki.server.api.views import LeadFilters
from tasuki.server.core.access import Actor
from tasuki.server.core.errors import Conflict, Refused
from tasuki.server.lists import queries as lists
from tasuki.server.people import commands, queries
from tasuki.server.people.inputs import Put
from tasuki.server.people.listing import Sort
from tasuki.server.people.models import Lead

router = Router(tags=["leads"])
MOST = 200
EXAMPLE = {
    "email": "hanako@yamada.example",
    "fields": {"name": "山田 花子", "title": "情報システム部長", "account.name": "株式会社山田電機"},
    "channel": "webinar",
}
SHOWN = {
    "id": 17,
    "name": "山田 花子",
    "name_kana": "",
    "email": "hanako@yamada.example",
    "phone": "",
    "department": "",
    "title": "情報システム部長",
    "buying_role": "",
    "account": {"id": 5, "name": "株式会社山田電機"},
    "owner": None,
    "team": None,
    "channel": "webinar",
    "campaign": "",
    "stage": "MAL",
    "stage_entered_at": "2026-04-01T00:00:00Z",
    "score": 30.0,
    "grades": {"fit": "C"},
    "reapproach_at": None,
    "first_touch_at": "2026-04-01T00:00:00Z",
    "created_at": "2026-04-01T00:00:00Z",
}
WHOLE = {
    **SHOWN,
    "fields": {"name": "山田 花子", "title": "情報システム部長"},
    "scores": {"fit": 30.0},
    "passes": {"MAL": {"first": "2026-04-01T00:00:00Z", "latest": "2026-04-01T00:00:00Z", "times": 1}},
    "identities": [{"kind": "mail", "value": "hanako@yamada.example"}],
    "folded_at": "2026-04-01T00:00:00.2Z",
}
SAME = [
    "id",
    "name",
    "name_kana",
    "email",
    "phone",
    "department",
    "title",
    "buying_role",
    "channel",
    "campaign",
    "stage",
    "stage_entered_at",
    "score",
    "grades",
    "reapproach_at",
    "first_touch_at",
    "created_at",
]


class OneLead(LeadIn):
    """A lead, sent by itself."""

    source: Annotated[
        Source | None, Field(description="Where it comes from; the name of the token when absent.")
    ] = None
    mode: Annotated[Literal["trusted", "fill"], Field(description="fill: only what is empty is filled.")] = (
        "trusted"
    )


class BatchLead(LeadHere):
    """A lead of a batch."""


class LeadChanges(Taken):
    """Fields to set; null removes one. Without `owner`, that stays; null or empty: nobody's."""

    fields: Fields = Field(default_factory=dict)
    owner: Annotated[str, Clean, Field(max_length=150, description="User name.")] | None = None
    at: Annotated[Instant | None, Field(description="Since when this has been so; now when absent.")] = None


class LeadPut(Given):
    """What came of a put."""

    status: Literal["created", "updated", "unchanged"]
    lead: int


class AccountName(Given):
    """The company of a lead."""

    id: int
    name: str


class LeadOut(Given):
    """A lead as lists show it."""

    id: int
    name: str
    name_kana: str
    email: str
    phone: str
    department: str
    title: str
    buying_role: str
    account: AccountName | None
    owner: str | None
    team: str | None
    channel: str
    campaign: str
    stage: Annotated[str, Field(description="Empty: none yet.")]
    stage_entered_at: At | None
    score: float
    grades: dict[str, str]
    reapproach_at: At | None
    first_touch_at: At | None
    created_at: At


class IdentityOut(Given):
    """Something that belongs to this person only: mail, phone, visitor, external:<source>."""

    kind: str
    value: str


class LeadWhole(LeadOut):
    """A lead with its profile."""

    fields: Annotated[dict[str, Any], Field(description="The profile in force.")]
    scores: dict[str, float]
    passes: Annotated[dict[str, Any], Field(description="Stage → first and latest entry, and how many.")]
    identities: list[IdentityOut]
    folded_at: Annotated[At | None, Field(description="When stage and scores were computed last.")]


class LeadPage(Given):
    """Leads; `next` is the value of `after` for those that follow, `previous` that of `before`; null: none."""

    items: list[LeadOut]
    next: str | None
    previous: str | None


ADAPTER = TypeAdapter(BatchLead)


def shown(lead: Lead) -> dict[str, Any]:
    """A lead as lists show it."""
    return {
        **{name: getattr(lead, name) for name in SAME},
        "account": {"id": lead.account.pk, "name": lead.account.name} if lead.account else None,
        "owner": lead.owner.username if lead.owner else None,
        "team": lead.team.name if lead.team else None,
    }


def whole(lead: Lead) -> dict[str, Any]:
    """A lead with its profile."""
    identities = sorted(lead.identities.all(), key=lambda each: (each.kind, each.value))
    return {
        **shown(lead),
        **{name: getattr(lead, name) for name in ("fields", "scores", "passes", "folded_at")},
        "identities": [{"kind": each.kind, "value": each.value} for each in identities],
    }


def came_of(put: Put) -> dict[str, Any]:
    """The answer to one put."""
    return {"status": put.outcome, "lead": put.lead_id}


@operation(
    router,
    "GET",
    "/leads",
    gives=LeadPage,
    answer={"items": [SHOWN], "next": None, "previous": None},
    summary="List leads",
)
def list_leads(
    request: HttpRequest,
    filters: Annotated[LeadFilters, Query()],  # type: ignore[valid-type]
    search: Annotated[
        str, Query(max_length=200, description="Words in name, reading, company, mail, phone.")
    ] = "",
    sort: Annotated[Sort, Query()] = "-score",
    after: Annotated[str, Query(max_length=400, description="`next` of the page before.")] = "",
    before: Annotated[str, Query(max_length=400, description="`previous` of the page after.")] = "",
    limit: Annotated[int, Query(ge=1, le=MOST)] = 50,
) -> dict[str, Any]:
    """Those that you may see and that fit every filter; 422 with why where one cannot be answered."""
    who = actor(request)
    asked = filters.asked(who, search)  # type: ignore[attr-defined]
    page = lists.leads(who, asked, sort=sort, after=after, before=before, limit=limit)
    return {
        "items": list(map(shown, page.rows)),
        "next": page.after or None,
        "previous": page.before or None,
    }


@operation(
    router, "GET", "/leads/{int:lead_id}", gives=LeadWhole, errors=(404,), answer=WHOLE, summary="One lead"
)
def get_lead(request: HttpRequest, lead_id: Id) -> dict[str, Any]:
    """Of one that was merged, the one it is now."""
    return whole(queries.lead(actor(request), lead_id))


@operation(
    router,
    "POST",
    "/leads",
    gives=LeadWhole,
    status=201,
    takes=EXAMPLE,
    answer=WHOLE,
    summary="Create a lead",
)
def create_lead(request: HttpRequest, body: OneLead) -> Status[dict[str, Any]]:
    """409 where one with the same mail, mobile number, visitor id or external key is there: PUT updates that one."""
    who = actor(request)
    return Status(201, whole(queries.lead(who, _created(who, body))))


@transaction.atomic
def _created(who: Actor, body: OneLead) -> int:
    """Conflict takes back what the put did to a lead that was there."""
    (put,) = commands.put_leads(who, [body.input()], source=body.source or who.source)
    if isinstance(put, Refused):
        raise put
    if put.outcome != "created":
        raise Conflict(
            "lead_there",
            _("This lead is there already: %(id)s.") % {"id": put.lead_id},
            cure=_("Use PUT to update it."),
        )
    return put.lead_id


@operation(
    router,
    "PUT",
    "/leads",
    gives=LeadPut,
    status=(200, 201),
    errors=(404,),
    takes=EXAMPLE,
    answer={"status": "created", "lead": 17},
    summary="Create or update a lead by what identifies it",
)
def put_lead(request: HttpRequest, body: OneLead) -> Status[dict[str, Any]]:
    """201 where it is new. Fields that are absent stay."""
    who = actor(request)
    (put,) = commands.put_leads(who, [body.input()], source=body.source or who.source, mode=body.mode)
    if isinstance(put, Refused):
        raise put
    return Status(201 if put.outcome == "created" else 200, came_of(put))


@operation(
    router,
    "POST",
    "/leads/batch",
    gives=Answers,
    body=batch_schema("OneLead", head_schema()),
    takes={"source": "crm", "items": [EXAMPLE]},
    answer={"results": [{"status": "created", "lead": 17}]},
    summary="Create or update up to 1,000 leads",
)
def put_lead_batch(request: HttpRequest) -> HttpResponse:
    """All that fit are stored in one transaction; what does not is refused at its place."""
    items, head = read_batch(request, PutHead)
    inputs, refusals = each(items, ADAPTER, BatchLead.input)
    who = actor(request)
    puts = commands.put_leads(who, inputs, source=head.source or who.source, mode=head.mode)
    return rapid({"results": woven(refusals, puts, came_of)})


@operation(
    router,
    "PATCH",
    "/leads/{int:lead_id}",
    gives=LeadWhole,
    errors=(404,),
    takes={"fields": {"title": "本部長", "fax": None}},
    answer=WHOLE,
    summary="Change a lead",
)
def update_lead(request: HttpRequest, lead_id: Id, body: LeadChanges) -> dict[str, Any]:
    """The fields named are set, null removes one, others stay; a new version of the profile is kept where one changed."""
    who = actor(request)
    owner = body.owner if "owner" in body.model_fields_set else commands.STAYS
    named = changes(body.fields, "fields")
    return whole(commands.update_lead(who, lead_id, changes=named, at=body.at, owner=owner))
