from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpRequest
from django.test import RequestFactory
from django.utils import timezone

from tasuki.server.core import clock, commands, sign_in
from tasuki.server.core.access import SYSTEM, Actor
from tasuki.server.core.errors import Invalid, NotAllowed, NotSignedIn, TooMany
from tasuki.server.core.models import AuditEntry, Role, User
from tests.server.core.conftest import PASSWORD

MORNING = datetime(2026, 4, 1, 0, 0, tzinfo=UTC)


@pytest.fixture
def request_from(db: None, rf: RequestFactory) -> Callable[..., HttpRequest]:
    """A request of somebody not signed in, from an address."""

    def make(address: str = "192.0.2.1", **headers: Any) -> HttpRequest:
        request = rf.post("/sign-in", REMOTE_ADDR=address, **headers)
        request.session = SessionStore()
        from django.contrib.auth.models import AnonymousUser

        request.user = AnonymousUser()
        return request

    return make


def test_name_and_password_open_a_session_and_the_audit_says_so(request_from, with_password):
    user, request = with_password("sakai"), request_from()
    assert sign_in.sign_in(request, "sakai", PASSWORD) == user
    assert request.session["_auth_user_id"] == str(user.pk)
    entry = AuditEntry.objects.get(action="session.open")
    assert (entry.user, entry.address, entry.subject) == (user, "192.0.2.1", f"user:{user.pk}")


@pytest.mark.parametrize("typed", ["Sakai", " SAKAI ", "ｓａｋａｉ"])
def test_capitals_and_full_width_lock_nobody_out(request_from, typed):
    commands.create_user(SYSTEM, username="Sakai", role="sales", password=PASSWORD)
    assert sign_in.sign_in(request_from(), typed, PASSWORD).username == "sakai"


def test_a_wrong_password_and_a_wrong_name_are_told_alike(request_from, with_password):
    with_password("sakai")
    with pytest.raises(NotSignedIn) as wrong_password:
        sign_in.sign_in(request_from(), "sakai", "nope")
    with pytest.raises(NotSignedIn) as wrong_name:
        sign_in.sign_in(request_from(), "nobody", PASSWORD)
    assert wrong_password.value.as_json() == wrong_name.value.as_json()


def test_a_deactivated_user_cannot_sign_in(request_from, with_password, administrator):
    user = with_password("sakai")
    commands.deactivate_user(administrator, user.pk)
    with pytest.raises(NotSignedIn):
        sign_in.sign_in(request_from(), "sakai", PASSWORD)


@pytest.mark.parametrize("typed", ["", "\0", "a" * 10_000, "'; --", "酒井", "\ud800"])
def test_odd_names_and_passwords_are_refused_like_others(request_from, with_password, typed):
    with_password("sakai")
    with pytest.raises(NotSignedIn):
        sign_in.sign_in(request_from(), typed, PASSWORD)
    with pytest.raises(NotSignedIn):
        sign_in.sign_in(request_from(), "sakai", typed)


def fail(request_from, times: int, name: str = "sakai", address: str = "192.0.2.1") -> None:
    for _time in range(times):
        with pytest.raises(NotSignedIn):
            sign_in.sign_in(request_from(address), name, "nope")


def test_after_too_many_failures_even_the_right_password_waits_and_the_time_is_told(
    request_from, with_password, settings
):
    settings.AXES_FAILURE_LIMIT = 3
    with_password("sakai")
    fail(request_from, 2)
    with pytest.raises(TooMany) as refused:
        sign_in.sign_in(request_from(), "sakai", "nope")
    assert refused.value.cure == "Wait 15 minutes, then try again."
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=14, seconds=5))
    request = request_from()
    with pytest.raises(TooMany) as refused:
        sign_in.sign_in(request, "sakai", PASSWORD)
    assert refused.value.cure == "Wait 1 minute, then try again.", "trying did not start the wait anew"
    assert not getattr(request, "axes_locked_out", False), "the page answers, not axes"
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=16))
    sign_in.sign_in(request_from(), "sakai", PASSWORD)


def test_one_who_guesses_from_elsewhere_does_not_lock_the_owner_out(request_from, with_password, settings):
    settings.AXES_FAILURE_LIMIT = 3
    with_password("sakai")
    fail(request_from, 2, address="198.51.100.9")
    with pytest.raises(TooMany):
        sign_in.sign_in(request_from("198.51.100.9"), "sakai", "nope")
    sign_in.sign_in(request_from("192.0.2.1"), "sakai", PASSWORD)


