from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from tasuki.server.core import clock, tokens
from tasuki.server.core.access import Actor
from tasuki.server.core.models import Heartbeat
from tasuki.server.running import heartbeat

ELSEWHERE = {"REMOTE_ADDR": "203.0.113.9"}


@pytest.mark.django_db
def test_a_process_says_that_it_is_up_without_asking_the_database(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        answer = client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


@pytest.mark.django_db
def test_probes_answer_under_any_host_name():
    assert Client(headers={"host": "10.1.2.3"}).get("/healthz").status_code == 200
    assert Client(headers={"host": "nobody-named-this"}).get("/readyz").status_code == 200


@pytest.mark.django_db
def test_an_installation_without_worker_and_agreement_is_ready_but_says_what_is_missing(client):
    answer = client.get("/readyz")
    assert answer.status_code == 200
    told = answer.json()
    assert told["status"] == "degraded"
    assert told["parts"]["worker"] == {"ok": False, "says": "none"}
    assert told["parts"]["agreement"] == {"ok": False, "says": "none in force"}
    assert told["parts"]["database"]["ok"]
    assert told["parts"]["migrations"]["ok"]


@pytest.mark.django_db
def test_a_worker_that_has_fallen_silent_is_told(client):
    heartbeat.beat("one", clock.now())
    assert client.get("/readyz").json()["parts"]["worker"]["ok"]
    Heartbeat.objects.update(at=clock.now() - timedelta(minutes=5))
    assert client.get("/readyz").json()["parts"]["worker"] == {"ok": False, "says": "heard 300 s ago"}


@pytest.mark.django_db
def test_without_its_database_an_installation_is_not_ready(client, monkeypatch):
    from django.db import OperationalError, connection

    def away():
        raise OperationalError("no")

    monkeypatch.setattr(connection, "cursor", away)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["status"] == "unavailable"


@pytest.mark.django_db
def test_missing_migrations_make_an_installation_unready(client, monkeypatch):
    from tasuki.server.running import readiness

    monkeypatch.setattr(readiness._Schema, "complete", False)
    monkeypatch.setattr(readiness, "unapplied", lambda: ["core.0002_more"])
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["parts"]["migrations"]["says"]) == (503, "1 missing")


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/healthz", "/readyz", "/metrics"])
def test_probes_can_only_be_read(client, address):
    answer = client.post(address)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD")
    assert answer.json()["error"]["code"] == "method_not_allowed"


@pytest.mark.django_db
def test_metrics_are_open_on_this_machine_only(client):
    answer = client.get("/metrics")
    assert answer.status_code == 200
    text = answer.content.decode()
    for name in (
        "tasuki_build_info",
        "tasuki_due_leads",
        "tasuki_jobs",
        "tasuki_workers",
        "tasuki_request_seconds",
    ):
        assert name in text
    far = client.get("/metrics", **ELSEWHERE)
    assert (far.status_code, far.json()["error"]["code"]) == (401, "token_missing")


@pytest.mark.django_db
@pytest.mark.parametrize("header", ["X-Forwarded-For", "X-Real-IP", "Forwarded", "Via"])
def test_a_request_handed_on_by_a_proxy_is_not_of_this_machine(client, header):
    assert client.get("/metrics", headers={header: "203.0.113.9"}).status_code == 401


@pytest.mark.django_db
def test_from_elsewhere_metrics_need_a_token_with_their_scope(client, manager: Actor):
    _, reading = tokens.issue(manager, name="prometheus", scopes=["metrics.read"])
    _, other = tokens.issue(manager, name="other", scopes=["leads.read"])
    assert (
        client.get("/metrics", headers={"Authorization": f"Bearer {reading}"}, **ELSEWHERE).status_code == 200
    )
    assert (
        client.get("/metrics", headers={"Authorization": f"Bearer {other}"}, **ELSEWHERE).status_code == 403
    )
    assert client.get("/metrics", headers={"Authorization": "Bearer tsk_x"}, **ELSEWHERE).status_code == 401
