"""Every page: without session, with forms from elsewhere, by every role, on another's lead. A new page is tried too."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache

import pytest
from django.test import Client
from django.urls import URLPattern

from tasuki.server.core.models import AuditEntry, Role, Sight, User
from tasuki.server.people.models import Lead
from tests.server.core.conftest import PASSWORD

pytestmark = pytest.mark.django_db
OPEN = {"begin", "welcome", "sign-in", "sign-in-demo", "sign-out", "language", "theme"}
"""Pages for who is not signed in."""
NO_SUCH = "987654"
CONVERTER = re.compile(r"<(?:\w+:)?(\w+)>")


@cache
def pages() -> dict[str, str]:
    """Name → address, as the pages' own list of addresses has them."""
    from tasuki.server.pages.urls import urlpatterns

    return {
        str(page.name): "/" + CONVERTER.sub(r"{\1}", str(page.pattern))
        for page in urlpatterns
        if isinstance(page, URLPattern)
    }


def at(name: str, key: str = NO_SUCH) -> str:
    return re.sub(r"\{\w+\}", key, pages()[name])


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "page" in metafunc.fixturenames:
        metafunc.parametrize("page", sorted(pages()))


def test_who_is_not_signed_in_is_led_to_the_sign_in(page: str) -> None:
    for answer in (Client().get(at(page)), Client().post(at(page))):
        if page not in OPEN and answer.status_code != 405:
            assert answer.status_code == 302
            assert answer["Location"].startswith("/sign-in")
        assert answer.status_code < 500


def test_a_form_from_elsewhere_changes_nothing(page: str, administrator) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(administrator.user)
    assert client.post(at(page), {"username": "x"}).status_code in {403, 405}
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize("role", Role.values)
def test_no_page_breaks_for_anyone_whatever_the_address_says(
    page: str, role: str, person: Callable[..., User]
) -> None:
    client = Client()
    client.force_login(person("somebody", Role(role)))
    for address in (at(page), at(page) + "?after=%F0%9F&sort=x&at=x&page=-1&limit=x&stage=%27"):
        assert client.get(address).status_code < 500
    assert client.post(at(page), {"junk": "\ufffe" * 50}).status_code < 500


def test_anothers_lead_has_no_page(page: str, outsider, sales_rep) -> None:
    if "{lead_id}" not in pages()[page]:
        return
    mine = Lead.objects.create(name="山田", owner=sales_rep.user, created_at=datetime(2026, 1, 1, tzinfo=UTC))
    outsider.user.role, outsider.user.sight = Role.MANAGER, Sight.OWN
    outsider.user.save()
    client = Client()
    client.force_login(outsider.user)
    for answer in (client.get(at(page, str(mine.pk))), client.post(at(page, str(mine.pk)), {"to": "SAL"})):
        assert answer.status_code in {403, 404, 405}
        assert "山田" not in answer.content.decode()
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize(
    "elsewhere", ["//evil.example/", "https://evil.example", "/\\evil.example", "javascript:alert(1)"]
)
def test_signing_in_leads_nowhere_else(elsewhere: str) -> None:
    User.objects.create_user("sakai", password=PASSWORD, role=Role.SALES)
    answer = Client().post(
        "/sign-in",
        {"username": "sakai", "password": PASSWORD, "next": elsewhere},
        query_params={"next": elsewhere},
    )
    assert answer.status_code == 302
    assert "evil" not in answer["Location"]
    assert "javascript" not in answer["Location"]


def test_a_wrong_password_is_told_on_the_page_and_after_too_many_the_wait(settings) -> None:
    settings.AXES_FAILURE_LIMIT = 3
    User.objects.create_user("sakai", password=PASSWORD, role=Role.SALES)
    given = {"username": "sakai", "password": "nope"}
    first, _second, third = (
        Client().post("/sign-in", given, headers={"accept-language": "en"}) for _ in range(3)
    )
    assert first.status_code in {200, 401, 422}
    assert "do not fit" in first.content.decode()
    assert "nope" not in first.content.decode()
    assert third.status_code == 429
    assert "Wait 15 minutes" in third.content.decode()
