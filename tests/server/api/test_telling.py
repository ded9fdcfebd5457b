"""How people and programs are told, through the API."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tasuki.server.core.access import Actor
from tasuki.server.notify.models import Delivery
from tests.server.api.conftest import Api
from tests.server.notify.conftest import environment, receiver  # noqa: F401
from tests.server.notify.receiver import Receiver, answers

pytestmark = pytest.mark.django_db


def test_a_program_adds_a_webhook_and_the_secret_is_answered_once(
    api_of: Callable[..., Api],
    administrator: Actor,
    receiver: Receiver,  # noqa: F811
) -> None:
    api = api_of(administrator)
    status, made = api("POST", "/webhooks", {"url": receiver.url, "kinds": ["handoff.answered"]})
    assert (status, made["secret"][:6]) == (201, "whsec_")
    (listed,) = api("GET", "/webhooks")[1]["items"]
    assert listed == {name: value for name, value in made.items() if name != "secret"}
    receiver.manner = answers(410)
    _status, tested = api("POST", f"/webhooks/{made['id']}/test")
    assert (tested["state"], tested["fault"], tested["webhook"]) == ("dropped", "gone", made["id"])
    assert api("GET", "/webhooks")[1]["items"][0]["off_because"] == "gone"
    assert api("GET", "/deliveries", state="dead")[1]["items"] == [], "a test is not sent again"
    Delivery.objects.update(state="dead")
    (dead,) = api("GET", "/deliveries", state="dead")[1]["items"]
    assert api("POST", f"/deliveries/{dead['id']}/again") == (200, {"deliveries": 1})
    assert api("POST", f"/deliveries/{dead['id']}/again")[0] == 404


def test_somebody_chooses_how_they_are_told_and_the_address_of_a_chat_is_never_answered(
    api_of: Callable[..., Api],
    inside_rep: Actor,
    receiver: Receiver,  # noqa: F811
) -> None:
    api = api_of(inside_rep)
    assert api("PUT", "/channels", {"medium": "mail", "kinds": ["won"]})[1]["kinds"] == ["won"]
    given = {"address": f"json://127.0.0.1:{receiver.port}/s3cret", "kinds": ["handoff"], "name": "mine"}
    status, made = api("POST", "/channels", given)
    assert (status, made["address"]) == (201, "json://…")
    listed = api("GET", "/channels")[1]["items"]
    assert [one["medium"] for one in listed] == ["app", "mail", "apprise"]
    assert "s3cret" not in str(listed)
    _status, refused = api("PUT", "/channels", {"medium": "app", "kinds": ["gossip"]})
    assert refused["error"]["code"] == "kind_unknown"
