from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tasuki.server.imports.times import parse_time

FEB_3 = datetime(2026, 2, 2, 15, tzinfo=UTC)  # its midnight in Tokyo


@pytest.mark.parametrize(
    "text",
    [
        "2026-02-03",
        "2026/2/3",
        "2026.2.3",
        "2026年2月3日",
        "2026年2月3日(火)",
        "２０２６／２／３",
        "20260203",
        "令和8年2月3日",
        "R8.2.3",
        "r8/02/03",
        "46056",
        "02/03/2026",
        "2-3-2026",
        "Feb 3, 2026",
        "February 3, 2026",
        "3 Feb 2026",
        "3-Feb-2026",
        "平成38年2月3日",
        "2026-02-02T15:00:00Z",
        "2026-02-03T00:00+09:00",
        "2026-02-02 10:00:00-0500",
        "2026/2/3 0:00 JST",
        "2026/02/03 12:00:00 AM",
        "2026年2月3日 午前0時0分",
    ],
)
def test_one_day_written_in_many_ways(text: str):
    assert parse_time(text, "Asia/Tokyo") == FEB_3


@pytest.mark.parametrize(
    ("text", "clock"),
    [
        ("2026/2/3 9:05", (0, 5, 0, 0)),
        ("2026年2月3日 9時5分6秒", (0, 5, 6, 0)),
        ("2026-02-03T09:05:06.123456", (0, 5, 6, 123456)),
        ("2026-02-03 09:05:06.1234567", (0, 5, 6, 123456)),
        ("02/03/2026 10:50:00 AM", (1, 50, 0, 0)),
        ("Feb 3, 2026 19:13:27", (10, 13, 27, 0)),
        ("2026年2月3日 午後3時05分", (6, 5, 0, 0)),
        ("46056.5", (3, 0, 0, 0)),
        ("02-03-2026 07:13 PM", (10, 13, 0, 0)),
    ],
)
def test_times_are_local_where_they_say_no_offset(text: str, clock: tuple[int, int, int, int]):
    assert parse_time(text, "Asia/Tokyo") == datetime(2026, 2, 3, *clock, tzinfo=UTC)


def test_the_first_year_of_an_era_has_a_name():
    assert parse_time("令和元年5月1日", "UTC") == datetime(2019, 5, 1, tzinfo=UTC)


def test_days_come_before_months_where_the_plan_says_so_or_nothing_else_is_possible():
    assert parse_time("03/02/2026", "UTC", day_first=True) == datetime(2026, 2, 3, tzinfo=UTC)
    assert parse_time("25/02/2026", "UTC") == datetime(2026, 2, 25, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "2026-13-01",
        "2026-02-30",
        "9999-01-01",
        "1899-01-01",
        "12:30",
        "令和0年1月1日",
        "2026-02-03 25:00",
        "1" * 400,
        "31/31/2026",
        "Foo 3, 2026",
        "00/00/2026",
        "2026-02-03T09:05+99:99",
        "9" * 5 + "." + "9" * 400,
    ],
)
def test_what_is_no_time_is_none(text: str):
    assert parse_time(text, "Asia/Tokyo") is None
