"""Working time by the API."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tasuki.server.core.access import Actor
from tasuki.server.core.models import Team
from tests.server.api.conftest import Api, api_of

__all__ = ["api_of"]
WEEK = {"mon": "09:00-12:00, 13:00-18:00", "tue": "22:00-06:00"}
AWAY = {"begins_at": "2026-06-08T03:00:00+09:00", "ends_at": "2026-06-10T00:00:00Z", "note": "研修"}


def test_own_hours_are_put_read_and_cleared(api_of: Callable[..., Api], inside_rep: Actor) -> None:
    api = api_of(inside_rep, "worktime.own")
    assert api("GET", "/hours")[1]["source"] == "always"
    status, hours = api("PUT", "/hours", {"week": WEEK, "time_zone": "Asia/Tokyo"})
    assert status == 200
    assert hours == api("GET", "/hours")[1]
    assert hours == {
        "week": WEEK, "time_zone": "Asia/Tokyo", "holidays": "JP", "source": "own", "counted_in": "Asia/Tokyo",
    }  # fmt: skip
    assert api("DELETE", "/hours") == (204, None)
    assert api("GET", "/hours")[1]["source"] == "always"


def test_hours_of_a_team_are_for_who_leads(
    api_of: Callable[..., Api], inside_rep: Actor, manager: Actor, inside_sales_team: Team
) -> None:
    body = {"week": WEEK, "team": inside_sales_team.name}
    assert api_of(inside_rep)("PUT", "/hours", body)[0] == 403
    assert api_of(manager)("PUT", "/hours", body)[0] == 200
    assert api_of(inside_rep)("GET", "/hours")[1]["source"] == "team"
    assert api_of(manager)("GET", "/hours", user="ishii")[1]["week"] == WEEK
    assert api_of(manager)("DELETE", "/hours", team=inside_sales_team.name)[0] == 204
    assert api_of(manager)("GET", "/hours", user="nobody")[0] == 404


def test_absences_are_entered_listed_and_ended(
    api_of: Callable[..., Api], inside_rep: Actor, sales_rep: Actor, manager: Actor
) -> None:
    api = api_of(inside_rep)
    status, made = api("POST", "/absences", AWAY)
    assert status == 201
    assert made["begins_at"] == "2026-06-07T18:00:00Z"
    assert api("GET", "/absences") == (200, {"items": [made]})
    assert api("GET", "/absences", since="2026-07-01T00:00:00Z") == (200, {"items": []})
    assert api_of(manager)("GET", "/absences", user="ishii")[1]["items"] == [made]
    assert api_of(sales_rep)("GET", "/absences", user="ishii")[0] == 403
    assert api_of(sales_rep)("DELETE", f"/absences/{made['id']}")[0] == 404
    assert api("DELETE", f"/absences/{made['id']}")[0] == 204
    assert api_of(manager)("POST", "/absences", {**AWAY, "user": "ishii"})[0] == 201


def test_days_off_are_read_by_everyone_and_entered_by_who_leads(
    api_of: Callable[..., Api], inside_rep: Actor, manager: Actor, inside_sales_team: Team
) -> None:
    day = {"day": "2026-08-13", "name": "夏季休業"}
    assert api_of(inside_rep)("POST", "/days-off", day)[0] == 403
    status, made = api_of(manager)("POST", "/days-off", day)
    assert (status, made["team"]) == (201, None)
    assert api_of(manager)("POST", "/days-off", day)[0] == 409
    assert api_of(manager)("POST", "/days-off", {**day, "team": inside_sales_team.name})[0] == 201
    listed = api_of(inside_rep)("GET", "/days-off")[1]["items"]
    assert [each["team"] for each in listed] == [None, inside_sales_team.name]
    assert api_of(manager)("DELETE", f"/days-off/{made['id']}")[0] == 204
    assert api_of(inside_rep)("GET", "/days-off", since="2026-08-14")[1]["items"] == []


@pytest.mark.parametrize(
    ("method", "path", "body", "code", "field"),
    [
        ("PUT", "/hours", {"week": {"mon": "9-18"}}, "hours_unreadable", "week.mon"),
        ("PUT", "/hours", {"week": {"mo": "09:00-18:00"}}, "day_unknown", "week"),
        ("PUT", "/hours", {"week": WEEK, "holidays": "Japan"}, "holidays_unknown", "holidays"),
        ("PUT", "/hours", {"week": [1]}, "not_object", "week"),
        ("PUT", "/hours", {"week": WEEK, "user": "a", "team": "b"}, "user_and_team", "team"),
        (
            "POST",
            "/absences",
            {**AWAY, "ends_at": "2026-06-01T00:00:00Z"},
            "ends_before_it_begins",
            "ends_at",
        ),
        ("POST", "/absences", {**AWAY, "ends_at": "2150-06-01T00:00:00Z"}, "time_out_of_range", "ends_at"),
        ("POST", "/days-off", {"day": "2026-02-30"}, "date_invalid", "day"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_field(
    method: str, path: str, body: object, code: str, field: str, api_of: Callable[..., Api], manager: Actor
) -> None:
    status, answer = api_of(manager)(method, path, body)
    assert status == 422
    assert (answer["error"]["code"], answer["error"]["field"]) == (code, field)
