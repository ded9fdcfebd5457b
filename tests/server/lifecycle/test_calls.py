"""Calls: what came of one, what it keeps, and what is promised next."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from tasuki.calendars import Hours
from tasuki.server.activities.models import Activity
from tasuki.server.core import clock
from tasuki.server.core.access import SYSTEM, Actor
from tasuki.server.core.errors import Conflict, Invalid, NotAllowed, NotFound
from tasuki.server.core.models import AuditEntry, Role, Sight, Team, Token, User
from tasuki.server.handoffs.models import Clock, Handoff, Promise
from tasuki.server.lifecycle import calls, queries, relay
from tasuki.server.lifecycle.commands import cancel_promise, decide, log_call, move_promise, promise_call
from tasuki.server.lifecycle.standing import standing
from tasuki.server.notify.models import Notification
from tasuki.server.people.models import Lead
from tasuki.server.worktime.models import KeptCalendar

from .stories import DAY, HOUR, START, agree, fresh, new_lead, text, visits, work

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture
def mql(inside_rep: Actor, marketer: Actor) -> Lead:
    """Handed to inside sales at eleven o'clock of Monday."""
    agree(80)
    lead = new_lead()
    visits(lead, START + HOUR, START + 2 * HOUR)
    work(START + 2 * HOUR)
    return fresh(lead)


def names(found: list[Promise]) -> list[str]:
    return [one.lead.name for one in found]


def waiting(actor: Actor, at: datetime) -> list[str]:
    with clock.at(at):
        return [one.lead.name for one in queries.work_list(actor).calls]


# A call.


def test_a_call_is_an_activity_that_says_what_came_of_it(mql: Lead, inside_rep: Actor) -> None:
    with clock.at(START + 3 * HOUR):
        done = log_call(inside_rep, mql.pk, "voicemail", "午後にもう一度")
    assert (done.lead_id, done.duplicate, done.promise) == (mql.pk, False, None)
    call = Activity.objects.get(type="call")
    assert (call.lead_id, call.at, call.source) == (mql.pk, START + 3 * HOUR, "page")
    assert call.properties == {"outcome": "voicemail", "by": "ishii", "note": "午後にもう一度"}
    assert AuditEntry.objects.filter(action="activities.record", subject=f"lead:{mql.pk}").exists()


def test_a_call_is_the_first_touch_of_the_handoff_and_later_ones_are_not(
    mql: Lead, inside_rep: Actor
) -> None:
    for hours in (3, 5):
        with clock.at(START + hours * HOUR):
            log_call(inside_rep, mql.pk, "not_reached")
    assert Handoff.objects.get(lead=mql).first_touch_at == START + 3 * HOUR


def test_an_agreement_may_ask_what_came_of_a_call(inside_rep: Actor) -> None:
    signal = "  talked: {type: call, outcome: reached}\n  gone:"
    rule = "- {signal: talked, points: 90, because: they speak with us}\n      - {signal: gone,"
    agreement = text(80).replace("  gone:", signal, 1).replace("- {signal: gone,", rule, 1)
    with clock.at(START):
        from tasuki.server.agreements.commands import publish

        publish(SYSTEM, text=agreement)
    lead = new_lead()
    work(START)
    for minutes, outcome, stage in ((1, "not_reached", "MAL"), (2, "reached", "MQL")):
        with clock.at(START + minutes * MINUTE):
            log_call(inside_rep, lead.pk, outcome)
        work(START + minutes * MINUTE)
        assert fresh(lead).stage == stage


def test_the_same_key_is_the_same_call_and_promises_once(mql: Lead, inside_rep: Actor) -> None:
    with clock.at(START + 3 * HOUR):
        for _again in range(2):
            done = log_call(inside_rep, mql.pk, "call_back", promised_at=START + 5 * HOUR, key="phone-17")
    assert done.duplicate
    assert (Activity.objects.filter(type="call").count(), Promise.objects.count()) == (1, 1)


def test_a_call_to_a_merged_lead_is_one_to_the_lead_it_is_now(mql: Lead, inside_rep: Actor) -> None:
    old = new_lead("Yamada Hana")
    Lead.objects.filter(pk=old.pk).update(merged_into=mql)
    with clock.at(START + 3 * HOUR):
        assert log_call(inside_rep, old.pk, "reached").lead_id == mql.pk


# Promises.


