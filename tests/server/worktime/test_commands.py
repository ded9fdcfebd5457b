"""Setting hours, days off and absences: who may, what is refused, what the audit says."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest

from tasuki.server.core import clock
from tasuki.server.core.access import SYSTEM, Actor
from tasuki.server.core.errors import Conflict, Invalid, NotAllowed, NotFound, NotSignedIn, Refused
from tasuki.server.core.models import AuditEntry, Team
from tasuki.server.worktime import checks, commands, queries
from tasuki.server.worktime.models import Absence, WorkingHours

WEEK = {"mon": "09:00-12:00, 13:00-18:00"}
DAY = timedelta(days=1)


def key(of: Actor) -> int:
    assert of.user is not None
    return of.user.pk


def test_everyone_sets_their_own_hours_and_absences(inside_rep: Actor, monday: datetime) -> None:
    commands.set_hours(
        inside_rep, week={"mon": "９:00〜１２:00"}, time_zone="Europe/Berlin", holidays="DE-BY"
    )
    found = queries.hours(inside_rep, default=None)
    assert found.source == "own"
    assert found.hours.spec()["week"] == {"mon": "09:00-12:00"}
    assert (found.hours.zone, found.hours.holidays) == ("Europe/Berlin", "DE-BY")
    commands.add_absence(inside_rep, begins_at=monday, ends_at=monday + DAY, note="研修")
    assert [each.note for each in queries.absences(inside_rep)] == ["研修"]


def test_the_hours_of_others_are_for_who_leads(
    inside_rep: Actor, sales_rep: Actor, manager: Actor, inside_sales_team: Team, monday: datetime
) -> None:
    forbidden: list[Callable[[], object]] = [
        lambda: commands.set_hours(sales_rep, user=key(inside_rep), week=WEEK),
        lambda: commands.set_hours(sales_rep, team=inside_sales_team.pk, week=WEEK),
        lambda: commands.clear_hours(sales_rep, user=key(inside_rep)),
        lambda: commands.add_absence(sales_rep, user=key(inside_rep), begins_at=monday, ends_at=monday + DAY),
        lambda: commands.add_day_off(sales_rep, day=date(2026, 8, 13)),
        lambda: commands.remove_day_off(sales_rep, 1),
        lambda: queries.hours(sales_rep, default=None, user=key(inside_rep)),
        lambda: queries.absences(sales_rep, user=key(inside_rep)),
        lambda: queries.away_between(sales_rep, monday, monday + DAY),
    ]
    for ask in forbidden:
        with pytest.raises(NotAllowed):
            ask()
    assert not AuditEntry.objects.exists()
    commands.set_hours(manager, user=key(inside_rep), week=WEEK)
    commands.set_hours(manager, team=inside_sales_team.pk, week=WEEK)
    commands.add_absence(manager, user=key(inside_rep), begins_at=monday, ends_at=monday + DAY)
    assert [each.user.pk for each in queries.away_between(manager, monday, monday + DAY)] == [key(inside_rep)]


def test_where_hours_come_from_is_said(inside_rep: Actor, marketer: Actor, inside_sales_team: Team) -> None:
    assert queries.hours(marketer, default=None).source == "always"
    commands.set_hours(SYSTEM, team=inside_sales_team.pk, week=WEEK, time_zone="Asia/Tokyo")
    assert queries.hours(inside_rep, default=None).source == "team"
    assert queries.hours(SYSTEM, default=None, team=inside_sales_team.pk).source == "team"
    commands.clear_hours(SYSTEM, team=inside_sales_team.pk)
    commands.clear_hours(SYSTEM, team=inside_sales_team.pk)
    assert AuditEntry.objects.filter(action="hours.clear").count() == 1


def test_hours_set_again_replace_those_before(inside_rep: Actor) -> None:
    commands.set_hours(inside_rep, week=WEEK)
    commands.set_hours(inside_rep, week={"tue": "10:00-11:00"})
    assert WorkingHours.objects.get().week == {"tue": "10:00-11:00"}


def test_an_absence_under_way_ends_now_and_one_to_come_is_taken_away(
    inside_rep: Actor, monday: datetime
) -> None:
    now = commands.add_absence(inside_rep, begins_at=monday - DAY, ends_at=monday + DAY)
    later = commands.add_absence(inside_rep, begins_at=monday + DAY, ends_at=monday + 2 * DAY)
    commands.end_absence(inside_rep, now.pk)
    commands.end_absence(inside_rep, later.pk)
    assert list(Absence.objects.values_list("ends_at", flat=True)) == [monday]
    assert not queries.away_now([key(inside_rep)], monday)


def test_the_absence_of_another_is_not_there_but_for_who_leads(
    inside_rep: Actor, sales_rep: Actor, manager: Actor, monday: datetime
) -> None:
    row = commands.add_absence(inside_rep, begins_at=monday, ends_at=monday + DAY)
    with pytest.raises(NotFound):
        commands.end_absence(sales_rep, row.pk)
    commands.end_absence(manager, row.pk)
    with clock.at(monday + DAY), pytest.raises(NotFound):
        commands.end_absence(manager, row.pk + 1)


def test_a_day_is_off_once_for_the_company_and_once_for_a_team(
    manager: Actor, sales_rep: Actor, inside_sales_team: Team
) -> None:
    summer = date(2026, 8, 13)
    row = commands.add_day_off(manager, day=summer, name="夏季休業")
    commands.add_day_off(manager, day=summer, team=inside_sales_team.pk)
    for team in (None, inside_sales_team.pk):
        with pytest.raises(Conflict, match="off already"):
            commands.add_day_off(manager, day=summer, team=team)
    told = {(each.name, each.team) for each in queries.days_off(sales_rep)}
    assert told == {("夏季休業", None), ("", inside_sales_team)}
    commands.remove_day_off(manager, row.pk)
    assert [each.team for each in queries.days_off(sales_rep)] == [inside_sales_team]


def test_every_write_leaves_an_entry_without_the_reason_of_an_absence(
    manager: Actor, inside_rep: Actor, monday: datetime
) -> None:
    commands.set_hours(inside_rep, week=WEEK)
    row = commands.add_absence(inside_rep, begins_at=monday, ends_at=monday + DAY, note="通院")
    commands.end_absence(inside_rep, row.pk)
    off = commands.add_day_off(manager, day=date(2026, 8, 13), name="夏季休業")
    commands.remove_day_off(manager, off.pk)
    commands.clear_hours(inside_rep)
    entries = list(AuditEntry.objects.order_by("pk"))
    told = [entry.action for entry in entries]
    assert told == ["hours.set", "absence.add", "absence.end", "day_off.add", "day_off.remove", "hours.clear"]
    assert "通院" not in str([entry.detail for entry in entries])
    assert {entry.subject for entry in entries[:3]} == {f"user:{key(inside_rep)}"}


@pytest.mark.parametrize(
    ("given", "code", "field"),
    [
        ({"week": {"mon": "9 to 5"}}, "hours_unreadable", "week.mon"),
        ({"week": {"tue": "09:00-12:00, 10:00-13:00"}}, "hours_overlap", "week.tue"),
        ({"week": {"fri": ",".join(f"{h:02}:00-{h:02}:10" for h in range(7))}}, "too_many_hours", "week.fri"),
        ({"week": {"someday": "09:00-12:00"}}, "day_unknown", "week"),
        ({"week": {}}, "hours_empty", "week"),
        ({"week": {"mon": " "}}, "hours_empty", "week"),
        ({"time_zone": "Asia/Tokio"}, "time_zone_unknown", "time_zone"),
        ({"holidays": "XX"}, "holidays_unknown", "holidays"),
    ],
)
def test_hours_that_cannot_be_are_refused_with_the_field_and_the_cure(
    given: dict[str, object], code: str, field: str, inside_rep: Actor
) -> None:
    with pytest.raises(Invalid) as refused:
        commands.set_hours(inside_rep, **{"week": WEEK, **given})  # type: ignore[arg-type]
    assert (refused.value.code, refused.value.field) == (code, field)
    assert refused.value.cure
    assert not WorkingHours.objects.exists()


def at(year: int) -> datetime:
    return datetime(year, 6, 8, tzinfo=UTC)


def test_an_absence_that_is_over_or_there_already_is_refused_on_every_way_in(
    inside_rep: Actor, monday: datetime
) -> None:
    with pytest.raises(Invalid, match="over already"):
        commands.add_absence(inside_rep, begins_at=monday - 2 * DAY, ends_at=monday - DAY)
    commands.add_absence(inside_rep, begins_at=monday, ends_at=monday + DAY)
    with pytest.raises(Conflict, match="entered already"):
        commands.add_absence(inside_rep, begins_at=monday, ends_at=monday + DAY)


@pytest.mark.parametrize(
    ("begin", "end", "code", "field"),
    [
        (at(2026), at(2026), "ends_before_it_begins", "ends_at"),
        (at(1989), at(2026), "time_out_of_range", "begins_at"),
        (at(2026), at(2101), "time_out_of_range", "ends_at"),
        (at(2026).replace(tzinfo=None), at(2027), "time_without_zone", "begins_at"),
    ],
)
def test_an_absence_that_cannot_be_is_refused(
    begin: datetime, end: datetime, code: str, field: str, inside_rep: Actor
) -> None:
    with pytest.raises(Invalid) as refused:
        commands.add_absence(inside_rep, begins_at=begin, ends_at=end)
    assert (refused.value.code, refused.value.field) == (code, field)


def test_no_more_is_kept_than_a_calendar_can_bear(
    inside_rep: Actor, manager: Actor, monday: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checks, "MOST", 1)
    commands.add_absence(inside_rep, begins_at=monday, ends_at=monday + DAY)
    commands.add_day_off(manager, day=date(2026, 8, 13))
    for ask in (
        lambda: commands.add_absence(inside_rep, begins_at=monday, ends_at=monday + 2 * DAY),
        lambda: commands.add_day_off(manager, day=date(2026, 8, 14)),
    ):
        with pytest.raises(Invalid, match="More than 1"):
            ask()


def test_what_is_not_there_is_not_found(manager: Actor, monday: datetime) -> None:
    for ask in (
        lambda: commands.set_hours(manager, user=987654, week=WEEK),
        lambda: commands.set_hours(manager, team=2**70, week=WEEK),
        lambda: commands.add_absence(manager, user=-1, begins_at=monday, ends_at=monday + DAY),
        lambda: commands.add_day_off(manager, day=date(2026, 8, 13), team=987654),
        lambda: commands.remove_day_off(manager, 2**80),
        lambda: commands.end_absence(manager, 0),
    ):
        with pytest.raises(NotFound):
            ask()


def test_hours_are_of_one_person_or_one_team(manager: Actor, inside_sales_team: Team) -> None:
    with pytest.raises(Invalid, match="either"):
        commands.set_hours(manager, user=key(manager), team=inside_sales_team.pk, week=WEEK)
    with pytest.raises(NotSignedIn):
        commands.set_hours(SYSTEM, week=WEEK)


def test_days_out_of_range_are_refused(manager: Actor) -> None:
    with pytest.raises(Refused, match="1990 to 2100"):
        commands.add_day_off(manager, day=date(2200, 1, 1))
