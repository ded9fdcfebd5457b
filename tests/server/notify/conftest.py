"""A company that works: a marketer, inside sales, a lead, and the mail server and receivers that they are told through."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings as configured

from tasuki.server.core.access import Actor
from tasuki.server.core.models import Team, User
from tests.server.notify.mailbox import Mailbox
from tests.server.notify.receiver import Receiver


@pytest.fixture
def environment(settings: Any) -> Callable[..., None]:
    """Sets values of the environment for one test."""

    def change(**values: object) -> None:
        settings.ENVIRONMENT = configured.ENVIRONMENT.model_copy(update=values)

    return change


@pytest.fixture
def mailbox(environment: Callable[..., None]) -> Iterator[Mailbox]:
    box = Mailbox()
    box.up()
    environment(mail_url=box.url, mail_from="Tasuki <tasuki@tasuki.example>", url="https://tasuki.example")
    yield box
    box.down()


@pytest.fixture
def receiver(environment: Callable[..., None]) -> Iterator[Receiver]:
    environment(webhooks_private=True, url="https://tasuki.example")
    found = Receiver()
    yield found
    found.close()


@pytest.fixture
def rep(inside_rep: Actor, inside_sales_team: Team) -> User:
    """Inside sales, with a mail address, reading English in Tokyo."""
    assert inside_rep.user
    inside_rep.user.email = "ishii@ours.example"
    inside_rep.user.save()
    return inside_rep.user
