"""The fast answers are those of a slow count by the clock on the wall."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tasuki.calendars import Calendar, Hours, NoWorkingTime
from tests.calendars.slow import SlowCalendar
from tests.calendars.strategies import instants, some_hours

AMOUNTS = st.timedeltas(timedelta(0), timedelta(days=3))
ABOUT = settings(max_examples=120, deadline=None)


@ABOUT
@given(hours=some_hours(), begin=instants(), length=st.timedeltas(timedelta(0), timedelta(days=3)))
def test_working_time_is_what_a_slow_count_finds(hours: Hours, begin: datetime, length: timedelta) -> None:
    assert Calendar(hours).business(begin, begin + length) == SlowCalendar(hours).business(
        begin, begin + length
    )


@ABOUT
@given(
    hours=some_hours(), begin=instants(), amount=st.timedeltas(timedelta(microseconds=1), timedelta(hours=20))
)
def test_a_due_time_is_what_a_slow_count_finds(hours: Hours, begin: datetime, amount: timedelta) -> None:
    found = SlowCalendar(hours).after(begin, amount, days=4)
    assume(found is not None)
    assert Calendar(hours).after(begin, amount) == found


@ABOUT
@given(hours=some_hours(), at=instants())
def test_open_and_closed_are_what_the_wall_says(hours: Hours, at: datetime) -> None:
    assert Calendar(hours).is_open(at) == SlowCalendar(hours).is_open(at)


@ABOUT
@given(hours=some_hours(), times=st.lists(instants(), min_size=3, max_size=3))
def test_working_time_of_two_parts_is_that_of_the_whole(hours: Hours, times: list[datetime]) -> None:
    calendar = Calendar(hours)
    first, middle, last = sorted(times)
    assert calendar.business(first, last) == calendar.business(first, middle) + calendar.business(
        middle, last
    )


@ABOUT
@given(hours=some_hours(), begin=instants(), amount=AMOUNTS)
def test_after_is_the_first_instant_at_which_so_much_has_passed(
    hours: Hours, begin: datetime, amount: timedelta
) -> None:
    calendar = Calendar(hours)
    try:
        due = calendar.after(begin, amount)
    except NoWorkingTime:
        assert amount > calendar.business(begin, begin + timedelta(days=4 * 365))
        return
    assert calendar.business(begin, due) == amount
    tick = timedelta(microseconds=1)
    assert not amount or calendar.business(begin, due - tick) == amount - tick


@ABOUT
@given(hours=some_hours(), end=instants(), amount=AMOUNTS)
def test_before_is_the_last_instant_from_which_so_much_is_left(
    hours: Hours, end: datetime, amount: timedelta
) -> None:
    calendar = Calendar(hours)
    try:
        begin = calendar.before(end, amount)
    except NoWorkingTime:
        assert amount > calendar.business(end - timedelta(days=4 * 365), end)
        return
    assert calendar.business(begin, end) == amount
    tick = timedelta(microseconds=1)
    assert not amount or calendar.business(begin + tick, end) == amount - tick


@ABOUT
@given(hours=some_hours(), at=instants())
def test_between_now_and_the_next_opening_nobody_works(hours: Hours, at: datetime) -> None:
    calendar = Calendar(hours)
    try:
        opens = calendar.next_open(at)
    except NoWorkingTime:
        assert not calendar.business(at, at + timedelta(days=4 * 365))
        return
    assert calendar.is_open(opens)
    assert calendar.business(at, opens) == timedelta()


@ABOUT
@given(hours=some_hours())
def test_hours_come_back_from_their_spec_with_the_same_meaning(hours: Hours) -> None:
    again = Hours.of(hours.spec())
    assert again == hours
    assert again.digest == hours.digest
    assert again.stretches == hours.stretches
