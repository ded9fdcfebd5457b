"""The clock of each owner: when it is due, what it measured, and that nothing rewrites it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest

from tasuki.server.core import clock
from tasuki.server.core.access import SYSTEM, Actor
from tasuki.server.core.models import Role, Team, User
from tasuki.server.handoffs.models import Clock, Handoff
from tasuki.server.lifecycle import queries as lifecycle
from tasuki.server.lifecycle import relay
from tasuki.server.people.models import Lead
from tasuki.server.worktime import commands as worktime
from tests.server.handoffs.stories import PLAIN, WEEK, agree_on, answer, ledger, mql, tick, tokyo
from tests.server.lifecycle.stories import DAY, HOUR, START, decided, new_lead, visits, work

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def lasted(one: Clock) -> tuple[timedelta, timedelta, bool | None]:
    assert one.wall is not None
    assert one.business is not None
    return timedelta(microseconds=one.wall), timedelta(microseconds=one.business), one.met


@pytest.fixture
def colleague(person: Callable[..., User], inside_sales_team: Team) -> Actor:
    return Actor(user=person("inoue", Role.INSIDE_SALES, inside_sales_team))


@pytest.fixture
def agreement() -> None:
    agree_on()


def test_a_lead_of_sunday_night_with_two_business_hours_is_due_on_monday_at_eleven(
    agreement: None, marketer: Actor, inside_rep: Actor
) -> None:
    handoff = mql(marketer, tokyo(12, "23:00"))
    assert handoff.due_at == tokyo(13, "11:00")
    assert handoff.person == inside_rep.user
    assert Lead.objects.get(pk=handoff.lead_id).owner == inside_rep.user


def test_the_day_after_every_page_tells_the_same_working_time(
    agreement: None, marketer: Actor, inside_rep: Actor
) -> None:
    handoff = mql(marketer, tokyo(10, "17:30"))
    with clock.at(tokyo(14, "09:30")):
        listed = lifecycle.work_list(inside_rep)
        (beside,) = (lifecycle.as_it_stands(one) for one in lifecycle.ledger(inside_rep, handoff.lead_id))
    assert listed.standings[handoff.pk].left == beside.left == -8 * HOUR


def test_g9_from_friday_evening_to_monday_morning_is_an_hour_and_three_quarters(
    agreement: None, marketer: Actor, inside_rep: Actor
) -> None:
    handoff = mql(marketer, tokyo(10, "17:30"))
    answer(inside_rep, handoff, tokyo(13, "10:15"))
    (one,) = ledger(handoff)
    assert lasted(one) == (2 * DAY + 16 * HOUR + 45 * MINUTE, HOUR + 45 * MINUTE, True)
    assert (one.stopped_because, one.stopped_by, one.ordinal) == ("accepted", inside_rep.user, 1)


def test_g10_a_transfer_stops_one_clock_and_starts_the_next(
    agreement: None, marketer: Actor, inside_rep: Actor, colleague: Actor
) -> None:
    worktime.set_hours(SYSTEM, user=colleague.user.pk, week=WEEK)  # type: ignore[union-attr]
    handoff = mql(marketer, tokyo(10, "17:30"))
    assert handoff.person == inside_rep.user
    with clock.at(tokyo(13, "09:10")):
        relay.transfer(inside_rep, handoff.pk, to_user="inoue")
    answer(colleague, handoff, tokyo(13, "11:00"))
    first, second = ledger(handoff)
    assert lasted(first) == (2 * DAY + 15 * HOUR + 40 * MINUTE, 40 * MINUTE, True)
    assert (first.person, first.stopped_because, first.stopped_by) == (
        inside_rep.user,
        "transferred",
        inside_rep.user,
    )
    assert lasted(second) == (HOUR + 50 * MINUTE, HOUR + 50 * MINUTE, True)
    assert (second.person, second.ordinal, second.started_because) == (colleague.user, 2, "transferred")
    assert second.due_at == tokyo(13, "11:10")


def test_what_is_answered_wholly_outside_of_business_hours_took_none_of_them_and_is_met(
    agreement: None, marketer: Actor, inside_rep: Actor
) -> None:
    handoff = mql(marketer, tokyo(11, "20:00"))
    answer(inside_rep, handoff, tokyo(12, "08:00"))
    assert lasted(*ledger(handoff)) == (12 * HOUR, timedelta(0), True)


def test_a_late_answer_is_not_met(agreement: None, marketer: Actor, inside_rep: Actor) -> None:
    handoff = mql(marketer, tokyo(7, "09:00"))
    answer(inside_rep, handoff, tokyo(7, "11:00:01"))
    assert ledger(handoff)[0].met is False


def test_an_answer_at_the_very_due_time_is_met(agreement: None, marketer: Actor, inside_rep: Actor) -> None:
    handoff = mql(marketer, tokyo(7, "09:00"))
    answer(inside_rep, handoff, tokyo(7, "11:00"))
    assert ledger(handoff)[0].met is True


def test_without_business_all_time_counts(marketer: Actor, inside_rep: Actor) -> None:
    agree_on("to: inside_sales, within: 2 hours")
    assert mql(marketer, tokyo(12, "23:00")).due_at == tokyo(13, "01:00")


def test_without_a_service_level_there_is_a_ledger_all_the_same(marketer: Actor, inside_rep: Actor) -> None:
    agree_on("to: inside_sales")
    handoff = mql(marketer, tokyo(7, "09:00"))
    answer(inside_rep, handoff, tokyo(7, "15:00"))
    assert handoff.due_at is None
    assert lasted(*ledger(handoff)) == (6 * HOUR, 6 * HOUR, None)


def test_national_holidays_and_days_off_of_the_company_do_not_count(
    agreement: None, marketer: Actor, inside_rep: Actor
) -> None:
    worktime.add_day_off(SYSTEM, day=date(2026, 4, 30), name="Founding day")
    assert mql(marketer, tokyo(28, "17:00")).due_at == tokyo(1, "10:00", month=5)  # the 29th is Showa Day


def test_each_works_by_their_own_hours_and_zone(agreement: None, marketer: Actor, inside_rep: Actor) -> None:
    worktime.set_hours(
        SYSTEM, user=inside_rep.user.pk, week=dict.fromkeys(WEEK, "10:00-14:00"), time_zone="Europe/Berlin"  # type: ignore[union-attr]
    )  # fmt: skip
    handoff = mql(marketer, tokyo(13, "09:00"))
    assert handoff.due_at == datetime(2026, 4, 13, 10, tzinfo=UTC)  # noon in Berlin


@pytest.mark.parametrize(
    ("hours", "begin", "business"),
    [
        ("01:00-04:00", datetime(2027, 3, 28, 0, tzinfo=UTC), 2),  # at two o'clock it is three
        ("02:00-04:00", datetime(2026, 10, 25, 0, tzinfo=UTC), 3),  # at three o'clock it is two again
    ],
)
def test_when_summer_time_begins_or_ends_the_hours_that_are_there_count(
    marketer: Actor, inside_rep: Actor, hours: str, begin: datetime, business: int
) -> None:
    agree_on(f"to: inside_sales, within: {business} business hours")
    worktime.set_hours(
        SYSTEM, user=inside_rep.user.pk, week={"sun": hours}, time_zone="Europe/Berlin", holidays=""  # type: ignore[union-attr]
    )  # fmt: skip
    handoff = mql(marketer, begin)
    assert handoff.due_at == begin + business * HOUR
    answer(inside_rep, handoff, begin + DAY)
    assert lasted(*ledger(handoff)) == (DAY, business * HOUR, False)


def test_settings_edited_later_change_neither_a_running_clock_nor_what_was_measured(
    agreement: None, marketer: Actor, inside_rep: Actor
) -> None:
    running = mql(marketer, tokyo(10, "17:30"))
    stopped = mql(marketer, tokyo(10, "17:30"), "Sato Jiro")
    answer(inside_rep, stopped, tokyo(10, "17:45"))
    before = [(one.due_at, one.wall, one.business, one.met) for one in ledger(stopped)]
    with clock.at(tokyo(11, "12:00")):
        worktime.set_hours(SYSTEM, user=inside_rep.user.pk, week={"sat": "09:00-18:00"})  # type: ignore[union-attr]
        worktime.add_day_off(SYSTEM, day=date(2026, 4, 13))
    agree_on("to: inside_sales, within: 9 business hours", at=tokyo(11, "13:00"))
    work(tokyo(11, "14:00"))
    answer(inside_rep, running, tokyo(13, "10:15"))
    assert [(one.due_at, one.wall, one.business, one.met) for one in ledger(stopped)] == before
    (one,) = ledger(running)
    assert one.due_at == tokyo(13, "10:30")
    assert lasted(one)[1:] == (HOUR + 45 * MINUTE, True)


def test_the_clock_of_an_entry_that_came_late_starts_when_it_came(agreement: None, inside_rep: Actor) -> None:
    lead = new_lead()
    visits(lead, tokyo(7, "09:00"), tokyo(7, "09:30"))
    work(tokyo(7, "15:00"))
    handoff = Handoff.objects.get()
    (one,) = ledger(handoff)
    assert (handoff.opened_at, one.started_at, handoff.due_at) == (
        tokyo(7, "09:30"),
        tokyo(7, "15:00"),
        tokyo(7, "17:00"),
    )


def test_a_quarter_of_an_hour_is_not_late(agreement: None, inside_rep: Actor) -> None:
    lead = new_lead()
    visits(lead, tokyo(7, "09:00"), tokyo(7, "09:30"))
    work(tokyo(7, "09:45"))
    assert ledger(Handoff.objects.get())[0].started_at == tokyo(7, "09:30")


def test_an_imported_past_is_in_the_ledger_with_its_own_times_and_nobody_is_told(
    inside_rep: Actor, marketer: Actor
) -> None:
    agree_on(at=START + 400 * DAY)
    lead = new_lead()
    visits(lead, tokyo(7, "09:00"), tokyo(10, "17:30"))
    decided(lead, "SAL", tokyo(13, "10:15"), "inside_sales", by=inside_rep.user)
    work(START + 400 * DAY)
    handoff = Handoff.objects.get()
    (one,) = ledger(handoff)
    assert (one.person, one.started_at, one.stopped_at) == (
        inside_rep.user,
        tokyo(10, "17:30"),
        tokyo(13, "10:15"),
    )
    assert lasted(one)[1:] == (HOUR + 45 * MINUTE, True)
    assert (one.next_at, one.stopped_because, tick(START + 401 * DAY)) == (None, "accepted", 0)
    assert Lead.objects.get().owner is None


def test_what_an_old_history_left_open_starts_now(inside_rep: Actor) -> None:
    agree_on(PLAIN, at=tokyo(20, "10:00"))
    lead = new_lead()
    visits(lead, tokyo(7, "09:00"), tokyo(7, "09:30"))
    work(tokyo(20, "10:00"))
    (one,) = ledger(Handoff.objects.get())
    assert (one.started_at, one.due_at, one.person) == (
        tokyo(20, "10:00"),
        tokyo(20, "12:00"),
        inside_rep.user,
    )


def test_an_answer_dated_before_the_clock_started_took_no_time(agreement: None, inside_rep: Actor) -> None:
    lead = new_lead()
    visits(lead, tokyo(7, "09:00"), tokyo(7, "09:30"))
    work(tokyo(7, "15:00"))
    decided(lead, "SAL", tokyo(7, "12:00"), "inside_sales", by=inside_rep.user)
    work(tokyo(7, "16:00"))
    (one,) = ledger(Handoff.objects.get())
    assert lasted(one) == (timedelta(0), timedelta(0), True)
    assert one.stopped_at == one.started_at


def test_a_colleague_who_accepts_has_the_lead_and_the_clock_names_who_stopped_it(
    agreement: None, marketer: Actor, inside_rep: Actor, colleague: Actor
) -> None:
    handoff = mql(marketer, tokyo(7, "09:00"))
    assert handoff.person == inside_rep.user
    answer(colleague, handoff, tokyo(7, "10:00"))
    (one,) = ledger(handoff)
    assert (one.person, one.stopped_by) == (inside_rep.user, colleague.user)
    assert Lead.objects.get().owner == colleague.user
    handoff.refresh_from_db()
    assert (handoff.person, handoff.first_touch_at) == (colleague.user, tokyo(7, "10:00"))
