"""Several at once on the same clocks: everything once, on both databases."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection

from tasuki.server.core import bulk, clock
from tasuki.server.core.access import SYSTEM, Actor
from tasuki.server.core.errors import Conflict
from tasuki.server.core.models import Role, Team, User
from tasuki.server.handoffs.commands import set_capacity
from tasuki.server.handoffs.models import Capacity, Clock, Handoff
from tasuki.server.lifecycle import relay, worker
from tasuki.server.lifecycle.commands import fold_due
from tasuki.server.notify.models import Notification
from tasuki.server.people.due import touch
from tests.server.handoffs.stories import agree_on, tokyo
from tests.server.lifecycle.stories import new_lead, visits

pytestmark = pytest.mark.django_db(transaction=True)

AT = tokyo(7, "09:00")
LEADS = 30


def together(work: Callable[[], None], count: int = 2) -> None:
    """Several threads do it at the same time; none may fail."""
    gate, faults = threading.Barrier(count), []

    def run() -> None:
        try:
            gate.wait(30)
            work()
        except BaseException as fault:
            faults.append(fault)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(count)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(60)
    assert not faults, faults


def act_at(at: object, limit: int = 4) -> Callable[[], None]:
    """Passes of a worker until there is nothing left, or what is left is in other hands."""

    def work() -> None:
        with clock.at(at):  # type: ignore[arg-type]
            for _pass in range(200):
                relay.act(limit=limit)
                if not Clock.objects.filter(next_at__lte=at).exists():
                    return

    return work


@pytest.fixture
def handoffs(person: Callable[..., User], inside_sales_team: Team, manager: Actor) -> None:
    for name in ("abe", "baba", "chiba"):
        person(name, Role.INSIDE_SALES, inside_sales_team)
    agree_on(
        "to: inside_sales, within: 2 business hours, remind: 30 business minutes, reassign: 1 business hour"
    )
    for n in range(LEADS):
        visits(new_lead(f"Lead lead{n}"), tokyo(7, "08:59"), AT)
    with clock.at(AT):
        while fold_due().leads:
            pass


def news() -> Counter[str]:
    return Counter(Notification.objects.values_list("kind", flat=True))


def test_two_workers_remind_breach_and_reassign_each_handoff_once(handoffs: None) -> None:
    assert Handoff.objects.count() == LEADS
    together(act_at(tokyo(7, "10:30")))
    assert news()["reminder"] == LEADS
    together(act_at(tokyo(7, "11:00")))
    assert news()["breach"] == 2 * LEADS  # the person and the manager
    together(act_at(tokyo(7, "12:00")), 3)
    assert (news()["reassigned"], news()["taken"]) == (LEADS, LEADS)
    ordinals = Counter(Clock.objects.values_list("handoff", "ordinal"))
    assert set(ordinals.values()) == {1}
    assert len(ordinals) == 2 * LEADS
    assert Clock.objects.filter(stopped_at=None).count() == LEADS


def test_clocks_folds_and_transfers_at_once_do_not_lock_each_other_up(handoffs: None, manager: Actor) -> None:
    leads = list(Handoff.objects.values_list("lead_id", flat=True))
    open_ = list(Handoff.objects.values_list("pk", flat=True))
    jobs = iter(
        [act_at(tokyo(7, "12:00")), lambda: _fold_again(leads), lambda: _transfer_all(manager, open_)]
    )
    together(lambda: next(jobs)(), 3)
    assert Clock.objects.filter(stopped_at=None).count() == LEADS
    for handoff in Handoff.objects.select_related("lead"):
        running = Clock.objects.get(handoff=handoff, stopped_at=None)
        assert running.person_id == handoff.person_id == handoff.lead.owner_id


def _fold_again(leads: list[int]) -> None:

    with clock.at(tokyo(7, "12:00")):
        for _turn in range(5):
            bulk.in_one_transaction(lambda: touch(leads))
            while fold_due(limit=10).leads:
                pass


def _transfer_all(manager: Actor, handoffs: list[int]) -> None:
    with clock.at(tokyo(7, "12:00")):
        for one in reversed(handoffs):
            relay.transfer(manager, one, to_team="Inside sales Tokyo")


def test_two_workers_that_route_by_turn_take_turns_exactly(
    person: Callable[..., User], inside_sales_team: Team
) -> None:
    for name in ("abe", "baba"):
        user = person(name, Role.INSIDE_SALES, inside_sales_team)
        Capacity.objects.create(user=user, weight=2.0 if name == "abe" else 1.0)
    agree_on("to: inside_sales, route: [{to: inside_sales, by: turn}]")
    for n in range(LEADS):
        visits(new_lead(f"Lead lead{n}"), tokyo(7, "08:59"), AT)

    def fold() -> None:
        with clock.at(AT):
            while fold_due(limit=5).leads:
                pass

    together(fold)
    fold()
    counts = Counter(Handoff.objects.values_list("person__username", flat=True))
    assert counts == {"abe": 20, "baba": 10}


def test_a_queue_is_taken_by_one_of_two_who_reach_for_it(
    person: Callable[..., User], inside_sales_team: Team
) -> None:

    reps = [Actor(user=person(name, Role.INSIDE_SALES, inside_sales_team)) for name in ("abe", "baba")]
    for name in ("abe", "baba"):
        set_capacity(SYSTEM, name, minutes_a_day=0)
    agree_on("to: inside_sales, full: hold")
    visits(new_lead(), tokyo(7, "08:59"), AT)
    with clock.at(AT):
        fold_due()
    (handoff,) = Handoff.objects.all()
    assert handoff.person is None
    came, refused = iter(reps), []

    def reach() -> None:
        try:
            with clock.at(AT):
                relay.take(next(came), handoff.pk)
        except Conflict as conflict:
            refused.append(conflict.code)

    together(reach)
    assert refused == ["handoff_taken"]
    assert Clock.objects.filter(handoff=handoff).count() == 2


def test_the_workers_loop_acts_within_seconds_and_survives_a_pass_that_fails(
    person: Callable[..., User], inside_sales_team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    person("abe", Role.INSIDE_SALES, inside_sales_team)
    before = clock.now() - timedelta(seconds=59)
    agree_on("to: inside_sales, within: 1 minute", at=before)
    visits(new_lead(at=before), before, before)
    with clock.at(before):
        fold_due()
    act, failures = relay.act, iter([RuntimeError("once")])

    def once_failing() -> int:
        for failure in failures:
            raise failure
        return act()

    monkeypatch.setattr(relay, "act", once_failing)
    monkeypatch.setattr(worker, "AWAY", 0.01)
    stop = threading.Event()
    loop = threading.Thread(target=relay.run, args=(stop,))
    loop.start()
    ends = time.monotonic() + 30
    while not Clock.objects.exclude(breached_at=None).exists() and time.monotonic() < ends:
        time.sleep(0.05)
    stop.set()
    loop.join(30)
    (one,) = Clock.objects.all()
    assert one.breached_at
    assert one.due_at
    assert (one.breached_at - one.due_at).total_seconds() < 5
