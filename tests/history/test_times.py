from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasuki.errors import UsageError
from tasuki.history.times import format_time, parse_time, zone_of

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
ZONES = ["Asia/Tokyo", "America/New_York", "Europe/Amsterdam", "Australia/Lord_Howe", "UTC"]
MOMENTS = st.datetimes(datetime(1900, 1, 2), datetime(2200, 12, 30))


def micros(text: str) -> int:
    return (datetime.fromisoformat(text) - EPOCH) // MICROSECOND


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2024-05-01", "2024-04-30T15:00:00+00:00"),
        ("2024-05-01T09:00", "2024-05-01T00:00:00+00:00"),
        ("2024-05-01 09:00:30", "2024-05-01T00:00:30+00:00"),
        ("2024-05-01T09:00:30.5", "2024-05-01T00:00:30.500000+00:00"),
        ("2024-05-01T09:00:30,123456", "2024-05-01T00:00:30.123456+00:00"),
        ("2024-05-01T09:00Z", "2024-05-01T09:00:00+00:00"),
        ("2024-05-01T09:00:00 +0200", "2024-05-01T07:00:00+00:00"),
        ("2024-05-01T09:00:00-05:30", "2024-05-01T14:30:00+00:00"),
        ("2024-05-01T09:00+09", "2024-05-01T00:00:00+00:00"),
        (" 2024-02-29 ", "2024-02-28T15:00:00+00:00"),
    ],
)
def test_a_time_without_an_offset_is_local(written: str, meant: str) -> None:
    assert parse_time(written, "Asia/Tokyo") == micros(meant)


@pytest.mark.parametrize(
    "written",
    [
        "", "yesterday", "2024-02-30", "2023-02-29", "2024-13-01", "2024-00-10", "2024-01-00", "1899-12-31",
        "2201-01-01", "2024/05/01", "20240501", "2024-05-01T24:00", "2024-05-01T09:60", "2024-05-01T9:00",
        "2024-05-01T09", "2024-05-01T09:00:00.1234567", "2024-05-01T09:00:00.", "2024-05-01T09:00+9",
        "2024-05-01T09:00+19:00", "2024-05-01T09:00ZZ", "2024-05-01x", "２０２４-05-01", "2024-05-01T",
        "2024-05-01T09:00:", "2024-05-01T09:00+09:60", "-024-05-01",
    ],
)  # fmt: skip
def test_what_is_no_time_is_not_guessed(written: str) -> None:
    assert parse_time(written, "Asia/Tokyo") is None


def test_an_hour_that_summer_time_skips_is_read_with_the_offset_before_it() -> None:
    assert parse_time("2024-03-10T02:30", "America/New_York") == micros("2024-03-10T07:30:00+00:00")


def test_an_hour_that_comes_twice_means_its_first_time() -> None:
    assert parse_time("2024-11-03T01:30", "America/New_York") == micros("2024-11-03T05:30:00+00:00")


@settings(deadline=None)  # the first example compiles
@given(MOMENTS, st.sampled_from(ZONES))
def test_every_local_time_is_what_python_says(moment: datetime, zone: str) -> None:
    expected = (moment.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC) - EPOCH) // MICROSECOND
    assert parse_time(moment.isoformat(), zone) == expected
    assert parse_time(moment.isoformat(" "), zone) == expected


@settings(deadline=None)
@given(MOMENTS)
def test_what_is_written_is_read_back(moment: datetime) -> None:
    at = (moment.replace(tzinfo=UTC) - EPOCH) // MICROSECOND
    assert parse_time(format_time(at), "Asia/Tokyo") == at


@settings(deadline=None)
@given(st.text(max_size=40))
def test_no_text_breaks_the_reader(text: str) -> None:
    parse_time(text, "UTC")


def test_an_unknown_zone_is_refused() -> None:
    with pytest.raises(UsageError, match="Asia/Tokio"):
        zone_of("Asia/Tokio")


def test_no_times_are_no_times() -> None:
    assert zone_of("UTC").to_utc(np.empty(0, np.int64)).tolist() == []
