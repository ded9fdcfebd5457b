"""By whose hours somebody works, and the few questions that takes."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from tasuki.agreement import agreement_of
from tasuki.calendars import Calendar, hours_of_text
from tasuki.server.core import clock
from tasuki.server.core.access import SYSTEM, Actor
from tasuki.server.core.models import Role, Team, User
from tasuki.server.worktime import commands, queries
from tasuki.server.worktime.models import KeptCalendar

TOKYO = ZoneInfo("Asia/Tokyo")
AGREED = hours_of_text("mon-fri", "09:00-18:00", "JP", "Asia/Tokyo")
HOUR = timedelta(hours=1)
TUESDAY = datetime(2026, 6, 9, tzinfo=TOKYO)


def calendar(of: Actor, default: object = AGREED) -> Calendar:
    assert of.user is not None
    return queries.calendars_for([of.user.pk], [], default).of_user(of.user.pk)  # type: ignore[arg-type]


def key(of: Actor) -> int:
    assert of.user is not None
    return of.user.pk


def test_own_hours_come_before_the_teams_and_these_before_the_agreements(
    inside_rep: Actor, inside_sales_team: Team
) -> None:
    assert calendar(inside_rep).on(TUESDAY.date()) == 9 * HOUR
    commands.set_hours(SYSTEM, team=inside_sales_team.pk, week={"tue": "10:00-16:00"})
    assert calendar(inside_rep).on(TUESDAY.date()) == 6 * HOUR
    commands.set_hours(SYSTEM, user=key(inside_rep), week={"tue": "10:00-12:00"})
    assert calendar(inside_rep).on(TUESDAY.date()) == 2 * HOUR
    commands.clear_hours(SYSTEM, user=key(inside_rep))
    commands.clear_hours(SYSTEM, team=inside_sales_team.pk)
    assert calendar(inside_rep).on(TUESDAY.date()) == 9 * HOUR


def test_where_no_hours_are_known_all_time_counts(marketer: Actor) -> None:
    assert calendar(marketer, None).on(TUESDAY.date()) == 24 * HOUR


def test_hours_without_a_time_zone_are_by_the_persons_own_clock(
    inside_rep: Actor, inside_sales_team: Team
) -> None:
    commands.set_hours(SYSTEM, team=inside_sales_team.pk, week={"tue": "09:00-18:00"})
    assert calendar(inside_rep).next_open(TUESDAY) == TUESDAY.replace(hour=9)
    assert inside_rep.user is not None
    inside_rep.user.time_zone = "Europe/Berlin"
    inside_rep.user.save()
    berlin = datetime(2026, 6, 9, 9, tzinfo=ZoneInfo("Europe/Berlin"))
    assert calendar(inside_rep).next_open(TUESDAY) == berlin
    teams = queries.calendars_for([], [inside_sales_team.pk], AGREED)
    assert teams.of_team(inside_sales_team.pk).next_open(TUESDAY) == TUESDAY.replace(hour=9)


def test_days_off_of_the_company_and_of_the_team_and_absences_count_for_nobody(
    inside_rep: Actor, sales_rep: Actor, inside_sales_team: Team, manager: Actor
) -> None:
    commands.add_day_off(manager, day=date(2026, 6, 10), name="創立記念日")
    commands.add_day_off(manager, day=date(2026, 6, 11), team=inside_sales_team.pk)
    commands.add_absence(sales_rep, begins_at=TUESDAY, ends_at=TUESDAY.replace(hour=13))
    week = [date(2026, 6, 9), date(2026, 6, 10), date(2026, 6, 11)]
    assert [calendar(inside_rep).on(day) / HOUR for day in week] == [9, 0, 0]
    assert [calendar(sales_rep).on(day) / HOUR for day in week] == [5, 0, 9]
    queue = queries.calendars_for([], [inside_sales_team.pk], AGREED)
    assert [queue.of_team(inside_sales_team.pk).on(day) / HOUR for day in week] == [9, 0, 0]
    assert [queue.of_team(None).on(day) / HOUR for day in week] == [9, 0, 9]


def test_what_is_over_is_read_only_by_who_asks_for_earlier_times(sales_rep: Actor) -> None:
    commands.add_absence(sales_rep, begins_at=TUESDAY, ends_at=TUESDAY + timedelta(days=1))
    with clock.at(TUESDAY + timedelta(days=30)):
        assert calendar(sales_rep).on(TUESDAY.date())
        earlier = queries.calendars_for([key(sales_rep)], [], AGREED, since=TUESDAY)
    assert not earlier.of_user(key(sales_rep)).on(TUESDAY.date())


def test_calendars_of_many_people_take_as_many_queries_as_those_of_one(
    person: Callable[..., User], inside_sales_team: Team, monday: datetime
) -> None:
    people = [person(f"rep{n}", Role.INSIDE_SALES, inside_sales_team).pk for n in range(30)]
    for user in people[::3]:
        commands.set_hours(SYSTEM, user=user, week={"mon": "09:00-12:00"})
        commands.add_absence(SYSTEM, user=user, begins_at=TUESDAY, ends_at=TUESDAY + HOUR)
    with CaptureQueriesContext(connection) as asked:
        calendars = queries.calendars_for(people, [], AGREED)
        for user in people:
            calendars.of_user(user)
    assert len(asked) == 4
    with CaptureQueriesContext(connection) as asked:
        keys = {calendars.kept(calendars.of_user(user), monday) for user in people}
    assert len(keys) == 2, "those with the same hours share one"
    assert len(asked) <= 3
    with CaptureQueriesContext(connection) as asked:
        assert len(queries.kept_calendars(keys)) == 2
    assert len(asked) == 1


def test_a_calendar_that_is_kept_is_what_it_was_whatever_is_set_later(
    inside_rep: Actor, monday: datetime
) -> None:
    commands.set_hours(inside_rep, week={"tue": "09:00-12:00"})
    calendars = queries.calendars_for([key(inside_rep)], [], AGREED)
    kept = calendars.kept(calendars.of_user(key(inside_rep)), monday)
    commands.set_hours(inside_rep, week={"tue": "13:00-14:00"})
    commands.add_absence(inside_rep, begins_at=TUESDAY, ends_at=TUESDAY + timedelta(days=1))
    assert queries.kept_calendars([kept])[kept].on(TUESDAY.date()) == 3 * HOUR


def test_the_same_calendar_is_kept_once(inside_rep: Actor, monday: datetime) -> None:
    keys = set()
    for _time in range(3):
        calendars = queries.calendars_for([key(inside_rep)], [], AGREED)
        keys.add(calendars.kept(calendars.of_user(key(inside_rep)), monday))
        keys.add(calendars.kept(calendars.of_team(None), monday))
    assert len(keys) == KeptCalendar.objects.count() == 1


def test_the_agreements_calendar_is_read_as_it_is_written() -> None:
    text = """
