"""Due times and working time as people would reckon them on paper."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tasuki.calendars import (
    ALWAYS,
    Calendar,
    Hours,
    HoursInvalid,
    NoWorkingTime,
    calendar_of,
    hours_of_text,
    public_days,
    service_due,
    service_span,
)

TOKYO = ZoneInfo("Asia/Tokyo")
BERLIN = ZoneInfo("Europe/Berlin")
OFFICE = calendar_of(hours_of_text("mon-fri", "09:00-18:00", "JP", "Asia/Tokyo"))
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Service:
    """As the agreement has it."""

    count: int
    unit: str
    business: bool = True


def tokyo(month: int, day: int, hour: int = 0, minute: int = 0, year: int = 2026) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=TOKYO)


def test_a_lead_of_sunday_night_with_two_business_hours_is_due_on_monday_at_eleven() -> None:
    assert OFFICE.after(tokyo(6, 7, 23), 2 * HOUR) == tokyo(6, 8, 11)


def test_what_is_due_at_the_end_of_a_day_is_due_then_and_not_the_next_morning() -> None:
    assert OFFICE.after(tokyo(6, 8, 9), 9 * HOUR) == tokyo(6, 8, 18)


def test_a_lead_before_golden_week_is_due_after_it() -> None:
    assert OFFICE.after(tokyo(5, 1, 17), 2 * HOUR) == tokyo(5, 7, 10)


def test_a_holiday_on_a_sunday_is_made_up_for_on_the_next_working_day() -> None:
    assert date(2026, 5, 3).weekday() == 6, "Constitution Day is a Sunday"
    assert OFFICE.on(date(2026, 5, 6)) == timedelta(), (
        "and its substitute comes after the two holidays between"
    )
    assert date(2026, 9, 22) in public_days("JP", 2026), "a day between two holidays is one too"


def test_a_lead_of_friday_evening_accepted_on_monday_took_one_hour_and_three_quarters() -> None:
    """GitLab's fixture G9: 0:30 on Friday and 1:15 on Monday."""
    taken = OFFICE.business(tokyo(6, 5, 17, 30), tokyo(6, 8, 10, 15))
    assert taken == timedelta(hours=1, minutes=45)
    assert taken <= 2 * HOUR, "met"


def test_a_transfer_stops_one_clock_and_starts_the_next() -> None:
    """GitLab's fixture G10: A had it for 0:40, B for 1:50 of two hours."""
    given_to_a, given_to_b, accepted = tokyo(6, 5, 17, 30), tokyo(6, 8, 9, 10), tokyo(6, 8, 11)
    assert OFFICE.business(given_to_a, given_to_b) == timedelta(minutes=40)
    assert OFFICE.business(given_to_b, accepted) == timedelta(hours=1, minutes=50)
    assert accepted <= OFFICE.after(given_to_b, 2 * HOUR), "met"


def test_what_is_handled_outside_of_all_hours_took_no_working_time() -> None:
    assert OFFICE.business(tokyo(6, 6, 10), tokyo(6, 7, 22)) == timedelta()


def test_working_time_is_exact_to_the_microsecond() -> None:
    begin = tokyo(6, 8, 9) + timedelta(microseconds=1)
    assert OFFICE.business(begin, tokyo(6, 8, 10)) == HOUR - timedelta(microseconds=1)
    assert OFFICE.after(begin, HOUR) == tokyo(6, 8, 10) + timedelta(microseconds=1)


def test_a_night_shift_is_shorter_where_the_clock_is_put_forward_and_longer_where_it_is_put_back() -> None:
    night = calendar_of(Hours("Europe/Berlin", {"sat": "22:00-06:00"}))
    spring, autumn = (datetime(2026, *day, 12, tzinfo=BERLIN) for day in ((3, 28), (10, 24)))
    assert night.business(spring, spring + timedelta(days=1)) == 7 * HOUR
    assert night.business(autumn, autumn + timedelta(days=1)) == 9 * HOUR


def test_a_due_time_within_the_night_of_changed_clocks_counts_real_hours() -> None:
    night = calendar_of(Hours("Europe/Berlin", {"sat": "22:00-06:00"}))
    assert night.after(datetime(2026, 3, 28, 22, tzinfo=BERLIN), 5 * HOUR) == datetime(
        2026, 3, 29, 2, tzinfo=UTC
    )


