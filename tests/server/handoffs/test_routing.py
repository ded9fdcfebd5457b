"""Who gets a lead, and why: the routes of the agreement over the people as they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest

from tasuki.server.accounts.models import Account
from tasuki.server.core import clock
from tasuki.server.core.access import SYSTEM, Actor
from tasuki.server.core.commands import deactivate_user
from tasuki.server.core.models import Role, Team, User
from tasuki.server.handoffs.commands import set_capacity
from tasuki.server.handoffs.facts import about_now
from tasuki.server.handoffs.models import Handoff
from tasuki.server.lifecycle.commands import decide
from tasuki.server.notify.models import Notification
from tasuki.server.people.models import Lead
from tasuki.server.worktime import commands as worktime
from tests.server.handoffs.stories import agree_on, answer, holders, mql, tick, tokyo, told, whys
from tests.server.lifecycle.stories import DAY, START, does, new_lead, work

pytestmark = pytest.mark.django_db

AT = tokyo(7, "09:00")
BY_TURN = "to: inside_sales, route: [{to: inside_sales, by: turn}]"


@pytest.fixture
def reps(person: Callable[..., User], inside_sales_team: Team) -> list[User]:
    return [person(name, Role.INSIDE_SALES, inside_sales_team) for name in ("abe", "baba", "chiba")]


def several(marketer: Actor, count: int, name: str = "Lead") -> list[Handoff]:
    return [mql(marketer, AT, f"{name} {name.lower()}{n}") for n in range(count)]


def away(user: User, days: int = 3) -> None:
    with clock.at(AT - DAY):
        worktime.add_absence(SYSTEM, user=user.pk, begins_at=AT - DAY, ends_at=AT + days * DAY)


def back(user: User) -> None:
    with clock.at(AT):
        worktime.end_absence(SYSTEM, user.absences.get().pk)


def account_of(owner: User | None) -> Account:
    return Account.objects.create(name="Yamada", owner=owner, created_at=AT)


def of_account(account: Account) -> Callable[[Lead], object]:
    return lambda lead: Lead.objects.filter(pk=lead.pk).update(account=account)


# Load and turns.


def test_by_itself_a_lead_goes_to_who_has_the_least_to_do(marketer: Actor, reps: list[User]) -> None:
    agree_on()
    assert Counter(holders(several(marketer, 7))) == {"abe": 3, "baba": 2, "chiba": 2}


def test_who_has_half_the_time_has_half_the_leads(marketer: Actor, reps: list[User]) -> None:
    agree_on()
    for user, minutes in zip(reps, (120, 240, 240), strict=True):
        set_capacity(SYSTEM, user.username, minutes_a_day=minutes)
    assert Counter(holders(several(marketer, 10))) == {"abe": 2, "baba": 4, "chiba": 4}


def test_of_those_who_have_as_much_to_do_it_goes_to_who_waited_longest(
    marketer: Actor, inside_rep: Actor, reps: list[User]
) -> None:
    agree_on()
    first = several(marketer, 4)
    assert holders(first) == ["ishii", "abe", "baba", "chiba"]
    for one in (2, 0, 1, 3):
        answer(Actor(user=first[one].person), first[one], AT + timedelta(minutes=one + 1))
    assert holders(several(marketer, 1, "Next")) == ["ishii"]


def test_turns_go_by_weight(marketer: Actor, reps: list[User]) -> None:
    agree_on(BY_TURN)
    set_capacity(SYSTEM, "abe", weight=2)
    set_capacity(SYSTEM, "chiba", weight=0)
    found = holders(several(marketer, 9))
    assert Counter(found) == {"abe": 6, "baba": 3}
    assert Counter(found[:3]) == {"abe": 2, "baba": 1}


def test_who_is_new_takes_turns_with_the_others_and_need_not_make_up_for_the_past(
    marketer: Actor, reps: list[User], person: Callable[..., User], inside_sales_team: Team
) -> None:
    agree_on(BY_TURN)
    several(marketer, 6)
    person("doi", Role.INSIDE_SALES, inside_sales_team)
    assert Counter(holders(several(marketer, 4, "Later"))) == {"abe": 1, "baba": 1, "chiba": 1, "doi": 1}


def test_who_was_away_has_missed_their_turns(marketer: Actor, reps: list[User]) -> None:
    agree_on(BY_TURN)
    several(marketer, 3)
    away(reps[0])
    several(marketer, 6, "Meanwhile")
    back(reps[0])
    assert Counter(holders(several(marketer, 9, "After")))["abe"] <= 4


# Routes to one person.

RETURNING = "to: inside_sales, route: [{to: former_owner, because: she knows them}, {to: inside_sales}]"


def test_a_returning_lead_goes_to_its_former_owner(marketer: Actor, reps: list[User]) -> None:
    agree_on(RETURNING)
    first, *_others = several(marketer, 3)
    answer(Actor(user=first.person), first, AT, "RECYCLED", "timing")
    with clock.at(AT + 20 * DAY):
        decide(marketer, lead_id=first.lead_id, to="MQL")
    again = Handoff.objects.get(lead=first.lead_id, outcome="open")
    assert again.person == first.person
    assert again.routed == [
        {"route": 0, "to": "former_owner", "why": "taken", "because": "she knows them", "person": first.person_id,
         "team": first.team_id}
    ]  # fmt: skip
    assert whys(first) == ["nobody", "taken"]


def test_a_former_owner_who_is_away_or_has_left_does_not_get_it(
    marketer: Actor, reps: list[User], administrator: Actor
) -> None:
    agree_on(RETURNING)
    gone, out = several(marketer, 2)
    for one in (gone, out):
        answer(Actor(user=one.person), one, AT, "RECYCLED", "timing")
    assert gone.person
    assert out.person
    deactivate_user(administrator, gone.person.pk)
    away(out.person)
    with clock.at(AT + DAY):
        again = [mql_again(marketer, one) for one in (gone, out)]
    assert [whys(one) for one in again] == [["left", "taken"], ["away", "taken"]]
    assert set(holders(again)) == {"chiba"}


def mql_again(marketer: Actor, before: Handoff) -> Handoff:
    decide(marketer, lead_id=before.lead_id, to="MQL")
    return Handoff.objects.get(lead=before.lead_id, outcome="open")


def test_the_owner_of_the_account_gets_its_leads(marketer: Actor, reps: list[User]) -> None:
    agree_on("to: inside_sales, route: [{to: account_owner}, {to: inside_sales}]")
    account = account_of(reps[1])
    assert holders([mql(marketer, AT, "Sato sato", of_account(account))]) == ["baba"]


def test_the_owner_of_the_account_who_is_of_another_team_does_not(
    marketer: Actor, sales_rep: Actor, reps: list[User]
) -> None:
    agree_on("to: inside_sales, route: [{to: account_owner}, {to: inside_sales}]")
    account = account_of(sales_rep.user)
    handoff = mql(marketer, AT, "Sato sato", of_account(account))
    assert (whys(handoff), holders([handoff])) == (["nobody", "taken"], ["abe"])


def test_colleagues_of_one_company_go_to_the_same_person_even_at_once(
    marketer: Actor, reps: list[User]
) -> None:
    agree_on("to: inside_sales, route: [{to: same_account}, {to: inside_sales}]")
    account = account_of(None)
    leads = [new_lead(f"Yamada yamada{n}") for n in range(3)]
    for lead in leads:
        of_account(account)(lead)
        for _visit in range(2):
            does(lead, "page_view", AT, path="/pricing")
    work(AT)
    handoffs = list(Handoff.objects.order_by("pk"))
    assert len(set(holders(handoffs))) == 1
    assert whys(handoffs[0]) == ["nobody", "taken"]
    assert whys(handoffs[2]) == ["taken"]


def test_who_owns_a_lead_of_the_account_that_did_something_lately_gets_the_next(
    marketer: Actor, reps: list[User]
) -> None:
    agree_on("to: inside_sales, route: [{to: same_account}, {to: inside_sales}]")
    account = account_of(None)
    known = new_lead("Kono kono")
    Lead.objects.filter(pk=known.pk).update(account=account, owner=reps[2])
    assert holders([mql(marketer, AT, "Sato sato", of_account(account))]) == ["abe"]
    does(known, "page_view", AT - DAY, path="/")
    Handoff.objects.all().delete()
    assert holders([mql(marketer, AT, "Ito ito", of_account(account))]) == ["chiba"]


def test_a_route_may_name_a_user(marketer: Actor, reps: list[User], sales_rep: Actor) -> None:
    agree_on("to: inside_sales, route: [{to: 'user:nobody'}, {to: 'user:sakai'}]")
    handoff = mql(marketer, AT)
    assert (whys(handoff), holders([handoff])) == (["gone", "taken"], ["sakai"])


# Conditions, territories, teams.


def test_territories_are_traits_and_grades(
    marketer: Actor, reps: list[User], person: Callable[..., User]
) -> None:
    osaka = Team.objects.create(name="大阪チーム", role=Role.INSIDE_SALES)
    person("oda", Role.INSIDE_SALES, osaka)
    agree_on(
        "to: inside_sales, route: [{when: trait(decision_maker) and fit.grade >= B, to: 大阪チーム, by: turn,"
        " because: they decide}, {to: Inside sales Tokyo}]"
    )
    lead = new_lead("Sato sato", title="Director")
    other = mql(marketer, AT)
    work(AT)
    with clock.at(AT):
        decide(marketer, lead_id=lead.pk, to="MQL")
    decider = Handoff.objects.get(lead=lead)
    assert holders([decider, other]) == ["oda", "abe"]
    assert [whys(decider), whys(other)] == [["taken"], ["condition", "taken"]]
    assert decider.team == osaka
    assert decider.routed[0]["because"] == "they decide"


def test_a_team_without_inside_sales_hands_straight_to_sales(marketer: Actor, sales_rep: Actor) -> None:
    agree_on("to: sales, within: 8 business hours")
    handoff = mql(marketer, AT)
    assert (handoff.person, handoff.team_role) == (sales_rep.user, "sales")
    answer(sales_rep, handoff, AT)
    assert Lead.objects.get().owner == sales_rep.user


def test_managers_and_people_of_other_roles_in_a_team_are_given_no_leads(
    marketer: Actor, reps: list[User], person: Callable[..., User], inside_sales_team: Team
) -> None:
    person("boss", Role.MANAGER, inside_sales_team)
    person("aide", Role.MARKETING, inside_sales_team)
    agree_on()
    assert set(holders(several(marketer, 8))) == {"abe", "baba", "chiba"}


# Nobody left.


def test_when_all_are_away_it_goes_to_the_fallback_and_says_so(
    marketer: Actor, reps: list[User], sales_rep: Actor
) -> None:
    agree_on("to: inside_sales, fallback: sales")
    for user in reps:
        away(user)
    handoff = mql(marketer, AT)
    assert (whys(handoff), holders([handoff])) == (["away", "fallback"], ["sakai"])
    assert told(sales_rep) == ["handoff"]


def test_without_a_stated_fallback_the_manager_of_the_team_has_it_then_an_administrator(
    marketer: Actor,
    manager: Actor,
    administrator: Actor,
    person: Callable[..., User],
    inside_sales_team: Team,
) -> None:
    agree_on()
    own = person("boss", Role.MANAGER, inside_sales_team)
    assert holders([mql(marketer, AT)]) == ["boss"]
    away(own)
    assert holders([mql(marketer, AT, "Ito ito")]) == ["manabe"]
    away(manager.user)  # type: ignore[arg-type]
    assert holders([mql(marketer, AT, "Ueda ueda")]) == ["adachi"]


def test_with_nobody_at_all_it_stands_in_the_queue_and_administrators_are_told(
    marketer: Actor, inside_sales_team: Team, administrator: Actor, inside_rep: Actor
) -> None:
    agree_on()
    for actor in (administrator, inside_rep):
        away(actor.user)  # type: ignore[arg-type]
    handoff = mql(marketer, AT)
    assert (whys(handoff), handoff.person, handoff.team) == (["away", "nobody"], None, inside_sales_team)
    assert handoff.due_at == tokyo(7, "11:00")
    assert Lead.objects.get().owner is None
    assert told(administrator) == ["nobody"]
    back(inside_rep.user)  # type: ignore[arg-type]
    assert tick(AT) == 1
    assert (holders([handoff]), whys(handoff)[-1]) == (["ishii"], "released")
    assert "released" in told(inside_rep)


def test_someone_who_left_is_never_chosen(
    marketer: Actor, reps: list[User], administrator: Actor, manager: Actor
) -> None:
    agree_on("to: inside_sales, route: [{to: 'user:baba'}, {to: inside_sales, by: turn}]")
    for user in reps[:2]:
        deactivate_user(administrator, user.pk)
    handoffs = several(marketer, 4)
    assert set(holders(handoffs)) == {"chiba"}
    assert whys(handoffs[0]) == ["left", "taken"]
    deactivate_user(administrator, reps[2].pk)
    assert holders([mql(marketer, AT, "Last last")]) == ["manabe"]


def test_a_team_that_is_not_there_any_more_is_named(marketer: Actor, reps: list[User]) -> None:
    agree_on("to: inside_sales, route: [{to: Kyushu}, {to: inside_sales}]")
    assert whys(mql(marketer, AT)) == ["gone", "taken"]


def test_an_installation_without_people_keeps_its_leads_and_tells_nobody(db: None) -> None:
    agree_on()
    lead = new_lead()
    for _visit in range(2):
        does(lead, "page_view", AT, path="/pricing")
    work(AT)
    (handoff,) = Handoff.objects.all()
    assert (handoff.person, handoff.team, whys(handoff)) == (None, None, ["nobody", "nobody"])
    assert not Notification.objects.exists()


def test_of_a_lead_without_a_profile_nothing_is_known() -> None:
    lead = Lead.objects.create(name="", created_at=START)
    assert about_now([lead.pk])[lead.pk].fields is None
