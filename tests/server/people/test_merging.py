from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import models
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tasuki.server.accounts.models import Account
from tasuki.server.core import bulk, clock
from tasuki.server.core.access import Actor
from tasuki.server.core.errors import Conflict, NotAllowed, NotFound
from tasuki.server.core.models import AuditEntry
from tasuki.server.people import commands, merging, queries
from tasuki.server.people.inputs import LeadInput, LeadRef
from tasuki.server.people.models import Duplicate, Identity, Lead, Merge, Profile

pytestmark = pytest.mark.django_db

START = datetime(2026, 1, 1, tzinfo=UTC)
SEEN = ("people.Lead", *merging.ENTRIES, "accounts.Account", "accounts.AccountIdentity", "people.Duplicate")


def put(actor: Actor, fields: dict[str, str], days: int = 0, **more: Any) -> int:
    at = START + timedelta(days=days)
    answer = commands.put_leads(actor, [LeadInput(fields=fields, at=at, **more)], source="form")[0]
    assert not isinstance(answer, Exception), answer
    return answer.lead_id


def activity(lead: int, number: int) -> None:
    model = apps.get_model("activities.Activity")
    fields = ("lead", "at", "type", "source", "key", "recorded_at")
    bulk.insert(
        model, fields, [(lead, START + timedelta(hours=number), "page_view", "t", f"{lead}-{number}", START)]
    )


def everything() -> dict[str, list[tuple[Any, ...]]]:
    """All rows of all that a merge may touch."""
    found = {}
    for label in SEEN:
        model = apps.get_model(label)
        names = [each.attname for each in model._meta.concrete_fields]
        found[label] = [
            tuple(map(repr, row)) for row in model._default_manager.order_by("pk").values_list(*names)
        ]
    return found


def test_every_table_that_refers_to_a_lead_moves_or_stays_on_purpose():
    referring = {
        f"{each.related_model._meta.app_label}.{each.related_model.__name__}"
        for each in Lead._meta.get_fields(include_hidden=True)
        if each.auto_created and each.is_relation and isinstance(each.related_model, type(models.Model))
    }
    assert referring == {*merging.ENTRIES, *merging.STAYING}


def test_entries_move_to_the_winner_and_the_losers_id_goes_on_working(marketer: Actor):
    kept = put(marketer, {"email": "hanako@a.example", "name": "山田花子"})
    gone = put(
        marketer, {"email": "yamada@b.example", "name": "山田 花子", "title": "部長", "account.name": "B"}, 3
    )
    activity(kept, 1)
    activity(gone, 2)
    merge = commands.merge_leads(marketer, winner=kept, loser=gone)
    lead = queries.lead(marketer, gone)
    assert lead.pk == kept
    assert (lead.email, lead.title, lead.account.name) == ("hanako@a.example", "部長", "B")
    assert lead.activities.count() == 2
    assert {each.value for each in queries.identities(marketer, kept)} == {
        "hanako@a.example",
        "yamada@b.example",
    }
    assert (
        commands.resolve_leads(marketer, [LeadRef(email="yamada@b.example"), LeadRef(lead=gone)], source="x")
        == [kept] * 2
    )
    assert [each.pk for each in queries.leads(marketer).leads] == [kept]
    assert queries.merges(marketer, kept) == [merge]
    assert AuditEntry.objects.filter(action="leads.merge").count() == 1


def test_profiles_of_both_are_woven_so_that_neither_is_forgotten(marketer: Actor):
    kept = put(marketer, {"email": "hanako@a.example", "name": "山田花子"}, 0)
    gone = put(marketer, {"email": "yamada@b.example", "title": "部長"}, 3)
    put(marketer, {"email": "hanako@a.example", "country": "JP"}, 5)
    commands.merge_leads(marketer, winner=kept, loser=gone)
    told = [each.fields for each in Profile.objects.filter(lead=kept).order_by("at", "pk")]
    assert told[0] == {"email": "hanako@a.example", "name": "山田花子"}
    assert told[1] == told[0] | {"title": "部長"}
    assert told[2] == told[1] | {"country": "JP"}
    assert told[3] == told[2]


def test_a_merge_undone_leaves_everything_as_it_was(marketer: Actor):
    kept = put(marketer, {"email": "hanako@a.example", "account.name": "A"}, 4)
    gone = put(
        marketer, {"email": "yamada@b.example", "title": "部長", "account.name": "B"}, 3, channel="expo"
    )
    activity(gone, 2)
    before = everything()
    merge = commands.merge_leads(marketer, winner=kept, loser=gone)
    assert everything() != before
    done = commands.undo_merge(marketer, merge.pk)
    assert done.undone_at is not None
    assert everything() == before
    with pytest.raises(Conflict):
        commands.undo_merge(marketer, merge.pk)


FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "name": st.sampled_from(["山田 花子", "山田花子", "佐藤 一郎"]),
        "title": st.sampled_from(["部長", "係長"]),
        "mobile": st.sampled_from(["090-1111-2222", "090-1111-3333", "03-1111-2222"]),
        "account.name": st.sampled_from(["山田電機", "株式会社山田電機", "佐藤商事"]),
        "account.industry": st.sampled_from(["電機", "商社"]),
    },
)
PUTS = st.lists(st.tuples(FIELDS, st.sampled_from("abc"), st.integers(0, 9)), min_size=3, max_size=8)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(puts=PUTS, chain=st.booleans())
def test_merges_undone_in_turn_leave_everything_as_it_was(marketer: Actor, puts: Any, chain: bool):
    from django.db import transaction

    with transaction.atomic():
        for person in "abc":
            put(marketer, {"email": f"{person}@x.example"})
        for fields, person, day in puts:
            commands.put_leads(
                marketer,
                [
                    LeadInput(
                        fields={**fields, "email": f"{person}@x.example"}, at=START + timedelta(days=day)
                    )
                ],
                source="form",
            )
        first, second, third = Lead.objects.order_by("pk").values_list("pk", flat=True)[:3]
        for number, lead in enumerate((first, second, third)):
            activity(lead, number)
        before = everything()
        one = commands.merge_leads(marketer, winner=first, loser=second)
        between = everything()
        two = commands.merge_leads(
            marketer, winner=third if chain else first, loser=first if chain else third
        )
        assert queries.lead(marketer, second).pk == (third if chain else first)
        commands.undo_merge(marketer, two.pk)
        assert _without_questions(everything()) == _without_questions(between)
        commands.undo_merge(marketer, one.pk)
        assert _without_questions(everything()) == _without_questions(before)
        transaction.set_rollback(True)


def _without_questions(rows: dict[str, Any]) -> dict[str, Any]:
    """A merged lead is compared anew: that may leave further questions, which is right."""
    return {label: value for label, value in rows.items() if label != "people.Duplicate"}


def test_the_later_of_two_merges_is_undone_first(marketer: Actor):
    a, b, c = (put(marketer, {"email": f"{name}@x.example"}) for name in "abc")
    first = commands.merge_leads(marketer, winner=a, loser=b)
    second = commands.merge_leads(marketer, winner=c, loser=a)
    assert queries.lead(marketer, b).pk == c
    with pytest.raises(Conflict) as caught:
        commands.undo_merge(marketer, first.pk)
    assert caught.value.code == "later_merge"
    commands.undo_merge(marketer, second.pk)
    commands.undo_merge(marketer, first.pk)
    assert queries.lead(marketer, b).pk == b
    assert Identity.objects.get(value="b@x.example").lead_id == b


def test_what_was_changed_after_the_merge_stays_when_it_is_undone(marketer: Actor):
    kept = put(marketer, {"email": "a@x.example"})
    gone = put(marketer, {"email": "b@x.example", "title": "部長", "department": "営業部"})
    merge = commands.merge_leads(marketer, winner=kept, loser=gone)
    commands.update_lead(marketer, kept, changes={"title": "取締役"})
    commands.undo_merge(marketer, merge.pk)
    lead = Lead.objects.get(pk=kept)
    assert (lead.title, lead.department) == ("取締役", "")
    assert Profile.objects.filter(lead=kept).latest("pk").fields == {
        "email": "a@x.example",
        "title": "取締役",
    }


def test_one_cannot_merge_a_lead_with_itself_nor_one_that_is_not_seen(marketer: Actor, outsider: Actor):
    a, b = put(marketer, {"email": "a@x.example"}), put(marketer, {"email": "b@x.example"})
    with pytest.raises(NotFound):
        commands.merge_leads(outsider, winner=a, loser=b)
    with pytest.raises(NotAllowed):
        commands.merge_leads(Actor(), winner=a, loser=b)
    commands.merge_leads(marketer, winner=a, loser=b)
    with pytest.raises(Conflict):
        commands.merge_leads(marketer, winner=a, loser=b)
    with pytest.raises(NotFound):
        commands.undo_merge(marketer, 10**9)


