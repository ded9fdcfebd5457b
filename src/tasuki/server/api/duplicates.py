"""Leads that may be the same; merging them, and taking it back."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Query, Router
from pydantic import Field

from tasuki.server.api.auth import actor
from tasuki.server.api.fields import At, Given, Id, Taken
from tasuki.server.api.operations import Status, operation
from tasuki.server.people import commands, queries
from tasuki.server.people.models import Merge
from tasuki.server.people.queries import Question

router = Router(tags=["duplicates"])
SHOWN = {
    "id": 8,
    "kind": "lead",
    "first": 17,
    "second": 42,
    "score": 0.93,
    "reasons": [{"code": "name", "text": "…"}],
    "state": "open",
    "found_at": "2026-04-01T00:00:00Z",
}
MERGED = {
    "id": 2,
    "kind": "lead",
    "winner": 17,
    "loser": 42,
    "at": "2026-04-01T00:00:00Z",
    "cause": "person",
    "undone_at": None,
}


class DuplicateOut(Given):
    """Two leads, or two accounts, that may be the same: the smaller id first, how likely it is, and why."""

    id: int
    kind: Literal["lead", "account"]
    first: int
    second: int
    score: Annotated[float, Field(description="0 to 1")]
    reasons: list[Any]
    state: str
    found_at: At


class Duplicates(Given):
    """The likeliest first; `next` is the value of `after` for those that follow, null at the end."""

    items: list[DuplicateOut]
    next: str | None


class MergeOut(Given):
    """A merge: everything of `loser` went to `winner`; the loser's id keeps working."""

    id: int
    kind: str
    winner: int
    loser: int
    at: At
    cause: str
    undone_at: At | None


class Verdict(Taken):
    """Whether they are the same, and which of them stays."""

    same: bool
    winner: Annotated[Id | None, Field(description="The one that stays; the older when absent.")] = None


class MergeIn(Taken):
    """Which of two leads stays, and which goes."""

    winner: Id
    loser: Id


class DuplicateDecided(Given):
    """The question as it stands now, and the merge where there was one."""

    state: str
    merge: MergeOut | None


def shown(duplicate: Question) -> dict[str, Any]:
    """A question as it is answered."""
    return {name: getattr(duplicate, name) for name in DuplicateOut.model_fields}


def merged(merge: Merge) -> dict[str, Any]:
    """A merge as it is answered."""
    return {name: getattr(merge, name) for name in MergeOut.model_fields}


@operation(
    router,
    "GET",
    "/duplicates",
    gives=Duplicates,
    answer={"items": [SHOWN], "next": None},
    summary="List likely duplicates",
)
def list_duplicates(
    request: HttpRequest,
    kind: Annotated[Literal["lead", "account"] | None, Query()] = None,
    after: Annotated[str, Query(max_length=60)] = "",
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> dict[str, Any]:
    """Open questions, the likeliest first."""
    page = queries.duplicates(actor(request), kind=kind or "", after=after, limit=limit)
    return {"items": [shown(each) for each in page.duplicates], "next": page.after or None}


@operation(
    router,
    "POST",
    "/duplicates/{int:duplicate_id}/decision",
    gives=DuplicateDecided,
    errors=(404,),
    takes={"same": True, "winner": 17},
    answer={"state": "merged", "merge": MERGED},
    summary="Answer whether two are the same",
)
def decide_duplicate(request: HttpRequest, duplicate_id: Id, body: Verdict) -> dict[str, Any]:
    """`same` merges them; else the question does not come again."""
    merge = commands.decide_duplicate(actor(request), duplicate_id, same=body.same, winner=body.winner)
    return {"state": "merged" if merge else "different", "merge": merged(merge) if merge else None}


@operation(
    router,
    "POST",
    "/merges",
    gives=MergeOut,
    status=201,
    errors=(404,),
    takes={"winner": 17, "loser": 42},
    answer=MERGED,
    summary="Merge two leads",
)
def merge_leads(request: HttpRequest, body: MergeIn) -> Status[dict[str, Any]]:
    """Entries, identities, deals, handoffs move; transitions are facts and stay. It can be undone."""
    merge = commands.merge_leads(actor(request), winner=body.winner, loser=body.loser)
    return Status(201, merged(merge))


@operation(
    router,
    "POST",
    "/merges/{int:merge_id}/undo",
    gives=MergeOut,
    errors=(404,),
    answer=MERGED,
    summary="Undo a merge",
)
def undo_merge(request: HttpRequest, merge_id: Id) -> dict[str, Any]:
    """Everything goes back to where it was."""
    return merged(commands.undo_merge(actor(request), merge_id))
