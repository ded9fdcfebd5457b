"""The five agreements to begin with: without mistakes or warnings, and each makes of a lead what it says."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tasuki.agreement import parse_agreement
from tasuki.server.activities import commands as activities
from tasuki.server.activities.inputs import ActivityInput
from tasuki.server.agreements import commands
from tasuki.server.agreements.starters import BY_ID, STARTERS
from tasuki.server.core import clock
from tasuki.server.core.access import SYSTEM
from tasuki.server.core.company import agreement_head
from tasuki.server.core.models import Company, Role, Team, User
from tasuki.server.handoffs.models import Handoff
from tasuki.server.lifecycle import commands as lifecycle
from tasuki.server.people import commands as people
from tasuki.server.people.inputs import LeadInput, LeadRef, Put
from tasuki.server.people.models import Lead

pytestmark = pytest.mark.django_db
BUYER = {
    "name": "藤井 美咲", "email": "fujii@yamato-kiko.example", "title": "製造部長", "account.name": "大和機工株式会社",
    "account.employees": "800",
}  # fmt: skip


@pytest.fixture(autouse=True)
def people_here(db: None) -> None:
    for role in (Role.INSIDE_SALES, Role.SALES):
        team = Team.objects.create(name=str(role), role=role)
        User(username=f"one-{role}", role=role, team=team, password="!").save()
    User(username="boss", role=Role.MANAGER, password="!").save()


def begin(starter: str) -> int:
    """Publish it, let a lead in; its id."""
    version = commands.publish(SYSTEM, text=BY_ID[starter].text("ja"))
    assert version.warnings == []
    (put,) = people.put_leads(SYSTEM, [LeadInput(LeadRef(), BUYER)], source="test")
    assert isinstance(put, Put)
    fold()
    return put.lead_id


def fold() -> None:
    while lifecycle.fold_due().leads:
        pass


def does(lead: int, *what: tuple[str, dict[str, str]]) -> None:
    now = clock.now()
    rows = [
        ActivityInput(LeadRef(lead=lead), kind, now - timedelta(minutes=len(what) - place), about, None, None)
        for place, (kind, about) in enumerate(what)
    ]
    activities.record_activities(SYSTEM, rows, source="test")
    fold()


def stage(lead: int) -> str:
    return Lead.objects.get(pk=lead).stage


def held_by(lead: int) -> str:
    handoff = Handoff.objects.filter(lead=lead).latest("pk")
    assert handoff.person is not None
    return str(handoff.person.role)


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("starter", STARTERS, ids=lambda one: one.id)
def test_tasuki_check_has_nothing_to_say_about_it(starter, language: str) -> None:
    agreement, problems = parse_agreement(starter.text(language), f"{starter.id}.yaml")
    assert [str(problem) for problem in problems] == []
    assert agreement is not None
    assert all(set(stage.name) >= {"ja", "en"} for stage in agreement.stages)
    assert all(set(score.name) >= {"ja", "en"} for score in agreement.scores.values())
    assert all(rule.because for score in agreement.scores.values() for rule in score.rules)


@pytest.mark.parametrize("starter", STARTERS, ids=lambda one: one.id)
def test_it_takes_the_companys_calendar(starter) -> None:
    company = Company(days="mon,tue", hours="10:00-12:00,13:00-16:00", holidays="", time_zone="Europe/Berlin")
    agreement, problems = parse_agreement(starter.text("en", head=agreement_head(company)), "a.yaml")
    assert not problems
    assert agreement is not None
    assert agreement.timezone == "Europe/Berlin"
    assert agreement.calendar is not None
    assert (agreement.calendar.days, agreement.calendar.holidays) == ("mon,tue", None)


def test_simple_a_lead_that_shows_interest_goes_to_sales_and_is_won() -> None:
    lead = begin("simple")
    assert stage(lead) == "MAL"
    does(lead, ("download", {}), ("webinar_attend", {}), ("page_view", {"path": "/pricing"}))
    assert stage(lead) == "MAL"  # 45 points
    does(lead, ("email_click", {}), ("page_view", {"path": "/price"}))
    assert stage(lead) == "MQL"
    assert held_by(lead) == "sales"
    for to in ("SAL", "OPPORTUNITY", "WON"):
        lifecycle.decide(SYSTEM, lead_id=lead, to=to)
    assert stage(lead) == "WON"


def test_bant_inside_sales_asks_the_four_questions_before_sales_gets_the_lead() -> None:
    lead = begin("bant")
    does(lead, ("download", {"content.kind": "whitepaper"}), ("webinar_attend", {}))
    assert stage(lead) == "MQL"  # fit 50, behaviour 35
    assert held_by(lead) == "inside_sales"
    lifecycle.decide(SYSTEM, lead_id=lead, to="SAL")
    with pytest.raises(Exception, match="SQL"):
        lifecycle.decide(SYSTEM, lead_id=lead, to="SQL", answers={"budget": "yes"})
    lifecycle.decide(
        SYSTEM, lead_id=lead, to="SQL", answers={"budget": "yes", "need": "yes", "timing": "yes"}
    )
    assert stage(lead) == "SQL"
    assert held_by(lead) == "sales"


def test_without_inside_sales_a_meeting_makes_the_sql() -> None:
    lead = begin("without-inside-sales")
    does(lead, ("webinar_attend", {}), ("download", {}))
    assert stage(lead) == "MAL"  # 35 are under the bar of 40
    does(lead, ("page_view", {"path": "/pricing/plans"}))
    assert stage(lead) == "MQL"
    assert held_by(lead) == "sales"
    lifecycle.decide(SYSTEM, lead_id=lead, to="SAL")
    with clock.at(clock.now() + timedelta(hours=1)):
        does(lead, ("meeting", {}))
    assert stage(lead) == "SQL"


def test_saas_trial_who_begins_to_use_it_is_talked_to_and_a_plan_in_the_cart_qualifies() -> None:
    lead = begin("saas-trial")
    does(lead, ("trial_start", {}), ("product_login", {}))
    assert stage(lead) == "MAL"  # 25 + 5 + 40
    does(lead, ("page_view", {"path": "/pricing"}), ("page_view", {"path": "/docs/start"}))
    assert stage(lead) == "MQL"
    assert held_by(lead) == "inside_sales"
    lifecycle.decide(SYSTEM, lead_id=lead, to="SAL")
    with clock.at(clock.now() + timedelta(hours=1)):
        does(lead, ("cart_add", {}))
    assert stage(lead) == "SQL"


def test_by_eye_nothing_moves_by_points_but_an_inquiry_does_not_wait() -> None:
    lead = begin("by-eye")
    does(lead, ("download", {}), ("webinar_attend", {}), ("page_view", {"path": "/pricing"}))
    assert stage(lead) == "MAL"
    does(lead, ("form_submit", {"path": "/contact"}))
    assert stage(lead) == "MQL"
    lifecycle.decide(SYSTEM, lead_id=lead, to="RECYCLED", reason="timing")
    fold()
    assert stage(lead) == "RECYCLED"  # the inquiry that was answered does not bring it back
    lifecycle.decide(SYSTEM, lead_id=lead, to="MQL", role="marketing")
    assert stage(lead) == "MQL"
    lifecycle.decide(SYSTEM, lead_id=lead, to="RECYCLED", reason="timing")
    with clock.at(clock.now() + timedelta(days=1)):
        does(lead, ("form_submit", {"path": "/contact"}))
    assert stage(lead) == "MQL"
