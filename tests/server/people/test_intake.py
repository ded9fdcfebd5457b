from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tasuki.server.accounts.models import Account
from tasuki.server.core import clock
from tasuki.server.core.access import Actor
from tasuki.server.core.errors import Conflict, Invalid, NotAllowed, NotFound, Refused
from tasuki.server.core.models import AuditEntry
from tasuki.server.people import commands, queries
from tasuki.server.people.inputs import LeadInput, LeadRef, Put
from tasuki.server.people.models import Due, Duplicate, Identity, Lead, Merge, Profile

pytestmark = pytest.mark.django_db

HANAKO = {
    "name": "山田 花子",
    "email": "Hanako@Yamada.example",
    "account.name": "株式会社山田電機",
    "title": "部長",
}


def put(actor: Actor, *fields: dict[str, str], **more: object) -> list[Put]:
    answers = commands.put_leads(actor, [LeadInput(fields=each) for each in fields], source="form", **more)
    for answer in answers:
        if isinstance(answer, Refused):
            raise answer
    return answers


def one(actor: Actor, fields: dict[str, str] | None = None, **more: object) -> Put | Refused:
    return commands.put_leads(actor, [LeadInput(fields=fields or {}, **more)], source="form")[0]


def test_a_form_makes_a_lead_with_account_identity_profile_and_has_it_folded(marketer: Actor):
    (done,) = put(marketer, HANAKO)
    assert done.outcome == "created"
    lead = Lead.objects.get(pk=done.lead_id)
    assert (lead.name, lead.email, lead.title) == ("山田 花子", "hanako@yamada.example", "部長")
    assert lead.account.name == "株式会社山田電機"
    assert (lead.account.matching_name, lead.account.form, lead.account.form_place) == (
        "山田電機",
        "株式会社",
        "before",
    )
    assert lead.account.domain == "yamada.example"
    assert list(lead.identities.values_list("kind", "value")) == [("mail", "hanako@yamada.example")]
    (version,) = lead.profiles.all()
    assert version.fields == {
        "name": "山田 花子",
        "email": "hanako@yamada.example",
        "title": "部長",
        "account.name": "株式会社山田電機",
        "account.domain": "yamada.example",
    }
    assert Due.objects.get().lead_id == lead.pk
    assert AuditEntry.objects.filter(action="leads.put", subject=f"lead:{lead.pk}").count() == 1


def test_the_same_again_changes_nothing_and_makes_no_version(marketer: Actor):
    (first,) = put(marketer, HANAKO)
    Due.objects.all().delete()
    (again,) = put(marketer, HANAKO)
    assert again == Put(first.lead_id, "unchanged")
    assert Profile.objects.count() == 1
    assert not Due.objects.exists()


def test_a_new_title_makes_a_second_version_and_the_first_is_kept(marketer: Actor):
    put(marketer, HANAKO)
    (done,) = put(marketer, HANAKO | {"title": "取締役"})
    assert done.outcome == "updated"
    assert [each.fields["title"] for each in Profile.objects.order_by("pk")] == ["部長", "取締役"]


def test_an_empty_field_says_nothing(marketer: Actor):
    put(marketer, HANAKO)
    (done,) = put(marketer, HANAKO | {"title": " "})
    assert done.outcome == "unchanged"


def test_filling_leaves_what_is_there(marketer: Actor):
    put(marketer, HANAKO)
    (done,) = put(
        marketer,
        HANAKO | {"title": "係長", "department": "情報システム部", "account.industry": "電機"},
        mode="fill",
    )
    lead = Lead.objects.get(pk=done.lead_id)
    assert (lead.title, lead.department, lead.account.industry) == ("部長", "情報システム部", "電機")


def test_two_rows_of_one_batch_about_the_same_person_make_one_lead(marketer: Actor):
    first, second, other = put(
        marketer,
        HANAKO,
        {"email": "HANAKO@yamada.example", "phone": "090-1234-5678"},
        {"email": "taro@yamada.example", "account.name": "山田電機"},
    )
    assert first.lead_id == second.lead_id != other.lead_id
    assert [first.outcome, second.outcome] == ["created", "updated"]
    assert Account.objects.count() == 1


