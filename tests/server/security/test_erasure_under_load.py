"""Entries for a person keep coming in while the person is erased: whatever comes first, nothing of before survives."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.db import connections

from tasuki.server.activities.commands import record_activities
from tasuki.server.activities.inputs import ActivityInput
from tasuki.server.activities.models import Activity
from tasuki.server.core.access import SYSTEM
from tasuki.server.people import privacy
from tasuki.server.people.commands import put_leads
from tasuki.server.people.inputs import LeadInput, LeadRef, Put
from tasuki.server.people.models import Due, Identity, Lead, LeadKey, Profile

NOW = datetime(2026, 4, 1, 9, tzinfo=UTC)
MAIL = "taromaru@yamada.example"
ROUNDS = 15


def put() -> int:
    (found,) = put_leads(SYSTEM, [LeadInput(fields={"email": MAIL, "name": "太郎丸"})], source="form")
    assert isinstance(found, Put), found
    return found.lead_id


def act(number: int) -> None:
    given = ActivityInput(LeadRef(email=MAIL), "page_view", NOW, {"path": "/秘密"}, f"k{number}")
    record_activities(SYSTEM, [given], source="form")


def at_once(*deeds: Callable[[], object]) -> list[BaseException]:
    """Do them in threads that start together; what they raised."""
    start, raised = threading.Barrier(len(deeds)), []

    def run(deed: Callable[[], object]) -> None:
        start.wait()
        try:
            deed()
        except BaseException as error:
            raised.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(deed,)) for deed in deeds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


@pytest.mark.django_db(transaction=True)
def test_entries_that_come_in_during_an_erasure_belong_to_someone_new_or_are_erased_too():
    for number in range(ROUNDS):
        lead = put()
        raised = at_once(lambda lead=lead: privacy.erase_person(SYSTEM, lead), put, lambda n=number: act(n))
        assert not raised
    privacy.sweep(Due.objects.values_list("lead", flat=True))  # as the worker does
    erased = Lead.objects.exclude(erased_at=None)
    assert erased.count() >= ROUNDS - 1
    assert not erased.exclude(name="", email="", fields={}, search="").exists()
    for rows in (Identity.objects, Profile.objects, LeadKey.objects):
        assert not rows.filter(lead__in=erased).exists()
    assert not Activity.objects.filter(lead__in=erased).exclude(properties={}).exists()
    assert Activity.objects.count() == ROUNDS, "no entry was lost"
