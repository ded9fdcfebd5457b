"""What happens to handoffs and their clocks when leads are merged, erased or taken back, and when people leave."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tasuki.server.core import clock
from tasuki.server.core.access import SYSTEM, Actor
from tasuki.server.core.commands import deactivate_user
from tasuki.server.core.models import Role, Team, User
from tasuki.server.handoffs.commands import set_capacity
from tasuki.server.handoffs.models import Clock, Handoff
from tasuki.server.imports import commands as imports
from tasuki.server.lifecycle.commands import decide
from tasuki.server.lifecycle.routed import Ways
from tasuki.server.people import commands as people
from tasuki.server.people import privacy
from tasuki.server.people.models import Lead
from tests.server.handoffs.stories import (
    PLAIN,
    agree_on,
    answer,
    holders,
    ledger,
    mql,
    tick,
    tokyo,
    told,
    whys,
)
from tests.server.imports.test_importing import bring_in
from tests.server.lifecycle.stories import HOUR, START, decided, new_lead, path_of, work

pytestmark = pytest.mark.django_db

AT = tokyo(7, "09:00")


@pytest.fixture
def colleague(person: Callable[..., User], inside_sales_team: Team) -> Actor:
    return Actor(user=person("inoue", Role.INSIDE_SALES, inside_sales_team))


@pytest.fixture
def two(marketer: Actor, inside_rep: Actor, colleague: Actor) -> list[Handoff]:
    agree_on()
    return [mql(marketer, AT, "Sato sato"), mql(marketer, AT, "Ito ito")]


def test_of_two_leads_that_are_one_the_losers_clock_stops(marketer: Actor, two: list[Handoff]) -> None:
    kept, gone = two
    with clock.at(AT + HOUR):
        people.merge_leads(marketer, winner=kept.lead_id, loser=gone.lead_id)
    assert tick(AT + HOUR) == 1
    (stopped,), (running,) = ledger(gone), ledger(kept)
    assert (stopped.stopped_because, stopped.stopped_at, stopped.business, stopped.met) == (
        "merged",
        AT + HOUR,
        3_600_000_000,
        True,
    )
    assert running.stopped_at is None
    assert tick(AT + HOUR) == 0


def test_two_leads_that_were_not_one_after_all_have_their_clocks_again(
    marketer: Actor, two: list[Handoff]
) -> None:
    kept, gone = two
    with clock.at(AT):
        merge = people.merge_leads(marketer, winner=kept.lead_id, loser=gone.lead_id)
    tick(AT)
    with clock.at(AT + HOUR):
        people.undo_merge(marketer, merge.pk)
    assert tick(AT + HOUR) == 1
    first, second = ledger(gone)
    assert (first.stopped_because, second.started_because, second.lead_id) == (
        "merged",
        "reopened",
        gone.lead_id,
    )
    assert (second.person, second.due_at) == (first.person, AT + 3 * HOUR)
    assert Lead.objects.get(pk=gone.lead_id).owner == second.person
    gone.refresh_from_db()
    assert Ways.of([gone]).told(gone)[-1].text.startswith("Open again")


def test_a_merge_undone_before_anybody_looked_leaves_the_clock_running(
    marketer: Actor, two: list[Handoff]
) -> None:
    kept, gone = two
    with clock.at(AT):
        merge = people.merge_leads(marketer, winner=kept.lead_id, loser=gone.lead_id)
        people.undo_merge(marketer, merge.pk)
    tick(AT)
    (one,) = ledger(gone)
    assert (one.stopped_at, one.next_at, one.due_at) == (None, AT + 2 * HOUR, AT + 2 * HOUR)
    assert tick(AT + 2 * HOUR) == 2


def test_the_open_handoff_of_the_loser_goes_to_the_winner_with_its_clock(
    marketer: Actor, inside_rep: Actor
) -> None:
    agree_on()
    handoff = mql(marketer, AT)
    known = new_lead("Hanako Y hanako.y")
    work(START)
    Lead.objects.filter(pk=known.pk).update(owner=marketer.user)
    with clock.at(AT):
        people.merge_leads(marketer, winner=known.pk, loser=handoff.lead_id)
    work(AT)
    tick(AT + 2 * HOUR)
    handoff.refresh_from_db()
    assert (handoff.lead_id, ledger(handoff)[0].lead_id) == (known.pk, known.pk)
    assert Lead.objects.get(pk=known.pk).owner == inside_rep.user
    assert "breach" in told(inside_rep)


def test_what_the_winner_of_a_merge_goes_through_again_answers_nothing(
    marketer: Actor, inside_rep: Actor
) -> None:
    agree_on()
    handoff, known = mql(marketer, AT), new_lead("Hanako Y hanako.y")
    work(START)
    with clock.at(AT + HOUR):
        people.merge_leads(marketer, winner=known.pk, loser=handoff.lead_id)
    work(AT + HOUR)
    assert path_of(known) == ["MAL", "MQL"]
    assert Handoff.objects.get().outcome == "open"
    assert [(one.stopped_at, one.due_at) for one in ledger(handoff)] == [(None, AT + 2 * HOUR)]
    answer(inside_rep, Handoff.objects.get(), AT + 3 * HOUR)
    (one,) = ledger(handoff)
    assert (Handoff.objects.get().outcome, one.stopped_because, one.met) == ("accepted", "accepted", False)


def test_where_the_winner_of_a_merge_stands_elsewhere_the_handoff_ends_and_nobody_answered(
    marketer: Actor, inside_rep: Actor
) -> None:
    agree_on()
    handoff, known = mql(marketer, AT), new_lead("Hanako Y hanako.y")
    work(START)
    decided(known, "SGL", AT - HOUR, "sales")
    with clock.at(AT + HOUR):
        people.merge_leads(marketer, winner=known.pk, loser=handoff.lead_id)
    work(AT + HOUR)
    assert path_of(known) == ["MAL", "SGL"]
    handoff.refresh_from_db()
    (one,) = ledger(handoff)
    assert (handoff.outcome, one.stopped_because, one.stopped_at) == ("other", "merged", AT + HOUR)
    assert "accepted" not in told(marketer)


def test_the_clocks_of_an_erased_person_stop_and_the_ledger_keeps_its_numbers(
    marketer: Actor, two: list[Handoff], administrator: Actor
) -> None:
    answered, open_ = two
    answer(Actor(user=answered.person), answered, AT + HOUR)
    measured = Clock.objects.values_list("wall", "business", "met").get(handoff=answered)
    with clock.at(AT + HOUR):
        for one in two:
            privacy.erase_person(administrator, one.lead_id)
    tick(AT + HOUR)
    assert Clock.objects.values_list("wall", "business", "met").get(handoff=answered) == measured
    (stopped,) = ledger(open_)
    assert (stopped.stopped_because, stopped.stopped_at) == ("erased", AT + HOUR)
    open_.refresh_from_db()
    assert (open_.outcome, open_.closed_at, open_.routed) == ("other", AT + HOUR, [])
    assert not Clock.objects.exclude(next_at=None).exists()


def test_an_import_is_taken_back_with_the_handoffs_it_led_to(marketer: Actor, inside_rep: Actor) -> None:
    with clock.at(AT):
        agree_on(PLAIN, at=AT)
        rows = (
            "email,name,type,at,path\n" + "a@x.example,Abe,page_view,2026-04-07T09:00:00+09:00,/pricing\n" * 1
        )
        rows += "a@x.example,Abe,page_view,2026-04-07T09:00:01+09:00,/pricing\n"
        job = bring_in(marketer, rows)
    work(AT + HOUR)
    assert Clock.objects.get().person == inside_rep.user
    with clock.at(AT + HOUR):
        imports.undo(marketer, job.pk)
        imports.run_undo(job.pk)
    assert not Lead.objects.exists()
    assert not Clock.objects.exists()
    assert tick(AT + 3 * HOUR) == 0


def test_what_someone_who_leaves_still_has_goes_to_a_colleague(
    marketer: Actor, two: list[Handoff], inside_rep: Actor, colleague: Actor, administrator: Actor
) -> None:
    hers = next(one for one in two if one.person == inside_rep.user)
    with clock.at(AT + HOUR):
        deactivate_user(administrator, inside_rep.user.pk)  # type: ignore[union-attr]
    assert tick(AT + HOUR) == 1
    assert holders(two) == ["inoue", "inoue"]
    assert whys(hers) == ["taken", "left", "reassigned"]
    assert [one.stopped_because for one in ledger(hers)] == ["reassigned", ""]
    hers.refresh_from_db()
    assert [step.text for step in Ways.of([hers]).told(hers)][1:] == [
        "ishii (Inside sales Tokyo) does not work here any more",
        "Given to inoue (Inside sales Tokyo)",
    ]
    assert told(colleague) == ["handoff", "reassigned"]
    assert tick(AT + HOUR) == 0


def test_what_someone_who_leaves_has_may_have_to_wait_for_room_and_the_team_hears_of_it(
    marketer: Actor,
    inside_rep: Actor,
    administrator: Actor,
    person: Callable[..., User],
    inside_sales_team: Team,
) -> None:
    agree_on(f"{PLAIN}, full: hold")
    handoff = mql(marketer, AT)
    colleague = Actor(user=person("inoue", Role.INSIDE_SALES, inside_sales_team))
    set_capacity(SYSTEM, "inoue", minutes_a_day=0)
    deactivate_user(administrator, inside_rep.user.pk)  # type: ignore[union-attr]
    tick(AT)
    assert (holders([handoff]), whys(handoff)) == ([""], ["taken", "left", "full", "held"])
    assert (told(colleague), told(administrator)) == (["reassigned"], [])


def test_what_the_last_one_who_leaves_has_goes_to_the_fallback(
    marketer: Actor, inside_rep: Actor, administrator: Actor
) -> None:
    agree_on()
    handoff = mql(marketer, AT)
    deactivate_user(administrator, inside_rep.user.pk)  # type: ignore[union-attr]
    assert tick(AT) == 1
    assert holders([handoff]) == ["adachi"]
    with clock.at(AT):
        decide(administrator, lead_id=handoff.lead_id, to="SAL")
    assert [one.met for one in ledger(handoff)] == [True, True]


def test_with_a_new_owner_the_open_handoff_goes_along(
    marketer: Actor, two: list[Handoff], colleague: Actor, inside_rep: Actor
) -> None:
    hers = next(one for one in two if one.person == inside_rep.user)
    with clock.at(AT + HOUR):
        people.update_lead(marketer, hers.lead_id, changes={}, owner="inoue")
    assert tick(AT + HOUR) == 1
    hers.refresh_from_db()
    assert (hers.person, hers.due_at, whys(hers)[-1]) == (colleague.user, AT + 3 * HOUR, "transferred")
    assert [one.stopped_because for one in ledger(hers)] == ["transferred", ""]
    assert (told(colleague)[-1], told(inside_rep)[-1]) == ("transferred", "taken")
    assert tick(AT + HOUR) == 0


def test_a_new_owner_who_may_not_answer_gets_the_lead_and_not_the_handoff(
    marketer: Actor, two: list[Handoff], inside_rep: Actor
) -> None:
    hers = next(one for one in two if one.person == inside_rep.user)
    with clock.at(AT + HOUR):
        people.update_lead(marketer, hers.lead_id, changes={}, owner=marketer.user.username)  # type: ignore[union-attr]
    assert tick(AT + HOUR) == 0
    hers.refresh_from_db()
    assert (hers.person, Lead.objects.get(pk=hers.lead_id).owner) == (inside_rep.user, marketer.user)
    assert tick(AT + 2 * HOUR) == 2
    assert "breach" in told(inside_rep)


def test_a_handoff_whose_owner_left_may_still_go_on_three_times(
    marketer: Actor,
    inside_rep: Actor,
    administrator: Actor,
    person: Callable[..., User],
    inside_sales_team: Team,
) -> None:
    agree_on(f"{PLAIN}, reassign: 1 business hour")
    handoff = mql(marketer, AT)
    for name in "abcdef":
        person(name, Role.INSIDE_SALES, inside_sales_team)
    deactivate_user(administrator, inside_rep.user.pk)  # type: ignore[union-attr]
    for day in range(7, 14):
        for hour in range(9, 18):
            tick(tokyo(day, f"{hour:02}:00"))
    assert whys(handoff) == ["taken", "left", *["reassigned"] * 4]
