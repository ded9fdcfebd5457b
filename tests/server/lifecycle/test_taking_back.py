"""What one does on Today can be taken back for ten seconds; then it is recorded, once, with the time of the click."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest

from tasuki.server.activities.models import Activity
from tasuki.server.core import clock
from tasuki.server.core.access import SYSTEM, Actor
from tasuki.server.core.commands import deactivate_user
from tasuki.server.core.errors import Conflict, Invalid, NotAllowed, NotFound
from tasuki.server.core.models import AuditEntry, Role, User
from tasuki.server.core.sqlite.statistics import Statistics
from tasuki.server.deals.models import Deal
from tasuki.server.handoffs.models import Clock, Handoff
from tasuki.server.lifecycle import holding, queries, relay
from tasuki.server.lifecycle.commands import call_soon, decide, decide_soon, fold_due, record_held, take_back
from tasuki.server.lifecycle.models import Decision, Held, Transition
from tasuki.server.notify.models import Notification
from tasuki.server.people import commands as people
from tasuki.server.people import privacy
from tasuki.server.people.models import Lead

from .stories import DAY, HOUR, START, agree, fresh, new_lead, path_of, visits, work

pytestmark = pytest.mark.django_db

CLICK = START + 3 * HOUR
SECOND = timedelta(seconds=1)


@pytest.fixture
def mql(inside_rep: Actor) -> Lead:
    """A lead that reached the bar and is with inside sales."""
    agree(80)
    lead = new_lead()
    visits(lead, START + HOUR, START + 2 * HOUR)
    work(START + 2 * HOUR)
    assert fresh(lead).stage == "MQL"
    return lead


def accept(actor: Actor, lead: Lead, at=CLICK, **more) -> holding.HeldGroup:
    with clock.at(at):
        return decide_soon(actor, lead_ids=[lead.pk], to="SAL", **more)


def recorded(at) -> int:
    with clock.at(at):
        return record_held()


def test_it_is_recorded_after_ten_seconds_as_of_the_click(mql: Lead, inside_rep: Actor):
    accept(inside_rep, mql, note="talked at once")
    assert fresh(mql).stage == "MQL"
    assert recorded(CLICK + 9 * SECOND) == 0
    assert recorded(CLICK + 11 * SECOND) == 1
    entry = Transition.objects.get(lead=mql, to_stage="SAL")
    assert (entry.at, entry.recorded_at) == (CLICK, CLICK + 11 * SECOND)
    decision = Decision.objects.get(lead=mql)
    assert (decision.at, decision.by, decision.note) == (CLICK, inside_rep.user, "talked at once")
    assert Handoff.objects.get(lead=mql).outcome == "accepted"
    assert Clock.objects.get(lead=mql).stopped_at == CLICK
    held = Held.objects.get()
    assert (held.state, held.what) == ("recorded", {})
    assert recorded(CLICK + 20 * SECOND) == 0
    assert path_of(mql) == ["MAL", "MQL", "SAL"]


def test_the_amount_of_a_deal_is_held_with_the_decision_that_opens_it(
    mql: Lead, inside_rep: Actor, manager: Actor
):
    with clock.at(CLICK):
        decide(
            inside_rep, lead_id=mql.pk, to="SAL", answers=dict.fromkeys(("budget", "authority", "need"), True)
        )
    with clock.at(CLICK + HOUR):
        decide(inside_rep, lead_id=mql.pk, to="SQL")
    with clock.at(CLICK + 2 * HOUR):
        decide_soon(manager, lead_ids=[mql.pk], to="OPPORTUNITY", amount=Decimal(3_000_000))
    assert not Deal.objects.exists()
    recorded(CLICK + 2 * HOUR + 11 * SECOND)
    deal = Deal.objects.get()
    assert (deal.lead_id, deal.amount, deal.opened_at) == (mql.pk, 3_000_000, CLICK + 2 * HOUR)


def test_what_is_taken_back_never_was(mql: Lead, inside_rep: Actor):
    group = accept(inside_rep, mql)
    with clock.at(CLICK + 5 * SECOND):
        assert take_back(inside_rep, group.id).leads == (mql.pk,)
    assert recorded(CLICK + 60 * SECOND) == 0
    assert path_of(mql) == ["MAL", "MQL"]
    assert not Decision.objects.exists()
    with clock.at(CLICK + 6 * SECOND), pytest.raises(Conflict) as refused:
        take_back(inside_rep, group.id)
    assert refused.value.code == "taken_back_already"


def test_what_is_recorded_is_not_taken_back_and_says_so(mql: Lead, inside_rep: Actor):
    group = accept(inside_rep, mql)
    recorded(CLICK + 11 * SECOND)
    with pytest.raises(Conflict) as refused:
        take_back(inside_rep, group.id)
    assert refused.value.code == "recorded_already"
    assert fresh(mql).stage == "SAL"


def test_only_who_did_it_takes_it_back(mql: Lead, inside_rep: Actor, manager: Actor):
    group = accept(inside_rep, mql)
    with pytest.raises(NotFound):
        take_back(manager, group.id)


def test_what_is_not_legal_is_refused_at_once_with_the_sentence(mql: Lead, inside_rep: Actor):
    with clock.at(CLICK), pytest.raises(Conflict) as refused:
        decide_soon(inside_rep, lead_ids=[mql.pk], to="SQL")
    assert refused.value.code == "illegal_move"
    assert "SQL" in refused.value.message
    with clock.at(CLICK), pytest.raises(Invalid) as invalid:
        decide_soon(inside_rep, lead_ids=[mql.pk], to="RECYCLED", reason="bored")
    assert invalid.value.field == "reason"
    with clock.at(CLICK), pytest.raises(Conflict) as moved:
        decide_soon(inside_rep, lead_ids=[mql.pk], to="SAL", seen="MAL")
    assert moved.value.code == "moved_meanwhile"
    with clock.at(CLICK), pytest.raises(NotAllowed):
        decide_soon(inside_rep, lead_ids=[mql.pk], to="SAL", role="sales")
    with pytest.raises(NotFound):
        decide_soon(inside_rep, lead_ids=[10**9], to="SAL")
    assert not Held.objects.exists()


def test_meanwhile_the_lead_is_out_of_the_queue_and_a_colleague_is_told_who_has_it(
    mql: Lead, inside_rep: Actor, person: Callable[..., User]
):
    colleague = Actor(user=person("abe", Role.INSIDE_SALES, inside_rep.user.team))
    with clock.at(CLICK):
        assert [one.lead.pk for one in queries.queue(inside_rep)] == [mql.pk]
        assert queries.waits(inside_rep) == 1
    group = accept(inside_rep, mql)
    with clock.at(CLICK + SECOND):
        assert queries.queue(inside_rep) == []
        assert queries.waits(inside_rep) == 0
        assert [one.group for one in queries.held(inside_rep, mql.pk)] == [group.id]
        with pytest.raises(Conflict) as refused:
            decide_soon(colleague, lead_ids=[mql.pk], to="DISQUALIFIED", reason="student")
        assert refused.value.code == "decided_already"
        assert "ishii" in refused.value.message
        take_back(inside_rep, group.id)
        assert [one.lead.pk for one in queries.queue(inside_rep)] == [mql.pk]


def test_somebody_elses_decision_stands_and_who_was_too_late_is_told_in_their_words(
    mql: Lead, inside_rep: Actor, manager: Actor
):
    accept(inside_rep, mql, note="will call in May")
    with clock.at(CLICK + 3 * SECOND):
        decide(manager, lead_id=mql.pk, to="DISQUALIFIED", reason="competitor")
    recorded(CLICK + 11 * SECOND)
    assert path_of(mql) == ["MAL", "MQL", "DISQUALIFIED"]
    (news,) = Notification.objects.filter(user=inside_rep.user, kind="not_recorded")
    assert "DISQUALIFIED" in news.detail["why"]
    with clock.at(CLICK + HOUR):
        (lost,) = queries.held(inside_rep, mql.pk)
        assert lost.what["note"] == "will call in May"
        assert queries.held(manager, mql.pk) == []
    recorded(CLICK + 2 * DAY)
    assert not Notification.objects.filter(user=manager.user, kind="not_recorded").exists()


def test_the_clock_of_a_handoff_waits_for_an_answer_on_its_way(mql: Lead, inside_rep: Actor):
    due = Clock.objects.get(lead=mql).due_at
    assert due
    accept(inside_rep, mql, at=due - 3 * SECOND)
    with clock.at(due + 2 * SECOND):
        relay.act()
    assert not Notification.objects.filter(kind="breach").exists()
    recorded(due + 8 * SECOND)
    with clock.at(due + 30 * SECOND):
        relay.act()
    clock_ = Clock.objects.get(lead=mql)
    assert (clock_.met, clock_.breached_at, clock_.stopped_at) == (True, None, due - 3 * SECOND)
    assert not Notification.objects.filter(kind="breach").exists()


def test_taken_back_the_clock_goes_on(mql: Lead, inside_rep: Actor):
    due = Clock.objects.get(lead=mql).due_at
    assert due
    group = accept(inside_rep, mql, at=due - 3 * SECOND)
    with clock.at(due - SECOND):
        take_back(inside_rep, group.id)
    with clock.at(due + 30 * SECOND):
        relay.act()
    assert Clock.objects.get(lead=mql).breached_at


def test_a_call_is_held_too_and_counts_from_when_it_was_made(mql: Lead, inside_rep: Actor):
    with clock.at(CLICK):
        group = call_soon(inside_rep, mql.pk, "call_back", "in a meeting", CLICK + DAY)
        assert queries.queue(inside_rep) == []
    assert not Activity.objects.filter(type="call").exists()
    recorded(CLICK + 11 * SECOND)
    call = Activity.objects.get(type="call")
    assert (call.at, call.properties["outcome"], call.properties["by"]) == (CLICK, "call_back", "ishii")
    assert Handoff.objects.get(lead=mql).first_touch_at == CLICK
    with clock.at(CLICK + HOUR):
        assert [one.at for one in queries.promises(inside_rep, mql.pk)] == [CLICK + DAY]
    with pytest.raises(Conflict):
        take_back(inside_rep, group.id)


def test_who_was_reached_stays_in_the_queue_and_can_be_accepted_at_once(mql: Lead, inside_rep: Actor):
    with clock.at(CLICK):
        call_soon(inside_rep, mql.pk, "reached")
        assert len(queries.queue(inside_rep)) == 1
    accept(inside_rep, mql, at=CLICK + 4 * SECOND)
    assert recorded(CLICK + 20 * SECOND) == 2
    assert Handoff.objects.get(lead=mql).first_touch_at == CLICK
    assert Transition.objects.get(to_stage="SAL").at == CLICK + 4 * SECOND


def test_many_leads_at_once_are_one_group_with_one_undo(inside_rep: Actor):
    agree(80)
    leads = [new_lead(f"Lead lead{n}") for n in range(5)]
    for lead in leads[:4]:
        visits(lead, START + HOUR, START + 2 * HOUR)
    work(START + 2 * HOUR)
    with clock.at(CLICK):
        group = decide_soon(inside_rep, lead_ids=[*(one.pk for one in leads), 10**9], to="SAL")
        assert set(group.leads) == {one.pk for one in leads[:4]}
        assert {pk: one.code for pk, one in group.refused.items()} == {
            leads[4].pk: "illegal_move", 10**9: "lead_unknown"
        }  # fmt: skip
        assert set(take_back(inside_rep, group.id).leads) == set(group.leads)
        again = decide_soon(inside_rep, lead_ids=[one.pk for one in leads[:4]], to="SAL")
    recorded(CLICK + 11 * SECOND)
    assert [fresh(one).stage for one in leads] == ["SAL"] * 4 + ["MAL"]
    assert AuditEntry.objects.filter(action="action.hold").count() == 2
    with pytest.raises(Conflict):
        take_back(inside_rep, again.id)
    with pytest.raises(Invalid):
        decide_soon(inside_rep, lead_ids=[], to="SAL")


def test_a_merged_lead_takes_what_is_held_with_it(mql: Lead, inside_rep: Actor, administrator: Actor):
    other = new_lead("Yamada Hanako 2", email="h2@yamada.example")
    work(CLICK)
    accept(inside_rep, mql)
    with clock.at(CLICK + 3 * SECOND):
        people.merge_leads(administrator, winner=other.pk, loser=mql.pk)
    recorded(CLICK + 11 * SECOND)
    held = Held.objects.get()
    assert held.lead_id == other.pk
    assert held.state == "refused"  # the winner stood in MAL: nothing is done to it that nobody has seen
    assert Notification.objects.filter(user=inside_rep.user, kind="not_recorded").count() == 1


def test_nothing_is_recorded_of_an_erased_person(mql: Lead, inside_rep: Actor, administrator: Actor):
    accept(inside_rep, mql, note="Hanako wants it")
    with clock.at(CLICK + 3 * SECOND):
        privacy.erase_person(administrator, mql.pk)
    assert recorded(CLICK + 11 * SECOND) == 0
    assert not Held.objects.exists()
    assert not Decision.objects.exists()


def test_what_somebody_did_who_then_left_is_recorded_as_theirs(
    mql: Lead, inside_rep: Actor, administrator: Actor
):
    accept(inside_rep, mql)
    deactivate_user(administrator, inside_rep.user.pk)
    recorded(CLICK + 11 * SECOND)
    assert Decision.objects.get(lead=mql).by == inside_rep.user
    assert fresh(mql).stage == "SAL"


def test_an_agreement_that_came_into_force_meanwhile_judges_it(mql: Lead, inside_rep: Actor):
    accept(inside_rep, mql)
    agree(90, at=CLICK + 5 * SECOND)
    recorded(CLICK + 11 * SECOND)
    entry = Transition.objects.get(lead=mql, to_stage="SAL")
    assert entry.at > CLICK + 5 * SECOND  # under the new one nothing is older than it
    work(CLICK + HOUR)
    assert path_of(mql) == ["MAL", "MQL", "SAL"]


def test_without_a_worker_nothing_is_lost(mql: Lead, inside_rep: Actor):
    accept(inside_rep, mql)
    assert recorded(CLICK + 3 * DAY) == 1
    assert Transition.objects.get(lead=mql, to_stage="SAL").at == CLICK


def test_a_fault_of_ours_puts_it_off_and_holds_up_nobody(
    mql: Lead, inside_rep: Actor, monkeypatch: pytest.MonkeyPatch
):
    other = new_lead("Sato Jiro")
    visits(other, START + HOUR, START + 2 * HOUR)
    work(START + 2 * HOUR)
    accept(inside_rep, mql)
    accept(inside_rep, other)
    whole = holding.decide

    def broken(actor: Actor, *, lead_id: int, **more: object) -> object:
        if lead_id == mql.pk:
            raise RuntimeError("disk on fire")
        return whole(actor, lead_id=lead_id, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(holding, "decide", broken)
    assert recorded(CLICK + 11 * SECOND) == 1
    assert [fresh(one).stage for one in (mql, other)] == ["MQL", "SAL"]
    monkeypatch.setattr(holding, "decide", whole)
    assert recorded(CLICK + 80 * SECOND) == 1
    assert fresh(mql).stage == "SAL"


def test_what_fails_every_time_is_given_up_told_and_holds_up_its_lead_no_longer(
    mql: Lead, inside_rep: Actor, monkeypatch: pytest.MonkeyPatch
):
    accept(inside_rep, mql)

    def broken(actor: Actor, **more: object) -> object:
        raise RuntimeError("disk on fire")

    monkeypatch.setattr(holding, "decide", broken)
    for minutes in range(1, holding.TRIES):
        recorded(CLICK + timedelta(minutes=minutes, seconds=30))
    assert Held.objects.get().state == "waiting"
    assert not Notification.objects.filter(kind="not_recorded").exists()
    end = CLICK + timedelta(minutes=holding.TRIES, seconds=30)
    recorded(end)
    held = Held.objects.get()
    assert (held.state, held.ended_at, held.what["to"]) == ("refused", end, "SAL"), (
        "what they typed is still there"
    )
    told = Notification.objects.get(kind="not_recorded")
    assert told.user == inside_rep.user
    assert "A fault of this server" in told.detail["why"]
    with clock.at(end):
        assert queries.waits(inside_rep) == 1
    monkeypatch.undo()
    accept(inside_rep, mql, end)
    assert recorded(end + timedelta(minutes=2)) == 1
    assert fresh(mql).stage == "SAL"


def test_the_worker_records_it_in_its_loop(mql: Lead, inside_rep: Actor):
    from tasuki.server.lifecycle import worker

    accept(inside_rep, mql)
    with clock.at(CLICK + 11 * SECOND):
        worker._turn(10, Statistics())
        assert fold_due().failed == 0
    assert fresh(mql).stage == "SAL"
    assert AuditEntry.objects.filter(action="decision.make", user=inside_rep.user).count() == 1
    assert SYSTEM.user is None