def test_a_mobile_number_identifies_but_a_company_line_does_not(marketer: Actor):
    (first,) = put(
        marketer, {"name": "山田花子", "phone": "０９０－１２３４－５６７８", "account.name": "山田電機"}
    )
    (same,) = put(marketer, {"name": "山田 花子", "mobile": "+81 90 1234 5678"})
    assert same.lead_id == first.lead_id
    (line,) = put(marketer, {"name": "佐藤一郎", "phone": "03-1234-5678", "account.name": "山田電機"})
    (other,) = put(marketer, {"name": "鈴木次郎", "phone": "03-1234-5678", "account.name": "山田電機"})
    assert len({first.lead_id, line.lead_id, other.lead_id}) == 3
    assert Identity.objects.filter(kind="phone").count() == 1


def test_a_shared_mobile_of_someone_with_another_name_and_mail_makes_a_question_not_a_mix(marketer: Actor):
    (first,) = put(marketer, {"name": "山田花子", "email": "hanako@a.example", "mobile": "09012345678"})
    (second,) = put(marketer, {"name": "佐藤一郎", "email": "ichiro@a.example", "mobile": "09012345678"})
    assert first.lead_id != second.lead_id
    assert Identity.objects.get(kind="phone").lead_id == first.lead_id
    assert Duplicate.objects.get().state == Duplicate.State.OPEN


def test_an_id_in_another_system_finds_the_lead_under_a_new_address(marketer: Actor):
    first = one(marketer, HANAKO, ref=LeadRef(external=("salesforce", "00Q1")))
    second = one(marketer, {"email": "h.yamada@new.example"}, ref=LeadRef(external=("salesforce", "00Q1")))
    assert isinstance(second, Put)
    assert second.lead_id == first.lead_id
    assert Lead.objects.get().email == "h.yamada@new.example"
    assert set(Identity.objects.values_list("value", flat=True)) == {
        "00Q1",
        "hanako@yamada.example",
        "h.yamada@new.example",
    }


def test_identities_of_two_leads_are_refused_and_become_a_question(marketer: Actor):
    first = one(marketer, HANAKO)
    second = one(marketer, {"name": "山田 花子"}, ref=LeadRef(external=("salesforce", "00Q1")))
    refused = one(marketer, HANAKO, ref=LeadRef(external=("salesforce", "00Q1")))
    assert isinstance(refused, Conflict)
    assert refused.code == "identities_of_two"
    assert "hanako@yamada.example" in refused.message
    question = Duplicate.objects.get()
    assert {question.first, question.second} == {first.lead_id, second.lead_id}


def test_nobody_takes_the_address_of_someone_else(marketer: Actor):
    (hanako,) = put(marketer, HANAKO)
    (taro,) = put(marketer, {"email": "taro@yamada.example"})
    with pytest.raises(Conflict) as caught:
        commands.update_lead(marketer, taro.lead_id, changes={"email": "hanako@yamada.example"})
    assert caught.value.field == "email"
    assert Lead.objects.get(pk=taro.lead_id).email == "taro@yamada.example"
    assert Duplicate.objects.get().first == hanako.lead_id


def test_a_refused_row_leaves_the_others(marketer: Actor):
    answers = commands.put_leads(
        marketer,
        [
            LeadInput(fields={"email": "not an address"}),
            LeadInput(fields=HANAKO),
            LeadInput(fields={}),
            LeadInput(fields={"email": "b@b.example", "account.number": "1234567890123"}),
            LeadInput(fields={"name": "x" * 201}),
            LeadInput(fields={"name": "a\x00b"}),
            LeadInput(fields={"email": "c@b.example"}, owner="nobody"),
            LeadInput(fields={"email": "c@b.example"}, at=clock.now() + timedelta(days=400)),
            LeadInput(fields={"email": "c@b.example"}, at=datetime(2026, 1, 1)),
            LeadInput(fields={"email": "c@b.example", "account.name": "C", "account.employees": "many"}),
            LeadInput(ref=LeadRef(lead=10**12), fields={"name": "x"}),
        ],
        source="form",
    )
    assert [getattr(each, "code", getattr(each, "outcome", "")) for each in answers] == [
        "mail_address",
        "created",
        "nobody_named",
        "company_number",
        "too_long",
        "unstorable_text",
        "unknown_owner",
        "future_time",
        "naive_time",
        "employees",
        "lead_not_found",
    ]
    assert Lead.objects.count() == 1


