"""What the worker makes of entries: transitions that are facts, leads that show where they stand."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tasuki.server.activities.models import Activity
from tasuki.server.agreements import queries as agreements
from tasuki.server.core import clock
from tasuki.server.core.access import SYSTEM
from tasuki.server.lifecycle import queries
from tasuki.server.lifecycle.commands import fold_due, roll_out
from tasuki.server.lifecycle.models import Transition
from tasuki.server.people import privacy
from tasuki.server.people.models import Due, Lead, Profile

from .stories import DAY, HOUR, START, agree, decided, does, fresh, new_lead, path_of, told, visits, work

pytestmark = pytest.mark.django_db


def test_a_lead_that_visits_the_price_page_three_times_becomes_mql_and_the_transition_says_why() -> None:
    version = agree()
    lead = new_lead(title="Director")
    visits(lead, START + HOUR, START + 2 * HOUR)
    assert work(START + 3 * HOUR) == 2
    assert told(lead) == [("", "MAL", START, "path"), ("MAL", "MQL", START + 2 * HOUR, "path")]
    last = Transition.objects.get(lead=lead, ordinal=2)
    assert (last.path, last.agreement, last.scores) == (
        "MQL.0",
        version,
        {"behavior": 80, "fit": 30, "person": 110},
    )
    assert last.contributions == [
        {"rule": "behavior.0", "score": "behavior", "hits": 2, "worth": 80},
        {"rule": "fit.0", "score": "fit", "hits": 1, "worth": 30},
    ]
    assert last.recorded_at == START + 3 * HOUR
    stands = fresh(lead)
    assert (stands.stage, stands.stage_entered_at, stands.score) == ("MQL", START + 2 * HOUR, 110)
    assert stands.grades == {"fit": "B"}
    assert stands.passes["MQL"] == {"first": last.at.isoformat(), "latest": last.at.isoformat(), "times": 1}


def test_nothing_is_folded_while_there_is_no_agreement_and_all_of_it_once_there_is() -> None:
    lead = new_lead()
    assert work(START + HOUR) == 0
    agree(at=START + DAY)
    work(START + DAY)
    assert told(lead) == [("", "MAL", START, "path")]


def test_a_silence_takes_points_at_its_time_without_any_new_entry() -> None:
    agree()
    lead = new_lead()
    visits(lead, START)
    work(START)
    assert Due.objects.get(lead=lead).at == START + 30 * DAY
    assert fold_at(START + 29 * DAY) == 0
    work(START + 30 * DAY)
    assert fresh(lead).score == 30
    assert Due.objects.get(lead=lead).at == START + 90 * DAY
    work(START + 91 * DAY)
    assert (fresh(lead).score, Due.objects.filter(lead=lead).exists()) == (0, False)


def fold_at(at: object) -> int:
    with clock.at(at):  # type: ignore[arg-type]
        return fold_due().leads


def test_an_mql_that_nobody_takes_up_goes_back_by_itself_and_may_come_again() -> None:
    agree(80)
    lead = new_lead()
    visits(lead, START, START + HOUR)
    work(START + 2 * HOUR)
    work(START + 40 * DAY)
    assert path_of(lead) == ["MAL", "MQL", "RECYCLED"]
    visits(lead, START + 41 * DAY, START + 42 * DAY)
    work(START + 42 * DAY)
    assert path_of(lead) == ["MAL", "MQL", "RECYCLED", "MQL"]
    passes = fresh(lead).passes["MQL"]
    assert passes == {
        "first": (START + HOUR).isoformat(), "latest": (START + 42 * DAY).isoformat(), "times": 2,
    }  # fmt: skip


def test_a_late_activity_counts_at_its_own_time_and_is_recorded_now() -> None:
    agree(80)
    lead = new_lead()
    visits(lead, START + 5 * DAY)
    work(START + 5 * DAY)
    visits(lead, START + 3 * DAY)
    work(START + 6 * DAY)
    assert told(lead)[1:] == [("MAL", "MQL", START + 5 * DAY, "path")]
    assert Transition.objects.get(lead=lead, to_stage="MQL").recorded_at == START + 6 * DAY


def test_a_late_activity_never_rewrites_what_is_recorded() -> None:
    agree(80)
    lead = new_lead()
    visits(lead, START + 5 * DAY, START + 6 * DAY)
    work(START + 7 * DAY)
    before = told(lead)
    visits(lead, START + 3 * DAY)
    does(lead, "unsubscribe", START + 5 * DAY + HOUR)
    assert work(START + 8 * DAY) == 0
    assert told(lead) == before
    assert fresh(lead).score == 40


def test_an_activity_of_tomorrow_counts_tomorrow() -> None:
    agree(40)
    lead = new_lead()
    visits(lead, START + DAY)
    work(START)
    assert (path_of(lead), Due.objects.get(lead=lead).at) == (["MAL"], START + DAY)
    work(START + DAY)
    assert path_of(lead) == ["MAL", "MQL"]


def test_a_rival_is_never_promoted_by_itself() -> None:
    agree(40)
    lead = new_lead(**{"account.domain": "rival.example"})
    visits(lead, START)
    work(START)
    assert path_of(lead) == []


def test_past_decisions_are_applied_by_their_own_time_and_illegal_ones_kept_with_the_cause() -> None:
    agree(80)
    lead = new_lead()
    visits(lead, START + HOUR, START + 2 * HOUR)
    accepted = decided(lead, "SAL", START + DAY, "inside_sales")
    early = decided(lead, "SAL", START + HOUR, "sales")
    wrong = decided(lead, "WON", START + 2 * DAY, "marketing")
    nowhere = decided(lead, "NOWHERE", START + 2 * DAY, "sales")
    work(START + 3 * DAY)
    assert path_of(lead) == ["MAL", "MQL", "SAL"]
    assert Transition.objects.get(lead=lead, to_stage="SAL").decision == accepted
    for decision, why in ((accepted, ""), (early, "from"), (wrong, "role"), (nowhere, "unknown_stage")):
        decision.refresh_from_db()
        assert decision.refused == why


def test_a_decision_refused_for_what_was_missing_is_applied_once_that_has_come() -> None:
    agree(80)
    lead = new_lead()
    accepted = decided(lead, "SAL", START + DAY, "sales")
    work(START + DAY)
    accepted.refresh_from_db()
    assert accepted.refused == "from"
    visits(lead, START + HOUR, START + 2 * HOUR)
    work(START + 2 * DAY)
    accepted.refresh_from_db()
    assert (path_of(lead), accepted.refused) == (["MAL", "MQL", "SAL"], "")


def test_erased_anonymous_and_merged_leads_are_not_folded() -> None:
    agree()
    erased, anonymous, merged, kept = (new_lead(f"Lead {n}") for n in "abcd")
    Lead.objects.filter(pk=erased.pk).update(erased_at=START)
    Lead.objects.filter(pk=anonymous.pk).update(anonymous=True)
    Lead.objects.filter(pk=merged.pk).update(merged_into=kept)
    work(START)
    assert [path_of(lead) for lead in (erased, anonymous, merged, kept)] == [[], [], [], ["MAL"]]
    assert not Due.objects.filter(at__lte=START).exists()


def test_one_lead_whose_data_are_broken_is_put_aside_and_blocks_no_other() -> None:
    agree()
    broken, sound = new_lead("Broken One"), new_lead("Sound One")
    Profile.objects.filter(lead=broken).update(fields=["no", "fields"])
    with clock.at(START):
        done = fold_due()
    assert (done.leads, done.failed) == (1, 1)
    assert (path_of(broken), path_of(sound)) == ([], ["MAL"])
    assert Due.objects.get(lead=broken).at == START + timedelta(minutes=10)
    Profile.objects.filter(lead=broken).update(fields={"email": "b@one.example"})
    work(START + HOUR)
    assert path_of(broken) == ["MAL"]


def test_a_lead_that_cannot_be_stored_is_put_aside_and_blocks_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from tasuki.server.lifecycle import storing

    agree()
    broken, sound = new_lead("Broken One"), new_lead("Sound One")
    whole = storing.store

    def store(folds: list[object], now: object) -> object:
        if any(one.lead.pk == broken.pk for one in folds):  # type: ignore[attr-defined]
            raise ValueError("not this one")
        return whole(folds, now)  # type: ignore[arg-type]

    monkeypatch.setattr(storing, "store", store)
    with clock.at(START):
        done = fold_due()
    assert (done.leads, done.failed) == (1, 1)
    assert path_of(sound) == ["MAL"]
    assert Due.objects.get(lead=broken).at == START + timedelta(minutes=10)


def test_a_touch_of_the_future_is_not_folded_now() -> None:
    agree()
    lead = new_lead(at=START + DAY)
    with clock.at(START + HOUR):
        assert fold_due().leads == 0
    work(START + DAY)
    assert path_of(lead) == ["MAL"]


# Versions.


def test_a_new_agreement_acts_from_its_effective_time_on_and_rewrites_nothing() -> None:
    first = agree(200)
    lead = new_lead()
    visits(lead, START + HOUR, START + 2 * HOUR)
    work(START + DAY)
    second = agree(80, at=START + 2 * DAY)
    assert work(START + 3 * DAY) == 1
    assert told(lead) == [("", "MAL", START, "path"), ("MAL", "MQL", START + 2 * DAY, "path")]
    assert [t.agreement for t in Transition.objects.filter(lead=lead).order_by("ordinal")] == [first, second]
    second.refresh_from_db()
    assert second.rolled_out


def test_a_higher_bar_leaves_those_who_are_over_the_old_one_where_they_are() -> None:
    agree(80)
    lead = new_lead()
    visits(lead, START + HOUR, START + 2 * HOUR)
    work(START + DAY)
    agree(200, at=START + 2 * DAY)
    assert work(START + 3 * DAY) == 0
    assert fresh(lead).stage == "MQL"
    why = queries.explanation(SYSTEM, lead.pk, START + 3 * DAY)
    assert why
    assert (why.stage, {s.id: s.value for s in why.scores}["behavior"]) == ("MQL", 80)
    assert [m.text for m in why.timeline if m.what == "transition"] == [
        "– → MAL (recorded: MAL.0)", "MAL → MQL (recorded: MQL.0)",
    ]  # fmt: skip


def test_what_fell_due_before_a_new_agreement_is_judged_by_the_old_one_even_if_the_worker_was_away() -> None:
    first = agree(80)
    lead = new_lead()
    work(START)
    visits(lead, START + HOUR, START + 2 * HOUR)
    second = agree(500, at=START + DAY)
    work(START + 2 * DAY)
    assert told(lead)[1:] == [("MAL", "MQL", START + 2 * HOUR, "path")]
    assert Transition.objects.get(lead=lead, to_stage="MQL").agreement == first
    assert agreements.in_force(START + 2 * DAY).version == second  # type: ignore[union-attr]


def test_who_was_folded_since_a_new_agreement_came_into_force_is_not_queued_for_it_again() -> None:
    agree(80)
    quiet, busy = new_lead(), new_lead()
    work(START + HOUR)
    agree(500, at=START + DAY)
    visits(busy, START + DAY)
    with clock.at(START + DAY + HOUR):
        assert fold_due().leads == 1
        assert roll_out() == 2
        assert list(Due.objects.filter(at__lte=clock.now()).values_list("lead", flat=True)) == [quiet.pk]
        assert (fold_due().leads, roll_out()) == (1, 0)


def test_who_was_folded_in_the_minute_in_which_an_agreement_came_into_force_is_folded_again() -> None:
    agree(80)
    new_lead()
    work(START + HOUR)
    agree(500, at=START + HOUR)
    with clock.at(START + HOUR + timedelta(minutes=1)):
        roll_out()
        assert fold_due().leads == 1


def test_a_version_for_later_changes_nothing_before() -> None:
    agree(200)
    lead = new_lead()
    visits(lead, START + HOUR, START + 2 * HOUR)
    from tasuki.server.agreements.commands import publish

    from .stories import text

    with clock.at(START + HOUR):
        later = publish(SYSTEM, text=text(80), effective_from=START + 5 * DAY)
    work(START + 4 * DAY)
    assert path_of(lead) == ["MAL"]
    later.refresh_from_db()
    assert not later.rolled_out
    work(START + 5 * DAY)
    assert told(lead)[-1] == ("MAL", "MQL", START + 5 * DAY, "path")


def test_an_import_of_the_past_into_a_new_installation_is_scored_at_its_own_times() -> None:
    agree(80, at=START + 100 * DAY)
    lead = new_lead(at=START)
    visits(lead, START + HOUR, START + 2 * HOUR)
    work(START + 101 * DAY)
    assert [t[1:3] for t in told(lead)] == [
        ("MAL", START), ("MQL", START + 2 * HOUR), ("RECYCLED", START + 2 * HOUR + 30 * DAY),
    ]  # fmt: skip


def test_the_explanation_adds_up_at_any_time_of_the_past() -> None:
    agree(80)
    lead = new_lead(title="Director")
    visits(lead, START + HOUR, START + 2 * HOUR, START + 3 * DAY)
    work(START + 4 * DAY)
    for hours in range(0, 96, 7):
        why = queries.explanation(SYSTEM, lead.pk, START + hours * HOUR)
        assert why
        for score in why.scores:
            raw = sum(c.worth for c in score.contributions) + sum(
                other.value for other in why.scores if other.id in score.parts
            )
            assert raw == pytest.approx(score.raw)
    now = queries.explanation(SYSTEM, lead.pk, START + 4 * DAY)
    assert now
    assert {s.id: s.value for s in now.scores} == fresh(lead).scores
    assert now.stage == fresh(lead).stage == "MQL"


def test_what_was_stored_on_a_lead_while_it_was_erased_is_blanked_by_the_worker() -> None:
    agree(80)
    lead = new_lead()
    privacy.erase_person(SYSTEM, lead.pk)
    visits(lead, START + HOUR)  # whoever stored it had looked the lead up before
    Profile.objects.create(lead=lead, at=START, fields={"name": "太郎丸"}, recorded_at=START)
    work(START + HOUR)
    assert list(Activity.objects.filter(lead=lead).values_list("properties", flat=True)) == [{}]
    assert not Profile.objects.filter(lead=lead).exists()
    assert not Due.objects.filter(pk=lead.pk).exists()