def test_a_promised_call_is_on_the_list_from_its_time_until_it_is_made(mql: Lead, inside_rep: Actor) -> None:
    with clock.at(START + 3 * HOUR):
        done = log_call(inside_rep, mql.pk, "call_back", promised_at=START + 6 * HOUR)
    assert done.promise is not None
    assert done.promise.person == inside_rep.user
    assert waiting(inside_rep, START + 6 * HOUR - MINUTE) == []
    assert waiting(inside_rep, START + 6 * HOUR) == [mql.name]
    with clock.at(START + 7 * HOUR):
        log_call(inside_rep, mql.pk, "reached")
    assert waiting(inside_rep, START + 8 * HOUR) == []


def test_a_call_made_a_little_early_keeps_it_and_one_of_the_day_before_does_not(
    mql: Lead, inside_rep: Actor
) -> None:
    with clock.at(START + 3 * HOUR):
        promise_call(inside_rep, mql.pk, START + 2 * DAY, "見積の件")
    with clock.at(START + DAY):
        log_call(inside_rep, mql.pk, "voicemail")
        assert [one.note for one in queries.promises(inside_rep, mql.pk)] == ["見積の件"]
    with clock.at(START + 2 * DAY - 30 * MINUTE):
        log_call(inside_rep, mql.pk, "voicemail")
    assert waiting(inside_rep, START + 3 * DAY) == []


def test_a_lead_has_one_next_call(mql: Lead, inside_rep: Actor) -> None:
    with clock.at(START + 3 * HOUR):
        promise_call(inside_rep, mql.pk, START + 2 * DAY)
        log_call(inside_rep, mql.pk, "reached", promised_at=START + 3 * DAY)
    assert [one.at for one in queries.promises(inside_rep, mql.pk)] == [START + 3 * DAY]


@pytest.mark.parametrize("stage", ["RECYCLED", "DISQUALIFIED"])
def test_what_was_promised_is_off_once_the_lead_is_sent_back(
    mql: Lead, inside_rep: Actor, stage: str
) -> None:
    with clock.at(START + 3 * HOUR):
        log_call(inside_rep, mql.pk, "call_back", "見積の件", promised_at=START + DAY)
        assert [one.note for one in queries.promises(inside_rep, mql.pk)] == ["見積の件"]
        assert [one.lead for one in queries.work_list(inside_rep).coming] == [mql]
    reasons = {"RECYCLED": "timing", "DISQUALIFIED": "competitor"}
    with clock.at(START + 4 * HOUR):
        decide(inside_rep, lead_id=mql.pk, to=stage, reason=reasons[stage])
    assert waiting(inside_rep, START + 2 * DAY) == []


def test_an_accepted_lead_stays_on_the_list_of_who_has_it(mql: Lead, inside_rep: Actor) -> None:
    with clock.at(START + 3 * HOUR):
        decide(inside_rep, lead_id=mql.pk, to="SAL")
        work = queries.work_list(inside_rep)
    assert (list(work.own), list(work.hot), list(work.handoffs)) == ([mql], [], [])


def test_after_closing_time_what_was_due_is_over() -> None:
    hours = Hours("UTC", {"mon": "09:00-18:00"})
    due = datetime(2026, 4, 6, 18, tzinfo=UTC)
    running = Clock(within="2 business hours", due_at=due, calendar=KeptCalendar(spec=hours.spec()))
    handoff = Handoff(due_at=due)
    handoff.running = running  # type: ignore[attr-defined]
    assert standing(handoff, due).is_over
    assert standing(handoff, due + 4 * HOUR).is_over
    before = standing(handoff, due - HOUR)
    assert (before.is_over, before.left, before.in_hours) == (False, HOUR, False)


def test_it_can_be_moved_and_taken_back(mql: Lead, inside_rep: Actor) -> None:
    with clock.at(START + 3 * HOUR):
        promise = promise_call(inside_rep, mql.pk, START + 4 * HOUR, "見積の件")
    with clock.at(START + 4 * HOUR):
        moved = move_promise(inside_rep, promise.pk, START + DAY)
    assert (moved.at, moved.note) == (START + DAY, "見積の件")
    assert waiting(inside_rep, START + 5 * HOUR) == []
    assert waiting(inside_rep, START + DAY) == [mql.name]
    with clock.at(START + DAY):
        cancel_promise(inside_rep, promise.pk)
        with pytest.raises(Conflict, match="already"):
            cancel_promise(inside_rep, promise.pk)
        with pytest.raises(Conflict, match="already"):
            move_promise(inside_rep, promise.pk, START + 2 * DAY)
    assert waiting(inside_rep, START + 2 * DAY) == []
    assert set(AuditEntry.objects.filter(action__startswith="promise").values_list("action", flat=True)) == {
        "promise.make", "promise.move", "promise.cancel",
    }  # fmt: skip


