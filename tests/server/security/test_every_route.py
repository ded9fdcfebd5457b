"""Every operation of the API: without token, with a token that may not, on another's lead, by a wrong method.

A new operation fails here until it says in `ACTIONS` which action it is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import cache
from typing import Any

import pytest
from django.test import Client

from tasuki.server.core import tokens
from tasuki.server.core.access import ALLOWED, SCOPES, Actor
from tasuki.server.core.models import AuditEntry, Role, Sight, Token, User
from tasuki.server.people.models import Lead

pytestmark = pytest.mark.django_db

ACTIONS = {
    "GET /leads": "leads.read",
    "POST /leads": "leads.write",
    "PUT /leads": "leads.write",
    "POST /leads/batch": "leads.write",
    "GET /views": "leads.read",
    "POST /views": "leads.read",
    "GET /views/{view_id}": "leads.read",
    "PATCH /views/{view_id}": "leads.read",
    "DELETE /views/{view_id}": "leads.read",
    "GET /leads/{lead_id}": "leads.read",
    "PATCH /leads/{lead_id}": "leads.write",
    "POST /activities": "activities.write",
    "POST /activities/batch": "activities.write",
    "POST /activities/stream": "activities.write",
    "GET /leads/{lead_id}/activities": "leads.read",
    "GET /leads/{lead_id}/moves": "leads.read",
    "POST /leads/{lead_id}/decisions": "decisions.write",
    "GET /leads/{lead_id}/decisions": "leads.read",
    "POST /decisions": "decisions.write",
    "POST /decisions/batch": "decisions.write",
    "GET /leads/{lead_id}/transitions": "leads.read",
    "GET /leads/{lead_id}/explanation": "leads.read",
    "GET /leads/{lead_id}/handoffs": "leads.read",
    "GET /work": "leads.read",
    "GET /handoffs": "leads.read",
    "GET /handoffs/{handoff_id}": "leads.read",
    "POST /handoffs/{handoff_id}/transfer": "handoffs.transfer",
    "POST /handoffs/{handoff_id}/take": "handoffs.transfer",
    "POST /leads/{lead_id}/calls": "activities.write",
    "GET /leads/{lead_id}/promises": "leads.read",
    "POST /leads/{lead_id}/promises": "activities.write",
    "POST /leads/{lead_id}/notes": "activities.write",
    "GET /leads/{lead_id}/notes": "leads.read",
    "DELETE /notes/{note_id}": "activities.write",
    "PATCH /promises/{promise_id}": "activities.write",
    "POST /promises/{promise_id}/cancel": "activities.write",
    "GET /capacity": "leads.read",
    "PUT /capacity/people": "capacity.manage",
    "PUT /capacity/teams": "capacity.manage",
    "GET /accounts": "leads.read",
    "PUT /accounts": "accounts.write",
    "POST /accounts/batch": "accounts.write",
    "GET /accounts/{account_id}": "leads.read",
    "PATCH /accounts/{account_id}": "accounts.write",
    "GET /deals": "leads.read",
    "PUT /deals": "deals.write",
    "POST /deals/batch": "deals.write",
    "GET /deals/{deal_id}": "leads.read",
    "GET /metrics": "numbers.read",
    "GET /metrics/plan": "numbers.read",
    "GET /metrics/{metric}": "numbers.read",
    "GET /metrics/{metric}/leads": "numbers.read",
    "GET /reports/weekly": "numbers.read",
    "GET /reports/weekly/{number}": "numbers.read",
    "GET /reports/weekly/{number}/pdf": "numbers.read",
    "GET /duplicates": "leads.read",
    "POST /duplicates/{duplicate_id}/decision": "duplicates.decide",
    "POST /merges": "duplicates.decide",
    "POST /merges/{merge_id}/undo": "duplicates.decide",
    "GET /agreement": "agreement.read",
    "POST /agreement": "agreement.publish",
    "GET /agreement/versions": "agreement.read",
    "GET /agreement/versions/{number}": "agreement.read",
    "GET /imports": "imports.run",
    "POST /imports": "imports.run",
    "GET /imports/{job_id}": "imports.run",
    "PATCH /imports/{job_id}": "imports.run",
    "GET /imports/{job_id}/preview": "imports.run",
    "POST /imports/{job_id}/start": "imports.run",
    "GET /imports/{job_id}/rejects": "imports.run",
    "POST /imports/{job_id}/undo": "imports.run",
    "GET /hours": "worktime.own",
    "PUT /hours": "worktime.own",
    "DELETE /hours": "worktime.own",
    "GET /absences": "worktime.own",
    "POST /absences": "worktime.own",
    "DELETE /absences/{absence_id}": "worktime.own",
    "GET /days-off": "leads.read",
    "POST /days-off": "worktime.manage",
    "DELETE /days-off/{day_off_id}": "worktime.manage",
    "GET /channels": "channels.own",
    "POST /channels": "channels.own",
    "PUT /channels": "channels.own",
    "PATCH /channels/{channel_id}": "channels.own",
    "DELETE /channels/{channel_id}": "channels.own",
    "POST /channels/{channel_id}/test": "channels.own",
    "GET /webhooks": "webhooks.manage",
    "POST /webhooks": "webhooks.manage",
    "PATCH /webhooks/{webhook_id}": "webhooks.manage",
    "DELETE /webhooks/{webhook_id}": "webhooks.manage",
    "POST /webhooks/{webhook_id}/secret": "webhooks.manage",
    "POST /webhooks/{webhook_id}/test": "webhooks.manage",
    "GET /deliveries": "webhooks.manage",
    "POST /deliveries/again": "webhooks.manage",
    "POST /deliveries/{delivery_id}/again": "webhooks.manage",
    "GET /me": "",
    "GET /tokens": "tokens.own",
    "POST /tokens": "tokens.own",
    "POST /tokens/{token_id}/revoke": "tokens.own",
    "POST /leads/{lead_id}/export": "export",
    "POST /leads/{lead_id}/erasure": "erase",
}
"""Operation → the action it asks for; empty: open to whoever has a token."""
ROOT = "/api/v1"
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
NO_SUCH = "987654"


@cache
def operations() -> dict[str, dict[str, Any]]:
    """`METHOD /path` → its description."""
    from tasuki.server.api.routes import api

    return {
        f"{method.upper()} {path.removeprefix(ROOT)}": operation
        for path, kinds in api.get_openapi_schema()["paths"].items()
        for method, operation in kinds.items()
    }


def content_of(operation: dict[str, Any]) -> tuple[str, bytes]:
    """A body that fits, from the description's own example."""
    for kind, media in operation.get("requestBody", {}).get("content", {}).items():
        if kind == "multipart/form-data":
            boundary = (
                b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n'
                b"Content-Type: text/csv\r\n\r\nname,email\r\nA,a@a.example\r\n--b--\r\n"
            )
            return "multipart/form-data; boundary=b", boundary
        example = media.get("example", {})
        raw = example if isinstance(example, str) else json.dumps(example)
        return kind, raw.encode()
    return "application/json", b""


