"""What leads did is stored once, whoever sends it how often, in whatever order."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, connections

from tasuki.server.activities.commands import ActivityInput, Recorded, record_activities
from tasuki.server.activities.models import Activity
from tasuki.server.activities.queries import activities
from tasuki.server.core import clock
from tasuki.server.core.access import Actor
from tasuki.server.core.errors import Invalid, NotAllowed, Refused
from tasuki.server.core.models import AuditEntry
from tasuki.server.people import commands as people
from tasuki.server.people.inputs import LeadInput, LeadRef
from tasuki.server.people.models import Due, Lead

AT = datetime(2026, 4, 1, 9, tzinfo=UTC)
HANAKO = LeadRef(email="hanako@yamada.example")


def view(
    ref: LeadRef = HANAKO, at: datetime | None = AT, key: str | None = None, **properties: str
) -> ActivityInput:
    return ActivityInput(ref, "page_view", at, properties, key)


def recorded(outcome: Recorded | Refused) -> Recorded:
    assert isinstance(outcome, Recorded), outcome
    return outcome


def refused(outcome: Recorded | Refused) -> Refused:
    assert isinstance(outcome, Refused)
    return outcome


def test_an_activity_of_somebody_new_makes_a_lead_that_is_due_to_be_folded(marketer: Actor):
    (done,) = record_activities(marketer, [view()], source="web")
    assert not recorded(done).duplicate
    lead = Lead.objects.get(pk=recorded(done).lead_id)
    assert lead.email == "hanako@yamada.example"
    assert Due.objects.get(lead=lead).at <= clock.now()


def test_the_profile_that_comes_with_an_activity_is_put_with_it(marketer: Actor):
    known = LeadInput(HANAKO, {"name": "山田 花子", "account.name": "株式会社山田電機"}, at=AT)
    given = ActivityInput(HANAKO, "form_submit", AT, lead=known)
    (done,) = record_activities(marketer, [given], source="web")
    lead = Lead.objects.get(pk=recorded(done).lead_id)
    assert (lead.name, lead.account and lead.account.name) == ("山田 花子", "株式会社山田電機")


def test_sent_twice_it_is_stored_once_by_source_and_key(marketer: Actor):
    first = recorded(record_activities(marketer, [view(key="1")], source="web")[0])
    again = recorded(record_activities(marketer, [view(key="1", at=AT + timedelta(days=1))], source="web")[0])
    elsewhere = recorded(record_activities(marketer, [view(key="1")], source="mail")[0])
    assert (first.duplicate, again.duplicate, elsewhere.duplicate) == (False, True, False)
    assert first.lead_id == again.lead_id
    assert Activity.objects.count() == 2
    assert Activity.objects.filter(source="web").get().at == AT


def test_a_duplicate_does_not_have_its_lead_folded_again(marketer: Actor):
    record_activities(marketer, [view(key="1")], source="web")
    Due.objects.all().delete()
    record_activities(marketer, [view(key="1")], source="web")
    assert not Due.objects.exists()


def test_within_one_batch_the_same_key_counts_once(marketer: Actor):
    done = record_activities(marketer, [view(key="1"), view(key="2"), view(key="1")], source="web")
    assert [recorded(each).duplicate for each in done] == [False, False, True]


def test_without_a_key_the_same_lead_time_type_and_properties_are_the_same(marketer: Actor):
    given = [view(path="/a"), view(path="/a"), view(path="/b"), view(path="/a", at=AT + timedelta(seconds=1))]
    done = record_activities(marketer, given, source="web")
    assert [recorded(each).duplicate for each in done] == [False, True, False, False]


def test_without_key_and_time_each_is_one_of_its_own_and_is_now(marketer: Actor):
    with clock.at(AT):
        done = record_activities(marketer, [view(at=None), view(at=None)], source="web")
    assert [recorded(each).duplicate for each in done] == [False, False]
    assert set(Activity.objects.values_list("at", flat=True)) == {AT}


def test_what_does_not_fit_is_refused_alone_at_its_place(marketer: Actor):
    bad = [
        (view(at=datetime(2026, 1, 1)), "time_without_zone"),
        (view(at=datetime(9999, 12, 31, tzinfo=UTC)), "time_out_of_range"),
        (view(at=datetime(1, 1, 1, tzinfo=UTC)), "time_out_of_range"),
        (view(at=clock.now() + timedelta(days=2)), "time_ahead"),
        (view(note="a\0b"), "nul_byte"),
        (view(note="x" * 10_001), "too_long"),
        (view(key=""), "missing"),
        (view(key="x" * 201), "too_long"),
        (ActivityInput(HANAKO, " ", AT), "missing"),
        (ActivityInput(HANAKO, "x" * 101, AT), "too_long"),
        (view(**{f"p{n}": "x" for n in range(201)}), "too_many_properties"),
        (view(LeadRef(email="no address")), None),
        (view(LeadRef()), None),
        (view(LeadRef(lead=2**62)), None),
    ]
    given = [view(key="sound"), *(each for each, _code in bad), view(key="sound too")]
    first, *middle, last = record_activities(marketer, given, source="web")
    assert isinstance(first, Recorded)
    assert isinstance(last, Recorded)
    for outcome, (_given, code) in zip(middle, bad, strict=True):
        assert code is None or refused(outcome).code == code
        assert refused(outcome).message
    assert Activity.objects.count() == 2


def test_a_source_without_a_name_is_refused_whole(marketer: Actor):
    for source in (" ", "x" * 61, "a\0"):
        with pytest.raises(Invalid):
            record_activities(marketer, [view()], source=source)


def test_a_token_without_the_scope_stores_nothing(db: None):
    with pytest.raises(NotAllowed):
        record_activities(Actor(), [view()])


def test_one_audit_entry_tells_of_a_batch_and_none_of_duplicates(marketer: Actor):
    record_activities(marketer, [view(key="1"), view(key="2"), view(LeadRef())], source="web")
    record_activities(marketer, [view(key="1")], source="web")
    entry = AuditEntry.objects.get(action="activities.record")
    assert (entry.user, entry.detail["stored"], entry.detail["refused"]) == (marketer.user, 2, 1)


def test_an_activity_of_a_merged_lead_goes_to_the_one_it_is_now(marketer: Actor):
    one, other = (
        recorded(record_activities(marketer, [view(LeadRef(email=mail))], source="web")[0]).lead_id
        for mail in ("a@yamada.example", "b@yamada.example")
    )
    people.merge_leads(marketer, winner=one, loser=other)
    (done,) = record_activities(marketer, [view(LeadRef(lead=other), key="later")], source="web")
    assert recorded(done).lead_id == one


def test_activities_are_read_latest_first_page_by_page_by_those_who_see_the_lead(
    marketer: Actor, outsider: Actor
):
    given = [view(at=AT + timedelta(minutes=minute // 2), key=f"{minute}") for minute in range(5)]
    lead_id = recorded(record_activities(marketer, given, source="web")[0]).lead_id
    first = activities(marketer, lead_id, limit=2)
    rest = activities(marketer, lead_id, (first[-1].at, first[-1].pk), limit=9)
    assert [each.key for each in first + rest] == ["4", "3", "2", "1", "0"]
    assert activities(outsider, lead_id) == []


def test_a_batch_of_a_thousand_takes_few_queries(marketer: Actor, django_assert_max_num_queries):
    given = [view(LeadRef(email=f"p{n % 200}@yamada.example"), key=f"{n}") for n in range(1000)]
    record_activities(marketer, given[:1], source="warm")
    with django_assert_max_num_queries(40):
        done = record_activities(marketer, given, source="web")
    assert sum(isinstance(each, Recorded) for each in done) == 1000


@pytest.mark.django_db(transaction=True)
def test_two_who_send_the_same_at_the_same_time_store_it_once(person):
    marketer = Actor(user=person("makino", "marketing"))
    given = [view(LeadRef(email=f"p{n % 7}@yamada.example"), key=f"{n}") for n in range(60)]
    outcomes: list[list[Recorded | Refused]] = []

    def send(inputs: list[ActivityInput]) -> None:
        try:
            outcomes.append(record_activities(marketer, inputs, source="web"))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=send, args=(part,)) for part in (given, given[::-1], given)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(outcomes) == 3
    assert Activity.objects.count() == 60
    stored = sum(not recorded(each).duplicate for done in outcomes for each in done)
    assert (stored, Lead.objects.count()) == (60, 7)
    assert connection.vendor
