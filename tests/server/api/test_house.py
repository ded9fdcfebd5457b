"""Every failure comes in one shape, in the reader's language, and says the cure."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client
from pydantic import BaseModel

from tasuki.server.core import tokens
from tasuki.server.core.access import Actor
from tests.server.api.conftest import Api


def problem(answer: tuple[int, Any]) -> dict[str, Any]:
    """The inside of the error; the shape is checked on the way."""
    _status, body = answer
    assert set(body) == {"error"}
    assert {"code", "message"} <= set(body["error"]) <= {"code", "message", "cure", "field", "details"}
    return dict(body["error"])


def test_without_a_token_one_is_told_how_to_get_one(db: None):
    response = Client().get("/api/v1/leads")
    assert response.status_code == 401
    assert response["WWW-Authenticate"] == "Bearer"
    assert response.json()["error"]["code"] == "not_signed_in"


@pytest.mark.parametrize(
    "header", ["Bearer nonsense", "Bearer ", "Bearer tsk_" + "x" * 43, "Basic eDp5", "é"]
)
def test_a_token_that_is_none_opens_nothing(db: None, header: str):
    response = Client().get("/api/v1/me", headers={"authorization": header})
    assert response.status_code == 401
    assert "error" in response.json()


def test_a_revoked_token_opens_nothing(db: None, marketer: Actor):
    token, plain = tokens.issue(marketer, name="web", scopes=["leads.read"])
    client = Client(headers={"authorization": f"Bearer {plain}"})
    assert client.get("/api/v1/me").json()["token"] == "web"
    tokens.revoke(marketer, token.pk)
    assert client.get("/api/v1/me").status_code == 401


def test_a_scope_that_lacks_is_named(api_of: Callable[..., Api], marketer: Actor):
    status, body = api_of(marketer, "leads.read")("PUT", "/accounts", {"fields": {"name": "Yamada"}})
    assert status == 403
    assert "accounts.write" in body["error"]["message"]


def test_the_session_works_with_the_csrf_token_and_writes_nothing_without(db: None, marketer: Actor):
    client = Client(enforce_csrf_checks=True)
    client.force_login(marketer.user, "django.contrib.auth.backends.ModelBackend")
    assert client.get("/api/v1/me").json()["username"] == "makino"
    body = json.dumps({"fields": {"name": "Yamada"}})
    refused = client.put("/api/v1/accounts", body, "application/json")
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "csrf")
    secret = "a" * 32
    client.cookies["csrftoken"] = secret
    done = client.put("/api/v1/accounts", body, "application/json", headers={"x-csrftoken": secret})
    assert done.status_code == 201


def test_an_unknown_address_and_a_wrong_method_come_in_the_shape_too(api: Api):
    assert problem(api("GET", "/nothing/here"))["code"] == "address_unknown"
    assert problem(api("GET", "/"))["code"] == "address_unknown"
    status, body = api("DELETE", "/accounts")
    assert (status, body["error"]["code"]) == (405, "wrong_method")
    assert "GET" in body["error"]["cure"]


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"{", "bad_json"),
        (b'{"fields": {"name": "\xff"}}', "bad_json"),
        (b'{"fields": {"name": "\\ud800"}}', "bad_json"),
        (b'{"fields": {"name": NaN}}', "bad_json"),
        (b"[" * 100_000, "bad_json"),
        ("山田".encode("cp932"), "bad_json"),
        (b"", "missing"),
        (b"[]", "not_object"),
        (b"null", "not_object"),
        (b'{"fields": {"name": "a\\u0000b"}}', "nul_byte"),
        (b'{"fields": {"na\\u0000me": "b"}}', "nul_byte"),
        (b'{"feilds": {}}', "unknown_field"),
        (b'{"fields": {"name": 1e999}}', "number_out_of_range"),
        (b'{"fields": {"name": ' + b"9" * 4000 + b"}}", None),
        (b'{"fields": ' + b'{"a":' * 50 + b"1" + b"}" * 50 + b"}", "too_deep"),
        (b'{"at": "2026-02-30T00:00:00Z"}', "time_invalid"),
        (b'{"at": "2026-02-03T00:00:00"}', "time_without_zone"),
        (b'{"at": "9999-12-31T23:59:59-12:00"}', "time_out_of_range"),
        (b'{"at": "0001-01-01T00:00:00+14:00"}', "time_out_of_range"),
        (b'{"at": 5}', "time_invalid"),
        (b'{"id": 99999999999999999999}', "too_large"),
        (b'{"id": true}', "not_whole_number"),
        (b'{"owner": "' + b"x" * 10_000_000 + b'"}', "too_long"),
    ],
)
def test_bad_input_is_told_and_never_a_fault(api: Api, raw: bytes, code: str | None):
    status, body = api("PUT", "/accounts", raw)
    assert 400 <= status < 500
    if code is not None:
        assert body["error"]["code"] == code, body


def test_a_body_that_is_no_json_by_its_header_is_refused(api: Api):
    status, body = api.send("PUT", "/accounts", b"name=x", "application/x-www-form-urlencoded")
    assert (status, body["error"]["code"]) == (422, "not_json")


def test_a_body_that_is_too_large_is_refused(api: Api, settings: Any):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    status, body = api("PUT", "/accounts", b'{"a": "' + b"x" * 2000 + b'"}')
    assert (status, body["error"]["code"]) == (413, "too_large")


def test_a_misspelt_parameter_is_not_passed_over(api: Api):
    status, body = api("GET", "/accounts", serach="x")
    assert (status, body["error"]["field"]) == (422, "serach")


def test_several_mistakes_are_told_at_once(api: Api):
    found = problem(api("PUT", "/accounts", {"at": "x", "owner": 5, "nonsense": 1}))
    assert {detail["field"] for detail in found["details"]} == {"at", "owner", "nonsense"}


def test_errors_come_in_the_language_asked_for(api_of: Callable[..., Api], marketer: Actor):
    japanese = api_of(marketer, language="ja")("PUT", "/accounts", b"{")
    assert japanese[0] == 400


def test_the_description_names_every_operation_with_its_errors(db: None):
    schema = Client().get("/api/v1/openapi.json").json()
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            assert operation["summary"], path
            assert operation["description"], path
            assert operation["tags"], path
            assert {"401", "403", "422"} <= set(operation["responses"]), path
            body = operation.get("requestBody", {}).get("content", {})
            for kind, content in body.items():
                assert "multipart" in kind or "ndjson" in kind or "example" in content, (method, path)


def test_no_two_models_share_a_name_for_the_description_knows_them_by_it():
    def below(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
        for one in model.__subclasses__():
            yield one
            yield from below(one)

    ours = {one for one in below(BaseModel) if one.__module__.startswith("tasuki.server.api")}
    names = Counter(one.__name__ for one in ours)
    assert [name for name, count in names.items() if count > 1] == []