def test_what_someone_did_before_they_were_known_is_joined_to_them(marketer: Actor):
    with clock.at(datetime(2026, 1, 1, tzinfo=UTC)):
        (visitor,) = commands.resolve_leads(marketer, [LeadRef(visitor="v-1")], source="tag")
    assert Lead.objects.get(pk=visitor).anonymous
    assert not queries.leads(marketer).leads
    done = one(marketer, HANAKO, ref=LeadRef(visitor="v-1"), channel="webinar")
    assert done.lead_id == visitor
    lead = Lead.objects.get(pk=visitor)
    assert (lead.anonymous, lead.first_touch_at.year, lead.channel) == (False, 2026, "webinar")
    assert lead.first_touch_at == datetime(2026, 1, 1, tzinfo=UTC)


def test_a_visitor_who_turns_out_to_be_a_known_lead_is_merged_and_that_can_be_undone(marketer: Actor):
    (hanako,) = put(marketer, HANAKO)
    (visitor,) = commands.resolve_leads(marketer, [LeadRef(visitor="v-1")], source="tag")
    assert visitor != hanako.lead_id
    (now,) = commands.resolve_leads(
        marketer, [LeadRef(visitor="v-1", email="hanako@yamada.example")], source="tag"
    )
    assert now == hanako.lead_id
    assert Lead.objects.get(pk=visitor).merged_into_id == hanako.lead_id
    assert commands.resolve_leads(
        marketer, [LeadRef(visitor="v-1"), LeadRef(lead=visitor)], source="tag"
    ) == [now, now]
    merge = Merge.objects.get()
    assert merge.cause == "identity"
    commands.undo_merge(marketer, merge.pk)
    assert commands.resolve_leads(marketer, [LeadRef(visitor="v-1")], source="tag") == [visitor]


def test_a_browser_that_two_people_share_keeps_them_apart(marketer: Actor):
    first = one(marketer, HANAKO, ref=LeadRef(visitor="v-1"))
    second = one(marketer, {"email": "taro@yamada.example"}, ref=LeadRef(visitor="v-1"))
    assert isinstance(second, Put)
    assert second.lead_id != first.lead_id
    assert Identity.objects.get(kind="visitor").lead_id == first.lead_id


def test_references_are_resolved_in_order_and_created_once(marketer: Actor):
    refs = [LeadRef(email="a@a.example"), LeadRef(), LeadRef(email="A@a.example"), LeadRef(lead=99)]
    first, nobody, same, missing = commands.resolve_leads(
        marketer, refs, source="crm", at=datetime(2025, 5, 1, tzinfo=UTC)
    )
    assert first == same
    assert isinstance(nobody, Invalid)
    assert isinstance(missing, NotFound)
    (version,) = Profile.objects.all()
    assert version.at == datetime(2025, 5, 1, tzinfo=UTC)


def test_what_is_learnt_late_is_in_force_from_its_own_time_and_fills_what_came_later(marketer: Actor):
    noon = datetime(2026, 2, 1, tzinfo=UTC)
    (lead,) = commands.resolve_leads(
        marketer, [LeadRef(email="hanako@yamada.example")], source="mail", at=noon
    )
    done = one(marketer, HANAKO | {"email": "hanako@yamada.example"}, at=noon - timedelta(days=300))
    assert done.lead_id == lead
    early, late = Profile.objects.order_by("at")
    assert early.at == noon - timedelta(days=300)
    assert early.fields["title"] == late.fields["title"] == "部長"
    assert late.fields["account.name"] == "株式会社山田電機"
    assert Lead.objects.get().title == "部長"
    one(marketer, {"email": "hanako@yamada.example", "title": "主任"}, at=noon - timedelta(days=400))
    assert [each.fields["title"] for each in Profile.objects.order_by("at")] == ["主任", "部長", "部長"]
    assert Lead.objects.get().title == "部長"


def test_the_earliest_channel_is_the_one_of_acquisition(marketer: Actor):
    one(marketer, HANAKO, channel="webinar", campaign="spring", at=datetime(2026, 3, 1, tzinfo=UTC))
    one(marketer, HANAKO, channel="ad", at=datetime(2026, 4, 1, tzinfo=UTC))
    lead = Lead.objects.get()
    assert (lead.channel, lead.campaign) == ("webinar", "spring")
    one(marketer, HANAKO, channel="exhibition", campaign="expo", at=datetime(2026, 1, 1, tzinfo=UTC))
    lead.refresh_from_db()
    assert (lead.channel, lead.campaign, lead.first_touch_at.month) == ("exhibition", "expo", 1)


