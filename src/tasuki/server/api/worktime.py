"""When people work: hours of a person or a team, absences, days off."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Query, Router
from pydantic import Field

from tasuki.server.agreements import queries as agreements
from tasuki.server.api.auth import actor
from tasuki.server.api.fields import At, Clean, Day, Given, Id, Instant, Short, Taken
from tasuki.server.api.operations import Status, operation
from tasuki.server.worktime import commands, queries
from tasuki.server.worktime.models import Absence, DayOff

router = Router(tags=["working time"])
WEEK = dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), "09:00-12:00, 13:00-18:00")
HOURS = {"week": WEEK, "time_zone": "", "holidays": "JP", "source": "own", "counted_in": "Asia/Tokyo"}
ABSENCE = {"begins_at": "2026-08-12T00:00:00Z", "ends_at": "2026-08-15T00:00:00Z", "note": "夏休み"}
DAY_OFF = {"day": "2026-08-14", "name": "夏季休業"}

Person = Annotated[str, Clean, Field(max_length=150, description="User name; you when neither is named.")]
Group = Annotated[str, Clean, Field(max_length=100, description="Name of a team.")]
OfPerson = Annotated[str | None, Query(max_length=150, description="User name; you when neither is named.")]
OfTeam = Annotated[str | None, Query(max_length=100, description="Name of a team.")]
Stretches = Annotated[str, Clean, Field(max_length=200)]


class HoursIn(Taken):
    """Working hours, by the clock on the wall."""

    week: Annotated[
        dict[str, Stretches],
        Field(max_length=7, description="mon … sun → stretches, over midnight too: 22:00-06:00; a day left out is free."),
    ]  # fmt: skip
    time_zone: Annotated[
        Short, Field(description="IANA; empty: the person's own, else the installation's.")
    ] = ""
    holidays: Annotated[
        str,
        Clean,
        Field(max_length=25, description="Whose public holidays are free: JP, DE-BY; empty: none."),
    ] = "JP"
    user: Person | None = None
    team: Group | None = None


class HoursOut(Given):
    """Working hours that count now."""

    week: dict[str, str]
    time_zone: Annotated[str, Field(description="As it is set; empty: the person's own.")]
    holidays: str
    source: Annotated[
        Literal["own", "team", "agreement", "always"],
        Field(description="Where they come from; always: no hours are known, so all time counts."),
    ]
    counted_in: Annotated[str, Field(description="The time zone that counts.")]


class AbsenceIn(Taken):
    """A time in which someone is away."""

    begins_at: Instant
    ends_at: Instant
    note: Short = ""
    user: Annotated[str, Clean, Field(max_length=150, description="User name; you when absent.")] | None = (
        None
    )


class AbsenceOut(Given):
    """A time in which someone is away."""

    id: int
    begins_at: At
    ends_at: At
    note: str


class Absences(Given):
    """Absences by their begin."""

    items: list[AbsenceOut]


class DayOffIn(Taken):
    """A day on which nobody of the company, or of a team, works."""

    day: Day
    name: Annotated[str, Clean, Field(max_length=100)] = ""
    team: Annotated[str, Clean, Field(max_length=100, description="Only this team.")] | None = None


class DayOffOut(Given):
    """A day off; without a team it is the company's."""

    id: int
    day: date
    name: str
    team: str | None


class DaysOff(Given):
    """Days off by their date."""

    items: list[DayOffOut]


def _hours(request: HttpRequest, user: str | None, team: str | None) -> dict[str, Any]:
    in_force = agreements.in_force()
    default = queries.default_hours(in_force.agreement if in_force else None)
    found = queries.hours(actor(request), default=default, user=user, team=team)
    spec = found.hours.spec()
    return {
        "week": spec["week"],
        "time_zone": found.time_zone,
        "holidays": spec["holidays"],
        "source": found.source,
        "counted_in": found.hours.zone,
    }


