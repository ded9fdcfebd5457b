"""The number on every page is that of the leads which the queue shows as waiting."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from tasuki.server.core import clock
from tasuki.server.core.access import Actor
from tasuki.server.core.models import User
from tasuki.server.handoffs.models import Promise
from tasuki.server.lifecycle import queries, queue
from tasuki.server.pages.templatetags.tasuki import counted
from tasuki.server.people.models import Lead

from .stories import DAY, HOUR, START, agree, does, new_lead, visits, work

pytestmark = pytest.mark.django_db

NOW = START + 2 * DAY


@pytest.fixture(autouse=True)
def now() -> Iterator[None]:
    agree(80)
    with clock.at(NOW):
        yield


def badge(actor: Actor) -> int:
    shown = len([one for one in queries.queue(actor) if one.waits])
    assert queries.waits(actor) == shown
    return shown


def back(owner: Actor) -> Lead:
    lead = new_lead()
    Lead.objects.filter(pk=lead.pk).update(owner=owner.user, reapproach_at=NOW - HOUR)
    return lead


def promise(lead: Lead, person: User | None) -> None:
    Promise.objects.create(lead=lead, person=person, at=NOW - timedelta(minutes=5), made_at=NOW - HOUR)


def test_who_was_reached_since_their_date_came_waits_no_more(inside_rep: Actor):
    lead = back(inside_rep)
    assert badge(inside_rep) == 1
    does(lead, "call", NOW - timedelta(minutes=10), outcome="reached")
    assert badge(inside_rep) == 0


def test_a_lead_that_was_handed_over_and_promised_a_call_counts_once(inside_rep: Actor):
    lead = new_lead()
    visits(lead, START + HOUR, START + 2 * HOUR)
    work(START + 2 * HOUR)
    assert badge(inside_rep) == 1
    promise(lead, inside_rep.user)
    assert badge(inside_rep) == 1


def test_calls_that_a_colleague_promised_who_left_count_for_who_looks_after_the_lead(
    inside_rep: Actor, sales_rep: Actor
):
    assert sales_rep.user
    User.objects.filter(pk=sales_rep.user.pk).update(is_active=False)
    for person in (sales_rep.user, None):
        lead = new_lead()
        Lead.objects.filter(pk=lead.pk).update(owner=inside_rep.user)
        promise(lead, person)
    assert badge(inside_rep) == 2


def test_a_call_promised_to_a_lead_that_was_merged_since_is_in_neither(inside_rep: Actor):
    lead = new_lead()
    Lead.objects.filter(pk=lead.pk).update(merged_into=new_lead())
    promise(lead, inside_rep.user)
    assert badge(inside_rep) == 0


def test_dates_of_nobody_come_after_ones_own_work_and_wait_for_nobody(inside_rep: Actor):
    nobodys = [new_lead(f"Suzuki Old{n}") for n in range(3)]
    Lead.objects.filter(pk__in=[one.pk for one in nobodys]).update(reapproach_at=NOW - 30 * DAY)
    own = new_lead("Sato Mine")
    Lead.objects.filter(pk=own.pk).update(owner=inside_rep.user, stage="SAL")
    kinds = [(one.kind, one.lead.pk) for one in queries.queue(inside_rep)]
    assert kinds == [("own", own.pk), *(("anybody", one.pk) for one in nobodys)]
    assert badge(inside_rep) == 0


def test_where_very_many_are_late_nobody_counts_to_the_end(manager: Actor, monkeypatch: pytest.MonkeyPatch):
    for _ in range(3):
        visits(new_lead(), START + HOUR, START + 2 * HOUR)
    work(START + 2 * HOUR)
    assert queries.waits(manager) == 3
    monkeypatch.setattr(queue, "MANY", 2)
    assert queries.waits(manager) == 2
    assert [counted(n) for n in (0, 999, 1_000)] == ["0", "999", "999+"]