def test_a_change_of_the_account_is_a_new_version_for_all_its_leads(marketer: Actor):
    one(marketer, HANAKO)
    other = one(marketer, {"email": "taro@yamada.example", "account.name": "山田電機"})
    Due.objects.all().delete()
    one(marketer, HANAKO | {"account.employees": "1,200名"})
    latest = Profile.objects.filter(lead=other.lead_id).latest("pk")
    assert latest.fields["account.employees"] == "1200"
    assert Due.objects.count() == 2


def test_the_role_in_the_buying_group_is_part_of_the_profile(marketer: Actor):
    done = one(marketer, HANAKO, buying_role="decider")
    assert Profile.objects.get(lead=done.lead_id).fields["buying_role"] == "decider"
    assert isinstance(one(marketer, HANAKO, buying_role="king"), Invalid)


def test_fields_can_be_set_and_removed_one_by_one(marketer: Actor):
    (done,) = put(marketer, HANAKO | {"country": "JP"})
    lead = commands.update_lead(
        marketer,
        done.lead_id,
        changes={
            "title": None,
            "country": "",
            "department": "営業部",
            "account.industry": "電機",
            "buying_role": "user",
        },
    )
    assert lead.fields == {"name": "山田 花子", "email": "hanako@yamada.example", "department": "営業部"}
    assert (lead.title, lead.buying_role, lead.account.industry) == ("", "user", "電機")
    lead = commands.update_lead(marketer, done.lead_id, changes={"email": None, "account.industry": None})
    assert (lead.email, lead.account.industry) == ("", "")
    assert not Identity.objects.exists()
    lead = commands.update_lead(marketer, done.lead_id, changes={"account.name": None})
    assert lead.account is None
    assert "account.name" not in Profile.objects.latest("pk").fields


def test_a_lead_of_others_is_neither_found_nor_written(marketer: Actor, outsider: Actor):
    (done,) = put(marketer, HANAKO)
    with pytest.raises(NotFound):
        commands.update_lead(outsider, done.lead_id, changes={"title": "x"})
    with pytest.raises(NotFound):
        queries.lead(outsider, done.lead_id)
    assert one(outsider, HANAKO | {"title": "x"}).code == "lead_of_others"
    assert isinstance(commands.resolve_leads(outsider, [LeadRef(lead=done.lead_id)], source="x")[0], NotFound)
    mine = one(outsider, {"email": "own@own.example"})
    assert [each.pk for each in queries.leads(outsider).leads] == [mine.lead_id]
    with pytest.raises(NotAllowed):
        commands.put_leads(Actor(), [LeadInput(fields=HANAKO)], source="x")


def test_an_erased_lead_is_never_found_again(marketer: Actor):
    (done,) = put(marketer, HANAKO)
    Lead.objects.filter(pk=done.lead_id).update(erased_at=clock.now())
    (again,) = put(marketer, HANAKO)
    assert again.lead_id != done.lead_id
    assert isinstance(commands.resolve_leads(marketer, [LeadRef(lead=done.lead_id)], source="x")[0], NotFound)


def test_an_owner_is_named_by_sign_in_name(marketer: Actor, sales_rep: Actor):
    done = one(marketer, HANAKO, owner="sakai")
    assert Lead.objects.get(pk=done.lead_id).owner == sales_rep.user


def test_a_changed_field_is_told_to_the_import_that_changed_it(marketer: Actor):
    put(marketer, HANAKO)
    answer = commands.put_leads(
        marketer,
        [LeadInput(fields=HANAKO | {"title": "取締役", "account.industry": "電機"})],
        source="csv",
        job=None,
    )
    assert answer[0].before == ()


def test_what_is_said_of_a_company_without_name_waits_for_the_name(marketer: Actor):
    done = one(marketer, {"email": "a@gmail.com", "account.industry": "電機"})
    assert Profile.objects.latest("pk").fields["account.industry"] == "電機"
    one(marketer, {"email": "a@gmail.com", "account.name": "山田電機"})
    lead = Lead.objects.get(pk=done.lead_id)
    assert (lead.account.industry, lead.fields) == ("電機", {"email": "a@gmail.com"})
    assert lead.account.domain == ""


def test_family_and_given_name_make_a_name(marketer: Actor):
    put(marketer, {"family_name": "山田", "given_name": "花子", "email": "a@a.example"})
    put(marketer, {"family_name": "Smith", "given_name": "Ann", "email": "b@a.example"})
    assert set(Lead.objects.values_list("name", flat=True)) == {"山田 花子", "Ann Smith"}
