"""How full the teams are, and what people can take."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Router
from pydantic import Field

from tasuki.server.api.auth import actor
from tasuki.server.api.fields import Given, Name, Taken
from tasuki.server.api.operations import operation
from tasuki.server.handoffs import commands, queries
from tasuki.server.handoffs.capacity import TeamLoad
from tasuki.server.handoffs.staff import Member

router = Router(tags=["handoffs"])
PERSON = {"person": "ishii", "open": 9, "minutes_a_day": 240, "weight": 1.0, "away": False}
SHOWN = {
    "team": "Inside sales Tokyo",
    "role": "inside_sales",
    "minutes_a_lead": 20,
    "open": 9,
    "minutes": 180,
    "capacity": 240,
    "share": 0.75,
    "people": [PERSON],
}
SET_PERSON = {"person": "ishii", "minutes_a_day": 240, "weight": 1.0}
SET_TEAM = {"team": "Inside sales Tokyo", "minutes_a_lead": 20}


class PersonLoad(Given):
    """Somebody who is given leads of a team."""

    person: str
    open: Annotated[int, Field(description="Handoffs that wait for their answer.")]
    minutes_a_day: Annotated[int | None, Field(description="What they can take; null: no bound is set.")]
    weight: Annotated[float, Field(description="How many of each turn are theirs; 0: none.")]
    away: bool


class LoadOut(Given):
    """What a team has and can take today."""

    team: str
    role: str
    minutes_a_lead: int
    open: int
    minutes: Annotated[int, Field(description="What its open handoffs cost.")]
    capacity: Annotated[
        int | None, Field(description="Minutes of those who work today; null where no bound is set.")
    ]
    share: Annotated[float | None, Field(description="`minutes` by `capacity`: 1 is as much as fits.")]
    people: list[PersonLoad]


class Loads(Given):
    """The teams that leads are handed to."""

    items: list[LoadOut]


class PersonCapacity(Taken):
    """What somebody can take."""

    person: Annotated[Name, Field(max_length=150, description="A user name.")]
    minutes_a_day: Annotated[
        int | None, Field(ge=0, le=1_440, description="For leads handed over; null: no bound.")
    ] = None
    weight: Annotated[float, Field(ge=0, le=100)] = 1.0


class TeamCapacity(Taken):
    """What a lead costs a team."""

    team: Annotated[Name, Field(max_length=100, description="Its name.")]
    minutes_a_lead: Annotated[int, Field(ge=1, le=1_440)]


def _person(member: Member) -> dict[str, Any]:
    same = {name: getattr(member, name) for name in ("open", "weight", "away")}
    return {**same, "person": member.username, "minutes_a_day": member.minutes}


def _shown(load: TeamLoad) -> dict[str, Any]:
    same = {name: getattr(load, name) for name in ("open", "minutes", "capacity", "share")}
    team = {"team": load.team.name, "role": load.team.role, "minutes_a_lead": load.team.minutes_a_lead}
    return {**team, **same, "people": list(map(_person, load.people))}


@operation(
    router, "GET", "/capacity", gives=Loads, answer={"items": [SHOWN]}, summary="How full the teams are today"
)
def get_loads(request: HttpRequest) -> dict[str, Any]:
    """Open handoffs by the minutes of a lead, against the minutes of those who work today."""
    return {"items": list(map(_shown, queries.loads(actor(request))))}


@operation(
    router,
    "PUT",
    "/capacity/people",
    gives=PersonCapacity,
    errors=(404,),
    takes=SET_PERSON,
    answer=SET_PERSON,
    summary="Set what somebody can take",
)
def put_person_capacity(request: HttpRequest, body: PersonCapacity) -> PersonCapacity:
    """It acts on what is routed from now on; what is given stays where it is."""
    commands.set_capacity(actor(request), body.person, minutes_a_day=body.minutes_a_day, weight=body.weight)
    return body


@operation(
    router,
    "PUT",
    "/capacity/teams",
    gives=TeamCapacity,
    errors=(404,),
    takes=SET_TEAM,
    answer=SET_TEAM,
    summary="Set what a lead costs a team",
)
def put_team_capacity(request: HttpRequest, body: TeamCapacity) -> TeamCapacity:
    """In minutes of whoever gets it."""
    commands.set_team_capacity(actor(request), body.team, minutes_a_lead=body.minutes_a_lead)
    return body
