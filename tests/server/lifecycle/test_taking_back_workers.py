"""Several workers, and workers that are killed, on what is about to be recorded: each once, nothing lost."""

from __future__ import annotations

import random
import time
from collections import Counter
from datetime import timedelta

import pytest

from tasuki.server.core import bulk, clock
from tasuki.server.core.access import Actor
from tasuki.server.core.errors import Conflict
from tasuki.server.core.models import Role, Team, User
from tasuki.server.lifecycle.commands import decide_soon, fold_due, record_held, take_back
from tasuki.server.lifecycle.models import Decision, Held, Transition
from tasuki.server.people.due import touch
from tasuki.server.people.models import Lead, Profile
from tests.server.handoffs.test_workers import together

from .stories import agree
from .test_workers import kill, start_worker

pytestmark = pytest.mark.django_db(transaction=True)

LEADS = 30


@pytest.fixture
def rep() -> Actor:
    team = Team.objects.create(name="Tokyo", role=Role.INSIDE_SALES)
    return Actor(user=User.objects.create(username="ishii", role=Role.INSIDE_SALES, team=team))


@pytest.fixture
def leads(rep: Actor) -> list[int]:
    now = clock.now() - timedelta(hours=1)
    agree(80, at=now)
    made = Lead.objects.bulk_create(
        Lead(name=f"Lead {n}", email=f"{n}@a.example", created_at=now) for n in range(LEADS)
    )
    Profile.objects.bulk_create(
        Profile(lead=lead, at=now, fields={"email": lead.email}, recorded_at=now) for lead in made
    )
    touch([lead.pk for lead in made])
    while fold_due().leads:
        pass
    return [lead.pk for lead in made]


def disqualified(rep: Actor, leads: list[int]) -> str:
    """All of them a minute ago, so that they can be recorded now."""
    with clock.at(clock.now() - timedelta(minutes=1)):
        group = decide_soon(rep, lead_ids=leads, to="DISQUALIFIED", reason="student")
    assert not group.refused
    return group.id


def assert_each_once(leads: list[int]) -> None:
    paths = Counter(Transition.objects.filter(to_stage="DISQUALIFIED").values_list("lead", flat=True))
    assert paths == Counter(leads)
    assert Counter(Decision.objects.values_list("lead", flat=True)) == Counter(leads)
    assert set(Held.objects.values_list("state", flat=True)) == {"recorded"}


def test_two_workers_record_each_action_once(rep: Actor, leads: list[int]) -> None:
    disqualified(rep, leads)

    def work() -> None:
        for _pass in range(200):
            record_held(limit=7)
            if not Held.objects.filter(state="waiting").exists():
                return

    together(work, 3)
    assert_each_once(leads)


def test_an_undo_at_the_very_moment_of_recording_has_one_outcome(rep: Actor, leads: list[int]) -> None:
    groups = [disqualified(rep, [one]) for one in leads]
    told: dict[int, str] = {}

    def undo() -> None:
        for lead, group in zip(leads, groups, strict=True):
            try:
                take_back(rep, group)
                told[lead] = "taken_back"
            except Conflict as conflict:
                told[lead] = conflict.code

    jobs = iter([undo, lambda: [record_held(limit=3) for _ in range(20)]])
    together(lambda: next(jobs)(), 2)
    record_held()
    moved = set(Transition.objects.filter(to_stage="DISQUALIFIED").values_list("lead", flat=True))
    assert moved == {lead for lead, what in told.items() if what == "recorded_already"}
    assert {lead for lead, what in told.items() if what == "taken_back"} == set(leads) - moved


def test_a_worker_killed_at_any_moment_records_nothing_twice_and_loses_nothing(
    rep: Actor, leads: list[int]
) -> None:
    bulk.in_one_transaction(lambda: None)
    disqualified(rep, leads)
    moments = random.Random(3)
    for _turn in range(6):
        child = start_worker()
        time.sleep(moments.uniform(0.02, 0.12))
        kill(child)
    record_held()
    assert_each_once(leads)
