"""Several workers on one database, and workers that are killed: nothing twice, nothing lost."""

from __future__ import annotations

import logging
import os
import random
import signal
import threading
import time
from collections import Counter

import pytest
from django.db import connection, transaction

from tasuki.server.activities.models import Activity
from tasuki.server.core import bulk, clock
from tasuki.server.core.models import Role, Team, User
from tasuki.server.handoffs.models import Handoff
from tasuki.server.lifecycle import work, worker
from tasuki.server.lifecycle.commands import fold_due
from tasuki.server.lifecycle.models import Transition
from tasuki.server.notify.models import Notification
from tasuki.server.people.due import touch
from tasuki.server.people.models import Due, Lead, Profile

from .stories import agree, new_lead, visits

pytestmark = pytest.mark.django_db(transaction=True)

LEADS = 60
PATIENCE = 60.0


@pytest.fixture
def leads() -> list[int]:
    """Leads with a mail address, none of them folded yet; an agreement; someone to be told."""
    team = Team.objects.create(name="Tokyo", role=Role.INSIDE_SALES)
    User.objects.create(username="ishii", role=Role.INSIDE_SALES, team=team)
    now = clock.now()
    agree(80, at=now)
    made = Lead.objects.bulk_create(
        Lead(name=f"Lead {n}", email=f"{n}@a.example", created_at=now) for n in range(LEADS)
    )
    Profile.objects.bulk_create(
        Profile(lead=lead, at=now, fields={"email": lead.email}, recorded_at=now) for lead in made
    )
    ids = [lead.pk for lead in made]
    touch(ids)
    return ids


def feed(ids: list[int], turn: int) -> None:
    """Each lead visits the price page once more, in one transaction."""
    now = clock.now()

    def visit() -> None:
        rows = [(pk, now, "page_view", {"path": "/pricing"}, "feed", f"{turn}:{pk}", now) for pk in ids]
        bulk.insert(Activity, ["lead", "at", "type", "properties", "source", "key", "recorded_at"], rows)
        touch(ids)

    bulk.in_one_transaction(visit)


def wait_until_idle() -> None:
    ends = time.monotonic() + PATIENCE
    while Due.objects.filter(at__lte=clock.now()).exists():
        assert time.monotonic() < ends, "the workers did not get done"
        time.sleep(0.05)


def assert_each_once(ids: list[int]) -> None:
    """Every lead went to MAL and to MQL, once, with one handoff, one piece of news, and all of its points."""
    paths = Counter(Transition.objects.filter(lead__in=ids).values_list("lead", "ordinal", "to_stage"))
    assert paths == Counter({(pk, n, to): 1 for pk in ids for n, to in ((1, "MAL"), (2, "MQL"))})
    assert Counter(Handoff.objects.values_list("lead", flat=True)) == Counter(ids)
    assert Counter(Notification.objects.values_list("lead", flat=True)) == Counter(ids)
    for lead in Lead.objects.filter(pk__in=ids):
        activities = Activity.objects.filter(lead=lead).count()
        assert (lead.stage, lead.score) == ("MQL", min(40.0 * activities, 200.0))
        assert lead.passes["MQL"]["times"] == 1


