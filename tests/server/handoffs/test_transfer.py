"""Handing a lead to a colleague, or taking one out of the queue."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tasuki.server.core import clock
from tasuki.server.core.access import SYSTEM, Actor
from tasuki.server.core.commands import delete_team
from tasuki.server.core.errors import Conflict, Invalid, NotAllowed, NotFound, Refused
from tasuki.server.core.models import AuditEntry, Role, Team, User
from tasuki.server.handoffs.commands import set_capacity, touched
from tasuki.server.handoffs.models import Handoff
from tasuki.server.lifecycle import relay
from tasuki.server.people.models import Lead
from tasuki.server.worktime import commands as worktime
from tests.server.handoffs.stories import agree_on, answer, ledger, mql, tokyo, told, whys
from tests.server.lifecycle.stories import DAY, HOUR

pytestmark = pytest.mark.django_db

AT = tokyo(7, "09:00")


@pytest.fixture
def handoff(marketer: Actor, inside_rep: Actor) -> Handoff:
    agree_on()
    return mql(marketer, AT)


@pytest.fixture
def colleague(handoff: Handoff, person: Callable[..., User], inside_sales_team: Team) -> Actor:
    return Actor(user=person("inoue", Role.INSIDE_SALES, inside_sales_team))


@pytest.fixture
def queued(inside_rep: Actor, marketer: Actor) -> Handoff:
    agree_on("to: inside_sales, within: 2 business hours, full: hold")
    set_capacity(SYSTEM, "ishii", minutes_a_day=0)
    return mql(marketer, AT)


def test_a_colleague_gets_it_with_a_new_clock_and_both_are_told(
    handoff: Handoff, inside_rep: Actor, colleague: Actor, manager: Actor
) -> None:
    with clock.at(AT + HOUR):
        relay.transfer(manager, handoff.pk, to_user="inoue", note="speaks German")
    handoff.refresh_from_db()
    assert (handoff.person, handoff.due_at) == (colleague.user, AT + 3 * HOUR)
    lead = Lead.objects.get()
    assert (lead.owner, lead.team) == (colleague.user, colleague.user.team)  # type: ignore[union-attr]
    step = handoff.routed[-1]
    assert (step["why"], step["by"], step["note"]) == ("transferred", manager.user.pk, "speaks German")  # type: ignore[union-attr]
    assert (told(colleague), told(inside_rep)) == (["transferred"], ["handoff", "taken"])
    assert AuditEntry.objects.filter(action="handoff.transfer", user=manager.user).exists()


def test_whoever_gives_it_away_is_not_told_of_it(
    handoff: Handoff, inside_rep: Actor, colleague: Actor
) -> None:
    with clock.at(AT):
        relay.transfer(inside_rep, handoff.pk, to_user="inoue")
    assert (told(colleague), told(inside_rep)) == (["transferred"], ["handoff"])


def test_given_to_a_team_it_goes_to_who_has_the_least_to_do_there(
    handoff: Handoff, inside_rep: Actor, sales_rep: Actor
) -> None:
    with clock.at(AT):
        relay.transfer(inside_rep, handoff.pk, to_team="Field sales East")
    handoff.refresh_from_db()
    assert (handoff.person, handoff.team) == (sales_rep.user, sales_rep.user.team)  # type: ignore[union-attr]


def test_given_to_a_team_without_anybody_it_waits_in_its_queue(
    handoff: Handoff, inside_rep: Actor, sales_team: Team
) -> None:
    with clock.at(AT):
        relay.transfer(inside_rep, handoff.pk, to_team=sales_team.name)
    handoff.refresh_from_db()
    assert (handoff.person, handoff.team, handoff.held_since) == (None, sales_team, AT)
    assert Lead.objects.get().owner is None


@pytest.mark.parametrize(
    ("given", "kind", "field"),
    [
        ({}, Invalid, "to_user"),
        ({"to_user": "inoue", "to_team": "West"}, Invalid, "to_user"),
        ({"to_user": "nobody"}, Invalid, "to_user"),
        ({"to_user": "gone"}, Invalid, "to_user"),
        ({"to_user": "away"}, Invalid, "to_user"),
        ({"to_team": "nowhere"}, Invalid, "to_team"),
        ({"to_user": "ishii"}, Conflict, "to_user"),
        ({"to_user": "makino"}, Invalid, "to_user"),
        ({"to_user": "inoue", "note": "x" * 501}, Invalid, "note"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(
    handoff: Handoff, colleague: Actor, manager: Actor, person: Callable[..., User], given: dict[str, str],
    kind: type[Refused], field: str,
) -> None:  # fmt: skip
    User.objects.filter(pk=person("gone", Role.INSIDE_SALES).pk).update(is_active=False)
    away = person("away", Role.INSIDE_SALES)
    with clock.at(AT - DAY):
        worktime.add_absence(SYSTEM, user=away.pk, begins_at=AT - DAY, ends_at=AT + DAY)
    with clock.at(AT), pytest.raises(kind) as refused:
        relay.transfer(manager, handoff.pk, **given)  # type: ignore[arg-type]
    assert refused.value.field == field
    assert len(ledger(handoff)) == 1


def test_nobody_gives_a_lead_to_their_own_team_in_which_they_are_alone(
    handoff: Handoff, inside_rep: Actor, inside_sales_team: Team
) -> None:
    with clock.at(AT), pytest.raises(Conflict) as refused:
        relay.transfer(inside_rep, handoff.pk, to_team=inside_sales_team.name)
    assert refused.value.field == "to_team"
    assert len(ledger(handoff)) == 1


def test_a_team_is_not_deleted_while_handoffs_wait_in_its_queue(
    handoff: Handoff, inside_rep: Actor, sales_team: Team, administrator: Actor
) -> None:
    with clock.at(AT):
        relay.transfer(inside_rep, handoff.pk, to_team=sales_team.name)
    with pytest.raises(Conflict):
        delete_team(administrator, sales_team.pk)
    with clock.at(AT):
        relay.transfer(administrator, handoff.pk, to_user="ishii")
    delete_team(administrator, sales_team.pk)
    assert not Team.objects.filter(pk=sales_team.pk).exists()


def test_only_who_has_it_or_is_of_its_team_or_leads_may_give_it_away(
    handoff: Handoff, colleague: Actor, sales_rep: Actor, outsider: Actor, marketer: Actor
) -> None:
    with clock.at(AT):
        for actor, kind in ((marketer, NotAllowed), (sales_rep, NotFound), (outsider, NotFound)):
            with pytest.raises(kind):
                relay.transfer(actor, handoff.pk, to_user="sakai")
        with pytest.raises(NotFound):
            relay.transfer(colleague, -1, to_user="sakai")
        relay.transfer(colleague, handoff.pk, to_user="sakai")
    assert Handoff.objects.get().person == sales_rep.user


def test_what_has_been_answered_is_not_given_away_any_more(
    handoff: Handoff, inside_rep: Actor, colleague: Actor
) -> None:
    answer(inside_rep, handoff, AT)
    with clock.at(AT), pytest.raises(Conflict):
        relay.transfer(inside_rep, handoff.pk, to_user="inoue")


def test_one_takes_a_lead_out_of_the_queue_once(queued: Handoff, inside_rep: Actor, marketer: Actor) -> None:
    with clock.at(AT + HOUR):
        with pytest.raises(NotAllowed):
            relay.take(marketer, queued.pk)
        relay.take(inside_rep, queued.pk)
        with pytest.raises(Conflict):
            relay.take(inside_rep, queued.pk)
    queued.refresh_from_db()
    assert (queued.person, queued.held_since, queued.due_at) == (inside_rep.user, None, AT + 3 * HOUR)
    assert whys(queued) == ["full", "held", "taken"]
    assert [one.stopped_because for one in ledger(queued)] == ["taken", ""]


def test_the_first_call_is_the_first_touch_if_it_is_made_by_who_has_the_lead(
    handoff: Handoff, inside_rep: Actor, sales_rep: Actor
) -> None:
    assert inside_rep.user
    assert sales_rep.user
    touched(handoff.lead_id, by=sales_rep.user, at=AT)
    assert Handoff.objects.get().first_touch_at is None
    touched(handoff.lead_id, by=inside_rep.user, at=AT + HOUR)
    touched(handoff.lead_id, by=inside_rep.user, at=AT + 2 * HOUR)
    assert Handoff.objects.get().first_touch_at == AT + HOUR