def test_what_someone_promised_who_left_is_for_those_who_look_after_the_lead(
    mql: Lead, inside_rep: Actor, outsider: Actor, person: Callable[..., User], inside_sales_team: Team
) -> None:
    colleague = Actor(user=person("ito", Role.INSIDE_SALES, inside_sales_team))
    with clock.at(START + 3 * HOUR):
        promise_call(inside_rep, mql.pk, START + 4 * HOUR)
    assert waiting(colleague, START + 5 * HOUR) == []
    User.objects.filter(pk=inside_rep.user.pk).update(is_active=False)  # type: ignore[union-attr]
    assert waiting(colleague, START + 5 * HOUR) == [mql.name]
    assert waiting(outsider, START + 5 * HOUR) == []


@pytest.mark.django_db(transaction=True)
def test_two_who_promise_at_once_leave_one_next_call(mql: Lead, inside_rep: Actor, manager: Actor) -> None:
    now = datetime.now(UTC)

    def promise(nth: int) -> None:
        try:
            promise_call((inside_rep, manager)[nth % 2], mql.pk, now + (nth + 1) * HOUR)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(promise, range(8)))
    assert (Promise.objects.filter(done_at=None).count(), Promise.objects.count()) == (1, 8)


# News.


def told(at: datetime) -> list[tuple[str, tuple[int, ...]]]:
    return [(one.kind, one.users) for one in calls.due_news(at)]


def test_who_promised_is_told_once_at_its_time_and_again_when_it_was_moved(
    mql: Lead, inside_rep: Actor
) -> None:
    with clock.at(START + 3 * HOUR):
        promise = promise_call(inside_rep, mql.pk, START + 4 * HOUR)
    mine = ("call", (inside_rep.user.pk,))  # type: ignore[union-attr]
    assert told(START + 4 * HOUR - MINUTE) == []
    (first,) = calls.due_news(START + 4 * HOUR)
    assert (first.kind, first.users, first.lead, first.at) == (*mine, mql.pk, START + 4 * HOUR)
    assert told(START + 5 * HOUR) == []
    with clock.at(START + 5 * HOUR):
        move_promise(inside_rep, promise.pk, START + 6 * HOUR)
    (second,) = calls.due_news(START + 6 * HOUR)
    assert second.cause != first.cause


def test_the_loop_of_the_clocks_tells_of_it(mql: Lead, inside_rep: Actor) -> None:
    with clock.at(START + 3 * HOUR):
        promise_call(inside_rep, mql.pk, START + 4 * HOUR)
    for _again in range(2):
        with clock.at(START + 4 * HOUR):
            relay.act()
    news = Notification.objects.get(kind="call")
    assert (news.user, news.lead_id, news.at) == (inside_rep.user, mql.pk, START + 4 * HOUR)


def test_nobody_is_told_of_a_call_that_was_made_nor_of_one_long_past(mql: Lead, inside_rep: Actor) -> None:
    with clock.at(START + 3 * HOUR):
        promise_call(inside_rep, mql.pk, START + 4 * HOUR)
        log_call(inside_rep, mql.pk, "reached")
        promise_call(inside_rep, mql.pk, START + 5 * HOUR)
    assert told(START + 4 * HOUR + MINUTE) == []
    assert told(START + 30 * DAY) == []
    assert told(START + 30 * DAY) == []


def test_of_what_someone_promised_who_left_the_team_is_told(
    mql: Lead, inside_rep: Actor, person: Callable[..., User], inside_sales_team: Team
) -> None:
    colleague = person("ito", Role.INSIDE_SALES, inside_sales_team)
    with clock.at(START + 3 * HOUR):
        promise_call(inside_rep, mql.pk, START + 4 * HOUR)
    User.objects.filter(pk=inside_rep.user.pk).update(is_active=False)  # type: ignore[union-attr]
    Lead.objects.filter(pk=mql.pk).update(owner=None)
    assert told(START + 4 * HOUR) == [("call", (colleague.pk,))]


# Re-approach dates.


@pytest.fixture
def recycled(mql: Lead, inside_rep: Actor) -> Lead:
    """Back with marketing, to be taken up again after 60 days."""
    with clock.at(START + 3 * HOUR):
        decide(inside_rep, lead_id=mql.pk, to="RECYCLED", reason="timing", until=START + 60 * DAY)
    return mql


def again(actor: Actor, at: datetime) -> list[Lead]:
    with clock.at(at):
        return list(queries.work_list(actor).reapproach)


def test_a_reapproach_date_can_be_set_and_changed_afterwards(recycled: Lead, inside_rep: Actor) -> None:
    with clock.at(START + 10 * DAY):
        decide(inside_rep, lead_id=recycled.pk, to="", until=START + 90 * DAY)
    assert fresh(recycled).reapproach_at == START + 90 * DAY
    assert fresh(recycled).stage == "RECYCLED"
    assert again(inside_rep, START + 61 * DAY) == []
    assert again(inside_rep, START + 90 * DAY) == [recycled]