def test_one_open_handoff_is_left_when_both_had_one(marketer: Actor):
    agreement = apps.get_model("agreements.AgreementVersion").objects.create(
        number=1, text="", digest="", name="x", effective_from=START, created_at=START
    )
    leads = [put(marketer, {"email": f"{name}@x.example"}) for name in "ab"]
    for lead in leads:
        moved = apps.get_model("lifecycle.Transition").objects.create(
            lead_id=lead,
            ordinal=1,
            to_stage="MQL",
            at=START,
            cause="path",
            agreement=agreement,
            recorded_at=START,
        )
        apps.get_model("handoffs.Handoff").objects.create(
            lead_id=lead, transition=moved, team_role="sales", opened_at=START
        )
    before = everything()
    merge = commands.merge_leads(marketer, winner=leads[0], loser=leads[1])
    outcomes = apps.get_model("handoffs.Handoff").objects.order_by("pk").values_list("lead_id", "outcome")
    assert list(outcomes) == [(leads[0], "open"), (leads[0], "other")]
    assert apps.get_model("lifecycle.Transition").objects.filter(lead=leads[1]).count() == 1
    commands.undo_merge(marketer, merge.pk)
    assert everything() == before


def test_a_question_is_answered_once(marketer: Actor):
    put(marketer, {"name": "山田 花子", "email": "hanako@a.example", "account.name": "山田電機"})
    put(marketer, {"name": "山田花子", "email": "h.yamada@a.example", "account.name": "山田電機"})
    (question,) = queries.duplicates(marketer).duplicates
    assert question.score > 0.9
    assert {each["code"] for each in question.reasons} == {"same_name", "same_company"}
    assert all(each["text"] and each["text"] != each["code"] for each in question.reasons)
    merge = commands.decide_duplicate(marketer, question.id, same=True)
    assert (merge.winner, merge.loser) == (question.first, question.second)
    assert not queries.duplicates(marketer).duplicates
    with pytest.raises(Conflict):
        commands.decide_duplicate(marketer, question.id, same=False)
    commands.undo_merge(marketer, merge.pk)
    assert [each.id for each in queries.duplicates(marketer, lead=question.first).duplicates] == [question.id]
    assert commands.decide_duplicate(marketer, question.id, same=False) is None
    commands.find_duplicates([question.first, question.second])
    assert not queries.duplicates(marketer).duplicates
    assert Duplicate.objects.get().decided_by == marketer.user


def test_accounts_are_merged_and_that_is_undone_exactly(marketer: Actor):
    one = put(marketer, {"email": "a@x.example", "account.name": "山田電機", "account.industry": "電機"})
    other = put(
        marketer,
        {
            "email": "b@y.example",
            "account.name": "ヤマダデンキ",
            "account.number": "7000012050002",
            "account.key": "K1",
        },
    )
    kept, gone = (Lead.objects.get(pk=lead).account_id for lead in (one, other))
    before = everything()
    merge = commands.merge_accounts(marketer, winner=kept, loser=gone)
    account = Lead.objects.get(pk=other).account
    assert (account.pk, account.number, account.name, account.industry) == (
        kept,
        "7000012050002",
        "山田電機",
        "電機",
    )
    assert Profile.objects.filter(lead=other).latest("pk").fields["account.name"] == "山田電機"
    put(marketer, {"email": "c@y.example", "account.name": "ヤマダデンキ"})
    assert Account.objects.count() == 2
    assert Lead.objects.get(email="c@y.example").account_id == kept
    Lead.objects.filter(email="c@y.example").delete()
    commands.undo_merge(marketer, merge.pk)
    after = everything()
    for label in ("people.Lead", "accounts.Account", "accounts.AccountIdentity"):
        assert after[label] == before[label]
    assert Profile.objects.filter(lead=other).latest("pk").fields["account.name"] == "ヤマダデンキ"


def test_two_company_numbers_are_two_companies(marketer: Actor):
    a = put(marketer, {"email": "a@x.example", "account.name": "光通信", "account.number": "9013301019047"})
    b = put(marketer, {"email": "b@x.example", "account.name": "光通信", "account.number": "2010001143423"})
    accounts = [Lead.objects.get(pk=lead).account_id for lead in (a, b)]
    assert len(set(accounts)) == 2
    with pytest.raises(Conflict) as caught:
        commands.merge_accounts(marketer, winner=accounts[0], loser=accounts[1])
    assert caught.value.code == "two_company_numbers"


def test_both_leads_are_folded_after_a_merge(marketer: Actor):
    a, b = put(marketer, {"email": "a@x.example"}), put(marketer, {"email": "b@x.example"})
    apps.get_model("people.Due").objects.all().delete()
    commands.merge_leads(marketer, winner=a, loser=b)
    assert apps.get_model("people.Due").objects.filter(at__lte=clock.now()).count() == 2
    assert Merge.objects.get().by == marketer.user
