"""An import can be taken back: everything is as it was before, except what others have built on since."""

from __future__ import annotations

from datetime import timedelta
from itertools import zip_longest
from typing import Any

import pytest
from django.db import models

from tasuki.server.accounts.models import Account, AccountIdentity
from tasuki.server.activities import commands as activities
from tasuki.server.activities.inputs import ActivityInput
from tasuki.server.activities.models import Activity
from tasuki.server.activities.notes import write_note
from tasuki.server.agreements import commands as agreements
from tasuki.server.core import clock
from tasuki.server.core.access import Actor
from tasuki.server.core.errors import Conflict, Invalid, NotAllowed
from tasuki.server.deals.models import Deal
from tasuki.server.imports import commands, files, queries
from tasuki.server.imports.models import Change, ImportJob
from tasuki.server.lifecycle import commands as lifecycle
from tasuki.server.lifecycle.models import Decision, Transition
from tasuki.server.people import commands as people
from tasuki.server.people import privacy
from tasuki.server.people.inputs import LeadRef
from tasuki.server.people.models import Due, Duplicate, Identity, Lead, Profile
from tests.server.imports.test_formats import EIGHT, ZOOM, corporate
from tests.server.imports.test_importing import bring_in

pytestmark = pytest.mark.django_db

BEFORE = "会社名,氏名,メール,役職,部署\n山田電機株式会社,佐藤 健,sato@yamada.example,部長,営業部\n"
BEFORE += "鈴木商店,田中 花,tanaka@suzuki.example,,\n"
AFTER = (
    "会社名,氏名,メール,役職,顧客ID,業種,流入元\n山田電機株式会社,佐藤 健一,sato@yamada.example,本部長,C-1,電機,展示会\n"
    "鈴木商店,田中 花,tanaka@suzuki.example,係長,,小売,\n高橋工業,高橋 実,t@takahashi.example,,C-3,,\n"
)
FACTS: tuple[type[models.Model], ...] = (
    Lead, Account, Identity, AccountIdentity, Profile, Activity, Decision, Deal, Duplicate, Transition
)  # fmt: skip
PASSING = {"folded_at", "recorded_at", "found_at"}


def everything() -> dict[str, list[dict[str, Any]]]:
    """All that is stored of leads, in an order of its own."""
    return {
        model.__name__: [
            {k: v for k, v in row.items() if k not in PASSING}
            for row in model._default_manager.order_by("pk").values()
        ]
        for model in FACTS
    }