def test_two_workers_on_one_database_double_nothing_and_lose_nothing(leads: list[int]) -> None:
    stop = threading.Event()
    workers = [threading.Thread(target=worker.run, args=(stop,), kwargs={"limit": 25}) for _ in range(2)]
    for one in workers:
        one.start()
    try:
        for turn in range(6):
            feed(random.Random(turn).sample(leads, LEADS // 2) if turn > 2 else leads, turn)
            time.sleep(0.05)
        wait_until_idle()
    finally:
        stop.set()
        for one in workers:
            one.join(30)
    assert not any(one.is_alive() for one in workers)
    assert_each_once(leads)


def start_worker() -> int:
    """A worker in a process of its own."""
    connection.close()
    child = os.fork()
    if child == 0:
        try:
            logging.disable(logging.CRITICAL)
            worker.run(threading.Event(), limit=15)
        finally:
            os._exit(1)
    return child


def kill(child: int) -> None:
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


def test_a_worker_killed_at_any_moment_leaves_nothing_half_done(leads: list[int]) -> None:
    fold_due(limit=1)  # what a process compiles or reads once
    moments = random.Random(5)
    for turn in range(8):
        child = start_worker()
        try:
            time.sleep(moments.uniform(0.0, 0.06))
            feed(leads, turn)
            time.sleep(moments.uniform(0.0, 0.12))
        finally:
            kill(child)
    while fold_due().leads:
        pass
    assert_each_once(leads)


def test_a_touch_while_a_lead_is_being_folded_is_not_lost(
    leads: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The feeder writes in the very moment between reading the log and storing what came of it."""
    from tasuki.server.lifecycle import storing

    whole, started = storing.store, threading.Event()

    def store(*given: object) -> object:
        started.set()
        time.sleep(0.3)
        return whole(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(storing, "store", store)
    folding = threading.Thread(target=lambda: (fold_due(limit=LEADS), connection.close()))
    folding.start()
    assert started.wait(30)
    feed(leads, 0)
    feed(leads, 1)
    folding.join(30)
    monkeypatch.setattr(storing, "store", whole)
    while fold_due().leads:
        pass
    assert_each_once(leads)


@pytest.mark.skipif(
    connection.vendor != "postgresql", reason="SQLite has one writer at a time and holds no rows"
)
def test_the_due_time_of_a_lead_that_somebody_else_holds_is_not_held(leads: list[int]) -> None:
    held, asked = threading.Event(), threading.Event()

    def hold() -> None:
        try:
            with transaction.atomic():
                list(Lead.objects.select_for_update(no_key=True).filter(pk=leads[0]))
                held.set()
                asked.wait(PATIENCE)
                free = Due.objects.select_for_update(skip_locked=True, no_key=True).filter(pk__in=leads[:2])
                found.extend(free.values_list("pk", flat=True))
        finally:
            connection.close()

    found: list[int] = []
    other = threading.Thread(target=hold)
    other.start()
    assert held.wait(PATIENCE)
    with transaction.atomic():
        mine = work._held(leads, clock.now())
        asked.set()
        other.join(PATIENCE)
    assert sorted(one.pk for one in mine) == leads[1:]
    assert found == leads[:1]


def test_a_worker_survives_a_pass_that_fails(leads: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "AWAY", 0.01)
    failures = iter([RuntimeError("once"), ConnectionError("twice")])

    def fold(*, limit: int) -> object:
        for failure in failures:
            raise failure
        return fold_due(limit=limit)

    monkeypatch.setattr(worker, "fold_due", fold)
    stop = threading.Event()
    thread = threading.Thread(target=worker.run, args=(stop,))
    thread.start()
    wait_until_idle()
    stop.set()
    thread.join(30)
    assert Transition.objects.count() == LEADS


def test_a_worker_rolls_a_new_agreement_out_to_every_lead(leads: list[int]) -> None:
    stop = threading.Event()
    feed(leads[:10], 0)
    thread = threading.Thread(target=worker.run, args=(stop,))
    thread.start()
    wait_until_idle()
    agree(30, at=clock.now())
    ends = time.monotonic() + PATIENCE
    while Transition.objects.filter(to_stage="MQL").count() < 10 and time.monotonic() < ends:
        time.sleep(0.05)
    stop.set()
    thread.join(30)
    assert Transition.objects.filter(to_stage="MQL").count() == 10


def test_a_single_lead_moves_within_a_second(leads: list[int]) -> None:
    stop = threading.Event()
    thread = threading.Thread(target=worker.run, args=(stop,))
    thread.start()
    try:
        wait_until_idle()
        lead = new_lead(at=clock.now())
        began = time.monotonic()
        visits(lead, clock.now(), clock.now())
        while not Transition.objects.filter(lead=lead, to_stage="MQL").exists():
            assert time.monotonic() - began < 5
            time.sleep(0.01)
    finally:
        stop.set()
        thread.join(30)
