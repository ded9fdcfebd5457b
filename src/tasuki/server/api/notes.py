"""Notes about leads: written, listed, taken away."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Query, Router
from pydantic import Field

from tasuki.server.activities import commands, queries
from tasuki.server.activities.models import Note
from tasuki.server.api.auth import actor
from tasuki.server.api.fields import At, Clean, Given, Id, Key, Taken
from tasuki.server.api.operations import Status, operation
from tasuki.server.people import queries as people

router = Router(tags=["activities"])
NOTE = {
    "id": 4,
    "lead": 17,
    "at": "2026-04-02T03:04:05Z",
    "text": "Looks for a successor of the old loggers.",
    "by": "ishii",
}


class NoteIn(Taken):
    """Something worth knowing about a lead."""

    text: Annotated[str, Clean, Field(min_length=1, max_length=10_000)]
    key: Annotated[Key | None, Field(description="Of the same key it is stored once.")] = None


class NoteOut(Given):
    """A note as it is stored."""

    id: int
    lead: int
    at: At
    text: str
    by: Annotated[str | None, Field(description="User name of who wrote it.")]


class NotePage(Given):
    """Notes, latest first; `next` is the value of `before` for those that follow, null at the end."""

    items: list[NoteOut]
    next: int | None


def shown(note: Note) -> dict[str, Any]:
    """A note as it is answered."""
    same = {name: getattr(note, name) for name in ("id", "at", "text")}
    return {**same, "lead": note.lead_id, "by": note.by.username if note.by else None}


@operation(
    router,
    "POST",
    "/leads/{int:lead_id}/notes",
    gives=NoteOut,
    status=201,
    errors=(404,),
    takes={"text": NOTE["text"]},
    answer=NOTE,
    summary="Write a note",
)
def write_note(request: HttpRequest, lead_id: Id, body: NoteIn) -> Status[dict[str, Any]]:
    """No rule reads it: a note moves no lead."""
    return Status(201, shown(commands.write_note(actor(request), lead_id, body.text, body.key)))


@operation(
    router,
    "GET",
    "/leads/{int:lead_id}/notes",
    gives=NotePage,
    errors=(404,),
    answer={"items": [NOTE], "next": None},
    summary="Notes about a lead",
)
def list_notes(
    request: HttpRequest,
    lead_id: Id,
    before: Annotated[Id | None, Query()] = None,
    limit: Annotated[int, Query(ge=1, le=queries.MOST)] = 50,
) -> dict[str, Any]:
    """Latest first."""
    who = actor(request)
    found = queries.notes(who, people.lead(who, lead_id).pk, before, limit)
    return {"items": list(map(shown, found)), "next": found[-1].pk if len(found) == limit else None}


@operation(
    router,
    "DELETE",
    "/notes/{int:note_id}",
    gives=NoteOut,
    errors=(404,),
    answer=NOTE,
    summary="Take a note away",
)
def remove_note(request: HttpRequest, note_id: Id) -> dict[str, Any]:
    """Your own; whoever leads may take away any."""
    return shown(commands.remove_note(actor(request), note_id))
