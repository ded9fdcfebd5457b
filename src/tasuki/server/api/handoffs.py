"""Handoffs: who holds which lead until when, how it came to them, giving it on, taking it."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Query, Router
from pydantic import Field

from tasuki.server.api.auth import actor
from tasuki.server.api.fields import At, Clean, Given, Id, Name, Short, Taken
from tasuki.server.api.leads import SHOWN as LEAD
from tasuki.server.api.leads import LeadOut
from tasuki.server.api.leads import shown as lead_shown
from tasuki.server.api.operations import operation
from tasuki.server.core.models import Team, User
from tasuki.server.handoffs.models import Clock, Handoff
from tasuki.server.lifecycle import queries, relay
from tasuki.server.lifecycle.board import MOST, State
from tasuki.server.lifecycle.routed import Step
from tasuki.server.lifecycle.standing import Standing
from tasuki.server.people import queries as people

router = Router(tags=["handoffs"])
SECOND = 1_000_000
SHOWN = {
    "id": 11,
    "lead": 17,
    "team_role": "inside_sales",
    "team": "Inside sales Tokyo",
    "person": "ishii",
    "stage": "MQL",
    "within": "2 business hours",
    "opened_at": "2026-04-02T03:04:05Z",
    "due_at": "2026-04-02T05:04:05Z",
    "first_touch_at": None,
    "held_since": None,
    "closed_at": None,
    "outcome": "open",
}
STEP = {
    "why": "taken",
    "text": "Inside sales: given to 石井 (Inside sales Tokyo)",
    "because": "whoever has the most room",
    "note": "",
    "at": None,
    "person": "ishii",
    "team": "Inside sales Tokyo",
    "by": None,
}
CLOCK = {
    "ordinal": 1,
    "team": "Inside sales Tokyo",
    "person": "ishii",
    "within": "2 business hours",
    "started_at": "2026-04-02T03:04:05Z",
    "started_because": "given",
    "started_by": None,
    "due_at": "2026-04-02T05:04:05Z",
    "reminded_at": None,
    "breached_at": None,
    "stopped_at": None,
    "stopped_because": "",
    "stopped_by": None,
    "wall": None,
    "business": None,
    "met": None,
}
GIVEN = {name: SHOWN[name] for name in ("id", "lead", "team", "person", "due_at")}


class HandoffOut(Given):
    """A lead given to a team, and mostly a person. `outcome`: open, accepted, returned, expired, other."""

    id: int
    lead: int
    team_role: str
    team: str | None
    person: Annotated[str | None, Field(description="User name of who has it; none: it waits in a queue.")]
    stage: str
    within: Annotated[str, Field(description="The service level in the agreement's words.")]
    opened_at: At
    due_at: Annotated[At | None, Field(description="Of the clock that runs, or ran last.")]
    first_touch_at: Annotated[At | None, Field(description="The first call or answer of whoever has it.")]
    held_since: Annotated[At | None, Field(description="Since when it waits until its team has room.")]
    closed_at: At | None
    outcome: str


class Handoffs(Given):
    """Handoffs of a lead, the latest first."""

    items: list[HandoffOut]


class WaitingHandoff(HandoffOut):
    """A handoff with its lead, as it stands now."""

    since: Annotated[At, Field(description="Since when whoever has it has it.")]
    left: Annotated[
        float | None,
        Field(
            description="Seconds of its time that are left, counted in its own business hours; less than 0: it is over."
        ),
    ]
    who: LeadOut


class HandoffPage(Given):
    """Handoffs; `next` is the value of `after` for those that follow, null at the end."""

    items: list[WaitingHandoff]
    next: str | None


class ClockOut(Given):
    """One row of the ledger: how long one owner had it. Times of the clock in seconds, null while it runs."""

    ordinal: int
    team: str | None
    person: str | None
    within: str
    started_at: At
    started_because: Annotated[str, Field(description="given, transferred, reassigned, released")]
    started_by: str | None
    due_at: At | None
    reminded_at: At | None
    breached_at: At | None
    stopped_at: At | None
    stopped_because: Annotated[
        str, Field(description="The handoff's outcome, or transferred, reassigned, merged, erased.")
    ]
    stopped_by: str | None
    wall: float | None
    business: float | None
    met: bool | None


class StepOut(Given):
    """One step of how it came to whom it came, as a sentence."""

    why: str
    text: str
    because: Annotated[str, Field(description="The agreement's reason for the rule.")]
    note: str
    at: At | None
    person: str | None
    team: str | None
    by: str | None


class HandoffWhole(HandoffOut):
    """A handoff with its ledger and the way it went."""

    clocks: list[ClockOut]
    way: list[StepOut]


class TransferIn(Taken):
    """To whom it is given: a person, or a team, where whoever has the least to do gets it."""

    to_user: Annotated[Name | None, Field(max_length=150, description="A user name.")] = None
    to_team: Annotated[Name | None, Field(max_length=100, description="A team's name.")] = None
    note: Annotated[str, Clean, Field(max_length=500)] = ""


class HandoffGiven(Given):
    """Who has it now."""

    id: int
    lead: int
    team: str | None
    person: str | None
    due_at: At | None


def _user(user: User | None) -> str | None:
    return user.username if user else None


def _team(team: Team | None) -> str | None:
    return team.name if team else None


def shown(handoff: Handoff) -> dict[str, Any]:
    """A handoff as it is answered."""
    same = (
        "id",
        "team_role",
        "within",
        "opened_at",
        "due_at",
        "first_touch_at",
        "held_since",
        "closed_at",
        "outcome",
    )
    return {
        **{name: getattr(handoff, name) for name in same},
        "lead": handoff.lead_id,
        "team": _team(handoff.team),
        "person": _user(handoff.person),
        "stage": handoff.transition.to_stage,
    }


def waiting_shown(standing: Standing) -> dict[str, Any]:
    """The same as it stands now."""
    left = standing.left.total_seconds() if standing.left is not None else None
    return {**shown(standing.handoff), "since": standing.since, "left": left}


def _clock(clock: Clock) -> dict[str, Any]:
    named = {"team": _team(clock.team), "person": _user(clock.person)}
    by = {"started_by": _user(clock.started_by), "stopped_by": _user(clock.stopped_by)}
    took = {name: _seconds(getattr(clock, name)) for name in ("wall", "business")}
    rest = [name for name in ClockOut.model_fields if name not in {*named, *by, *took}]
    return {**{name: getattr(clock, name) for name in rest}, **named, **by, **took}


def _seconds(micros: int | None) -> float | None:
    return None if micros is None else micros / SECOND


def _step(step: Step) -> dict[str, Any]:
    same = {name: getattr(step, name) for name in ("why", "text", "because", "note", "at")}
    return {**same, "person": _user(step.person), "team": _team(step.team), "by": _user(step.by)}


def _given(handoff: Handoff) -> dict[str, Any]:
    named = {"team": _team(handoff.team), "person": _user(handoff.person)}
    return {"id": handoff.pk, "lead": handoff.lead_id, "due_at": handoff.due_at, **named}


@operation(
    router,
    "GET",
    "/handoffs",
    gives=HandoffPage,
    answer={
        "items": [{**SHOWN, "since": "2026-04-02T03:04:05Z", "left": 5_400.0, "who": LEAD}],
        "next": None,
    },
    summary="Who holds what until when",
)
def list_handoffs(
    request: HttpRequest,
    state: Annotated[State, Query(description="open, or how it ended; `closed` is every end.")] = "open",
    team: Annotated[Short | None, Query(description="Name of the team that has it.")] = None,
    person: Annotated[Short | None, Query(description="User name of who has it; `none`: in a queue.")] = None,
    overdue: Annotated[bool, Query(description="Only what was due already.")] = False,
    after: Annotated[Short | None, Query(description="`next` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 50,
) -> dict[str, Any]:
    """Of the leads that you may see: open ones by due time, those without one last; others the latest answer first."""
    found = queries.board(
        actor(request),
        state=state,
        team=team or "",
        person=person or "",
        overdue=overdue,
        after=after or "",
        limit=limit,
    )
    items = [{**waiting_shown(one), "who": lead_shown(one.handoff.lead)} for one in found.rows]
    return {"items": items, "next": found.after or None}


@operation(
    router,
    "GET",
    "/handoffs/{int:handoff_id}",
    gives=HandoffWhole,
    errors=(404,),
    answer={**SHOWN, "clocks": [CLOCK], "way": [STEP]},
    summary="One handoff, with its clocks",
)
def get_handoff(request: HttpRequest, handoff_id: Id) -> dict[str, Any]:
    """With the ledger of its clocks, in order, and how it came to whom it came, in sentences."""
    handoff = queries.handoff(actor(request), handoff_id)
    way = queries.Ways.of([handoff]).told(handoff)
    clocks: list[Clock] = getattr(handoff, "ledger")  # noqa: B009 — what the query fetched with it
    return {**shown(handoff), "clocks": list(map(_clock, clocks)), "way": list(map(_step, way))}


@operation(
    router,
    "POST",
    "/handoffs/{int:handoff_id}/transfer",
    gives=HandoffGiven,
    errors=(404,),
    takes={"to_user": "sakai", "note": "Knows the company."},
    answer={**GIVEN, "person": "sakai"},
    summary="Give a handoff to somebody else",
)
def transfer_handoff(request: HttpRequest, handoff_id: Id, body: TransferIn) -> dict[str, Any]:
    """Its clock stops, and that of whoever gets it starts. 409 `handoff_closed` where it was answered already."""
    done = relay.transfer(
        actor(request), handoff_id, to_user=body.to_user, to_team=body.to_team, note=body.note
    )
    return _given(done.handoff)


@operation(
    router,
    "POST",
    "/handoffs/{int:handoff_id}/take",
    gives=HandoffGiven,
    errors=(404,),
    answer=GIVEN,
    summary="Take a handoff out of a queue",
)
def take_handoff(request: HttpRequest, handoff_id: Id) -> dict[str, Any]:
    """For yourself; 409 where somebody has it."""
    return _given(relay.take(actor(request), handoff_id).handoff)


@operation(
    router,
    "GET",
    "/leads/{int:lead_id}/handoffs",
    gives=Handoffs,
    errors=(404,),
    answer={"items": [SHOWN]},
    summary="The handoffs of a lead",
)
def list_handoffs_of_lead(request: HttpRequest, lead_id: Id) -> dict[str, Any]:
    """The latest first."""
    who = actor(request)
    lead = people.lead(who, lead_id)
    return {"items": list(map(shown, queries.ledger(who, lead.pk)))}
