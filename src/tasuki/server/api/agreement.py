"""The agreement: read, published."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Router
from pydantic import Field

from tasuki.server.agreements import commands, queries
from tasuki.server.agreements.models import AgreementVersion
from tasuki.server.api.auth import actor
from tasuki.server.api.fields import At, Given, Instant, Taken
from tasuki.server.api.operations import Status, operation
from tasuki.server.core.access import require
from tasuki.server.core.errors import NotFound

router = Router(tags=["agreement"])
TEXT = """\
agreement: Yamada
stages:
  - id: MAL
    enter: [{when: has(email)}]
"""
SHOWN = {
    "number": 3,
    "name": "Yamada",
    "digest": "9f86d081884c7d65",
    "effective_from": "2026-04-01T00:00:00Z",
    "created_at": "2026-04-01T00:00:00Z",
    "created_by": "manabe",
    "warnings": [],
}


class VersionOut(Given):
    """A version of the agreement."""

    number: int
    name: str
    digest: str
    effective_from: At
    created_at: At
    created_by: str | None
    warnings: list[str]


class VersionWhole(VersionOut):
    """A version with its text."""

    text: str


class Versions(Given):
    """Every version, the latest first."""

    items: list[VersionOut]


class PublishIn(Taken):
    """An agreement to be put in force."""

    text: Annotated[
        str, Field(max_length=2_000_000, description="YAML, as the reference of agreements has it.")
    ]
    effective_from: Annotated[Instant | None, Field(description="Not past; now when absent.")] = None


def shown(version: AgreementVersion) -> dict[str, Any]:
    """A version as it is answered."""
    same = {name: getattr(version, name) for name in VersionOut.model_fields if name != "created_by"}
    return {**same, "created_by": version.created_by.username if version.created_by else None}


@operation(
    router,
    "GET",
    "/agreement",
    gives=VersionWhole,
    errors=(404,),
    answer={**SHOWN, "text": TEXT},
    summary="The agreement in force",
)
def get_agreement(request: HttpRequest) -> dict[str, Any]:
    """404 before the first one is published."""
    who = actor(request)
    require(who, "agreement.read")
    found = queries.in_force()
    if found is None:
        raise NotFound(
            "no_agreement", _("No agreement is in force yet."), cure=_("Publish one: POST /api/v1/agreement.")
        )
    version = queries.version(who, found.version.number)
    return {**shown(version), "text": version.text}


@operation(
    router,
    "POST",
    "/agreement",
    gives=VersionOut,
    status=201,
    takes={"text": TEXT},
    answer=SHOWN,
    summary="Publish an agreement",
)
def publish_agreement(request: HttpRequest, body: PublishIn) -> Status[dict[str, Any]]:
    """422 lists every mistake with line and column. It acts from then on; transitions that were recorded stay."""
    version = commands.publish(actor(request), text=body.text, effective_from=body.effective_from)
    return Status(201, shown(version))


@operation(
    router, "GET", "/agreement/versions", gives=Versions, answer={"items": [SHOWN]}, summary="All versions"
)
def list_versions(request: HttpRequest) -> dict[str, Any]:
    """Without their texts."""
    return {"items": list(map(shown, queries.versions(actor(request))))}


@operation(
    router,
    "GET",
    "/agreement/versions/{int:number}",
    gives=VersionWhole,
    errors=(404,),
    answer={**SHOWN, "text": TEXT},
    summary="One version",
)
def get_version(request: HttpRequest, number: Annotated[int, Field(ge=1, le=2**31 - 1)]) -> dict[str, Any]:
    """With its text."""
    version = queries.version(actor(request), number)
    return {**shown(version), "text": version.text}
