"""Views: questions about leads that people keep; and the filters that a list of leads takes."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from urllib.parse import parse_qs

from django.http import HttpRequest
from ninja import Router
from pydantic import BaseModel, ConfigDict, Field, create_model

from tasuki.server.api.auth import actor
from tasuki.server.api.fields import At, Clean, Given, Id, Taken
from tasuki.server.api.operations import Status, operation
from tasuki.server.core.access import Actor
from tasuki.server.lists import asking, commands, queries
from tasuki.server.lists.asking import Asked
from tasuki.server.lists.filters import FILTERS
from tasuki.server.lists.models import View
from tasuki.server.people.listing import Sort

router = Router(tags=["leads"])
Value = Annotated[str, Clean, Field(max_length=asking.LONGEST)]
Values = Annotated[list[Value], Field(max_length=asking.MOST_VALUES)]
HOW = {
    "stages": "Ids of stages; `none`: no stage yet. Several: any of them.",
    "people": "User names; `none` for nobody's, `me` for your own. Several: any of them.",
    "teams": "Names of teams; `none`.",
    "range": "A range: `50..100`, `50..`, `..100`.",
    "scores": "A named score and its range: `fit:40..`. Several: all of them.",
    "grades": "A score and its grade: `fit:A`. Several: any of them.",
    "interests": "Ids of scores of which something is left. Several: any of them.",
    "time": "A span: `today`, `7d` (the last seven days), `over30d`, `next7d`, `2026-10-01..2026-10-31`, `none`, `any`.",
    "text": "Words that it holds.",
    "profile": "A field of the profile and what it holds: `country:Japan`; `country:` for any. Several: all of them.",
    "yes_no": "`yes` or `no`.",
    "handoff": "`open`, `overdue` or `none`.",
    "hidden": "The account's id.",
}


class _Filters(BaseModel):
    model_config = ConfigDict(extra="forbid")

    def asked(self, who: Actor, search: str) -> Asked:
        """As the lists understand it."""
        given = {name: getattr(self, name) for name in FILTERS}
        return asking.asked_of({asking.WORDS: [search], **given}, queries.asker(who))


_FIELDS: dict[str, Any] = {
    one.name: (
        Values,
        Field(default_factory=list, description=HOW.get(one.kind, "Several: any of them; `none`.")),
    )
    for one in FILTERS.values()
}
LeadFilters = create_model("LeadFilters", __base__=_Filters, **_FIELDS)
"""Every filter with its values, by its name."""

SHOWN = {
    "id": 4,
    "name": "MQLs without owner",
    "owner": "makino",
    "shared": "team",
    "search": "",
    "filters": {"stage": ["MQL"], "owner": ["none"]},
    "sort": "-score",
    "columns": [],
    "changed_at": "2026-04-01T00:00:00Z",
}
Name = Annotated[str, Clean, Field(min_length=1, max_length=commands.LONGEST_NAME)]
Shared = Literal["me", "team", "all"]
Columns = Annotated[list[Annotated[str, Clean, Field(max_length=120)]], Field(max_length=60)]
Search = Annotated[str, Clean, Field(max_length=200)]


class ViewOut(Given):
    """A question under a name."""

    id: int
    name: str
    owner: Annotated[str, Field(description="User name.")]
    shared: Shared
    search: str
    filters: dict[str, list[str]]
    sort: str
    columns: Annotated[list[str], Field(description="Empty: whatever the reader has chosen.")]
    changed_at: At


class Views(Given):
    """By name."""

    items: list[ViewOut]


class ViewIn(Taken):
    """A question to be kept."""

    name: Name
    shared: Shared = "me"
    search: Search = ""
    filters: LeadFilters = Field(default_factory=LeadFilters)  # type: ignore[valid-type]
    sort: Sort = "-score"
    columns: Columns = Field(default_factory=list)


class ViewChange(Taken):
    """What is absent stays; `search` and `filters` belong together."""

    name: Name | None = None
    shared: Shared | None = None
    search: Search | None = None
    filters: LeadFilters | None = None  # type: ignore[valid-type]
    sort: Sort | None = None
    columns: Columns | None = None


def shown(view: View) -> dict[str, Any]:
    """A view as it is answered."""
    parameters = parse_qs(view.query)
    search = " ".join(parameters.pop(asking.WORDS, []))
    same = {name: getattr(view, name) for name in ("id", "name", "shared", "sort", "columns", "changed_at")}
    return {**same, "owner": view.owner.username, "search": search, "filters": parameters}


@operation(router, "GET", "/views", gives=Views, answer={"items": [SHOWN]}, summary="Views of the leads")
def list_views(request: HttpRequest) -> dict[str, Any]:
    """Your own, and those that are shared with you."""
    return {"items": list(map(shown, queries.views(actor(request))))}


@operation(
    router, "GET", "/views/{int:view_id}", gives=ViewOut, errors=(404,), answer=SHOWN, summary="One view"
)
def get_view(request: HttpRequest, view_id: Id) -> dict[str, Any]:
    """Its filters are parameters of `GET /leads`."""
    return shown(queries.view(actor(request), view_id))


@operation(
    router, "POST", "/views", gives=ViewOut, status=201,
    takes={"name": "MQLs without owner", "shared": "team", "filters": {"stage": ["MQL"], "owner": ["none"]}},
    answer=SHOWN, summary="Keep a view",
)  # fmt: skip
def save_view(request: HttpRequest, body: ViewIn) -> Status[dict[str, Any]]:
    """422 where a filter cannot be answered, with why."""
    who = actor(request)
    view = commands.save_view(
        who, name=body.name, asked=body.filters.asked(who, body.search),  # type: ignore[attr-defined]
        sort=body.sort, shown=body.columns, shared=body.shared,
    )  # fmt: skip
    return Status(201, shown(view))


@operation(
    router, "PATCH", "/views/{int:view_id}", gives=ViewOut, errors=(404,), takes={"shared": "all"},
    answer=SHOWN, summary="Change a view",
)  # fmt: skip
def change_view(request: HttpRequest, view_id: Id, body: ViewChange) -> dict[str, Any]:
    """Your own; a shared one of somebody else if you lead."""
    who = actor(request)
    asked = None
    if body.search is not None or body.filters is not None:
        asked = (body.filters or LeadFilters()).asked(who, body.search or "")
    view = commands.change_view(
        who, view_id, name=body.name, shared=body.shared, asked=asked, sort=body.sort, shown=body.columns
    )
    return shown(view)


@operation(
    router, "DELETE", "/views/{int:view_id}", gives=None, status=204, errors=(404,), summary="Remove a view"
)
def remove_view(request: HttpRequest, view_id: Id) -> Status[None]:
    """On the page it can be brought back."""
    commands.remove_view(actor(request), view_id)
    return Status(204, None)
