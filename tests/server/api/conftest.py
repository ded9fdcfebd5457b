"""Clients that speak with the API: with a token, and signed in."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client

from tasuki.server.core import tokens
from tasuki.server.core.access import ALLOWED, SCOPES, Actor

ROOT = "/api/v1"


class Api:
    """Requests with a token, and what comes back as (status, value)."""

    def __init__(self, plain: str, language: str = "en") -> None:
        self.client = Client(raise_request_exception=False)
        self.headers = {"authorization": f"Bearer {plain}", "accept-language": language}

    def __call__(self, method: str, path: str, body: Any = None, **query: Any) -> tuple[int, Any]:
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        return self.send(method, path, raw, "application/json", query)

    def send(
        self, method: str, path: str, raw: bytes, kind: str, query: dict[str, Any] | None = None
    ) -> tuple[int, Any]:
        response = self.client.generic(
            method, ROOT + path, raw, kind, headers=self.headers, query_params=query or {}
        )
        content = b"".join(response.streaming_content) if response.streaming else response.content
        if response["Content-Type"].startswith("application/json"):
            return response.status_code, json.loads(content) if content else None
        return response.status_code, content


@pytest.fixture(autouse=True)
def _no_token_is_remembered() -> Iterator[None]:
    tokens.forget()
    yield
    tokens.forget()


@pytest.fixture
def api_of() -> Callable[..., Api]:
    """The API as that actor's token sees it, with all scopes of its role or those given."""

    def make(actor: Actor, *scopes: str, language: str = "en") -> Api:
        assert actor.user is not None
        wanted = scopes or [scope for scope in SCOPES if actor.user.role in ALLOWED[scope]]
        name = f"{actor.user.username} {len(wanted)}"
        return Api(tokens.issue(actor, name=name, scopes=wanted)[1], language)

    return make


@pytest.fixture
def api(api_of: Callable[..., Api], administrator: Actor) -> Api:
    return api_of(administrator)