def test_an_hour_that_comes_twice_is_worked_twice() -> None:
    early = calendar_of(Hours("Europe/Berlin", {"sun": "02:00-03:00"}))
    assert early.on(date(2026, 10, 25)) == 2 * HOUR
    assert early.on(date(2026, 3, 29)) == timedelta(), "and one that is skipped is not worked"


def test_a_night_shift_belongs_to_the_day_on_which_it_begins() -> None:
    night = calendar_of(Hours("Asia/Tokyo", dict.fromkeys(["sat", "sun"], "22:00-06:00"), "JP"))
    assert night.is_open(tokyo(5, 3, 1)), "Saturday's shift runs into the holiday"
    assert not night.is_open(tokyo(5, 3, 23)), "the holiday's own falls out as a whole"
    assert not night.is_open(tokyo(5, 4, 1))


def test_lunch_is_no_working_time() -> None:
    calendar = calendar_of(hours_of_text("mon-fri", "09:00-12:00, 13:00-18:00", None, "Asia/Tokyo"))
    assert calendar.after(tokyo(6, 8, 11, 30), HOUR) == tokyo(6, 8, 13, 30)


def test_days_off_and_absences_are_no_working_time() -> None:
    hours = Hours(
        zone="Asia/Tokyo",
        week=dict.fromkeys(("mon", "tue", "wed"), "09:00-18:00"),
        days_off=frozenset({date(2026, 6, 9)}),
        away=((tokyo(6, 8, 12), tokyo(6, 10, 10)), (tokyo(6, 8, 15), tokyo(6, 8, 16))),
    )
    calendar = calendar_of(hours)
    assert calendar.business(tokyo(6, 8), tokyo(6, 11)) == 11 * HOUR
    assert calendar.next_open(tokyo(6, 8, 13)) == tokyo(6, 10, 10)


def test_bavaria_keeps_holidays_that_berlin_does_not() -> None:
    epiphany = date(2026, 1, 6)
    bavaria, berlin = (
        calendar_of(hours_of_text(holidays=code, zone="Europe/Berlin")) for code in ("DE-BY", "DE-BE")
    )
    assert not bavaria.on(epiphany)
    assert berlin.on(epiphany) == 9 * HOUR


def test_working_time_over_many_years_is_the_sum_of_them() -> None:
    whole = OFFICE.business(datetime(1990, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))
    years = (
        OFFICE.business(datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC))
        for year in range(1990, 2100)
    )
    assert whole == sum(years, timedelta())


def test_a_shift_over_the_turn_of_the_year_is_one_shift() -> None:
    night = calendar_of(Hours("Asia/Tokyo", {"thu": "22:00-12:00"}))
    assert night.business(tokyo(12, 31), tokyo(1, 2, year=2027)) == 14 * HOUR
    assert night.after(tokyo(12, 31), 14 * HOUR) == tokyo(1, 1, 12, year=2027)


def test_where_nobody_ever_works_nothing_is_ever_due() -> None:
    nobody = calendar_of(Hours("Asia/Tokyo", {}))
    assert nobody.after(tokyo(6, 8), timedelta()) == tokyo(6, 8)
    asked: list[Callable[[], object]] = [
        lambda: nobody.after(tokyo(6, 8), HOUR),
        lambda: nobody.before(tokyo(6, 8), HOUR),
        lambda: nobody.next_open(tokyo(6, 8)),
        lambda: OFFICE.after(tokyo(6, 8), timedelta(days=1_000)),
        lambda: service_due(nobody, tokyo(6, 8), Service(1, "d")),
    ]
    for ask in asked:
        with pytest.raises(NoWorkingTime, match="working time"):
            ask()


def test_times_in_which_no_working_time_is_known_are_refused() -> None:
    with pytest.raises(NoWorkingTime, match="from 1900 to 2200"):
        OFFICE.business(datetime(1800, 1, 1, tzinfo=UTC), tokyo(6, 8))
    with pytest.raises(ValueError, match="less than none"):
        OFFICE.after(tokyo(6, 8), -HOUR)


def test_time_backwards_is_none() -> None:
    assert OFFICE.business(tokyo(6, 9), tokyo(6, 8)) == timedelta()


