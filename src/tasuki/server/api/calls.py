"""Calls and what was promised: log a call, promise the next one, move it, take it back."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Router
from pydantic import Field

from tasuki.server.api.auth import actor
from tasuki.server.api.fields import At, Clean, Given, Id, Instant, Key, Taken, Text
from tasuki.server.api.operations import Status, operation
from tasuki.server.handoffs.models import Promise
from tasuki.server.lifecycle import commands, queries
from tasuki.server.lifecycle.calls import CallOutcome

router = Router(tags=["work"])
PROMISE = {
    "id": 3,
    "lead": 17,
    "at": "2026-04-03T01:00:00Z",
    "person": "ishii",
    "note": "",
    "made_at": "2026-04-02T03:04:05Z",
}
Note = Annotated[str, Clean, Field(max_length=500)]


class PromiseOut(Given):
    """A call that was promised."""

    id: int
    lead: int
    at: At
    person: Annotated[str | None, Field(description="User name of who promised it.")]
    note: str
    made_at: At


class Promises(Given):
    """The next first."""

    items: list[PromiseOut]


class CallIn(Taken):
    """A call that was just made."""

    outcome: Annotated[str, Clean, Field(max_length=20, description="Of: " + ", ".join(CallOutcome.values))]
    note: Text = ""
    promised_at: Annotated[Instant | None, Field(description="When the next call was promised.")] = None
    key: Annotated[Key | None, Field(description="Of the same key it is stored once.")] = None


class CallDone(Given):
    """What came of logging a call."""

    status: Annotated[str, Field(description="stored or duplicate")]
    lead: int
    promise: PromiseOut | None


class PromiseIn(Taken):
    """A call to be promised."""

    at: Instant
    note: Note = ""


class PromiseChange(Taken):
    """Another time; without `note`, that stays."""

    at: Instant
    note: Note | None = None


def shown(promise: Promise) -> dict[str, Any]:
    """A promised call as it is answered."""
    same = {name: getattr(promise, name) for name in ("id", "at", "note", "made_at")}
    return {**same, "lead": promise.lead_id, "person": promise.person.username if promise.person else None}


@operation(
    router,
    "POST",
    "/leads/{int:lead_id}/calls",
    gives=CallDone,
    status=(201, 200),
    errors=(404,),
    takes={"outcome": "call_back", "note": "In a meeting.", "promised_at": "2026-04-03T10:00:00+09:00"},
    answer={"status": "stored", "lead": 17, "promise": PROMISE},
    summary="Log a call",
)
def log_call(request: HttpRequest, lead_id: Id, body: CallIn) -> Status[dict[str, Any]]:
    """An activity `call`, the touch of an open handoff; it keeps the call that was promised for this time."""
    done = commands.log_call(
        actor(request), lead_id, body.outcome, body.note, promised_at=body.promised_at, key=body.key
    )
    answer = {
        "status": "duplicate" if done.duplicate else "stored",
        "lead": done.lead_id,
        "promise": shown(done.promise) if done.promise else None,
    }
    return Status(200 if done.duplicate else 201, answer)


@operation(
    router,
    "GET",
    "/leads/{int:lead_id}/promises",
    gives=Promises,
    errors=(404,),
    answer={"items": [PROMISE]},
    summary="Calls promised to a lead",
)
def list_promises(request: HttpRequest, lead_id: Id) -> dict[str, Any]:
    """Those that were not made yet."""
    return {"items": list(map(shown, queries.promises(actor(request), lead_id)))}


@operation(
    router,
    "POST",
    "/leads/{int:lead_id}/promises",
    gives=PromiseOut,
    status=201,
    errors=(404,),
    takes={"at": "2026-04-03T10:00:00+09:00"},
    answer=PROMISE,
    summary="Promise a lead a call",
)
def promise_call(request: HttpRequest, lead_id: Id, body: PromiseIn) -> Status[dict[str, Any]]:
    """It is on your work list from its time on; what was promised before is replaced."""
    return Status(201, shown(commands.promise_call(actor(request), lead_id, body.at, body.note)))


@operation(
    router,
    "PATCH",
    "/promises/{int:promise_id}",
    gives=PromiseOut,
    errors=(404,),
    takes={"at": "2026-04-06T10:00:00+09:00"},
    answer=PROMISE,
    summary="Move a promised call",
)
def move_promise(request: HttpRequest, promise_id: Id, body: PromiseChange) -> dict[str, Any]:
    """409 `promise_done` where it was made or taken back."""
    return shown(commands.move_promise(actor(request), promise_id, body.at, body.note))


@operation(
    router,
    "POST",
    "/promises/{int:promise_id}/cancel",
    gives=PromiseOut,
    errors=(404,),
    answer=PROMISE,
    summary="Take a promised call back",
)
def cancel_promise(request: HttpRequest, promise_id: Id) -> dict[str, Any]:
    """409 `promise_done` where it was made or taken back already."""
    return shown(commands.cancel_promise(actor(request), promise_id))
