"""Hours and instants as they may come, with many near the nights on which summer time begins and ends."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from hypothesis import strategies as st

from tasuki.calendars import DAYS, Hours

PLACES = ("Asia/Tokyo", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Havana")
"""Lord Howe moves its clocks by half an hour; Havana at midnight, so that a date comes back."""
COUNTRIES = {"Asia/Tokyo": "JP", "Europe/Berlin": "DE-BY", "America/New_York": "US"}
CHANGES = (
    datetime(2026, 3, 29, 1, tzinfo=UTC), datetime(2026, 10, 25, 1, tzinfo=UTC),
    datetime(2026, 3, 8, 7, tzinfo=UTC), datetime(2026, 11, 1, 6, tzinfo=UTC),
    datetime(2026, 4, 4, 15, tzinfo=UTC), datetime(2026, 10, 3, 15, 30, tzinfo=UTC),
    datetime(2026, 3, 8, 5, tzinfo=UTC), datetime(2026, 11, 1, 5, tzinfo=UTC),
    datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 5, 4, tzinfo=UTC),
)  # fmt: skip
"""Nights of changed clocks in these places, a turn of the year, Golden Week."""


@st.composite
def a_day(draw: st.DrawFn) -> str:
    """Up to three stretches of work, the last one perhaps over midnight."""
    marks = sorted(draw(st.sets(st.integers(0, 95), min_size=0, max_size=6)))
    pairs = list(zip(marks[::2], marks[1::2], strict=False))
    text = [f"{_clock(begin)}-{_clock(end)}" for begin, end in pairs]
    if len(marks) % 2:
        text.append(f"{_clock(marks[-1])}-{_clock(draw(st.integers(0, max(marks[0] - 1, 0))))}")
    return ", ".join(each for each in text if each != "00:00-00:00")


def _clock(quarter: int) -> str:
    return f"{quarter // 4:02d}:{quarter % 4 * 15:02d}"


def instants() -> st.SearchStrategy[datetime]:
    """To the microsecond, within two days of one of the changes."""
    aside = st.timedeltas(timedelta(days=-2), timedelta(days=2))
    return st.builds(lambda at, by: at + by, st.sampled_from(CHANGES), aside)


@st.composite
def some_hours(draw: st.DrawFn) -> Hours:
    """Hours in one of the places, with or without holidays, days off and absences."""
    place = draw(st.sampled_from(PLACES))
    away = draw(
        st.lists(st.tuples(instants(), st.timedeltas(timedelta(seconds=1), timedelta(days=2))), max_size=3)
    )
    days = st.dates(date(2026, 3, 28), date(2026, 4, 5))
    return Hours(
        zone=place,
        week=draw(st.dictionaries(st.sampled_from(DAYS), a_day(), min_size=3)),
        holidays=draw(st.sampled_from(["", COUNTRIES.get(place, "")])),
        days_off=frozenset(draw(st.sets(days, max_size=2))),
        away=tuple((begin, begin + length) for begin, length in away),
    )
