"""Schemathesis attacks every operation along the API's own description, and finds nothing.

All of its checks are on. 400 and 422 count as answers to what fits the schema too: that a text holds no NUL byte,
that a mail address is one, that a stage is one of the agreement cannot be said in a JSON Schema.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, settings
from schemathesis.checks import load_all_checks
from schemathesis.config import SchemathesisConfig

from tasuki.server.core.access import Actor
from tasuki.server.wsgi import application
from tests.server.api.conftest import Api

load_all_checks()


@schemathesis.serializer("application/x-ndjson")
def as_lines(_context: schemathesis.SerializationContext, value: object) -> bytes:
    return str(value).encode()


EXAMPLES = int(os.environ.get("TASUKI_API_EXAMPLES", "8"))
CONFIG = SchemathesisConfig.from_dict(
    {
        "generation": {"mode": "all", "deterministic": True, "database": "none"},
        "checks": {
            "positive_data_acceptance": {
                "expected-statuses": ["2xx", "400", "401", "403", "404", "409", "422"],
            },
        },
    }
)
schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", application, config=CONFIG)


@pytest.fixture
def token(
    api_of: Callable[..., Api], administrator: Actor, tmp_path: Path, settings: pytest.FixtureRequest
) -> Iterator[str]:
    settings.MEDIA_ROOT = str(tmp_path)  # type: ignore[attr-defined]
    for signal in (
        request_started,
        request_finished,
    ):  # as Django's own test client does: one connection, one transaction
        signal.disconnect(close_old_connections)
    yield api_of(administrator).headers["authorization"]
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@schema.parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
def test_nothing_is_found(case: schemathesis.Case, token: str) -> None:
    case.call_and_validate(headers={"Authorization": token, "Host": "localhost", "Accept-Language": "en"})