def test_a_sign_in_that_works_forgets_the_failures_before(request_from, with_password, settings):
    settings.AXES_FAILURE_LIMIT = 3
    with_password("sakai")
    for _day in range(3):
        fail(request_from, 2)
        sign_in.sign_in(request_from(), "sakai", PASSWORD)


def test_behind_proxies_the_address_is_what_ours_saw_and_not_what_a_client_claims(request_from, settings):
    claimed = {"HTTP_X_FORWARDED_FOR": "10.9.9.9, 198.51.100.9"}
    assert sign_in.address_of(request_from("127.0.0.1", **claimed)) == "127.0.0.1"
    settings.PROXIES = 1
    assert sign_in.address_of(request_from("127.0.0.1", **claimed)) == "198.51.100.9"
    assert sign_in.address_of(request_from("127.0.0.1")) == "127.0.0.1"
    assert sign_in.address_of(request_from("127.0.0.1", HTTP_X_FORWARDED_FOR="no address")) is None


def test_one_click_is_for_the_people_of_the_demo_only(request_from, with_password, settings):
    with_password("demo-marketing")
    with_password("sakai")
    with pytest.raises(NotAllowed):
        sign_in.sign_in_as(request_from(), "demo-marketing")
    settings.DEMO = True
    assert sign_in.sign_in_as(request_from(), "demo-marketing").username == "demo-marketing"
    with pytest.raises(NotAllowed):
        sign_in.sign_in_as(request_from(), "sakai")


def test_in_the_demo_one_can_be_the_colleague_to_whom_a_lead_was_handed(
    request_from, with_password, settings
):
    with_password("field-03", password=None)
    with pytest.raises(NotAllowed):
        sign_in.sign_in_as(request_from(), "field-03")
    settings.DEMO = True
    assert sign_in.sign_in_as(request_from(), "field-03").username == "field-03"


def test_signing_out_ends_the_session(request_from, with_password):
    with_password("sakai")
    request = request_from()
    sign_in.sign_in(request, "sakai", PASSWORD)
    sign_in.sign_out(request)
    assert "_auth_user_id" not in request.session
    assert AuditEntry.objects.filter(action="session.close").count() == 1
    sign_in.sign_out(request)


def test_one_changes_ones_password_by_telling_the_old_one(request_from, with_password):
    user, request = with_password("sakai"), request_from()
    sign_in.sign_in(request, "sakai", PASSWORD)
    with pytest.raises(Invalid) as refused:
        sign_in.change_password(request, old="nope", new="kaze mori tsuki")
    assert refused.value.field == "old"
    with pytest.raises(Invalid) as refused:
        sign_in.change_password(request, old=PASSWORD, new="12345")
    assert refused.value.field == "new"
    sign_in.change_password(request, old=PASSWORD, new="kaze mori tsuki")
    assert User.objects.get(pk=user.pk).check_password("kaze mori tsuki")
    assert AuditEntry.objects.filter(action="user.password", user=user).count() == 1


def test_guessing_the_old_password_in_an_open_session_is_throttled_too(request_from, with_password, settings):
    settings.AXES_FAILURE_LIMIT = 3
    with_password("sakai")
    request = request_from()
    sign_in.sign_in(request, "sakai", PASSWORD)

    def guess() -> None:
        again = request_from()
        again.user = request.user
        sign_in.change_password(again, old="nope", new="kaze mori tsuki")

    for _time in range(2):
        with pytest.raises(Invalid):
            guess()
    with pytest.raises(TooMany):
        guess()


def test_a_session_is_kept_alive_by_use_written_seldom_and_ends_after_a_fortnight(
    request_from, with_password
):
    with_password("sakai")
    request = request_from()
    with clock.at(MORNING):
        sign_in.sign_in(request, "sakai", PASSWORD)
    request.session.modified = False
    with clock.at(MORNING + timedelta(minutes=14)):
        sign_in.keep_alive(request)
    assert not request.session.modified
    with clock.at(MORNING + timedelta(minutes=16)):
        sign_in.keep_alive(request)
    assert request.session.modified
    with clock.at(MORNING + timedelta(days=13)):
        sign_in.keep_alive(request)
    assert request.user.is_authenticated
    with clock.at(MORNING + timedelta(days=14, minutes=1)):
        sign_in.keep_alive(request)
    assert not request.user.is_authenticated


def test_the_actor_of_a_page_is_who_is_signed_in(request_from, with_password):
    request = request_from()
    with pytest.raises(NotSignedIn):
        sign_in.actor_of(request)
    user = with_password("sakai", Role.MANAGER)
    sign_in.sign_in(request, "sakai", PASSWORD)
    assert sign_in.actor_of(request) == Actor(user=user, address="192.0.2.1")