def differences(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """Rows that are not the same, one line each."""
    return [
        f"{model}: "
        + ", ".join(
            f"{k}: {row.get(k)} → {other.get(k)}" for k in {**row, **other} if row.get(k) != other.get(k)
        )
        for model in before
        for row, other in zip_longest(before[model], after[model], fillvalue={})
        if row != other
    ]


def undone(actor: Actor, job: ImportJob) -> ImportJob:
    commands.undo(actor, job.pk)
    return commands.run_undo(job.pk)


@pytest.mark.parametrize(
    "text",
    [
        AFTER,
        BEFORE,
        EIGHT,
        ZOOM,
        corporate(),
        corporate(name="鈴木商店"),
        "email,name,type,at,path\nsato@yamada.example,佐藤,page_view,2026-02-03 09:05,/pricing\n"
        "new@x.example,新田,page_view,2026-02-03,/x\n",
        "email,to,at,role\nsato@yamada.example,SAL,2026/2/4,sales\nnew@x.example,SAL,2026/2/4,sales\n",
        "商談名,金額,フェーズ,メール,作成日\n初年度,120万円,商談中,sato@yamada.example,2026/2/5\n",
        "会社名,法人番号,業種,従業員数\n山田電機株式会社,7000012050002,電機,120\n",
        "会社名,氏名\n山田電機,佐藤 健\n山田電機,佐藤 健一郎\n",
    ],
    ids=[
        "leads",
        "same",
        "eight",
        "zoom",
        "register",
        "register-named",
        "activities",
        "decisions",
        "deals",
        "accounts",
        "nameless",
    ],
)
def test_importing_and_undoing_leaves_everything_as_it_was(marketer: Actor, text: str):
    with clock.at(clock.now() - timedelta(days=30)):
        bring_in(marketer, BEFORE)
    before = everything()
    job = bring_in(marketer, text)
    assert job.state == "done", job.message
    job = undone(marketer, job)
    assert (job.state, job.report["undo"]["kept"]) == ("undone", []), job.message
    assert differences(before, everything()) == []
    assert not Change.objects.filter(job=job).exists()


def test_leads_that_remain_are_folded_again(marketer: Actor):
    bring_in(marketer, BEFORE)
    job = bring_in(marketer, AFTER)
    Due.objects.all().delete()
    undone(marketer, job)
    assert Due.objects.count() == 2


def test_what_was_changed_since_stays_and_is_told(marketer: Actor):
    bring_in(marketer, BEFORE)
    job = bring_in(marketer, AFTER)
    sato = Lead.objects.get(email="sato@yamada.example")
    people.update_lead(marketer, sato.pk, changes={"title": "取締役"})
    job = undone(marketer, job)
    sato.refresh_from_db()
    assert (sato.title, sato.name, sato.fields.get("channel")) == ("取締役", "佐藤 健", None)
    [kept] = job.report["undo"]["kept"]
    assert (kept["lead"], "title" in kept["reason"]) == (sato.pk, True)
    assert "1 stay" in job.message
    latest = Profile.objects.filter(lead=sato).order_by("at", "pk").last()
    assert latest is not None
    assert (latest.fields["title"], latest.fields["name"]) == ("取締役", "佐藤 健")


def test_a_lead_that_has_done_something_since_stays_with_its_account(marketer: Actor):
    job = bring_in(marketer, BEFORE)
    sato = Lead.objects.get(email="sato@yamada.example")
    activities.record_activities(marketer, [ActivityInput(LeadRef(lead=sato.pk), "page_view")], source="web")
    job = undone(marketer, job)
    assert list(Lead.objects.values_list("pk", flat=True)) == [sato.pk]
    assert list(Account.objects.values_list("name", flat=True)) == ["山田電機株式会社"]
    assert {kept["kind"]: kept["reason"] for kept in job.report["undo"]["kept"]} == {
        "lead": "It has activities that this import did not bring.",
        "account": "It has leads.",
    }


def test_a_lead_that_a_later_import_has_changed_stays(marketer: Actor):
    first = bring_in(marketer, BEFORE)
    bring_in(marketer, "メール,役職\nsato@yamada.example,本部長\n")
    undone(marketer, first)
    assert list(Lead.objects.values_list("email", "title")) == [("sato@yamada.example", "本部長")]


def test_imports_are_undone_in_either_order(marketer: Actor):
    first = bring_in(marketer, BEFORE)
    second = bring_in(marketer, "メール,役職\nsato@yamada.example,本部長\n")
    undone(marketer, second)
    assert Lead.objects.get(email="sato@yamada.example").title == "部長"
    undone(marketer, first)
    assert not Lead.objects.exists()
    assert not Account.objects.exists()


def test_a_merged_lead_stays_and_its_loser_too(marketer: Actor):
    job = bring_in(marketer, BEFORE)
    sato, tanaka = Lead.objects.order_by("email")
    people.merge_leads(marketer, winner=sato.pk, loser=tanaka.pk)
    job = undone(marketer, job)
    assert Lead.objects.count() == 2
    assert {kept["reason"] for kept in job.report["undo"]["kept"] if kept["kind"] == "lead"} == {
        "It was merged with another lead."
    }


def test_undoing_is_for_imports_that_are_done_and_only_once(marketer: Actor, sales_rep: Actor):
    job = bring_in(marketer, BEFORE)
    with pytest.raises(NotAllowed):
        commands.undo(sales_rep, job.pk)
    undone(marketer, job)
    assert commands.run_undo(job.pk).state == "undone"
    with pytest.raises(Conflict):
        commands.undo(marketer, job.pk)


def test_an_undoing_that_was_cut_off_goes_on(marketer: Actor, monkeypatch: pytest.MonkeyPatch):
    from tasuki.server.imports import undoing

    job = bring_in(marketer, "氏名,メール\n" + "".join(f"人{n},p{n}@x.example\n" for n in range(25)))
    monkeypatch.setattr(undoing, "PORTION", 10)
    real, calls = undoing.Undoing._remove_leads, []

    def dies(self: Any, ids: Any) -> None:
        calls.append(len(ids))
        if len(calls) == 2:
            raise KeyboardInterrupt
        real(self, ids)

    monkeypatch.setattr(undoing.Undoing, "_remove_leads", dies)
    commands.undo(marketer, job.pk)
    with pytest.raises(KeyboardInterrupt):
        commands.run_undo(job.pk)
    assert Lead.objects.count() == 15
    job = commands.run_undo(job.pk)
    assert (job.state, Lead.objects.count(), job.report["undo"]["counts"]["leads"]) == ("undone", 0, 25)


def test_half_an_import_can_be_undone_too(marketer: Actor, monkeypatch: pytest.MonkeyPatch):
    from tasuki.server.imports import commands as made

    job = bring_in(marketer, BEFORE)
    ImportJob.objects.filter(pk=job.pk).update(state="failed")
    assert undone(marketer, job).state == "undone"
    assert not Lead.objects.exists()
    assert made.resume_stale() == 0


AGREEMENT = """agreement: Import
timezone: Asia/Tokyo
signals:
  card: {type: business_card}
scores:
  behavior: {range: [0, 100], rules: [{signal: card, points: 50, because: met}]}
stages:
  - id: MAL
    enter: [{when: has(email)}]
  - id: MQL
    enter: [{from: [MAL], when: behavior >= 50}]
    handoff: {to: inside_sales, within: 2 business hours}
"""


def folded() -> list[tuple[str, str]]:
    """Have all that is due folded; which lead entered which stage, in order."""
    lifecycle.fold_due()
    return list(Transition.objects.order_by("lead", "ordinal").values_list("lead__email", "to_stage"))


@pytest.mark.usefixtures("inside_rep")
def test_an_import_moves_leads_and_its_undoing_keeps_the_facts_of_those_that_remain(
    marketer: Actor, manager: Actor
):
    with clock.at(clock.now() - timedelta(days=300)):
        agreements.publish(manager, text=AGREEMENT)
        bring_in(marketer, "氏名,メール\n髙橋,hanako@takahashi.example\n")
        assert folded() == [("hanako@takahashi.example", "MAL")]
    cards = (
        EIGHT.replace('"",代表取締役,﨑山花子,hanako@', '"",部長,見本太郎,taro@')
        + EIGHT.splitlines()[-1]
        + "\n"
    )
    job = bring_in(marketer, cards.replace("090-0000-0001", "", 1))
    assert folded() == [
        ("hanako@takahashi.example", "MAL"),
        ("hanako@takahashi.example", "MQL"),
        ("taro@takahashi.example", "MAL"),
        ("taro@takahashi.example", "MQL"),
    ]
    job = undone(marketer, job)
    assert folded() == [("hanako@takahashi.example", "MAL"), ("hanako@takahashi.example", "MQL")]
    assert "1 recorded transitions" in job.message
    assert not Activity.objects.exists()
    assert Lead.objects.get().scores == {"behavior": 0.0}


def test_an_import_whose_file_was_erased_with_a_person_says_so_and_can_only_be_sent_again(
    manager: Actor, administrator: Actor
):
    first = bring_in(manager, BEFORE)
    waiting = commands.upload(manager, name="leads.csv", content=AFTER.encode())
    lead = Lead.objects.get(email="sato@yamada.example")
    privacy.erase_person(administrator, lead.pk)
    waiting.refresh_from_db()
    assert (waiting.state, waiting.file) == ("failed", "")
    for deed in (queries.preview, commands.start, commands.undo):
        with pytest.raises(Invalid) as refused:
            deed(manager, waiting.pk)
        assert refused.value.code == "file_gone"
        assert "erased" in refused.value.message
    with pytest.raises(Invalid):
        commands.change_plan(manager, waiting.pk, {"mode": "fill"})
    assert commands.undo(manager, first.pk).state == "undoing"
    assert commands.run_undo(first.pk).state == "undone"


def test_a_file_that_goes_while_its_preview_is_made_is_told(manager: Actor):
    job = commands.upload(manager, name="leads.csv", content=BEFORE.encode())
    found = queries.job(manager, job.pk)
    files.forget(found.file)
    with pytest.raises(Invalid) as refused:
        queries.preview(manager, job.pk)
    assert refused.value.code == "file_gone"


def test_a_lead_that_somebody_noted_something_about_or_promised_a_call_stays_and_says_why(marketer: Actor):
    job = bring_in(marketer, BEFORE)
    noted, promised = Lead.objects.order_by("pk")
    write_note(marketer, noted.pk, "来期に予算が付く")
    lifecycle.promise_call(marketer, promised.pk, clock.now() + timedelta(days=1))
    job = undone(marketer, job)
    assert set(Lead.objects.values_list("pk", flat=True)) == {noted.pk, promised.pk}
    assert noted.notes.get().text == "来期に予算が付く"
    told = {kept["id"] for kept in job.report["undo"]["kept"] if kept["kind"] == "lead"}
    assert told == {noted.pk, promised.pk}