agreement: x
timezone: Europe/Berlin
calendar: {days: "mon-wed,fri", hours: "08:00-16:30", holidays: DE-BY}
stages: [{id: MAL, enter: [{by: [marketing]}]}]
"""
    found = queries.default_hours(agreement_of(text))
    assert found == hours_of_text("mon-wed, fri", "08:00-16:30", "DE-BY", "Europe/Berlin")
    assert queries.default_hours(agreement_of(text.replace("calendar", "# "))) is None
    assert queries.default_hours(None) is None


def test_away_is_who_is_away_at_that_instant(inside_rep: Actor, sales_rep: Actor) -> None:
    commands.add_absence(inside_rep, begins_at=TUESDAY, ends_at=TUESDAY + HOUR)
    both = [key(inside_rep), key(sales_rep)]
    assert queries.away_now(both, TUESDAY) == {key(inside_rep)}
    assert queries.away_now(both, TUESDAY + HOUR) == set()
    assert queries.away_now([key(sales_rep)], TUESDAY) == set()


@pytest.mark.parametrize(
    ("hour", "day", "works"), [(7, 9, True), (20, 9, True), (12, 13, False), (12, 10, False), (12, 11, True)]
)
def test_who_works_today_has_working_time_on_this_day_be_it_over_or_not(
    hour: int, day: int, works: bool, inside_rep: Actor
) -> None:
    away = datetime(2026, 6, 10, tzinfo=TOKYO)
    commands.add_absence(inside_rep, begins_at=away.replace(hour=9), ends_at=away.replace(hour=18))
    commands.add_absence(inside_rep, begins_at=away + 33 * HOUR, ends_at=away + 35 * HOUR)
    at = datetime(2026, 6, day, hour, tzinfo=TOKYO)
    assert queries.works_today([key(inside_rep)], at, default=AGREED) == (
        {key(inside_rep)} if works else set()
    )


def test_somebody_who_is_gone_has_the_agreements_hours(monday: datetime) -> None:
    assert queries.calendars_for([987654], [], AGREED).of_user(987654).is_open(monday.astimezone(UTC))


@pytest.mark.django_db(transaction=True)
def test_two_workers_that_keep_the_same_calendars_at_once_keep_each_once(
    inside_rep: Actor, sales_rep: Actor, monday: datetime
) -> None:
    for worker, hours in ((inside_rep, "09:00-12:00"), (sales_rep, "10:00-12:00")):
        commands.set_hours(worker, week={"tue": hours})
    users = [key(inside_rep), key(sales_rep)]

    def keep(order: int) -> set[int]:
        try:
            calendars = queries.calendars_for(users, [], AGREED)
            own = [calendars.of_user(user) for user in users[::order]]
            with transaction.atomic():
                return {calendars.kept(calendar, monday) for calendar in own}
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(keep, (1, -1)))
    assert found[0] == found[1]
    assert len(found[0]) == KeptCalendar.objects.count() == 2