def test_who_was_reached_or_is_promised_a_call_is_not_asked_for_twice(
    recycled: Lead, inside_rep: Actor
) -> None:
    assert again(inside_rep, START + 60 * DAY) == [recycled]
    with clock.at(START + 60 * DAY + HOUR):
        log_call(inside_rep, recycled.pk, "not_reached")
        assert again(inside_rep, START + 60 * DAY + HOUR) == [recycled]
        promise = promise_call(inside_rep, recycled.pk, START + 62 * DAY)
        assert again(inside_rep, START + 61 * DAY) == []
        cancel_promise(inside_rep, promise.pk)
        log_call(inside_rep, recycled.pk, "reached")
    assert again(inside_rep, START + 61 * DAY) == []


# Bad input, and rights.


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"outcome": "sang"}, "outcome"),
        ({"outcome": "re\0ached"}, "outcome"),
        ({"note": "a\0b"}, "note"),
        ({"note": "a" * 10_001}, "note"),
        ({"key": ""}, "key"),
        ({"promised_at": START}, "promised_at"),
        ({"promised_at": START + 3 * HOUR}, "promised_at"),
        ({"promised_at": datetime(9999, 12, 31, 23, 59, tzinfo=UTC)}, "promised_at"),
        ({"promised_at": datetime(2062, 4, 7, tzinfo=UTC)}, "promised_at"),
        ({"promised_at": datetime(2026, 4, 7)}, "promised_at"),
    ],
)
def test_what_cannot_be_is_refused_and_stores_nothing(
    mql: Lead, inside_rep: Actor, given: dict[str, object], field: str
) -> None:
    with clock.at(START + 3 * HOUR), pytest.raises(Invalid) as refused:
        log_call(inside_rep, mql.pk, **{"outcome": "reached", **given})  # type: ignore[arg-type]
    assert (refused.value.field, bool(refused.value.cure)) == (field, True)
    assert not Activity.objects.filter(type="call").exists()
    assert not Promise.objects.exists()


def test_a_colleague_of_another_team_neither_calls_nor_moves_what_was_promised(
    mql: Lead, inside_rep: Actor, outsider: Actor
) -> None:
    with clock.at(START + 3 * HOUR):
        promise = promise_call(inside_rep, mql.pk, START + 4 * HOUR)
        for act in (
            lambda: log_call(outsider, mql.pk, "reached"),
            lambda: promise_call(outsider, mql.pk, START + DAY),
            lambda: move_promise(outsider, promise.pk, START + DAY),
            lambda: cancel_promise(outsider, promise.pk),
            lambda: queries.promises(outsider, mql.pk),
            lambda: log_call(inside_rep, 10**30, "reached"),
            lambda: cancel_promise(inside_rep, -1),
        ):
            with pytest.raises(NotFound):
                act()
    assert not Activity.objects.filter(type="call").exists()


def test_a_token_without_the_scope_calls_nobody(mql: Lead, inside_rep: Actor) -> None:
    token = Token(user=inside_rep.user, name="t", scopes=["leads.read"])
    program = Actor(user=inside_rep.user, token=token)
    with pytest.raises(NotAllowed):
        log_call(program, mql.pk, "reached")
    with pytest.raises(NotAllowed):
        promise_call(program, mql.pk, START + DAY)


def test_an_erased_lead_is_called_by_nobody(mql: Lead, inside_rep: Actor) -> None:
    with clock.at(START + 3 * HOUR):
        promise = promise_call(inside_rep, mql.pk, START + 4 * HOUR)
    Lead.objects.filter(pk=mql.pk).update(erased_at=START + 3 * HOUR)
    assert waiting(inside_rep, START + 5 * HOUR) == []
    assert told(START + 4 * HOUR) == []
    with clock.at(START + 5 * HOUR), pytest.raises(NotFound):
        move_promise(inside_rep, promise.pk, START + DAY)


def test_everyone_sees_the_calls_promised_to_a_lead_they_see(
    mql: Lead, inside_rep: Actor, manager: Actor, person: Callable[..., User]
) -> None:
    with clock.at(START + 3 * HOUR):
        promise_call(inside_rep, mql.pk, START + 4 * HOUR)
    assert names(queries.promises(manager, mql.pk)) == [mql.name]
    assert waiting(manager, START + 5 * HOUR) == []
    assert waiting(Actor(user=person("x", Role.SALES, None, Sight.ALL)), START + 5 * HOUR) == []
