"""Couriers in processes of their own: one is killed while its receiver still thinks, another goes on."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable

import pytest
from django.db import connection

from tasuki.server.core import clock
from tasuki.server.core.access import Actor
from tasuki.server.notify import commands
from tests.server.notify import receiver as manners
from tests.server.notify.receiver import Receiver
from tests.server.notify.stories import states

COURIER = """
import os, sys
from datetime import timedelta
os.environ["DJANGO_SETTINGS_MODULE"] = "tasuki.server.settings"
from django.conf import settings
settings.DATABASES["default"]["NAME"] = sys.argv[1]
import django
django.setup()
from tasuki.server.notify import courier, outbox
outbox.LEASE, courier.LAST_MINUTE = timedelta(seconds=3), timedelta(0)
courier.deliver()
"""


def courier_process() -> subprocess.Popen[bytes]:
    name = str(connection.settings_dict["NAME"])
    environment = {**os.environ, "TASUKI_WEBHOOKS_PRIVATE": "true", "TASUKI_LOG_LEVEL": "ERROR"}
    return subprocess.Popen([sys.executable, "-c", COURIER, name], env=environment)


def waits_until(done: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_courier_killed_while_it_waits_for_the_answer_loses_nothing_and_the_id_stays(
    receiver: Receiver, administrator: Actor
) -> None:
    commands.add_endpoint(administrator, url=receiver.url)
    commands.publish([commands.Event("lead.entered", None, clock.now(), "transition:1", {})])  # type: ignore[arg-type]
    receiver.manner = manners.delays(5)
    killed = courier_process()
    waits_until(lambda: len(receiver.got) == 1)
    killed.kill()
    killed.wait()
    assert states() == ["waiting"]
    receiver.manner = manners.answers(200)
    waits_until(lambda: courier_process().wait() == 0 and states() == ["sent"])
    assert len(receiver.got) == 2, (
        "the killed one had handed it over: said so in docs/how-to/notifications.md"
    )
    assert len({got.headers["webhook-id"] for got in receiver.got}) == 1


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_couriers_of_two_machines_send_nothing_twice(receiver: Receiver, administrator: Actor) -> None:
    commands.add_endpoint(administrator, url=receiver.url)
    commands.publish(
        commands.Event("lead.entered", None, clock.now(), f"transition:{n}", {})  # type: ignore[arg-type]
        for n in range(300)
    )
    receiver.manner = manners.delays(0.005)
    processes = [courier_process() for _ in range(2)]
    assert [one.wait() for one in processes] == [0, 0]
    ids = [got.headers["webhook-id"] for got in receiver.got]
    assert (len(ids), len(set(ids))) == (300, 300)
