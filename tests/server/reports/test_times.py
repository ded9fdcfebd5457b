"""When a report is due: by the company's clock, whatever clocks and days off do."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from tasuki.calendars import calendar_of, hours_of_text
from tasuki.server.reports.times import Clockwork

ZONES = st.sampled_from(["Asia/Tokyo", "America/New_York", "Europe/Berlin", "Australia/Lord_Howe"])
WHEN = st.datetimes(datetime(2024, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))


def clocks(zone: str, days: str = "mon,tue,wed,thu,fri", holidays: str | None = "JP") -> Clockwork:
    return Clockwork(zone, calendar_of(hours_of_text(days, "09:00-18:00", holidays, zone)))


@given(ZONES, st.integers(0, 6), st.integers(0, 23), WHEN)
def test_one_comes_after_the_other_on_working_days_at_that_hour(
    zone: str, weekday: int, hour: int, now: datetime
) -> None:
    company = clocks(zone)
    last, coming = company.latest(weekday, hour, now), company.next(weekday, hour, now)
    assert last.at <= now < coming.at
    assert coming.week - last.week == timedelta(weeks=1)
    assert company.latest(weekday, hour, coming.at) == coming
    for due in (last, coming):
        local = due.at.astimezone(ZoneInfo(zone))
        assert company.calendar.on(due.at.date()) > timedelta()
        assert due.at.hour == hour
        assert local.hour in (hour, hour + 1), "an hour that the clocks leave out is the one after it"
        assert due.week.weekday() == 0
        assert due.week + timedelta(weeks=1) <= due.at.date(), "the week was over"


def test_a_holiday_moves_it_and_the_clocks_do_not() -> None:
    tokyo = clocks("Asia/Tokyo")
    due = tokyo.next(
        0, 8, datetime(2026, 11, 22, tzinfo=UTC)
    )  # Monday 23 November is Labour Thanksgiving Day
    assert (due.week, due.at.date()) == (date(2026, 11, 16), date(2026, 11, 24))
    berlin = clocks("Europe/Berlin", holidays=None)
    before, after = (berlin.next(0, 8, datetime(2026, 3, day, tzinfo=UTC)).at for day in (21, 28))
    assert after.astimezone(UTC) - before.astimezone(UTC) == timedelta(days=7, hours=-1)


def test_a_company_that_never_works_gets_it_all_the_same() -> None:
    closed = Clockwork("Asia/Tokyo", calendar_of(hours_of_text("mon", "09:00-18:00", None, "Asia/Tokyo")))
    assert closed.next(1, 8, datetime(2026, 11, 24, tzinfo=UTC)).at.date() == date(2026, 11, 30)


def test_what_was_sent_already_is_not_due_again_after_the_day_was_changed() -> None:
    tokyo, monday = clocks("Asia/Tokyo"), datetime(2026, 11, 30, 1, tzinfo=UTC)
    assert tokyo.next(4, 8, monday, sent=date(2026, 11, 23)).at.date() == date(2026, 12, 11)