def send(name: str, plain: str | None, key: str = NO_SUCH) -> Any:
    """Ask for the operation with this token, ids in its path replaced by `key`."""
    method, path = name.split(" ")
    kind, body = content_of(operations()[name])
    headers = {"accept-language": "en"} | ({"authorization": f"Bearer {plain}"} if plain else {})
    client = Client(raise_request_exception=False)
    return client.generic(method, ROOT + re.sub(r"\{\w+\}", key, path), body, kind, headers=headers)


def refusal(response: Any) -> dict[str, Any]:
    """The inside of the error; the house's shape is checked on the way."""
    content = b"".join(response.streaming_content) if response.streaming else response.content
    told = json.loads(content)
    assert set(told) == {"error"}, told
    assert {"code", "message"} <= set(told["error"]) <= {"code", "message", "cure", "field", "details"}
    error: dict[str, Any] = told["error"]
    return error


@pytest.fixture(autouse=True)
def _no_token_is_remembered() -> Iterator[None]:
    tokens.forget()
    yield
    tokens.forget()


@pytest.fixture
def token_of(person: Callable[..., User]) -> Callable[..., str]:
    """A token as nobody would be issued it: with any scopes, of a user of any role."""

    def make(role: str, scopes: list[str], sight: str = Sight.ALL) -> str:
        user = person(f"a-{role}", Role(role), None, Sight(sight))
        plain = f"tsk_{role.replace('_', '-')}".ljust(47, "x")
        Token.objects.create(user=user, name=role, digest=tokens.digest_of(plain), hint="", scopes=scopes)
        return plain

    return make


def test_every_operation_says_which_action_it_is() -> None:
    assert set(operations()) == set(ACTIONS)
    assert set(ACTIONS.values()) <= {"", *ALLOWED}