@operation(router, "GET", "/hours", gives=HoursOut, errors=(404,), answer=HOURS, summary="Working hours")
def get_hours(request: HttpRequest, user: OfPerson = None, team: OfTeam = None) -> dict[str, Any]:
    """Yours, or those of a person or team; of others for who may `worktime.manage`."""
    return _hours(request, user, team)


@operation(
    router,
    "PUT",
    "/hours",
    gives=HoursOut,
    errors=(404,),
    takes={"week": WEEK, "holidays": "JP"},
    answer=HOURS,
    summary="Set working hours",
)
def put_hours(request: HttpRequest, body: HoursIn) -> dict[str, Any]:
    """Clocks that run keep the hours they started with."""
    commands.set_hours(actor(request), **body.model_dump())
    return _hours(request, body.user, body.team)


@operation(
    router,
    "DELETE",
    "/hours",
    gives=None,
    status=204,
    errors=(404,),
    summary="Work by the team's hours again",
)
def clear_hours(request: HttpRequest, user: OfPerson = None, team: OfTeam = None) -> Status[None]:
    """From now on by the team's hours, or those of the agreement."""
    commands.clear_hours(actor(request), user=user, team=team)
    return Status(204, None)


@operation(
    router,
    "GET",
    "/absences",
    gives=Absences,
    errors=(404,),
    answer={"items": [{"id": 6, **ABSENCE}]},
    summary="Absences",
)
def list_absences(
    request: HttpRequest,
    user: Annotated[str | None, Query(max_length=150, description="User name; you when absent.")] = None,
    since: Annotated[Instant | None, Query(description="Those that end after it; now when absent.")] = None,
) -> dict[str, Any]:
    """Yours, or those of a person for who may `worktime.manage`."""
    return {"items": queries.absences(actor(request), user=user, since=since)}


@operation(
    router,
    "POST",
    "/absences",
    gives=AbsenceOut,
    status=201,
    errors=(404,),
    takes=ABSENCE,
    answer={"id": 6, **ABSENCE},
    summary="Enter an absence",
)
def add_absence(request: HttpRequest, body: AbsenceIn) -> Status[Absence]:
    """Meanwhile no lead is given to them, and clocks that start from now on stand still."""
    return Status(201, commands.add_absence(actor(request), **body.model_dump()))


@operation(
    router,
    "DELETE",
    "/absences/{int:absence_id}",
    gives=None,
    status=204,
    errors=(404,),
    summary="End an absence",
)
def end_absence(request: HttpRequest, absence_id: Id) -> Status[None]:
    """One under way ends now; any other is taken away."""
    commands.end_absence(actor(request), absence_id)
    return Status(204, None)


@operation(
    router,
    "GET",
    "/days-off",
    gives=DaysOff,
    answer={"items": [{"id": 2, **DAY_OFF, "team": None}]},
    summary="Days off",
)
def list_days_off(
    request: HttpRequest,
    since: Annotated[Day | None, Query(description="From this day on; from today when absent.")] = None,
) -> dict[str, Any]:
    """Of the company and of teams; public holidays come with the hours."""
    return {"items": list(map(_day_off, queries.days_off(actor(request), since=since)))}


def _day_off(row: DayOff) -> dict[str, Any]:
    return {"id": row.pk, "day": row.day, "name": row.name, "team": row.team.name if row.team else None}


@operation(
    router,
    "POST",
    "/days-off",
    gives=DayOffOut,
    status=201,
    errors=(404,),
    takes=DAY_OFF,
    answer={"id": 2, **DAY_OFF, "team": None},
    summary="Enter a day off",
)
def add_day_off(request: HttpRequest, body: DayOffIn) -> Status[dict[str, Any]]:
    """For the company, or for one team."""
    return Status(201, _day_off(commands.add_day_off(actor(request), **body.model_dump())))


@operation(
    router,
    "DELETE",
    "/days-off/{int:day_off_id}",
    gives=None,
    status=204,
    errors=(404,),
    summary="Remove a day off",
)
def remove_day_off(request: HttpRequest, day_off_id: Id) -> Status[None]:
    """A working day again."""
    commands.remove_day_off(actor(request), day_off_id)
    return Status(204, None)
