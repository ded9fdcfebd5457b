"""The sash: opened at a transition, answered by the next, told to those who are to know."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tasuki.server.core import clock
from tasuki.server.core.access import Actor
from tasuki.server.core.models import Role, Team, User
from tasuki.server.handoffs.commands import is_return
from tasuki.server.handoffs.models import Handoff
from tasuki.server.lifecycle import queries, relay
from tasuki.server.lifecycle.commands import decide
from tasuki.server.notify import commands as notify
from tasuki.server.notify import queries as news
from tasuki.server.notify.models import Notification
from tasuki.server.people.models import Lead
from tests.server.lifecycle.stories import DAY, HOUR, START, agree, fresh, new_lead, text, visits, work

pytestmark = pytest.mark.django_db


def becomes_mql(lead: Lead, at: object = START) -> Lead:
    visits(lead, START + HOUR, START + 2 * HOUR)
    work(START + 2 * HOUR)
    return fresh(lead)


@pytest.fixture
def mql(inside_rep: Actor, marketer: Actor) -> Lead:
    agree(80)
    return becomes_mql(new_lead())


def outcomes(lead: Lead) -> list[tuple[str, str]]:
    return list(Handoff.objects.filter(lead=lead).order_by("opened_at").values_list("team_role", "outcome"))


def kinds(actor: Actor) -> list[str]:
    return [one.kind for one in news.notifications(actor)]


def test_the_team_is_told_and_finds_the_lead_on_its_work_list(
    mql: Lead, inside_rep: Actor, marketer: Actor, inside_sales_team: Team
) -> None:
    handoff = Handoff.objects.get()
    assert (handoff.team, handoff.within, handoff.opened_at) == (
        inside_sales_team,
        "2 business hours",
        START + 2 * HOUR,
    )
    assert mql.team == inside_sales_team
    assert kinds(inside_rep) == ["handoff"]
    assert kinds(marketer) == []
    assert queries.work_list(inside_rep).handoffs == [handoff]
    assert queries.work_list(marketer).handoffs == []


def test_accepting_closes_it_and_tells_marketing(mql: Lead, inside_rep: Actor, marketer: Actor) -> None:
    with clock.at(START + 3 * HOUR):
        decide(inside_rep, lead_id=mql.pk, to="SAL")
    assert outcomes(mql) == [("inside_sales", "accepted")]
    assert kinds(marketer) == ["accepted"]
    assert queries.work_list(inside_rep).handoffs == []
    with clock.at(START + 4 * HOUR):
        (answered,) = queries.work_list(marketer).came_back
    assert answered.closed_by.decision.by == inside_rep.user


def test_recycling_returns_it_with_the_reason(mql: Lead, inside_rep: Actor, marketer: Actor) -> None:
    with clock.at(START + 3 * HOUR):
        decide(inside_rep, lead_id=mql.pk, to="RECYCLED", reason="no_budget_now")
    assert outcomes(mql) == [("inside_sales", "returned")]
    assert kinds(marketer) == ["returned"]
    with clock.at(START + 4 * HOUR):
        (answered,) = queries.work_list(marketer).came_back
    assert answered.closed_by.decision.reason == "no_budget_now"


def test_what_was_accepted_and_is_sent_back_later_is_told_to_marketing_too_with_the_reason(
    mql: Lead, inside_rep: Actor, marketer: Actor
) -> None:
    with clock.at(START + 3 * HOUR):
        decide(inside_rep, lead_id=mql.pk, to="SAL")
    with clock.at(START + 4 * HOUR):
        decide(inside_rep, lead_id=mql.pk, to="RECYCLED", reason="timing")
    assert kinds(marketer) == ["returned", "accepted"]
    with clock.at(START + 5 * HOUR):
        (back,) = queries.work_list(marketer).sent_back
    assert (back.from_stage, back.decision.reason) == ("SAL", "timing")


def test_what_marketing_itself_drops_before_any_handoff_is_no_answer_of_sales(
    marketer: Actor, manager: Actor
) -> None:
    agree(80)
    lead = new_lead()
    work(START)
    with clock.at(START + HOUR):
        decide(manager, lead_id=lead.pk, to="DISQUALIFIED", reason="competitor")
    assert kinds(marketer) == []


def test_what_nobody_answers_expires_and_marketing_is_told(mql: Lead, marketer: Actor) -> None:
    work(START + 31 * DAY)
    assert outcomes(mql) == [("inside_sales", "expired")]
    assert kinds(marketer) == ["expired"]


def test_sql_is_handed_to_sales_by_a_handoff_of_its_own(
    mql: Lead, inside_rep: Actor, sales_rep: Actor
) -> None:
    with clock.at(START + 3 * HOUR):
        decide(inside_rep, lead_id=mql.pk, to="SAL")
        decide(
            inside_rep, lead_id=mql.pk, to="SQL", answers=dict.fromkeys(("budget", "need", "timing"), "yes")
        )
    assert outcomes(mql) == [("inside_sales", "accepted"), ("sales", "open")]
    assert fresh(mql).team == sales_rep.user.team  # type: ignore[union-attr]
    assert kinds(sales_rep) == ["handoff"]
    assert [h.lead for h in queries.work_list(sales_rep).handoffs] == [mql]


def test_the_owner_among_marketers_is_told_alone(
    mql: Lead, inside_rep: Actor, marketer: Actor, person: Callable[..., User]
) -> None:
    owner = person("mori", Role.MARKETING)
    Lead.objects.filter(pk=mql.pk).update(owner=owner)
    with clock.at(START + 3 * HOUR):
        decide(inside_rep, lead_id=mql.pk, to="RECYCLED", reason="timing")
    assert (kinds(marketer), kinds(Actor(user=owner))) == ([], ["returned"])


def test_nobody_is_told_what_they_did_themselves(marketer: Actor, inside_rep: Actor) -> None:
    agree()
    lead = new_lead()
    work(START)
    with clock.at(START + HOUR):
        decide(marketer, lead_id=lead.pk, to="MQL")
    with clock.at(START + 2 * HOUR):
        decide(marketer, lead_id=lead.pk, to="DISQUALIFIED", reason="student")
    assert outcomes(lead) == [("inside_sales", "returned")]
    assert kinds(marketer) == []


def test_leads_go_to_the_team_with_the_fewest_open_ones(
    inside_rep: Actor, inside_sales_team: Team, person: Callable[..., User]
) -> None:
    agree(80)
    osaka = Team.objects.create(name="Osaka", role=Role.INSIDE_SALES)
    person("oda", Role.INSIDE_SALES, osaka)
    leads = [new_lead(f"Lead {name}") for name in "abcde"]
    for lead in leads:
        visits(lead, START + HOUR, START + 2 * HOUR)
    work(START + 3 * HOUR)
    assert sorted(fresh(lead).team_id for lead in leads) == [inside_sales_team.pk] * 3 + [osaka.pk] * 2  # type: ignore[type-var]


def test_a_lead_stays_with_the_team_that_has_it(inside_rep: Actor, person: Callable[..., User]) -> None:
    agree(80)
    osaka = Team.objects.create(name="Osaka", role=Role.INSIDE_SALES)
    person("oda", Role.INSIDE_SALES, osaka)
    lead = new_lead()
    Lead.objects.filter(pk=lead.pk).update(team=osaka)
    assert becomes_mql(lead).team == osaka


def test_without_a_team_everybody_of_the_role_is_told(person: Callable[..., User]) -> None:
    rep = Actor(user=person("ito", Role.INSIDE_SALES))
    agree(80)
    lead = becomes_mql(new_lead())
    assert (lead.team, kinds(rep)) == (None, ["handoff"])
    assert [h.lead for h in queries.work_list(rep).handoffs] == [lead]


def test_an_imported_past_is_kept_as_handoffs_but_is_no_news(inside_rep: Actor, marketer: Actor) -> None:
    agree(80, at=START + 400 * DAY)
    lead = new_lead()
    visits(lead, START + HOUR, START + 2 * HOUR)
    work(START + 400 * DAY)
    assert outcomes(lead) == [("inside_sales", "expired")]
    assert not Notification.objects.exists()


def test_a_lead_that_comes_again_is_handed_over_again(mql: Lead, marketer: Actor) -> None:
    work(START + 31 * DAY)
    with clock.at(START + 32 * DAY):
        decide(marketer, lead_id=mql.pk, to="MQL")
    assert [one.outcome for one in Handoff.objects.filter(lead=mql).order_by("pk")] == ["expired", "open"]


def test_news_are_ones_own_and_can_be_marked_read(mql: Lead, inside_rep: Actor, marketer: Actor) -> None:
    assert (news.unread(inside_rep), news.unread(marketer), news.unread(Actor())) == (1, 0, 0)
    (one,) = news.notifications(inside_rep)
    assert notify.mark_read(marketer, [one.pk]) == 0
    assert notify.mark_read(inside_rep, [one.pk, -5, 10**30]) == 1
    assert notify.mark_read(inside_rep) == 0
    assert news.unread(inside_rep) == 0


def test_of_a_handoff_the_latest_news_is_unread_and_none_once_it_is_answered(
    mql: Lead, inside_rep: Actor
) -> None:
    work(START + 2 * DAY)
    with clock.at(START + 2 * DAY):
        while relay.act():
            pass
    assert Notification.objects.filter(lead=mql, user=inside_rep.user).count() > 1
    assert news.unread(inside_rep) == 1
    with clock.at(START + 2 * DAY):
        decide(inside_rep, lead_id=mql.pk, to="SAL")
    assert news.unread(inside_rep) == 0
    assert not Notification.objects.filter(lead=mql, kind="handoff", read_at=None).exists()


def test_going_back_is_to_an_earlier_stage_or_to_one_from_which_one_may_come_again() -> None:
    from tasuki.agreement import agreement_of

    agreement = agreement_of(text())
    returns = [stage.id for stage in agreement.stages if is_return(agreement, "SQL", stage.id)]
    assert returns == ["MAL", "MQL", "SGL", "SAL", "LOST", "RECYCLED", "DISQUALIFIED"]
    named = agreement_of(text().replace("RECYCLED", "PARKED").replace("from: any", "from: [MQL]"))
    assert is_return(named, "MQL", "PARKED")
    assert not is_return(named, "MQL", "SAL")
