"""What brought leads over the bar: how many there were is counted whole, the shares are of what was read."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tasuki.server.agreements.models import AgreementVersion
from tasuki.server.core import clock
from tasuki.server.core.access import Actor
from tasuki.server.lifecycle import flow, queries
from tasuki.server.lifecycle.models import Transition
from tasuki.server.people.models import Lead

from .stories import DAY, START, agree

pytestmark = pytest.mark.django_db

NOW = START + 40 * DAY
PRICING = [{"rule": "behavior.0", "score": "behavior", "hits": 1, "worth": 40}]


def handed_over(
    version: AgreementVersion, count: int, ago: timedelta, contributions: list[object]
) -> list[Lead]:
    """So many leads that entered by their score, one a minute."""
    leads = Lead.objects.bulk_create(Lead(name=f"L{n}", created_at=START) for n in range(count))
    Transition.objects.bulk_create(
        Transition(
            lead=lead, ordinal=1, from_stage="MAL", to_stage="MQL", at=NOW - ago + timedelta(minutes=n), cause="path",
            contributions=contributions, agreement=version, recorded_at=NOW,
        )
        for n, lead in enumerate(leads)
    )  # fmt: skip
    return leads


def seen_by(actor: Actor) -> flow.Flow:
    with clock.at(NOW):
        return queries.flow(actor)


def test_with_many_leads_all_are_counted_and_the_weeks_before_are_read_too(
    manager: Actor, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(flow, "READ", 12)
    version = agree()
    handed_over(version, 20, 2 * DAY, PRICING)
    handed_over(version, 30, 10 * DAY, [])
    found = seen_by(manager)
    assert found.handed == (20, 30)
    assert [(one.signal, one.now, one.of, one.before) for one in found.pulls] == [("pricing", 12, 12, 0.0)]
    assert found.looked_at == 12


def test_with_few_the_shares_are_of_all(manager: Actor):
    version = agree()
    handed_over(version, 15, 2 * DAY, PRICING)
    found = seen_by(manager)
    assert (found.handed, found.looked_at) == ((15, 0), 0)
    assert [(one.now, one.of, one.before) for one in found.pulls] == [(15, 15, None)]


def test_a_lead_that_was_merged_counts_by_the_one_it_was_merged_into(manager: Actor):
    version = agree()
    winner, *losers = handed_over(version, 15, 2 * DAY, PRICING)
    Lead.objects.filter(pk__in=[one.pk for one in losers[:3]]).update(merged_into=winner)
    found = seen_by(manager)
    assert found.handed == (12, 0)
    assert found.pulls[0].of == 12
