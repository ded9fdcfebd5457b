"""The pages of working time: what people enter is done, said and shown; what does not fit is said beside its field."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tasuki.server.core.access import SYSTEM, Actor
from tasuki.server.core.models import Role, Team, User
from tasuki.server.worktime import commands
from tasuki.server.worktime.models import Absence, DayOff, WorkingHours
from tests.server.pages.conftest import browse, static_folder

__all__ = ["browse", "static_folder"]
Browse = Callable[[Actor], Client]
WEEK = dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), "09:00-18:00")


def key(of: Actor) -> int:
    assert of.user is not None
    return of.user.pk


def test_somebody_enters_their_own_hours(browse: Browse, inside_rep: Actor) -> None:
    client = browse(inside_rep)
    assert "all time counts" in client.get("/settings/hours").content.decode()
    given = {**WEEK, "fri": "９:00〜１６:00", "time_zone": "Europe/Berlin", "holidays": "DE-BY"}
    answer = client.post("/settings/hours", given, follow=True)
    assert "Saved." in answer.content.decode()
    assert 'value="09:00-16:00"' in answer.content.decode()
    row = WorkingHours.objects.get()
    assert (row.user_id, row.time_zone, row.holidays) == (key(inside_rep), "Europe/Berlin", "DE-BY")
    client.post("/settings/hours/clear")
    assert not WorkingHours.objects.exists()


def test_hours_that_cannot_be_read_are_told_beside_their_day_and_stay_as_typed(
    browse: Browse, inside_rep: Actor
) -> None:
    answer = browse(inside_rep).post("/settings/hours", {**WEEK, "tue": "9 to 5"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'value="9 to 5"' in page
    assert page.index("These hours cannot be read.") > page.index('name="tue"')
    assert page.index("These hours cannot be read.") < page.index('name="wed"')
    assert not WorkingHours.objects.exists()


def test_whole_days_away_are_days_of_ones_own_time_zone(browse: Browse, inside_rep: Actor) -> None:
    client = browse(inside_rep)
    away = {"first_day": "2026-08-12", "last_day": "2026-08-14", "note": "夏休み"}
    page = client.post("/settings/hours/absences", away, follow=True).content.decode()
    row = Absence.objects.get()
    assert (row.begins_at, row.ends_at) == (
        datetime(2026, 8, 11, 15, tzinfo=UTC),
        datetime(2026, 8, 14, 15, tzinfo=UTC),
    )
    assert "夏休み" in page
    assert "12 Aug 2026" in page
    assert "14 Aug 2026" in page, "the last day, not the midnight after it"
    client.post(f"/settings/hours/absences/{row.pk}/end")
    assert not Absence.objects.exists()


def test_a_part_of_a_day_away_is_told_by_times(browse: Browse, inside_rep: Actor) -> None:
    browse(inside_rep).post(
        "/settings/hours/absences", {"first_day": "2026-06-09", "since": "13:00", "until": "15:30"}
    )
    row = Absence.objects.get()
    assert (row.begins_at.hour, row.ends_at.hour, row.ends_at.minute) == (4, 6, 30)


def test_an_absence_that_cannot_be_is_told_beside_the_field(browse: Browse, inside_rep: Actor) -> None:
    client = browse(inside_rep)
    for away, said in (
        ({"first_day": "2026-08-12", "last_day": "2026-08-11"}, "The end lies before the begin."),
        ({"first_day": "9999-12-31"}, "Check the year."),
        ({"first_day": "soon"}, "Write the date"),
    ):
        answer = client.post("/settings/hours/absences", away)
        assert answer.status_code == 422
        assert said in answer.content.decode()
    assert not Absence.objects.exists()


def test_an_absence_that_is_over_or_entered_already_is_refused(browse: Browse, inside_rep: Actor) -> None:
    client = browse(inside_rep)
    for day, said in (("2026-01-05", "over already"), ("2026-08-12", ""), ("2026-08-12", "entered already")):
        answer = client.post("/settings/hours/absences", {"first_day": day}, follow=True)
        assert said in answer.content.decode()
    assert Absence.objects.count() == 1


def test_who_leads_sees_who_is_away_this_week(
    browse: Browse, manager: Actor, inside_rep: Actor, inside_sales_team: Team, monday: datetime
) -> None:
    commands.add_absence(
        inside_rep,
        begins_at=datetime(2026, 6, 9, 4, tzinfo=UTC),
        ends_at=datetime(2026, 6, 10, 15, tzinfo=UTC),
    )
    commands.add_day_off(manager, day=date(2026, 6, 12), name="創立記念日")
    page = browse(manager).get("/settings/working-time").content.decode()
    assert "ishii" in page
    assert "13:00–24:00" in page
    assert "all day" in page
    assert "創立記念日" in page
    later = browse(manager).get("/settings/working-time?week=2026-06-17").content.decode()
    assert "Nobody is away this week." in later
    assert "15 Jun 2026 – 21 Jun 2026" in later
    assert browse(manager).get("/settings/working-time?week=nonsense").status_code == 200
    assert browse(manager).get("/settings/working-time?week=9999-12-31").status_code == 200


def test_who_leads_sets_hours_of_teams_and_people_and_days_off(
    browse: Browse, manager: Actor, inside_rep: Actor, inside_sales_team: Team
) -> None:
    client = browse(manager)
    team, person = (
        f"/settings/working-time/teams/{inside_sales_team.pk}",
        f"/settings/working-time/people/{key(inside_rep)}",
    )
    client.post(team, WEEK)
    assert "Mon–Fri 09:00-18:00" in client.get("/settings/working-time").content.decode()
    assert "the team&#x27;s hours" in client.get(person).content.decode().replace("'", "&#x27;")
    client.post(person, {"sat": "10:00-12:00"})
    assert WorkingHours.objects.count() == 2
    client.post(f"{person}/absences", {"first_day": "2026-08-12"})
    answer = client.post(
        f"/settings/hours/absences/{Absence.objects.get().pk}/end", {"user": key(inside_rep)}
    )
    assert answer.headers["Location"] == person
    client.post(f"{person}/clear")
    client.post(f"{team}/clear")
    assert not WorkingHours.objects.exists()
    client.post(
        "/settings/working-time/days-off",
        {"day": "2026-08-13", "name": "盆休み", "team": inside_sales_team.pk},
    )
    twice = client.post(
        "/settings/working-time/days-off",
        {"day": "2026-08-13", "name": "盆休み", "team": inside_sales_team.pk},
    )
    assert twice.status_code == 422
    for wrong in ({"day": "2026-08-14"}, {"day": "2026-01-05", "name": "正月"}):
        assert client.post("/settings/working-time/days-off", wrong).status_code == 422
    assert "This day is off already." in twice.content.decode()
    client.post(f"/settings/working-time/days-off/{DayOff.objects.get().pk}/remove")
    assert not DayOff.objects.exists()


def test_the_working_time_of_others_is_no_page_for_everyone(
    browse: Browse, sales_rep: Actor, inside_rep: Actor, inside_sales_team: Team, monday: datetime
) -> None:
    client = browse(sales_rep)
    for path in (
        "/settings/working-time",
        f"/settings/working-time/people/{key(inside_rep)}",
        f"/settings/working-time/teams/{inside_sales_team.pk}",
    ):
        assert client.get(path).status_code == 403
    row = commands.add_absence(
        inside_rep, begins_at=monday, ends_at=datetime(2026, 6, 9, tzinfo=UTC), note="通院"
    )
    assert client.post(f"/settings/hours/absences/{row.pk}/end").status_code == 404
    assert Absence.objects.get().ends_at == row.ends_at


def test_the_overview_takes_as_many_queries_for_many_people_as_for_few(
    browse: Browse, manager: Actor, person: Callable[..., User], inside_sales_team: Team, monday: datetime
) -> None:
    client, counts = browse(manager), []
    for crowd in range(2):
        for nth in range(10):
            team = Team.objects.create(name=f"Team {crowd} {nth}", role=Role.SALES)
            user = person(f"rep{crowd}{nth}", Role.SALES, team)
            commands.add_absence(
                SYSTEM, user=user.pk, begins_at=monday, ends_at=datetime(2026, 6, 9, tzinfo=UTC)
            )
        client.get("/settings/working-time")
        with CaptureQueriesContext(connection) as asked:
            client.get("/settings/working-time")
        counts.append(len(asked))
    assert counts[0] == counts[1]
    assert counts[0] <= 14
