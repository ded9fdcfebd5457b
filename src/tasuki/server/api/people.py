"""Whoever asks, their tokens; and the data of one person."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Router
from pydantic import Field

from tasuki.server.api.auth import actor
from tasuki.server.api.fields import At, Given, Id, Instant, Name, Taken
from tasuki.server.api.operations import Status, operation, rapid
from tasuki.server.core import queries, tokens
from tasuki.server.core.access import SCOPES
from tasuki.server.core.models import Token
from tasuki.server.people import privacy

router = Router(tags=["people"])
SHOWN = {
    "id": 4,
    "name": "web",
    "hint": "tsk_a1b2",
    "scopes": ["activities.write"],
    "created_at": "2026-04-01T00:00:00Z",
    "expires_at": None,
    "used_at": None,
    "revoked_at": None,
}


class Me(Given):
    """Who you are here, and what you may do with this token or session."""

    username: str
    name: str
    role: str
    sight: str
    team: str | None
    may: list[str]
    token: str | None


class TokenIn(Taken):
    """A token to be issued."""

    name: Annotated[Name, Field(max_length=60, description="The source under which its entries are stored.")]
    scopes: Annotated[
        list[str],
        Field(
            min_length=1,
            max_length=len(SCOPES),
            description="Of: " + ", ".join(SCOPES),
            examples=[["leads.read"]],
        ),
    ]
    expires_at: Instant | None = None


class TokenOut(Given):
    """A token; its text is never shown again."""

    id: int
    name: str
    hint: str
    scopes: list[str]
    created_at: At
    expires_at: At | None
    used_at: At | None
    revoked_at: At | None


class TokenNew(TokenOut):
    """A token just issued, with its text."""

    token: str


class Tokens(Given):
    """Your tokens, latest first."""

    items: list[TokenOut]


class ErasureIn(Taken):
    """Say that you mean it."""

    confirm: Literal[True]


@operation(router, "GET", "/me", gives=Me, summary="Who you are")
def get_me(request: HttpRequest) -> dict[str, Any]:
    """The user behind the token or session, and the actions open to it."""
    who = actor(request)
    user = who.user
    assert user is not None
    return {
        "username": user.username,
        "name": user.shown_name,
        "role": user.role,
        "sight": user.sight,
        "team": user.team.name if user.team else None,
        "may": [action for action in SCOPES if who.may(action)],
        "token": who.token.name if who.token else None,
    }


@operation(router, "GET", "/tokens", gives=Tokens, answer={"items": [SHOWN]}, summary="Your tokens")
def list_tokens(request: HttpRequest) -> dict[str, Any]:
    """Signed in on the page only: a token cannot see the others."""
    return {"items": queries.tokens(actor(request))}


@operation(
    router,
    "POST",
    "/tokens",
    gives=TokenNew,
    status=201,
    takes={"name": "web", "scopes": ["activities.write"]},
    answer={**SHOWN, "token": "tsk_a1b2…"},
    summary="Issue a token",
)
def issue_token(request: HttpRequest, body: TokenIn) -> Status[dict[str, Any]]:
    """Signed in on the page only. Its text is shown this once."""
    token, plain = tokens.issue(
        actor(request), name=body.name, scopes=body.scopes, expires_at=body.expires_at
    )
    return Status(201, {**_token(token), "token": plain})


def _token(token: Token) -> dict[str, Any]:
    return {name: getattr(token, name) for name in TokenOut.model_fields}


@operation(
    router,
    "POST",
    "/tokens/{int:token_id}/revoke",
    gives=TokenOut,
    errors=(404,),
    answer=SHOWN,
    summary="Revoke a token",
)
def revoke_token(request: HttpRequest, token_id: Id) -> dict[str, Any]:
    """It works no longer, everywhere within 5 seconds."""
    return _token(tokens.revoke(actor(request), token_id))


@operation(
    router,
    "POST",
    "/leads/{int:lead_id}/export",
    gives=dict[str, Any],
    errors=(404,),
    summary="Export a person's data",
)
def export_person(request: HttpRequest, lead_id: Id) -> HttpResponse:
    """Everything that is stored about one person. The audit notes it."""
    return rapid(privacy.export_person(actor(request), lead_id))


@operation(
    router,
    "POST",
    "/leads/{int:lead_id}/erasure",
    gives=None,
    status=204,
    errors=(404,),
    takes={"confirm": True},
    summary="Erase a person's data",
)
def erase_person(request: HttpRequest, lead_id: Id, body: ErasureIn) -> Status[None]:
    """For good; counts stay as they were. The audit notes it."""
    privacy.erase_person(actor(request), lead_id)
    return Status(204, None)