@pytest.mark.parametrize(
    ("service", "due"),
    [
        (Service(2, "h"), tokyo(6, 8, 11)),
        (Service(30, "m"), tokyo(6, 8, 9, 30)),
        (Service(1, "d"), tokyo(6, 8, 18)),
        (Service(1, "w"), tokyo(6, 12, 18)),
        (Service(2, "h", business=False), tokyo(6, 8, 1)),
        (Service(1, "d", business=False), tokyo(6, 8, 23)),
    ],
)
def test_a_service_time_is_counted_in_working_time_or_in_all_time(service: Service, due: datetime) -> None:
    assert service_due(OFFICE, tokyo(6, 7, 23), service) == due


def test_a_business_day_said_in_the_afternoon_ends_in_the_next_afternoon() -> None:
    assert service_due(OFFICE, tokyo(6, 8, 15), Service(1, "d")) == tokyo(6, 9, 15)


def test_a_business_day_is_as_long_as_most_days_of_the_week() -> None:
    week = {"mon": "09:00-17:00", "tue": "09:00-17:00", "wed": "09:00-13:00", "sat": "09:00-10:00"}
    calendar = calendar_of(Hours("Asia/Tokyo", week))
    assert service_span(calendar, Service(1, "d")) == 8 * HOUR
    assert service_span(calendar, Service(1, "w")) == 21 * HOUR


def test_without_a_calendar_all_time_is_working_time() -> None:
    assert service_due(None, tokyo(6, 7, 23), Service(2, "d")) == tokyo(6, 9, 23)
    assert calendar_of(ALWAYS).business(tokyo(6, 7, 23), tokyo(6, 8, 1)) == 2 * HOUR


@pytest.mark.parametrize("text", ["９：００～１２：００、１３：００－１８：００", "9:00-12:00,13:00-18:00"])
def test_hours_are_read_as_people_type_them(text: str) -> None:
    assert Hours("Asia/Tokyo", {"mon": text}).spec()["week"] == {"mon": "09:00-12:00, 13:00-18:00"}


def test_days_are_read_as_ranges_even_over_the_weekend() -> None:
    assert set(hours_of_text(days="sat-mon, wed").spec()["week"]) == {"sat", "sun", "mon", "wed"}


@pytest.mark.parametrize(
    ("hours", "code", "said"),
    [
        ({"zone": "Asia/Tokio"}, "zone_unknown", "IANA name"),
        ({"holidays": "DE-XX"}, "holidays_unknown", "did you mean"),
        ({"week": {"mo": "09:00-18:00"}}, "day_unknown", "mon"),
        ({"week": {"mon": "9-18"}}, "hours_unreadable", "like 09:00-18:00"),
        ({"week": {"mon": "09:00-25:00"}}, "hours_unreadable", "09:00-25:00"),
        ({"week": {"mon": "24:00-02:00"}}, "hours_unreadable", "24:00-02:00"),
        ({"week": {"mon": "09:00-09:00"}}, "hours_unreadable", "09:00-09:00"),
        ({"week": {"mon": "09:00-12:00, 11:00-18:00"}}, "hours_overlap", "in order"),
        ({"week": {"mon": "22:00-06:00, 23:00-24:00"}}, "hours_overlap", "in order"),
        ({"week": {"mon": ", ".join(f"{h:02d}:00-{h:02d}:30" for h in range(7))}}, "too_many_hours", "6"),
        ({"away": ((tokyo(6, 9), tokyo(6, 8)),)}, "absence_unfit", "after it begins"),
    ],
)
def test_hours_that_cannot_be_are_refused_with_the_cure(
    hours: dict[str, object], code: str, said: str
) -> None:
    with pytest.raises(HoursInvalid, match=said) as refused:
        Hours(**{"zone": "Asia/Tokyo", "week": {}, **hours})  # type: ignore[arg-type]
    assert refused.value.code == code


def test_calendars_that_mean_the_same_are_one() -> None:
    written = hours_of_text(hours="9:00 - 18:00", zone="Asia/Tokyo")
    assert calendar_of(written) is calendar_of(hours_of_text(zone="Asia/Tokyo"))
    assert calendar_of(written) is not calendar_of(hours_of_text(zone="Europe/Berlin"))
    assert isinstance(calendar_of(written), Calendar)
