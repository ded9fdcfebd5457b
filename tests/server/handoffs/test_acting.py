"""Reminders, breaches, escalations and reassignments: each once, at its time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from tasuki.server.core.access import SYSTEM, Actor
from tasuki.server.core.models import Role, Team, User
from tasuki.server.handoffs import acting
from tasuki.server.handoffs.acting import due
from tasuki.server.handoffs.commands import set_capacity
from tasuki.server.handoffs.models import Clock, Handoff
from tasuki.server.people.models import Lead
from tasuki.server.worktime.models import Absence, KeptCalendar
from tests.server.handoffs.stories import agree_on, answer, ledger, mql, tick, tokyo, told, whys

pytestmark = pytest.mark.django_db

RELAY = "to: inside_sales, within: 2 business hours, remind: 30 business minutes, reassign: 1 business hour"


@pytest.fixture
def colleague(person: Callable[..., User], inside_sales_team: Team) -> Actor:
    return Actor(user=person("inoue", Role.INSIDE_SALES, inside_sales_team))


@pytest.fixture
def handoff(marketer: Actor, inside_rep: Actor, manager: Actor) -> Handoff:
    agree_on(RELAY)
    return mql(marketer, tokyo(7, "09:00"))


def test_before_it_is_due_the_person_is_reminded_once(
    handoff: Handoff, inside_rep: Actor, manager: Actor
) -> None:
    assert [tick(tokyo(7, time)) for time in ("10:29:59", "10:30", "10:31")] == [0, 1, 0]
    assert told(inside_rep) == ["handoff", "reminder"]
    assert told(manager) == []


def test_when_it_is_due_the_person_and_the_manager_hear_of_it(
    handoff: Handoff, inside_rep: Actor, manager: Actor, marketer: Actor
) -> None:
    tick(tokyo(7, "10:30"))
    assert [tick(tokyo(7, time)) for time in ("10:59:59", "11:00", "11:01")] == [0, 1, 0]
    assert told(inside_rep) == ["handoff", "reminder", "breach"]
    assert (told(manager), told(marketer)) == (["breach"], [])
    assert ledger(handoff)[0].breached_at == tokyo(7, "11:00")


def test_what_nobody_answers_goes_to_the_next(handoff: Handoff, colleague: Actor, inside_rep: Actor) -> None:
    for time in ("10:30", "11:00", "11:59", "12:00"):
        tick(tokyo(7, time))
    handoff.refresh_from_db()
    assert (handoff.person, handoff.due_at) == (colleague.user, tokyo(7, "14:00"))
    assert Lead.objects.get().owner == colleague.user
    assert told(colleague) == ["reassigned"]
    assert told(inside_rep) == ["handoff", "reminder", "breach", "taken"]
    first, second = ledger(handoff)
    assert (first.stopped_because, first.met, second.started_because) == ("reassigned", False, "reassigned")
    assert whys(handoff) == ["taken", "reassigned"]
    answer(colleague, handoff, tokyo(7, "13:00"))
    assert [one.met for one in ledger(handoff)] == [False, True]


def test_where_there_is_nobody_else_it_stays_and_the_manager_hears_of_it(
    handoff: Handoff, inside_rep: Actor, manager: Actor
) -> None:
    for time in ("10:30", "11:00", "12:00", "13:00"):
        tick(tokyo(7, time))
    handoff.refresh_from_db()
    assert handoff.person == inside_rep.user
    assert told(manager) == ["breach", "nobody"]
    assert [one.next_at for one in ledger(handoff)] == [None]


def test_it_goes_on_three_times_and_then_stays(
    handoff: Handoff, person: Callable[..., User], inside_sales_team: Team
) -> None:
    for name in "abcdef":
        person(name, Role.INSIDE_SALES, inside_sales_team)
    for day in range(7, 30):
        for hour in range(9, 18):
            tick(tokyo(day, f"{hour:02}:00"))
            tick(tokyo(day, f"{hour:02}:30"))
    owners = [one.person.username for one in ledger(handoff) if one.person]
    assert len(owners) == 4
    assert len(set(owners)) == 4


def test_a_worker_that_was_away_tells_of_the_breach_and_not_of_the_reminder_any_more(
    handoff: Handoff, colleague: Actor, inside_rep: Actor
) -> None:
    assert tick(tokyo(7, "17:00")) == 2
    assert told(inside_rep) == ["handoff", "breach", "taken"]
    assert told(colleague) == ["reassigned"]


def test_a_machine_whose_clock_is_set_back_tells_nothing_twice(handoff: Handoff, inside_rep: Actor) -> None:
    times = ["10:30", "10:00", "10:30", "11:00", "10:15", "10:30", "11:00"]
    assert [tick(tokyo(7, time)) for time in times] == [1, 0, 0, 1, 0, 0, 0]
    assert told(inside_rep) == ["handoff", "reminder", "breach"]


def test_what_is_answered_is_looked_at_no_more(handoff: Handoff, inside_rep: Actor, manager: Actor) -> None:
    answer(inside_rep, handoff, tokyo(7, "10:00"))
    assert [tick(tokyo(7, time)) for time in ("10:30", "11:00", "12:00")] == [0, 0, 0]
    assert not Clock.objects.exclude(next_at=None).exists()


def test_a_breach_is_told_to_the_team_that_the_agreement_names(
    marketer: Actor, inside_rep: Actor, sales_rep: Actor, manager: Actor
) -> None:
    agree_on("to: inside_sales, within: 1 business hour, escalate: Field sales East")
    mql(marketer, tokyo(7, "09:00"))
    tick(tokyo(7, "10:00"))
    assert (told(sales_rep), told(manager)) == (["breach"], [])


def test_what_waits_in_a_queue_is_breached_to_the_team(
    marketer: Actor, inside_rep: Actor, inside_sales_team: Team, manager: Actor
) -> None:
    set_capacity(SYSTEM, "ishii", minutes_a_day=0)
    agree_on("to: inside_sales, within: 1 business hour, full: hold")
    handoff = mql(marketer, tokyo(7, "09:00"))
    assert handoff.person is None
    tick(tokyo(7, "10:00"))
    assert told(inside_rep)[-1] == "breach"


def test_what_waits_in_a_queue_is_not_told_to_who_is_away_unless_nobody_is_here(
    marketer: Actor, inside_rep: Actor, colleague: Actor, inside_sales_team: Team
) -> None:
    set_capacity(SYSTEM, "ishii", minutes_a_day=0)
    set_capacity(SYSTEM, "inoue", minutes_a_day=0)
    agree_on("to: inside_sales, within: 1 business hour, full: hold")
    away = {"begins_at": tokyo(7, "09:30"), "ends_at": tokyo(8, "09:00")}
    Absence.objects.create(user=colleague.user, **away)
    mql(marketer, tokyo(7, "09:00"))
    tick(tokyo(7, "10:00"))
    assert (told(inside_rep)[-1], "breach" in told(colleague)) == ("breach", False)
    Absence.objects.create(user=inside_rep.user, **away)
    mql(marketer, tokyo(7, "09:05"), "Sato Jiro")
    tick(tokyo(7, "10:05"))
    assert told(colleague)[-1] == "breach"


def test_what_is_due_is_found_by_an_index_of_clocks_with_something_to_come(handoff: Handoff) -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")  # a small table would be read as it is
    assert "clocks_to_look_at" in due(tokyo(7, "10:30")).explain()


def test_one_clock_that_cannot_be_acted_on_stops_no_other(
    handoff: Handoff, marketer: Actor, inside_rep: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = mql(marketer, tokyo(7, "09:00"), "Bad bad")
    remind = acting._remind

    def fails_for_one(clock: Clock, *more: Any) -> Any:
        if clock.handoff_id == bad.pk:
            raise ValueError("unreadable")
        return remind(clock, *more)

    monkeypatch.setattr(acting, "_remind", fails_for_one)
    assert tick(tokyo(7, "10:30")) == 1
    assert told(inside_rep).count("reminder") == 1
    assert ledger(bad)[0].next_at == tokyo(7, "10:40")
    assert tick(tokyo(7, "10:31")) == 0


def test_a_calendar_whose_holidays_and_zone_nobody_knows_any_more_stops_nobody(
    handoff: Handoff, inside_rep: Actor, colleague: Actor
) -> None:
    kept = KeptCalendar.objects.get()
    KeptCalendar.objects.update(spec={**kept.spec, "holidays": "XX-GONE", "zone": "Asia/Atlantis"})
    tick(tokyo(7, "12:00"))
    assert [one.stopped_because for one in ledger(handoff)] == ["reassigned", ""]
    KeptCalendar.objects.update(spec={**kept.spec, "holidays": "XX-GONE"})
    answer(colleague, handoff, tokyo(7, "13:00"))
    assert ledger(handoff)[1].business == 3_600_000_000


def test_a_reassigned_handoff_keeps_why_each_rule_passed_it_on(
    marketer: Actor, inside_rep: Actor, colleague: Actor
) -> None:
    route = "{to: former_owner, because: they know it}, {to: inside_sales, because: by load}"
    agree_on(f"{RELAY}, route: [{route}]")
    handoff = mql(marketer, tokyo(7, "09:00"))
    for time in ("10:30", "11:00", "12:00"):
        tick(tokyo(7, time))
    assert whys(handoff) == ["nobody", "taken", "nobody", "reassigned"]
    handoff.refresh_from_db()
    assert (handoff.routed[-1]["to"], handoff.routed[-1]["because"]) == ("inside_sales", "by load")
