"""What every request passes, tried on addresses of our own: `tests.server.core.urls`."""

from __future__ import annotations

import logging
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings as installed
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tasuki.server import core
from tasuki.server.core import clock, commands
from tasuki.server.core.logs import request_id
from tasuki.server.core.middleware import COOKIE, LONGEST_QUERY, RequestId
from tests.server.core import urls as tried

pytestmark = [pytest.mark.urls("tests.server.core.urls"), pytest.mark.django_db]
ERROR_KEYS = {"code", "message", "cure", "field", "details"}


@pytest.fixture
def client() -> Client:
    """One that sees answers where a browser would, not the exception."""
    return Client(raise_request_exception=False)


def test_the_installation_names_the_same_handlers_as_these_tests():
    from tasuki.server import urls

    for name in ("handler400", "handler403", "handler404", "handler500"):
        assert getattr(urls, name) == getattr(tried, name)
    assert installed.CSRF_FAILURE_VIEW == "tasuki.server.core.answers.csrf_failure"


@pytest.mark.parametrize(
    "path", ["/told", "/refused", "/nowhere", "/broken", "/api/v1/told", "/api/v1/nowhere"]
)
def test_every_answer_tells_the_browser_what_to_refuse(client, path):
    headers = client.get(path).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cache-Control"] == "private, no-store"
    assert "camera=()" in headers["Permissions-Policy"]


def test_every_request_has_an_id_that_its_answer_and_its_log_carry(rf):
    seen = []

    def view(request):
        seen.append((request.id, request_id.get()))
        return HttpResponse()

    for given, kept in [("from-proxy-1", True), ("x" * 65, False), ("a b c d e", False), ("", False)]:
        answer = RequestId(view)(rf.get("/", headers={"X-Request-ID": given}))
        assert seen[-1] == (answer.headers["X-Request-ID"],) * 2
        assert (answer.headers["X-Request-ID"] == given) == kept
    assert request_id.get() == ""
    assert len(set(seen)) == 4


def test_a_view_may_have_its_own_policy(client):
    assert client.get("/own-policy").headers["Content-Security-Policy"] == "default-src 'none'"


def test_over_https_browsers_are_told_to_stay_there(client, settings):
    assert "Strict-Transport-Security" not in client.get("/told", secure=True).headers
    settings.SECURE_HSTS_SECONDS = 31_536_000
    assert "max-age=31536000" in Client().get("/told", secure=True).headers["Strict-Transport-Security"]


def test_cookies_cannot_be_read_by_scripts_nor_sent_from_elsewhere():
    assert installed.SESSION_COOKIE_HTTPONLY
    assert installed.SESSION_COOKIE_SAMESITE == "Lax"


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/api/v1/nowhere", 404, "not_found"),
        ("/api/v1/refused", 409, "clash"),
        ("/api/v1/denied", 403, "not_allowed"),
        ("/api/v1/broken", 500, "fault"),
        ("/api/v1/told?a=%00", 400, "bad_address"),
        ("/api/v1/told?a=" + "x" * LONGEST_QUERY, 400, "bad_address"),
    ],
)
def test_under_api_what_goes_wrong_has_the_houses_shape(client, path, status, code):
    response = client.get(path, headers={"Accept-Language": "en"})
    assert response.status_code == status
    error = response.json()["error"]
    assert error["code"] == code
    assert error["message"]
    assert error["cure"]
    assert set(error) <= ERROR_KEYS


def test_details_come_along(client):
    details = client.get("/api/v1/refused").json()["error"]["details"]
    assert details == [{"code": "worse", "message": "<b>First</b>", "field": "a"}]


@pytest.mark.parametrize(
    ("path", "status"),
    [("/nowhere", 404), ("/refused", 409), ("/denied", 403), ("/broken", 500), ("/told?a=%00", 400)],
)
def test_elsewhere_it_is_a_plain_page_that_says_what_to_do(client, path, status):
    response = client.get(path, headers={"Accept": "text/html"})
    assert response.status_code == status
    page = response.content.decode()
    assert "<h1>" in page
    assert 'href="/"' in page
    assert "taro@example.jp" not in page
    assert "Traceback" not in page


def test_what_someone_typed_is_shown_and_never_run(client):
    page = client.get("/refused", headers={"Accept": "text/html"}).content.decode()
    assert "<b>First</b>" not in page
    assert "&lt;b&gt;First" in page


def test_a_program_that_asks_a_page_for_json_gets_json(client):
    assert (
        client.get("/nowhere", headers={"Accept": "application/json"}).json()["error"]["code"] == "not_found"
    )


