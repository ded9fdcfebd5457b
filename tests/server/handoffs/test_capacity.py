"""Teams over their load: leads wait or overflow, as the agreement says, and somebody is told."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tasuki.server.core import clock
from tasuki.server.core.access import SYSTEM, Actor
from tasuki.server.core.errors import Invalid, NotAllowed, NotFound
from tasuki.server.core.models import Role, Team, User
from tasuki.server.handoffs import passing, queries
from tasuki.server.handoffs.commands import set_capacity, set_team_capacity, touched
from tasuki.server.handoffs.facts import counted
from tasuki.server.handoffs.models import Capacity, Handoff
from tasuki.server.handoffs.staff import staff
from tasuki.server.lifecycle import relay
from tasuki.server.worktime import commands as worktime
from tests.server.handoffs.stories import agree_on, answer, holders, ledger, mql, tick, tokyo, told, whys
from tests.server.lifecycle.stories import DAY, HOUR

pytestmark = pytest.mark.django_db

AT = tokyo(7, "09:00")
HOLD = "to: inside_sales, within: 2 business hours, full: hold"


@pytest.fixture
def boss(person: Callable[..., User], inside_sales_team: Team) -> Actor:
    return Actor(user=person("boss", Role.MANAGER, inside_sales_team))


@pytest.fixture
def an_hour_each(inside_rep: Actor, person: Callable[..., User], inside_sales_team: Team) -> None:
    """Two people with an hour a day, leads of half an hour: room for four."""
    person("inoue", Role.INSIDE_SALES, inside_sales_team)
    for name in ("ishii", "inoue"):
        set_capacity(SYSTEM, name, minutes_a_day=60)
    set_team_capacity(SYSTEM, inside_sales_team.name, minutes_a_lead=30)


def several(marketer: Actor, count: int) -> list[Handoff]:
    return [mql(marketer, AT, f"Lead lead{n}") for n in range(count)]


def test_a_full_team_keeps_leads_waiting_and_the_earliest_due_is_released_when_there_is_room(
    marketer: Actor, an_hour_each: None, inside_sales_team: Team, inside_rep: Actor
) -> None:
    agree_on(HOLD)
    given = several(marketer, 6)
    assert sorted(holders(given)) == ["", "", "inoue", "inoue", "ishii", "ishii"]
    waiting = given[4]
    assert (whys(waiting), waiting.held_since, waiting.team) == (["full", "held"], AT, inside_sales_team)
    assert waiting.due_at == tokyo(7, "11:00")
    assert tick(AT + HOUR) == 0
    mine = next(one for one in given if one.person == inside_rep.user)
    answer(inside_rep, mine, AT + HOUR)
    assert tick(AT + HOUR) == 1
    assert holders(given[4:]) == ["ishii", ""]
    queue, hers = ledger(waiting)
    assert (queue.person, queue.stopped_because, queue.met) == (None, "released", True)
    assert (hers.started_because, hers.due_at) == ("released", tokyo(7, "12:00"))
    assert told(inside_rep)[-1] == "released"


def test_a_manager_in_a_full_team_is_no_room(
    marketer: Actor, an_hour_each: None, boss: Actor, inside_rep: Actor
) -> None:
    agree_on(HOLD)
    waiting = several(marketer, 5)[4]
    assert (tick(AT), holders([waiting])) == (0, [""])


def test_a_full_team_overflows_to_another(marketer: Actor, an_hour_each: None, sales_rep: Actor) -> None:
    agree_on("to: inside_sales, full: Field sales East")
    given = several(marketer, 6)
    assert holders(given)[4:] == ["sakai", "sakai"]
    assert whys(given[5]) == ["full", "taken"]
    assert given[5].team == sales_rep.user.team  # type: ignore[union-attr]


def test_where_the_other_team_has_nobody_a_full_team_gets_it_all_the_same(
    marketer: Actor, an_hour_each: None, sales_team: Team
) -> None:
    agree_on("to: inside_sales, full: Field sales East")
    given = several(marketer, 5)
    assert whys(given[4]) == ["full", "nobody", "taken"]
    assert holders(given)[4] in {"ishii", "inoue"}


def test_without_a_word_on_it_a_full_team_is_given_more_and_its_manager_is_told_once_a_day(
    marketer: Actor, an_hour_each: None, boss: Actor, manager: Actor
) -> None:
    agree_on()
    several(marketer, 4)
    assert told(boss) == []
    assert all(holders([mql(marketer, AT, f"More more{n}") for n in range(3)]))
    assert told(boss) == ["overload"]
    mql(marketer, AT + DAY, "Morrow morrow")
    assert told(boss) == ["overload", "overload"]
    assert told(manager) == []


def test_a_former_owner_without_room_is_passed_over(marketer: Actor, an_hour_each: None) -> None:
    agree_on(f"{HOLD}, route: [{{to: 'user:ishii'}}, {{to: inside_sales}}]")
    given = several(marketer, 3)
    assert holders(given) == ["ishii", "ishii", "inoue"]
    assert whys(given[2]) == ["full", "taken"]


def test_loads_say_what_teams_have_and_can_take_today(
    marketer: Actor, an_hour_each: None, inside_rep: Actor, sales_rep: Actor
) -> None:
    agree_on()
    several(marketer, 3)
    with clock.at(AT):
        tokyo_load, east = queries.loads(marketer)
        assert (tokyo_load.open, tokyo_load.minutes, tokyo_load.capacity) == (3, 90, 120)
        assert tokyo_load.share == 0.75
        assert (east.open, east.capacity, east.share) == (0, None, None)
        worktime.add_absence(
            SYSTEM, user=inside_rep.user.pk, begins_at=AT - DAY, ends_at=AT + 2 * DAY  # type: ignore[union-attr]
        )  # fmt: skip
        assert queries.loads(marketer)[0].share == 1.5
    with clock.at(tokyo(11, "12:00")):  # a Saturday
        assert queries.loads(marketer)[0].share is None


def test_capacity_is_set_by_who_leads_and_nonsense_is_refused(
    manager: Actor, inside_rep: Actor, inside_sales_team: Team
) -> None:
    with pytest.raises(NotAllowed):
        set_capacity(inside_rep, "ishii", minutes_a_day=1)
    for given in ({"minutes_a_day": -1}, {"minutes_a_day": 1441}, {"weight": -1.0}, {"weight": float("nan")}):
        with pytest.raises(Invalid) as refused:
            set_capacity(manager, "ishii", **given)  # type: ignore[arg-type]
        assert refused.value.field == next(iter(given))
    with pytest.raises(NotFound):
        set_capacity(manager, "nobody")
    with pytest.raises(NotFound):
        set_team_capacity(manager, "nobody", minutes_a_lead=5)
    with pytest.raises(Invalid):
        set_team_capacity(manager, inside_sales_team.name, minutes_a_lead=0)
    set_capacity(manager, "ishii", minutes_a_day=240, weight=0.5)
    assert Capacity.objects.values_list("minutes_a_day", "weight").get() == (240, 0.5)


def test_only_those_who_come_into_question_are_counted(
    marketer: Actor, an_hour_each: None, sales_rep: Actor, inside_rep: Actor
) -> None:
    agree_on(HOLD)
    several(marketer, 5)
    with clock.at(AT), CaptureQueriesContext(connection) as asked:
        assert not passing.releasable(AT).exists()
    (counting,) = [one["sql"] for one in asked if "COUNT(" in one["sql"]]
    assert "person_id" in counting
    assert " IN (" in counting
    assert sales_rep.user
    assert inside_rep.user
    people = staff()
    counted(people, AT, [sales_rep.user.pk])
    assert people.members[inside_rep.user.pk].open == 0


def test_what_waited_is_routed_from_the_top_when_there_is_room(
    marketer: Actor, an_hour_each: None, inside_rep: Actor
) -> None:
    agree_on(f"{HOLD}, route: [{{to: 'user:inoue'}}, {{to: inside_sales}}]")
    given = several(marketer, 5)
    assert holders(given) == ["inoue", "inoue", "ishii", "ishii", ""]
    for one in (given[0], given[2]):
        answer(Actor(user=one.person), one, AT + HOUR)
    assert tick(AT + HOUR) == 1
    assert holders(given[4:]) == ["inoue"]


def test_what_was_handed_on_to_a_teams_queue_stays_with_that_team(
    marketer: Actor, an_hour_each: None, inside_rep: Actor, sales_team: Team, person: Callable[..., User]
) -> None:
    agree_on(HOLD)
    (handoff,) = several(marketer, 1)
    with clock.at(AT):
        relay.transfer(Actor(user=handoff.person), handoff.pk, to_team=sales_team.name)
    assert (tick(AT), holders([handoff])) == (0, [""])
    person("sakai", Role.SALES, sales_team)
    assert (tick(AT), holders([handoff])) == (1, ["sakai"])


def test_a_transfer_that_makes_a_team_more_than_full_is_told_of(
    marketer: Actor, an_hour_each: None, boss: Actor, sales_rep: Actor
) -> None:
    agree_on()
    given = several(marketer, 4)
    set_capacity(SYSTEM, "sakai", minutes_a_day=20)
    managers = Actor(user=User.objects.get(username="boss"))
    for one, expected in ((given[0], []), (given[1], ["overload"])):
        with clock.at(AT):
            relay.transfer(managers, one.pk, to_user="sakai")
        assert told(boss) == expected


def test_a_call_by_someone_without_a_team_is_no_first_touch_of_a_queue_without_one(
    marketer: Actor, inside_rep: Actor, outsider: Actor
) -> None:
    agree_on(HOLD)
    handoff = mql(marketer, AT)
    Handoff.objects.update(person=None, team=None)
    touched(handoff.lead_id, by=marketer.user, at=AT)  # type: ignore[arg-type]
    assert Handoff.objects.get().first_touch_at is None
    touched(handoff.lead_id, by=inside_rep.user, at=AT)  # type: ignore[arg-type]
    assert Handoff.objects.get().first_touch_at == AT