@pytest.mark.parametrize("name", ACTIONS)
def test_without_a_token_nothing_is_open(name: str) -> None:
    response = send(name, None)
    assert response.status_code == 401
    assert refusal(response)["cure"]


@pytest.mark.parametrize("name", ACTIONS)
def test_a_token_that_was_revoked_opens_nothing(name: str, token_of: Callable[..., str]) -> None:
    plain = token_of("administrator", list(SCOPES))
    Token.objects.update(revoked_at=datetime(2026, 1, 1, tzinfo=UTC))
    assert send(name, plain).status_code == 401


@pytest.mark.parametrize("name", [name for name, action in ACTIONS.items() if action])
def test_a_token_without_the_scope_opens_nothing(name: str, token_of: Callable[..., str]) -> None:
    scopes = [scope for scope in SCOPES if scope != ACTIONS[name]]
    response = send(name, token_of("administrator", scopes))
    assert response.status_code == 403
    assert refusal(response)["code"] == "scope_missing"


@pytest.mark.parametrize(
    ("name", "role"),
    [
        (name, role)
        for name, action in ACTIONS.items()
        for role in Role.values
        if action and role not in ALLOWED[action]
    ],
)
def test_a_role_that_may_not_cannot_even_with_the_scope(
    name: str, role: str, token_of: Callable[..., str]
) -> None:
    response = send(name, token_of(role, [*SCOPES, ACTIONS[name]]))
    assert response.status_code == 403
    error = refusal(response)
    assert error["code"] == "role_not_allowed"
    assert error["cure"]


ABOUT_A_LEAD = [name for name in ACTIONS if "{lead_id}" in name]


@pytest.mark.parametrize("name", ABOUT_A_LEAD)
def test_anothers_lead_is_not_there_and_neither_is_one_that_never_was(
    name: str, token_of: Callable[..., str], sales_rep: Actor
) -> None:
    lead = Lead.objects.create(name="山田", owner=sales_rep.user, created_at=datetime(2026, 1, 1, tzinfo=UTC))
    plain = token_of("administrator", list(SCOPES), Sight.OWN)
    there, missing = send(name, plain, str(lead.pk)), send(name, plain)
    assert there.status_code == missing.status_code == 404
    as_missing = json.loads(json.dumps(refusal(there)).replace(str(lead.pk), NO_SUCH))
    assert as_missing == refusal(missing), "nothing tells the two apart"
    assert not AuditEntry.objects.exists(), "nothing was written"


@pytest.mark.parametrize("name", [name for name in ACTIONS if "{" in name])
def test_what_is_not_there_is_not_found(name: str, token_of: Callable[..., str]) -> None:
    plain = token_of("administrator", [*SCOPES, "tokens.own"])
    assert send(name, plain, NO_SUCH).status_code == 404
    for key in ("0", "-1", "9223372036854775807", "9" * 40, "x", "1.5", "%00"):
        assert send(name, plain, key).status_code in {400, 404, 422}


@pytest.mark.parametrize("path", sorted({name.split(" ")[1] for name in ACTIONS}))
def test_another_method_is_refused_in_the_same_shape(path: str, token_of: Callable[..., str]) -> None:
    plain = token_of("administrator", list(SCOPES))
    allowed = {name.split(" ")[0] for name in ACTIONS if name.endswith(f" {path}")}
    for method in set(METHODS) - allowed:
        response = Client(raise_request_exception=False).generic(
            method, ROOT + re.sub(r"\{\w+\}", "1", path), headers={"authorization": f"Bearer {plain}"}
        )
        assert response.status_code == 405, method
        assert refusal(response)
        assert set(response["Allow"].replace(" ", "").split(",")) >= allowed


@pytest.mark.parametrize("name", [name for name in ACTIONS if not name.startswith("GET")])
def test_a_page_elsewhere_cannot_write_with_someones_session(name: str, administrator: Actor) -> None:
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    client.force_login(administrator.user)
    method, path = name.split(" ")
    kind, body = content_of(operations()[name])
    response = client.generic(method, ROOT + re.sub(r"\{\w+\}", NO_SUCH, path), body, kind)
    assert response.status_code == 403
    assert refusal(response)["cure"]


@pytest.mark.parametrize("name", [name for name in ACTIONS if name.startswith("GET") and "{" not in name])
def test_a_session_may_read_what_its_role_may(name: str, administrator: Actor) -> None:
    client = Client()
    client.force_login(administrator.user)
    assert client.get(ROOT + name.split(" ")[1]).status_code in {200, 404}
