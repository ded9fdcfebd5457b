"""Weeks by the wall: whole ones, and what of a month's target falls on them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasuki.weekly.weeks import Week, last_week, week_of

DAYS = st.dates(date(1990, 1, 1), date(2100, 1, 1))
ZONES = st.sampled_from(["Asia/Tokyo", "America/New_York", "Europe/Berlin", "Pacific/Apia", "UTC"])


@given(DAYS, ZONES)
def test_weeks_follow_each_other_without_a_gap_and_the_clocks_may_change_in_them(
    day: date, zone: str
) -> None:
    week = week_of(day, zone)
    assert week.first <= day <= week.last
    assert week.first.weekday() == 0
    assert week.until == week.later(1).since
    assert abs(week.until - week.since.astimezone(UTC) - timedelta(days=7)) <= timedelta(days=1)
    assert week.up_to(13)[1] == week.span[1]
    assert week.up_to(13)[0] == week.later(-12).span[0]


@given(st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)), ZONES)
def test_the_last_week_is_over_and_no_week_is_between(at: datetime, zone: str) -> None:
    week = last_week(at, zone)
    assert week.until <= at < week.later(1).until


@pytest.mark.parametrize(
    ("per", "number"), [("month", 4800), ("quarter", 1600), ("year", 400), ("week", 20_871)]
)
def test_in_four_hundred_years_every_target_is_wanted_once(per: str, number: int) -> None:
    """The calendar begins anew after so many years, with a whole number of weeks."""
    first = Week(date(2001, 1, 1), "UTC")
    parts = [first.later(n).part_of(per) for n in range(20_871)]
    assert sum(part for part in parts if part) == pytest.approx(number)


def test_a_week_in_two_months_has_its_days_of_each() -> None:
    week = week_of(date(2026, 3, 30), "Asia/Tokyo")
    assert week.label == "2026-W14"
    assert week.part_of("month") == pytest.approx(2 / 31 + 5 / 30)
    assert week.part_of("decade") is None
