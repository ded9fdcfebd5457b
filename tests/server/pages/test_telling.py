"""The pages on which people say how they are told, and administrators look after webhooks."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from tasuki.server.core import clock
from tasuki.server.core.access import Actor
from tasuki.server.core.models import Team
from tasuki.server.notify import commands, queries
from tasuki.server.notify.models import Delivery, Endpoint
from tests.server.notify.conftest import environment, receiver  # noqa: F401
from tests.server.notify.receiver import Receiver, answers

Browse = Callable[[Actor], Client]


def told(answer: object) -> str:
    return answer.content.decode()  # type: ignore[attr-defined, no-any-return]


def test_somebody_chooses_what_comes_by_mail_and_what_stays_here(inside_rep: Actor, browse: Browse) -> None:
    page = browse(inside_rep)
    assert "A lead was handed over to you" in told(page.get("/settings/telling"))
    page.post(
        "/settings/telling", {"shown": ["app:", "mail:"], "app": ["handoff", "breach"], "mail": ["handoff"]}
    )
    chosen = queries.choices(inside_rep)
    assert (chosen["app"].kinds, chosen["mail"].kinds) == (["handoff", "breach"], ["handoff"])


def test_a_chat_is_added_tested_and_removed_and_its_address_is_never_shown(
    inside_rep: Actor,
    browse: Browse,
    receiver: Receiver,  # noqa: F811
) -> None:
    page = browse(inside_rep)
    address = f"json://127.0.0.1:{receiver.port}/s3cret"
    page.post("/settings/telling/chats", {"address": address, "name": "my chat"})
    (chat,) = queries.my_chats(inside_rep)
    tested = page.post(f"/settings/telling/chats/{chat.pk}/test", follow=True)
    assert "The test was sent." in told(tested)
    assert "s3cret" not in told(tested)
    assert len(receiver.got) == 1
    receiver.manner = answers(500)
    assert "The chat service did not take it." in told(
        page.post(f"/settings/telling/chats/{chat.pk}/test", follow=True)
    )
    page.post("/settings/telling", {"shown": f"chat-{chat.pk}:handoff", f"chat-{chat.pk}": ["won"]})
    assert queries.my_chats(inside_rep)[0].kinds == ["won"]
    page.post(f"/settings/telling/chats/{chat.pk}/remove")
    assert queries.my_chats(inside_rep) == []


def test_what_is_no_chat_is_refused_with_the_cure(inside_rep: Actor, browse: Browse) -> None:
    answer = browse(inside_rep).post(
        "/settings/telling/chats",
        {"address": "nonsense"},
        follow=True,
        headers={"referer": "http://testserver/settings/telling"},
    )
    assert "This is no address of a chat." in told(answer)


def test_a_manager_gives_a_team_a_chat(
    manager: Actor,
    inside_sales_team: Team,
    browse: Browse,
    receiver: Receiver,  # noqa: F811
) -> None:
    page = browse(manager)
    given = {"address": f"json://127.0.0.1:{receiver.port}/x", "team": inside_sales_team.pk, "name": "#leads"}
    answer = page.post("/settings/telling/teams/chats", given, follow=True)
    assert "#leads" in told(answer)
    assert [one.team for one in queries.team_chats(manager)] == [inside_sales_team]


def test_an_administrator_adds_a_webhook_sees_its_secret_once_and_sends_what_died_again(
    administrator: Actor,
    browse: Browse,
    receiver: Receiver,  # noqa: F811
) -> None:
    page = browse(administrator)
    made = page.post("/settings/webhooks", {"url": receiver.url, "kinds": ["lead.entered"]})
    endpoint = Endpoint.objects.get()
    assert (made.status_code, endpoint.secret in told(made)) == (201, True)
    assert endpoint.secret not in told(page.get("/settings/webhooks"))
    assert "The test was sent." in told(page.post(f"/settings/webhooks/{endpoint.pk}/test", follow=True))
    rotated = page.post(f"/settings/webhooks/{endpoint.pk}/rotate")
    assert Endpoint.objects.get().secret in told(rotated)
    receiver.manner = answers(500)
    failed = commands.test_endpoint(administrator, endpoint.pk)
    Delivery.objects.filter(pk=failed.pk).update(
        state="dead", attempts=17, next_at=None, ended_at=clock.now()
    )
    assert "The receiver answered with the status 500." in told(page.get("/settings/webhooks"))
    assert "Sent again: 1." in told(
        page.post("/settings/webhooks/again", {"delivery": failed.pk}, follow=True)
    )
    page.post(f"/settings/webhooks/{endpoint.pk}/switch", {"enabled": "no"})
    assert not Endpoint.objects.get().enabled
    page.post(f"/settings/webhooks/{endpoint.pk}/remove")
    assert not Endpoint.objects.exists()


@pytest.mark.parametrize("url", ["", "nonsense", "https://u:p@x.example/"])
def test_what_is_no_address_of_a_webhook_is_said_beside_the_field(
    administrator: Actor, browse: Browse, url: str
) -> None:
    answer = browse(administrator).post("/settings/webhooks", {"url": url})
    assert answer.status_code == 422
    assert not Endpoint.objects.exists()


def test_what_was_not_shown_or_not_changed_stays_as_it_is(inside_rep: Actor, browse: Browse) -> None:
    page = browse(inside_rep)
    assert 'name="shown" value="mail:handoff,' in told(page.get("/settings/telling"))
    commands.choose(inside_rep, medium="mail", wanted=["won"])
    page.post(
        "/settings/telling", {"shown": ["app:won", "mail:handoff"], "app": ["lost"], "mail": ["handoff"]}
    )
    page.post("/settings/telling", {"shown": "app:lost", "app": ["lost"]})
    chosen = queries.choices(inside_rep)
    assert (chosen["app"].kinds, chosen["mail"].kinds) == (["lost"], ["won"])


def test_the_list_of_webhooks_says_when_each_succeeded_what_failed_and_when_it_is_tried_again(
    administrator: Actor,
    browse: Browse,
    receiver: Receiver,  # noqa: F811
) -> None:
    endpoint, _secret = commands.add_endpoint(administrator, url=receiver.url)
    page = browse(administrator)
    assert page.get("/settings/webhooks").status_code == 200
    succeeded = commands.test_endpoint(administrator, endpoint.pk)
    waits = Delivery.objects.create(
        endpoint=endpoint, kind="lead.entered", cause="transition:1", fault="status:503",
        made_at=clock.now(), next_at=clock.now(), attempts=1,
    )  # fmt: skip
    (listed,) = queries.endpoints(administrator)
    assert vars(listed)["succeeded_at"] == succeeded.ended_at
    assert (vars(listed)["last_fault"], vars(listed)["again_at"]) == ("status:503", waits.next_at)
    shown = told(page.get("/settings/webhooks"))
    assert "Last success" in shown
    assert "The receiver answered with the status 503." in shown
