"""What waits for someone: handoffs to their team, leads whose time to be approached again has come."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Router
from pydantic import Field

from tasuki.server.api.auth import actor
from tasuki.server.api.fields import At, Given, Id
from tasuki.server.api.leads import SHOWN as LEAD
from tasuki.server.api.leads import LeadOut
from tasuki.server.api.leads import shown as lead_shown
from tasuki.server.api.operations import operation
from tasuki.server.handoffs import queries as handoffs
from tasuki.server.handoffs.models import Handoff
from tasuki.server.lifecycle import queries
from tasuki.server.people import queries as people

router = Router(tags=["leads"])
SHOWN = {
    "id": 11,
    "lead": 17,
    "team_role": "inside_sales",
    "team": "Inside sales Tokyo",
    "stage": "MQL",
    "within": "2 business hours",
    "opened_at": "2026-04-02T03:04:05Z",
    "closed_at": None,
    "outcome": "open",
}


class HandoffOut(Given):
    """A lead given to a team. `outcome`: open, accepted, returned, expired, other."""

    id: int
    lead: int
    team_role: str
    team: str | None
    stage: str
    within: Annotated[str, Field(description="The service level in the agreement's words.")]
    opened_at: At
    closed_at: At | None
    outcome: str


class Handoffs(Given):
    """Handoffs of a lead, the latest first."""

    items: list[HandoffOut]


class WaitingHandoff(HandoffOut):
    """A handoff that waits, with its lead."""

    who: LeadOut


class Work(Given):
    """What waits for you and your team."""

    handoffs: Annotated[list[WaitingHandoff], Field(description="The oldest first.")]
    reapproach: Annotated[list[LeadOut], Field(description="Leads whose re-approach date has come.")]


def shown(handoff: Handoff) -> dict[str, Any]:
    """A handoff as it is answered."""
    same = ("id", "team_role", "within", "opened_at", "closed_at", "outcome")
    return {
        **{name: getattr(handoff, name) for name in same},
        "lead": handoff.lead_id,
        "team": handoff.team.name if handoff.team else None,
        "stage": handoff.transition.to_stage,
    }


@operation(
    router,
    "GET",
    "/work",
    gives=Work,
    answer={"handoffs": [{**SHOWN, "who": LEAD}], "reapproach": []},
    summary="What waits for you",
)
def list_work(request: HttpRequest) -> dict[str, Any]:
    """Open handoffs of your team, and re-approach dates that have come."""
    work = queries.work_list(actor(request))
    return {
        "handoffs": [{**shown(each), "who": lead_shown(each.lead)} for each in work.handoffs],
        "reapproach": list(map(lead_shown, work.reapproach)),
    }


@operation(
    router,
    "GET",
    "/leads/{int:lead_id}/handoffs",
    gives=Handoffs,
    errors=(404,),
    answer={"items": [SHOWN]},
    summary="The handoffs of a lead",
)
def list_handoffs(request: HttpRequest, lead_id: Id) -> dict[str, Any]:
    """The latest first."""
    who = actor(request)
    lead = people.lead(who, lead_id)
    return {"items": list(map(shown, handoffs.handoffs(who, lead.pk)))}
