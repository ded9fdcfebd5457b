from __future__ import annotations

import logging

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.urls import resolve
from prometheus_client import REGISTRY

from tasuki.server.running.middleware import Measured, route_of


def counted(route: str, method: str, status: str) -> float:
    labels = {"route": route, "method": method, "status": status}
    return REGISTRY.get_sample_value("tasuki_request_seconds_count", labels) or 0.0


def passed(request: HttpRequest, status: int = 200) -> HttpResponse:
    return Measured(lambda _: HttpResponse(status=status))(request)


def test_a_request_is_counted_by_route_method_and_status():
    before = counted("unmatched", "GET", "404")
    passed(RequestFactory().get("/no/such/page"), 404)
    assert counted("unmatched", "GET", "404") == before + 1


def test_an_odd_method_makes_no_new_series():
    before = counted("unmatched", "OTHER", "405")
    passed(RequestFactory().generic("BREW", "/coffee"), 405)
    assert counted("unmatched", "OTHER", "405") == before + 1


def test_a_fault_is_counted_by_itself():
    before = REGISTRY.get_sample_value("tasuki_faults_total", {"route": "unmatched"}) or 0.0
    passed(RequestFactory().get("/broken"), 500)
    assert REGISTRY.get_sample_value("tasuki_faults_total", {"route": "unmatched"}) == before + 1


def test_a_request_is_logged_by_its_route_and_nothing_that_names_a_person(caplog):
    request = RequestFactory().get("/healthz?email=hanako@example.co.jp", HTTP_USER_AGENT="secret-agent")
    request.path_info = "/leads/hanako@example.co.jp"
    with caplog.at_level(logging.INFO, "tasuki.request"):
        passed(request)
    (record,) = caplog.records
    assert (record.route, record.method, record.status) == ("unmatched", "GET", 200)
    assert record.ms >= 0
    assert "hanako" not in str(record.__dict__)
    assert "secret-agent" not in str(record.__dict__)


def test_the_route_is_the_pattern_of_an_address():
    request = RequestFactory().get("/healthz")
    request.resolver_match = resolve("/healthz")
    assert route_of(request) == "/healthz"


@pytest.mark.django_db
def test_probes_are_not_counted_and_not_logged(client, caplog):
    with caplog.at_level(logging.INFO, "tasuki.request"):
        client.get("/healthz")
    assert not caplog.records
