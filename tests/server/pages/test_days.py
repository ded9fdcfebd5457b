"""Days and times as people say them, in both languages."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone

from tasuki.server.pages.days import a_day, a_moment

TODAY = date(2026, 6, 15)  # a Monday
NOW = datetime(2026, 6, 15, 1, 0, tzinfo=UTC)  # 10:00 in Tokyo


@pytest.mark.parametrize(
    ("said", "day"),
    [
        ("来月", date(2026, 7, 15)), ("next month", date(2026, 7, 15)), ("3ヶ月後", date(2026, 9, 15)),
        ("３か月後", date(2026, 9, 15)), ("in 3 months", date(2026, 9, 15)), ("3m", date(2026, 9, 15)),
        ("半年後", date(2026, 12, 15)), ("来週", date(2026, 6, 22)), ("2週間後", date(2026, 6, 29)),
        ("in 2 weeks", date(2026, 6, 29)), ("10日後", date(2026, 6, 25)), ("明日", date(2026, 6, 16)),
        ("12/15", date(2026, 12, 15)), ("1/15", date(2027, 1, 15)), ("2027/1/15", date(2027, 1, 15)),
        ("2026-12-01", date(2026, 12, 1)), ("12月1日", date(2026, 12, 1)), ("来年", date(2027, 6, 15)),
        ("5ヶ月後", date(2026, 11, 16)),  # the 15th is a Sunday
        ("Next Month ", date(2026, 7, 15)), ("3月後", date(2026, 9, 15)),
    ],
)  # fmt: skip
def test_a_day_is_understood(said: str, day: date):
    assert a_day(said, TODAY) == day


@pytest.mark.parametrize(
    "said", ["", "soon", "そのうち", "3月", "13/45", "in 3 moons", "99", "0/0", "2026-02-30", "\0"]
)
def test_what_is_no_day_is_none(said: str):
    assert a_day(said, TODAY) is None


def test_the_end_of_a_month_stays_within_it():
    assert a_day("1m", date(2026, 1, 30)) == date(2026, 3, 2)  # 28 February is a Saturday
    assert a_day("next year", date(2028, 2, 29)) == date(2029, 2, 28)


@pytest.mark.parametrize(
    ("said", "at"),
    [
        ("明日 10:00", "2026-06-16 10:00"), ("tomorrow 10:00", "2026-06-16 10:00"), ("明日15時", "2026-06-16 15:00"),
        ("15時半", "2026-06-15 15:30"), ("15:30", "2026-06-15 15:30"), ("9:30", "2026-06-16 09:30"),
        ("in 2 hours", "2026-06-15 12:00"), ("2時間後", "2026-06-15 12:00"), ("30分後", "2026-06-15 10:30"),
        ("12/15 9:30", "2026-12-15 09:30"), ("来週", "2026-06-22 10:00"), ("next week 14:00", "2026-06-22 14:00"),
        ("2026-06-20T11:00", "2026-06-20 11:00"),
    ],
)  # fmt: skip
def test_a_time_is_understood(said: str, at: str):
    found = a_moment(said, NOW)
    assert found is not None
    assert f"{timezone.localtime(found):%Y-%m-%d %H:%M}" == at


@pytest.mark.parametrize("said", ["25:00", "soon", "12:99", "in 2 moons"])
def test_what_is_no_time_is_none(said: str):
    assert a_moment(said, NOW) is None


def test_now_plus_much_is_later():
    assert a_moment("in 999 hours", NOW) == NOW + timedelta(hours=999)
