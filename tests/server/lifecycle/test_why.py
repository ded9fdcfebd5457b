"""Everything that the engine says of a lead, read once; its curve through versions of the agreement; its company."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import pytest

from tasuki.server.accounts.models import Account
from tasuki.server.agreements.commands import publish
from tasuki.server.core import clock
from tasuki.server.core.access import SYSTEM, Actor
from tasuki.server.core.clock import microseconds
from tasuki.server.lifecycle import queries
from tasuki.server.lifecycle.commands import decide
from tasuki.server.lifecycle.why import Stretch
from tasuki.server.people.models import Lead
from tests.server.lifecycle.stories import DAY, HOUR, START, agree, does, new_lead, text, visits, work

pytestmark = pytest.mark.django_db
NOW = START + 100 * DAY


@pytest.fixture
def lead() -> Lead:
    """MQL on the second day, sent back on the fifth, visits again; the bar is lowered on the fortieth day."""
    agree(at=START - DAY)
    lead = new_lead(title="Director")
    visits(lead, START + DAY, START + DAY + HOUR, START + 2 * DAY)
    work(START + 2 * DAY)
    with clock.at(START + 5 * DAY):
        decide(SYSTEM, lead_id=lead.pk, to="RECYCLED", role="sales", reason="timing")
    visits(lead, START + 20 * DAY)
    work(START + 20 * DAY)
    agree(60, at=START + 40 * DAY)
    visits(lead, START + 50 * DAY)
    work(START + 50 * DAY)
    work(NOW)
    return lead


def said(stretches: list[Stretch], instant: datetime) -> dict[str, float]:
    """What the curve says at an instant that is one of its own."""
    micros = microseconds(instant)
    (part,) = [one for one in stretches if one.curve.times[0] <= micros <= one.curve.times[-1]]
    place = int(np.searchsorted(part.curve.times, micros, side="right")) - 1
    return {name: float(values[place]) for name, values in part.curve.scores.items()}


@pytest.mark.parametrize("day", [1, 2, 5, 20, 39, 40, 50, 100])
def test_the_curve_says_what_the_explanation_of_that_day_said(lead: Lead, day: int):
    with clock.at(NOW):
        stretches = list(queries.dossier(SYSTEM, lead.pk).stretches)
        instant = START + day * DAY
        told = queries.explanation(SYSTEM, lead.pk, instant)
    assert told is not None
    assert said(stretches, instant) == pytest.approx({score.id: score.value for score in told.scores}), day


def test_each_version_of_the_agreement_has_its_stretch_of_the_curve(lead: Lead):
    with clock.at(NOW):
        stretches = queries.dossier(SYSTEM, lead.pk).stretches
    assert [one.version for one in stretches] == [1, 2]
    assert stretches[1].curve.times[0] == microseconds(START + 40 * DAY)
    assert stretches[0].curve.times[-1] == stretches[1].curve.times[0] - 1


@pytest.mark.parametrize("day", [1, 3, 10, 30])
def test_as_of_a_day_is_what_was_said_on_that_day(day: int):
    agree(at=START - DAY)
    lead = new_lead(title="Director")
    visits(lead, START + DAY, START + DAY + HOUR, START + 2 * DAY)
    instant = START + day * DAY + 2 * HOUR
    work(instant)
    with clock.at(instant):
        then = queries.dossier(SYSTEM, lead.pk)
    does(lead, "trial_start", instant + HOUR)
    visits(lead, instant + 2 * HOUR)
    agree(40, at=instant + DAY)
    work(NOW)
    with clock.at(NOW):
        back = queries.dossier(SYSTEM, lead.pk, instant)
    assert then.explanation
    assert back.explanation
    assert back.explanation.stage == then.explanation.stage
    assert [(one.id, one.value, one.grade, one.contributions) for one in back.explanation.scores] == [
        (one.id, one.value, one.grade, one.contributions) for one in then.explanation.scores
    ]
    assert back.explanation.ways == then.explanation.ways
    assert back.moves == []
    assert back.stretches[-1].curve.times.tolist() == then.stretches[-1].curve.times.tolist()


def test_what_may_be_decided_is_the_same_as_by_itself(lead: Lead, manager: Actor):
    with clock.at(NOW):
        assert queries.dossier(manager, lead.pk).moves == queries.moves(manager, lead.pk)


def test_of_an_unknown_visitor_and_without_an_agreement_nothing_is_said():
    lead = new_lead()
    assert queries.dossier(SYSTEM, lead.pk).explanation is None
    agree(at=START - DAY)
    Lead.objects.filter(pk=lead.pk).update(anonymous=True)
    found = queries.dossier(SYSTEM, lead.pk)
    assert (found.explanation, found.stretches, list(found.moves)) == (None, (), [])


# The company.


def company_of(*scores: float) -> tuple[Account, list[Lead]]:
    account = Account.objects.create(name="山田電機", matching_name="山田電機", created_at=START)
    leads = [new_lead(f"Yamada P{n}") for n in range(len(scores))]
    for lead, score in zip(leads, scores, strict=True):
        Lead.objects.filter(pk=lead.pk).update(account=account, score=score)
    return account, leads


def test_the_score_of_a_company_is_the_best_of_its_people_and_it_says_how_many_are_engaged():
    agree(at=START - DAY)
    account, leads = company_of(30, 80, 50, 49.9)
    found = queries.company(SYSTEM, account.pk)
    assert (found.best, found.people, found.engaged, found.bar) == (leads[1], 4, 2, 100)
    assert "50 of the bar's 100" in found.said


def test_who_was_disqualified_makes_no_score_of_the_company():
    agree(at=START - DAY)
    account, leads = company_of(30, 80)
    Lead.objects.filter(pk=leads[1].pk).update(stage="DISQUALIFIED")
    found = queries.company(SYSTEM, account.pk)
    assert (found.best, found.people, found.engaged) == (leads[0], 2, 0)


@pytest.mark.parametrize(
    ("condition", "excludes"),
    [
        ("person < 10", True),
        ("person >= 10", False),
        ("trait(rival) or not (person >= 10)", True),
        ("happened(pricing)", False),
    ],
)
def test_whom_the_agreement_excludes_by_scores_makes_none_either(condition: str, excludes: bool):
    with clock.at(START - DAY):
        publish(SYSTEM, text=text().replace("excluded: trait(rival)", f"excluded: {condition}"))
    account, leads = company_of(80)
    Lead.objects.filter(pk=leads[0].pk).update(scores={"person": 5})
    assert (queries.company(SYSTEM, account.pk).best is None) is excludes


def test_of_a_company_one_sees_those_whom_one_sees(outsider: Actor):
    agree(at=START - DAY)
    account, leads = company_of(30, 80)
    Lead.objects.filter(pk=leads[0].pk).update(owner=outsider.user)
    visits(leads[1], START)
    found = queries.company(outsider, account.pk)
    assert (found.best, found.people) == (leads[0], 1)
    assert queries.company_timeline(outsider, account.pk) == []


def test_the_story_of_a_company_is_that_of_all_its_people_page_by_page():
    account, leads = company_of(*[0.0] * 12)
    for place, lead in enumerate(leads):
        visits(lead, *(START + timedelta(minutes=place + 12 * n) for n in range(10)))
    whole = queries.company_timeline(SYSTEM, account.pk, limit=500)
    assert len(whole) == 120
    paged, before = [], None
    while page := queries.company_timeline(SYSTEM, account.pk, before=before, limit=7):
        paged += page
        before = page[-1].at
    assert [item.entry.pk for item in paged] == [item.entry.pk for item in whole]
    assert [item.at for item in paged] == sorted((item.at for item in paged), reverse=True)


def test_many_things_of_one_instant_come_together_with_the_page():
    account, leads = company_of(0.0, 0.0)
    for lead in leads:
        visits(lead, *[START] * 8)
    visits(leads[0], START - HOUR)
    page = queries.company_timeline(SYSTEM, account.pk, limit=5)
    assert len(page) == 16
    assert [item.at for item in queries.company_timeline(SYSTEM, account.pk, before=page[-1].at)] == [
        START - HOUR
    ]


# The story of one.


def test_a_story_is_narrowed_to_one_kind(lead: Lead, inside_rep: Actor):
    from tasuki.server.activities.commands import write_note

    does(lead, "call", START + 3 * DAY, outcome="reached")
    write_note(inside_rep, lead.pk, "hm")
    kinds = {only: {item.kind for item in queries.timeline(SYSTEM, lead.pk, only=only)} for only in
             ("activity", "contact", "decision", "transition", "note", "profile")}  # fmt: skip
    assert kinds == {only: {"activity" if only == "contact" else only} for only in kinds}
    (contact,) = queries.timeline(SYSTEM, lead.pk, only="contact")
    assert contact.entry.type == "call"
    assert not any(item.entry.type == "call" for item in queries.timeline(SYSTEM, lead.pk, only="activity"))


def test_the_same_part_of_a_story_is_told_anew_with_what_came_meanwhile(lead: Lead):
    first = queries.timeline(SYSTEM, lead.pk, limit=4)
    visits(lead, NOW, NOW + HOUR)
    anew = queries.timeline(SYSTEM, lead.pk, limit=500, since=first[-1].at)
    assert [item.entry.pk for item in anew[2:]] == [item.entry.pk for item in first]