def test_pages_of_errors_hold_no_script_and_no_style_of_their_own():
    source = (Path(core.__file__).parent / "templates/errors/refused.html").read_text("utf-8")
    assert not re.search(r"<script|<style|\sstyle=|\son[a-z]+=", source)
    assert (Path(core.__file__).parent / "static/core/errors.css").is_file()


def test_a_form_from_elsewhere_changes_nothing_and_says_why():
    client = Client(enforce_csrf_checks=True)
    response = client.post("/told", {"a": "1"}, headers={"Accept": "text/html"})
    assert response.status_code == 403
    assert "reload the page" in response.content.decode()
    assert client.post("/api/v1/told", {"a": "1"}).json()["error"]["code"] == "form_expired"


@pytest.mark.parametrize("path", ["/told", "/api/v1/told"])
def test_what_is_too_large_is_refused_before_it_is_read(client, path, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000
    settings.UPLOAD_LIMIT = 2_000_000
    body = "x" * 1_001
    assert client.post(path, body, content_type="application/json").status_code == 413
    assert client.post(path, body, content_type="application/x-ndjson").status_code != 413
    form = client.post(path, "x" * 4_000_000, content_type="multipart/form-data; boundary=b")
    assert form.status_code == 413
    assert client.post(path, {"a": "fits"}).json()["posted"] == {"a": "fits"}


def test_a_length_that_is_no_number_is_refused(client):
    assert client.post("/told", "x", content_type="text/plain", CONTENT_LENGTH="-1").status_code == 413


def test_too_many_fields_are_refused_and_not_read(client):
    response = client.post("/api/v1/told", {f"f{number}": "1" for number in range(2_100)})
    assert response.status_code == 400
    assert response.json()["error"]["code"] == "bad_request"


def test_without_a_session_language_follows_the_cookie_then_the_client_then_the_installation(client):
    assert client.get("/told", headers={"Accept-Language": "ja"}).json()["language"] == "ja"
    client.cookies[COOKIE] = "en"
    assert client.get("/told", headers={"Accept-Language": "ja"}).json()["language"] == "en"
    client.cookies[COOKIE] = "xx"
    response = client.get("/told", headers={"Accept-Language": "fr"})
    assert response.json()["language"] == installed.LANGUAGE_CODE
    assert response.headers["Content-Language"] == installed.LANGUAGE_CODE
    assert response.json()["zone"] == "Asia/Tokyo"


def test_what_the_person_has_chosen_goes_before_all(client, sales_rep):
    client.force_login(sales_rep.user)
    commands.put_preferences(sales_rep, language="ja", time_zone="Europe/Berlin")
    client.cookies[COOKIE] = "en"
    told = client.get("/told", headers={"Accept-Language": "en"}).json()
    assert (told["language"], told["zone"], told["user"]) == ("ja", "Europe/Berlin", "sakai")
    sales_rep.user.refresh_from_db()
    sales_rep.user.time_zone = "Gone/Away"
    sales_rep.user.save()
    assert client.get("/told").json()["zone"] == "Asia/Tokyo"


def test_a_request_without_a_session_asks_the_database_nothing(client):
    with CaptureQueriesContext(connection) as asked:
        client.get("/api/v1/told")
    assert len(asked) == 0


def test_a_session_costs_two_queries(client, sales_rep):
    client.force_login(sales_rep.user)
    client.get("/told")
    with CaptureQueriesContext(connection) as asked:
        client.get("/told")
    assert len(asked) == 2, [query["sql"] for query in asked]


def test_a_session_that_has_lasted_a_fortnight_is_over(client, sales_rep):
    client.force_login(sales_rep.user)
    begun = datetime(2026, 4, 1, tzinfo=UTC)
    with clock.at(begun):
        assert client.get("/told").json()["user"] == "sakai"
    with clock.at(begun + timedelta(days=15)):
        assert client.get("/told").json()["user"] == ""


def test_a_deactivated_user_is_out_with_the_next_click(client, sales_rep, administrator):
    client.force_login(sales_rep.user)
    commands.deactivate_user(administrator, sales_rep.user.pk)
    assert client.get("/told").json()["user"] == ""


def test_a_new_password_ends_the_sessions_that_are_open(client, sales_rep, administrator):
    client.force_login(sales_rep.user)
    commands.set_password(administrator, sales_rep.user.pk, password="kaze mori tsuki")
    assert client.get("/told").json()["user"] == ""


def test_a_fault_is_logged_without_what_is_personal(client, caplog):
    from tasuki.server.core.logs import JsonFormatter

    with caplog.at_level(logging.ERROR):
        client.get("/broken")
    lines = [JsonFormatter().format(record) for record in caplog.records]
    assert any("ValueError" in line for line in lines)
    assert not any("taro@" in line or "tsk_0123" in line for line in lines)
