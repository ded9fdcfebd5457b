"""Opportunities."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router
from pydantic import Field, TypeAdapter

from tasuki.server.api.auth import actor
from tasuki.server.api.batches import SOURCE, Answers, Head, batch_schema, each, read_batch, woven
from tasuki.server.api.fields import Amount, At, Day, Given, Id, Instant, Key, Short, Source, Taken
from tasuki.server.api.naming import LeadRefIn
from tasuki.server.api.operations import Status, operation, rapid
from tasuki.server.core.errors import Refused
from tasuki.server.deals import commands, queries
from tasuki.server.deals.inputs import DealInput, PutDeal
from tasuki.server.deals.models import Deal

router = Router(tags=["deals"])
State = Literal["open", "won", "lost"]
EXAMPLE = {
    "lead": {"email": "hanako@yamada.example"},
    "name": "山田電機 導入",
    "amount": 3_000_000,
    "currency": "JPY",
    "state": "open",
    "expected_at": "2026-09-30",
    "key": "opp-3",
}
SHOWN = {
    "id": 3,
    "lead": 17,
    "account": 5,
    "name": "山田電機 導入",
    "amount": 3000000.0,
    "currency": "JPY",
    "state": "open",
    "reason": "",
    "opened_at": "2026-04-01T00:00:00Z",
    "expected_at": "2026-09-30",
    "closed_at": None,
    "owner": "sakai",
    "source": "crm",
    "key": "opp-3",
}


class DealIn(Taken):
    """A deal; what is absent stays as it is."""

    lead: LeadRefIn
    name: Annotated[Short | None, Field(description="The account's name when absent.")] = None
    amount: Amount | None = None
    currency: Annotated[str | None, Field(pattern="^[A-Z]{3}$", description="ISO 4217; JPY when absent.")] = (
        None
    )
    state: State | None = None
    opened_at: Instant | None = None
    expected_at: Day | None = None
    closed_at: Instant | None = None
    reason: Annotated[Short | None, Field(description="Why it was lost.")] = None
    owner: Short | None = None
    key: Annotated[
        Key | None, Field(description="Its name within the source; by it the deal is found again.")
    ] = None

    def input(self) -> DealInput:
        """The same as the command takes it."""
        return DealInput(ref=self.lead.ref(), **self.model_dump(exclude={"lead", "source"}))


class OneDeal(DealIn):
    """A deal, sent by itself."""

    source: Source | None = None


class DealPut(Given):
    """What came of a put."""

    status: Literal["created", "updated", "unchanged"]
    deal: int
    lead: int


class DealOut(Given):
    """A deal as it is stored."""

    id: int
    lead: int
    account: int | None
    name: str
    amount: float | None
    currency: str
    state: State
    reason: str
    opened_at: At
    expected_at: str | None
    closed_at: At | None
    owner: str | None
    source: str
    key: str


class DealPage(Given):
    """Deals, latest first; `next` is the value of `after` for those that follow, null at the end."""

    items: list[DealOut]
    next: int | None


ADAPTER = TypeAdapter(DealIn)


def shown(deal: Deal) -> dict[str, Any]:
    """A deal as it is answered."""
    same = ("id", "name", "amount", "currency", "state", "reason", "opened_at", "closed_at", "source", "key")
    return {
        **{name: getattr(deal, name) for name in same},
        "lead": deal.lead_id,
        "account": deal.account_id,
        "expected_at": deal.expected_at.isoformat() if deal.expected_at else None,
        "owner": deal.owner.username if deal.owner else None,
    }


def _came_of(put: PutDeal) -> dict[str, Any]:
    return {"status": put.outcome, "deal": put.deal_id, "lead": put.lead_id}


@operation(
    router, "GET", "/deals", gives=DealPage, answer={"items": [SHOWN], "next": None}, summary="List deals"
)
def list_deals(
    request: HttpRequest,
    lead: Annotated[Id | None, Query()] = None,
    state: Annotated[State | None, Query()] = None,
    after: Annotated[Id | None, Query()] = None,
    limit: Annotated[int, Query(ge=1, le=queries.MOST)] = 50,
) -> dict[str, Any]:
    """Of the leads that you may see, latest put first."""
    found = queries.deals(actor(request), lead_id=lead, state=state or "", after=after, limit=limit)
    return {"items": list(map(shown, found)), "next": found[-1].pk if len(found) == limit else None}


@operation(
    router, "GET", "/deals/{int:deal_id}", gives=DealOut, errors=(404,), answer=SHOWN, summary="One deal"
)
def get_deal(request: HttpRequest, deal_id: Id) -> dict[str, Any]:
    """Amounts are in `currency`."""
    return shown(queries.deal(actor(request), deal_id))


@operation(
    router,
    "PUT",
    "/deals",
    gives=DealPut,
    status=(200, 201),
    errors=(404,),
    takes=EXAMPLE,
    answer={"status": "created", "deal": 3, "lead": 17},
    summary="Create or update a deal",
)
def put_deal(request: HttpRequest, body: OneDeal) -> Status[dict[str, Any]]:
    """Found again by source and key; 201 where it is new. The stage of the lead moves by decisions, not by this."""
    (put,) = commands.put_deals(actor(request), [body.input()], source=body.source or "")
    if isinstance(put, Refused):
        raise put
    return Status(201 if put.outcome == "created" else 200, _came_of(put))


@operation(
    router,
    "POST",
    "/deals/batch",
    gives=Answers,
    body=batch_schema("OneDeal", SOURCE),
    takes={"items": [EXAMPLE]},
    answer={"results": [{"status": "created", "deal": 3, "lead": 17}]},
    summary="Create or update up to 1,000 deals",
)
def put_deal_batch(request: HttpRequest) -> HttpResponse:
    """All that fit are stored in one transaction; what does not is refused at its place."""
    items, head = read_batch(request, Head)
    inputs, refusals = each(items, ADAPTER, DealIn.input)
    puts = commands.put_deals(actor(request), inputs, source=head.source or "")
    return rapid({"results": woven(refusals, puts, _came_of)})
