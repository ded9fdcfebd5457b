"""Against target: each figure is of the stage, the handoff and the currency that the target speaks of."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest

from tasuki.agreement.load import agreement_of
from tasuki.server.agreements.commands import publish
from tasuki.server.agreements.models import AgreementVersion
from tasuki.server.agreements.starters import STARTERS, Starter
from tasuki.server.core import clock
from tasuki.server.core.access import SYSTEM, Actor
from tasuki.server.deals import commands as deals
from tasuki.server.deals.inputs import DealInput
from tasuki.server.handoffs.models import Handoff
from tasuki.server.lifecycle import flow, queries
from tasuki.server.lifecycle.models import Transition

from .stories import DAY, START, new_lead, text

pytestmark = pytest.mark.django_db

NOW = START + 10 * DAY
Promised = Callable[..., AgreementVersion]


@pytest.fixture
def promised() -> Promised:
    """An agreement with these targets."""

    def agree(**targets: str) -> AgreementVersion:
        lines = "".join(f"  {key.replace('_', '.')}: {value}\n" for key, value in targets.items())
        with clock.at(START):
            return publish(SYSTEM, text=f"{text()}targets:\n{lines}")

    return agree


def figures(actor: Actor) -> dict[str, float | None]:
    with clock.at(NOW):
        return {one.what: one.actual for one in queries.measured(actor)}


def deal(amount: int, **more: str) -> None:
    given = DealInput(lead_id=new_lead().pk, amount=Decimal(amount), opened_at=NOW - DAY, **more)  # type: ignore[arg-type]
    with clock.at(NOW - timedelta(hours=1)):
        deals.put_deals(SYSTEM, [given], source="crm")


def test_money_is_added_up_in_the_currency_of_the_target_alone(promised: Promised, manager: Actor):
    promised(WON_amount="5000 EUR per month", LOST_amount="1000 per month")
    deal(1000, currency="EUR", state="won")
    deal(2000, currency="EUR", state="won")
    deal(3_000_000, currency="JPY", state="won")
    deal(700, currency="JPY", state="lost")
    deal(7, currency="EUR", state="lost")
    assert figures(manager) == {"WON.amount": 3000, "LOST.amount": 700}, (
        "yen where the target says no currency"
    )


def test_the_amount_of_opportunities_is_that_of_deals_opened_whatever_became_of_them(
    promised: Promised, manager: Actor
):
    promised(OPPORTUNITY_amount="1000 JPY per month", SQL_amount="1000 JPY per month")
    deal(100, state="open")
    deal(200, state="won")
    with clock.at(START - 90 * DAY):
        old = DealInput(lead_id=new_lead().pk, amount=Decimal(5000), opened_at=START - 90 * DAY, state="open")
        deals.put_deals(SYSTEM, [old], source="crm")
    assert figures(manager) == {"OPPORTUNITY.amount": 300}, "no deal is opened at SQL"


def answered(version: AgreementVersion, stage: str, *outcomes: str) -> None:
    for outcome in outcomes:
        lead, at = new_lead(), NOW - DAY
        step = Transition.objects.create(
            lead=lead, ordinal=1, to_stage=stage, at=at, cause="path", agreement=version, recorded_at=at
        )
        Handoff.objects.create(
            lead=lead, transition=step, team_role="sales", opened_at=at, closed_at=at, outcome=outcome
        )


def test_acceptance_is_that_of_the_handoff_which_the_stage_answers(promised: Promised, manager: Actor):
    version = promised(SAL_acceptance="50%", OPPORTUNITY_acceptance="80%", WON_acceptance="10%")
    answered(version, "MQL", *["accepted"] * 3, *["returned"] * 9)
    answered(version, "SQL", *["accepted"] * 9, "expired", "other")
    assert figures(manager) == {
        "SAL.acceptance": 25.0,
        "OPPORTUNITY.acceptance": 90.0,
        "WON.acceptance": None,  # nobody hands over what becomes a won deal
    }


def test_a_count_is_compared_with_a_number_of_leads_only(promised: Promised, manager: Actor):
    version = promised(MAL="30 per month", MQL="80%", SQL="2 business hours", WON="500 JPY per month")
    answered(version, "MAL", "other")
    answered(version, "MQL", "other")
    assert figures(manager) == {"MAL": 1.0}


@pytest.mark.parametrize("starter", STARTERS, ids=lambda one: one.id)
def test_every_agreement_to_start_from_says_whose_acceptance_it_means(starter: Starter):
    agreement = agreement_of(starter.text())
    asked = [key.split(".")[0] for key in agreement.targets if "acceptance" in key]
    assert all(flow._answered(agreement, stage) for stage in asked)
