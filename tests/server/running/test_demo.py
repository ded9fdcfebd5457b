"""The demo's company: told in time, loaded by the ordinary commands, and alive afterwards."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from tasuki.agreement import agreement_of
from tasuki.server.activities.inputs import ActivityInput
from tasuki.server.activities.models import Activity
from tasuki.server.core import clock
from tasuki.server.core.access import SYSTEM
from tasuki.server.core.models import Role, Team, User
from tasuki.server.deals.models import Deal
from tasuki.server.handoffs.models import Clock, Handoff
from tasuki.server.lifecycle.models import Decision, Transition
from tasuki.server.notify.models import Notification
from tasuki.server.people.commands import put_leads
from tasuki.server.people.inputs import LeadInput, LeadRef
from tasuki.server.people.models import Lead
from tasuki.server.running.demo import cast, loading, moving, run
from tasuki.server.running.demo.story import Story, simulated, story_of, without_end

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)  # a Tuesday noon in Tokyo


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("company")
    simulated(folder, 150)
    return folder


@pytest.fixture
def story(files: Path) -> Story:
    return story_of(files, NOW)


def all_of(story: Story, what: str) -> list[Any]:
    return [each for part in story.parts for each in getattr(part, what)]


@pytest.fixture
def loaded(db: None, story: Story) -> Story:
    with clock.at(NOW):
        loading.load(story)
    return story


def test_the_past_ends_now_and_the_future_has_no_times_yet(story: Story):
    latest = max(activity.at for activity in all_of(story, "activities") if activity.at)
    assert NOW - timedelta(days=7) < latest <= NOW
    assert all(event.at is None for event in story.to_come)
    assert {type(event) for event in story.to_come} == {LeadInput, ActivityInput}


def test_working_hours_stay_working_hours(story: Story):
    hours = Counter(
        (activity.at + timedelta(hours=9)).hour for activity in all_of(story, "activities") if activity.at
    )
    days = Counter((decision.at + timedelta(hours=9)).weekday() for decision in all_of(story, "decisions"))
    assert sum(hours[hour] for hour in range(9, 19)) > 0.7 * sum(hours.values())
    assert not days[5] + days[6]


def test_no_lead_is_handed_in_twice_in_one_round(story: Story):
    for each in all_of(story, "rounds"):
        assert len({put.ref for put in each}) == len(each)
    assert any(len(part.rounds) > 1 for part in story.parts)


def test_the_agreement_of_the_demo_is_found_and_sound():
    assert agreement_of(loading.agreement_text()).name.startswith("山見計装")


@pytest.mark.django_db
def test_the_cast_can_be_engaged_twice():
    cast.engage()
    cast.engage()
    assert Team.objects.count() == len(cast.TEAMS)
    visitors = User.objects.filter(username__startswith="demo-")
    assert set(visitors.values_list("role", flat=True)) == set(Role.values)
    assert not any(user.has_usable_password() for user in User.objects.all())


def test_everything_comes_in_and_leads_are_where_their_past_has_led_them(loaded: Story):
    assert Lead.objects.filter(merged_into=None).count() >= 0.95 * len(
        {put.ref for each in all_of(loaded, "rounds") for put in each}
    )
    assert Activity.objects.count() == len(all_of(loaded, "activities"))
    assert Decision.objects.count() == len(all_of(loaded, "decisions"))
    assert 0 < Deal.objects.count() <= len(loaded.deals)
    won, leads = Deal.objects.filter(state="won"), Lead.objects.filter(stage="WON")
    assert set(won.values_list("lead", flat=True)) == set(leads.values_list("pk", flat=True))
    refused = Decision.objects.exclude(refused="").count()
    assert refused <= 0.1 * len(all_of(loaded, "decisions")) + 2
    stages = set(Lead.objects.values_list("stage", flat=True))
    assert stages >= {"MAL", "RECYCLED"}
    entered = Lead.objects.values_list("created_at", "first_touch_at")
    assert all(timedelta(0) <= at - touched <= timedelta(days=1) for at, touched in entered if touched)
    assert Transition.objects.filter(at__gt=NOW).count() == 0
    assert Transition.objects.filter(at__lt=NOW - timedelta(days=200)).exists()
    assert loading.fold_all() == 0


def test_the_last_days_were_played_so_that_the_whole_relay_is_there(db: None, tmp_path: Path):
    simulated(tmp_path, 1_000)
    with clock.at(NOW):
        loading.load(story_of(tmp_path, NOW))
    handoffs = Handoff.objects.all()
    assert handoffs.filter(outcome=Handoff.Outcome.OPEN, person__isnull=False).exists()
    assert all(one.routed for one in handoffs.filter(outcome=Handoff.Outcome.OPEN))
    clocks = Clock.objects.filter(started_at__gt=NOW - timedelta(days=6))
    assert clocks.filter(reminded_at__isnull=False).exists()
    assert clocks.filter(breached_at__isnull=False).exists()
    assert clocks.filter(started_because="reassigned").exists()
    assert clocks.filter(stopped_because="accepted", stopped_by__isnull=False).exists()
    told = set(Notification.objects.values_list("kind", flat=True))
    assert told >= {"handoff", "reminder", "breach", "reassigned", "accepted"}
    reminded = Clock.objects.exclude(reminded_at=None).values_list("reminded_at", flat=True)
    assert {8 <= (at + timedelta(hours=9)).hour <= 20 for at in reminded} == {True}


def test_life_goes_on_through_the_ordinary_commands_and_after_a_restart_where_it_was(loaded: Story):
    events = iter(loaded.to_come)
    life = moving.Life(events, pace=20.0)
    before = Activity.objects.count()
    for second in range(5):
        with clock.at(NOW + timedelta(seconds=second + 1)):
            life.tick()
    happened = Activity.objects.filter(source="website")
    assert Activity.objects.count() == before + happened.count()
    assert happened.count() > 40
    assert set(happened.values_list("at", flat=True)) <= {
        NOW + timedelta(seconds=second + 1) for second in range(5)
    }
    left, rest = list(events), list(run._still_to_come(iter(loaded.to_come)))
    assert abs(len(rest) - len(left)) <= 3
    assert rest[-len(left) :] == left[-len(rest) :]


def test_when_the_future_has_come_to_pass_there_are_further_leads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("tasuki.server.running.demo.story.MORE_LEADS", 20)
    events = list(islice(without_end(tmp_path, []), 400))
    leads = [event.ref for event in events if isinstance(event, LeadInput)]
    assert {ref.external[1][:2] for ref in leads if ref.external} == {"1-", "2-"}
    assert len(set(leads)) >= 30
    assert {type(event) for event in events[-100:]} == {LeadInput, ActivityInput}


def test_reps_answer_what_is_above_their_stock_and_leave_the_newest_to_the_visitor(
    loaded: Story, monkeypatch: pytest.MonkeyPatch
):
    life, before = moving.Life(iter(()), pace=0.0), Decision.objects.count()
    with clock.at(NOW + timedelta(hours=3)):
        _tick(life)
    assert Decision.objects.count() == before  # nothing came in, so nothing runs dry
    assert life._stock["OPPORTUNITY"] >= moving.LEAST["OPPORTUNITY"]
    life._stock = dict.fromkeys(moving.MADE_OF, 0)
    monkeypatch.setattr(moving, "PATIENCE", 1.0)
    with clock.at(NOW + timedelta(minutes=10)):
        _tick(life)
    made = Decision.objects.order_by("-id")[: Decision.objects.count() - before]
    assert len(made) >= 2
    assert all(decision.by and not decision.by.username.startswith("demo-") for decision in made)
    assert {decision.by.role for decision in made if decision.by} <= {Role.INSIDE_SALES, Role.SALES}
    assert not any(decision.refused for decision in made)
    assert not any(moving._waiting(stage, NOW - timedelta(days=9_999)) for stage in moving.MADE_OF)


def _tick(life: moving.Life) -> None:
    for _ in range(100):
        life.tick()


def test_a_folder_with_other_leads_in_it_is_no_demo(
    db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    put_leads(SYSTEM, [LeadInput(LeadRef(email="a@example.com"))], source="list")
    from tasuki.errors import TasukiError

    monkeypatch.setattr("tasuki.server.running.migrating.migrate", list)
    with pytest.raises(TasukiError, match="this is no demo"):
        run._prepare(tmp_path, 100, lambda _: None)
