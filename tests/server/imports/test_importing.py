"""A file on its way in: uploaded, looked at, adjusted, stored."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from tasuki.server.accounts.models import Account
from tasuki.server.activities.models import Activity
from tasuki.server.core import clock
from tasuki.server.core.access import Actor
from tasuki.server.core.errors import Conflict, Invalid, NotAllowed, NotFound, TooLarge
from tasuki.server.core.models import AuditEntry
from tasuki.server.deals.models import Deal
from tasuki.server.imports import commands, queries, running
from tasuki.server.imports.models import ImportJob
from tasuki.server.lifecycle.models import Decision
from tasuki.server.people.models import Due, Lead, Profile
from tests.server.imports.test_formats import EIGHT, NUMBER, ZOOM, corporate

pytestmark = pytest.mark.django_db

LEADS = "会社名,氏名,メール,役職\n山田電機株式会社,佐藤 健,sato@yamada.example,部長\n"
LEADS += "鈴木商店,田中 花,tanaka@suzuki.example,\n"


def upload(actor: Actor, text: str | bytes, name: str = "leads.csv", **plan: Any) -> ImportJob:
    content = text if isinstance(text, bytes) else text.encode()
    return commands.upload(actor, name=name, content=content, plan=plan)


def bring_in(actor: Actor, text: str | bytes, name: str = "leads.csv", **plan: Any) -> ImportJob:
    job = upload(actor, text, name, **plan)
    commands.start(actor, job.pk)
    return commands.run(job.pk)


def counts(job: ImportJob) -> tuple[int, int, int, int]:
    return job.created, job.updated, job.unchanged, job.rejected


def test_a_list_of_leads_comes_in_and_is_to_be_folded(marketer: Actor):
    job = bring_in(marketer, LEADS)
    assert (job.state, job.done, counts(job)) == ("done", 2, (2, 0, 0, 0))
    sato = Lead.objects.get(email="sato@yamada.example")
    assert sato.account is not None
    assert (sato.name, sato.title, sato.account.name) == ("佐藤 健", "部長", "山田電機株式会社")
    assert sato.created_by_import_id == job.pk
    assert Due.objects.filter(lead=sato, at__lte=clock.now()).exists()


def test_the_file_is_forgotten_once_it_has_come_in(marketer: Actor, folder_of_files: Path):
    job = upload(marketer, LEADS)
    assert len(list((folder_of_files / "imports").iterdir())) == 1
    commands.start(marketer, job.pk)
    from django.test import TestCase

    with TestCase.captureOnCommitCallbacks(execute=True):
        job = commands.run(job.pk)
    assert job.file == ""
    assert list((folder_of_files / "imports").iterdir()) == []


def test_the_preview_says_what_would_come_and_stores_nothing(marketer: Actor):
    bring_in(marketer, "会社名,氏名,メール\n鈴木商店,田中 花,tanaka@suzuki.example\n")
    before = Lead.objects.count(), Account.objects.count(), Profile.objects.count()
    job = upload(marketer, LEADS + '山本,"壊れた,x\n高橋商事,高橋,no mail at all,\n')
    preview = queries.preview(marketer, job.pk)
    assert (preview.created, preview.updated, preview.unchanged, preview.rejected) == (1, 0, 1, 2)
    assert [row.outcome for row in preview.rows] == ["created", "unchanged", "rejected", "rejected"]
    assert [(column.header, column.field, column.filled) for column in preview.columns] == [
        ("会社名", "account.name", 3), ("氏名", "name", 3), ("メール", "email", 3), ("役職", "title", 1),
    ]  # fmt: skip
    assert preview.complete
    assert (Lead.objects.count(), Account.objects.count(), Profile.objects.count()) == before
    assert preview.as_json()["plan"]["columns"]["役職"] == "title"


def test_likely_duplicates_are_shown_before(marketer: Actor):
    bring_in(marketer, "会社名,氏名,メール\n山田電機株式会社,佐藤 健,sato@yamada.example\n")
    job = upload(marketer, "会社名,氏名,メール\n（株）山田電機,佐藤　健,k-sato@yamada.example\n")
    [pair] = queries.preview(marketer, job.pk).duplicates
    assert (pair.name, pair.other_name, pair.other) == ("佐藤　健", "佐藤 健", Lead.objects.get().pk)
    assert pair.score > 0.5


def test_a_large_file_is_previewed_by_its_first_rows(marketer: Actor, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("tasuki.server.imports.previewing.DRY_RUN", 2)
    preview = queries.preview(marketer, upload(marketer, LEADS + "x,y,z@x.example,\n").pk)
    assert (preview.read, preview.complete) == (2, False)
    assert "Counted over the first 2 rows." in preview.notes


def test_the_mapping_can_be_adjusted(marketer: Actor):
    job = upload(marketer, "who,where\nsato@yamada.example,山田電機\n")
    assert job.plan["columns"] == {"who": None, "where": None}
    with pytest.raises(Invalid, match="No column is mapped"):
        commands.start(marketer, job.pk)
    commands.change_plan(
        marketer, job.pk, {"columns": {"who": "email", "where": "account.name"}, "channel": "list"}
    )
    commands.start(marketer, job.pk)
    commands.run(job.pk)
    assert Lead.objects.get().channel == "list"


def test_another_header_line_guesses_the_columns_anew(marketer: Actor):
    job = upload(marketer, "氏名,メール\n名前,e-mail\n佐藤,a@x.example\n")
    job = commands.change_plan(marketer, job.pk, {"header_line": 2, "mode": "fill"})
    assert job.plan["columns"] == {"名前": "name", "e-mail": "email"}
    assert job.plan["mode"] == "fill"
    job = commands.change_plan(marketer, job.pk, {"kind": "accounts"})
    assert (job.kind, job.plan["format"], job.plan["header_line"], job.plan["mode"]) == (
        "accounts",
        "accounts",
        2,
        "fill",
    )


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"mode": "overwrite"}, "mode"),
        ({"encoding": "klingon"}, "encoding"),
        ({"time_zone": "Mars/Phobos"}, "time_zone"),
        ({"columns": {"nope": "email"}}, "columns"),
        ({"columns": {"メール": "a b"}}, "columns"),
        ({"colour": "red"}, "colour"),
        ({"header_line": -1}, "header_line"),
        ({"header_line": 70}, "header_line"),
        ({"kind": "things"}, "kind"),
        ({"format": ["x"]}, "format"),
        ({"source": ""}, "source"),
        ({"columns": []}, "columns"),
        ({"channel": "x" * 200}, "channel"),
        ({"sheet": "売上\0"}, "sheet"),
        ({"time_zone": "../etc/passwd"}, "time_zone"),
        ({"columns": {"メール": 5}}, "columns"),
    ],
)
def test_a_plan_that_does_not_fit_is_refused_with_its_place(
    marketer: Actor, change: dict[str, Any], field: str
):
    job = upload(marketer, LEADS)
    with pytest.raises(Invalid) as refused:
        commands.change_plan(marketer, job.pk, change)
    assert refused.value.field == field
    job.refresh_from_db()
    assert job.plan["mode"] == "trusted"


def test_trusted_overwrites_and_fill_only_fills(marketer: Actor):
    bring_in(marketer, LEADS)
    bring_in(
        marketer,
        "メール,役職,部署\nsato@yamada.example,本部長,営業部\ntanaka@suzuki.example,係長,\n",
        mode="fill",
    )
    assert list(Lead.objects.order_by("email").values_list("title", "department")) == [
        ("部長", "営業部"),
        ("係長", ""),
    ]
    job = bring_in(marketer, "メール,役職\nsato@yamada.example,本部長\n")
    assert counts(job) == (0, 1, 0, 0)
    assert Lead.objects.get(email="sato@yamada.example").title == "本部長"


def test_the_same_file_again_is_noticed_and_changes_nothing(marketer: Actor):
    first = bring_in(marketer, LEADS)
    again = upload(marketer, LEADS)
    assert queries.preview(marketer, again.pk).same_as == first.pk
    assert any("imported before" in note for note in queries.preview(marketer, again.pk).notes)
    commands.start(marketer, again.pk)
    assert counts(commands.run(again.pk)) == (0, 0, 2, 0)


def test_rejected_rows_can_be_fetched_and_harm_no_spreadsheet(marketer: Actor):
    job = bring_in(marketer, "氏名,メール\n=HYPERLINK(1),not a mail\n+81,also not\n佐藤,a@x.example\n")
    assert counts(job) == (1, 0, 0, 2)
    lines = "".join(queries.rejects(marketer, job.pk)).splitlines()
    assert lines[0] == "\ufeffline,reason,氏名,メール"
    assert lines[1].startswith("2,")
    assert lines[1].endswith("'=HYPERLINK(1),not a mail")
    assert lines[2].endswith("'+81,also not")
    assert [reject.line for reject in queries.reject_rows(marketer, job.pk)] == [2, 3]


def test_cards_of_eight_give_leads_and_activities_of_their_day(marketer: Actor):
    job = bring_in(marketer, EIGHT)
    lead = Lead.objects.get()
    card = Activity.objects.get(lead=lead)
    assert (card.type, card.at, card.source, card.import_job_id) == (
        "business_card", datetime(2026, 1, 19, 15, tzinfo=UTC), "eight", job.pk
    )  # fmt: skip
    assert (lead.channel, lead.first_touch_at) == ("business_card", card.at)
    assert (job.created, job.report["entries"]) == (1, 1)
    again = bring_in(marketer, EIGHT)
    assert (again.unchanged, again.repeated, Activity.objects.count()) == (1, 1, 1)


def test_a_webinar_gives_registrations_and_attendance(marketer: Actor):
    job = bring_in(marketer, ZOOM)
    assert counts(job) == (2, 0, 0, 0)
    assert sorted(Activity.objects.values_list("lead__email", "type")) == [
        ("hanako@x.example", "webinar_register"),
        ("taro@x.example", "webinar_attend"),
        ("taro@x.example", "webinar_register"),
    ]


def test_activities_decisions_and_deals_come_in_with_their_dates(marketer: Actor):
    job = bring_in(
        marketer,
        "email,name,type,at,path,key\na@x.example,佐藤,page_view,2026-02-03 09:05,/pricing,k1\n"
        "a@x.example,佐藤,page_view,later,/x,k2\n"
        "a@x.example,佐藤,page_view,2026-02-03 09:05,/pricing,k1\n",
    )
    assert (job.kind, counts(job), job.repeated) == ("activities", (1, 0, 1, 1), 1)
    lead = Lead.objects.get()
    assert (lead.name, lead.created_by_import_id) == ("佐藤", job.pk)

    job = bring_in(
        marketer,
        "email,to,at,role,reason,answers,note\na@x.example,SAL,2026/2/4,sales,,budget=yes,先方から\n",
    )
    decision = Decision.objects.get(lead=lead)
    assert (job.kind, counts(job)) == ("decisions", (1, 0, 0, 0))
    assert (decision.to, decision.at, decision.answers, decision.import_job_id) == (
        "SAL", datetime(2026, 2, 3, 15, tzinfo=UTC), {"budget": "yes"}, job.pk
    )  # fmt: skip

    job = bring_in(
        marketer,
        "商談名,金額,フェーズ,メール,完了予定日,作成日\n初年度,120万円,商談中,a@x.example,2030/1/31,2026/2/5\n",
    )
    deal = Deal.objects.get(lead=lead)
    assert (job.kind, counts(job)) == ("deals", (1, 0, 0, 0))
    assert (deal.amount, deal.state, str(deal.expected_at)) == (Decimal(1_200_000), "open", "2030-01-31")


def test_companies_of_the_register_come_in_as_accounts(marketer: Actor):
    job = bring_in(marketer, (corporate() + corporate(latest="0")).encode("cp932"), "13_tokyo.csv")
    assert (job.kind, counts(job)) == ("accounts", (1, 0, 0, 1))
    account = Account.objects.get(number=NUMBER)
    assert (account.name, account.created_by_import_id) == ("見本商事株式会社", job.pk)


def test_someone_without_mail_is_not_doubled_by_a_second_import(marketer: Actor):
    bring_in(marketer, "会社名,氏名\n山田電機,佐藤 健\n")
    job = bring_in(marketer, "会社名,氏名,役職\n山田電機,佐藤 健,課長\n")
    assert counts(job) == (0, 1, 0, 0)
    assert Lead.objects.get().title == "課長"


def test_owners_are_found_by_name_and_kept_as_text_where_unknown(marketer: Actor, sales_rep: Actor):
    bring_in(marketer, "メール,担当営業\na@x.example,sakai\nb@x.example,退職 した人\n")
    known, unknown = Lead.objects.order_by("email")
    assert known.owner == sales_rep.user
    assert (unknown.owner, unknown.fields["crm_owner"]) == (None, "退職 した人")


def test_a_row_that_the_database_does_not_take_costs_itself_only(
    marketer: Actor, monkeypatch: pytest.MonkeyPatch
):
    real = running.Store.batch

    def picky(self: Any, records: Any, tally: Any = None) -> Any:
        if any("tanaka@suzuki.example" in record.cells for record in records):
            raise ValueError("no")
        return real(self, records, tally)

    monkeypatch.setattr(running.Store, "batch", picky)
    job = bring_in(marketer, LEADS + "高橋商事,高橋,t@x.example,\n")
    assert (job.state, counts(job)) == ("done", (2, 0, 0, 1))


def test_an_import_that_was_cut_off_goes_on_where_it_stopped(
    marketer: Actor, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(running, "BATCH", 10)
    text = "氏名,メール\n" + "".join(f"人{n},p{n}@x.example\n" for n in range(35))
    job = upload(marketer, text)
    commands.start(marketer, job.pk)
    real = running.stored
    calls = []

    def dies(store: Any, records: Any) -> Any:
        calls.append(len(records))
        if len(calls) == 3:
            raise KeyboardInterrupt
        return real(store, records)

    monkeypatch.setattr(running, "stored", dies)
    with pytest.raises(KeyboardInterrupt):
        commands.run(job.pk)
    job.refresh_from_db()
    assert (job.state, job.done) == ("running", 20)
    ImportJob.objects.update(progress_at=datetime(2026, 1, 1, tzinfo=UTC))
    assert commands.resume_stale() == 1
    assert commands.resume_stale() == 0
    job = commands.run(job.pk)
    assert (job.state, job.done, job.created, Lead.objects.count()) == ("done", 35, 35, 35)
    assert commands.run(job.pk).created == 35


def test_a_fault_of_the_server_is_told_and_the_import_can_go_on(
    marketer: Actor, monkeypatch: pytest.MonkeyPatch
):
    job = upload(marketer, LEADS)
    commands.start(marketer, job.pk)
    with monkeypatch.context() as broken:
        broken.setattr(
            running, "stored", lambda *_given: 1 / 0 if False else (_ for _ in ()).throw(OSError("disk"))
        )
        job = commands.run(job.pk)
    assert job.state == "failed"
    assert "fault of the server" in job.message
    commands.start(marketer, job.pk)
    assert counts(commands.run(job.pk)) == (2, 0, 0, 0)


def test_only_a_waiting_import_can_be_changed_or_started(marketer: Actor):
    job = bring_in(marketer, LEADS)
    for again in (
        commands.start,
        lambda actor, pk: commands.change_plan(actor, pk, {"mode": "fill"}),
        commands.remove,
        queries.preview,
    ):
        with pytest.raises(Conflict, match="Done"):
            again(marketer, job.pk)


def test_a_file_can_be_given_up(marketer: Actor):
    job = upload(marketer, LEADS)
    commands.remove(marketer, job.pk)
    assert queries.jobs(marketer) == []
    with pytest.raises(NotFound):
        queries.job(marketer, job.pk)


def test_imports_are_for_marketing_and_those_who_lead(sales_rep: Actor, marketer: Actor):
    job = upload(marketer, LEADS)
    for forbidden in (
        lambda: upload(sales_rep, LEADS),
        lambda: queries.jobs(sales_rep),
        lambda: queries.preview(sales_rep, job.pk),
        lambda: queries.rejects(sales_rep, job.pk),
        lambda: commands.start(sales_rep, job.pk),
        lambda: commands.undo(sales_rep, job.pk),
        lambda: commands.remove(sales_rep, job.pk),
    ):
        with pytest.raises(NotAllowed):
            forbidden()


def test_who_has_lost_the_right_does_not_import_by_a_job_that_waited(marketer: Actor):
    job = upload(marketer, LEADS)
    commands.start(marketer, job.pk)
    assert marketer.user is not None
    marketer.user.role = "sales"
    marketer.user.save()
    assert commands.run(job.pk).state == "failed"
    assert not Lead.objects.exists()


def test_a_file_past_the_limit_is_refused_and_not_kept(
    marketer: Actor, monkeypatch: pytest.MonkeyPatch, folder_of_files: Path
):
    monkeypatch.setattr(settings, "UPLOAD_LIMIT", 20)
    with pytest.raises(TooLarge):
        commands.upload(marketer, name="a.csv", content=io.BytesIO(LEADS.encode()))
    with pytest.raises(Invalid):
        upload(marketer, b"")
    assert list((folder_of_files / "imports").iterdir()) == []


def test_names_of_files_keep_no_paths(marketer: Actor):
    assert upload(marketer, LEADS, "C:\\Users\\me\\名簿\n.csv").name == "名簿.csv"
    assert upload(marketer, LEADS, "../../").name == "file"


def test_numbers_beyond_the_database_are_not_found(marketer: Actor):
    for number in (0, -1, 2**70):
        with pytest.raises(NotFound):
            queries.job(marketer, number)
        with pytest.raises(NotFound):
            commands.start(marketer, number)


def test_every_step_is_in_the_audit(marketer: Actor):
    job = bring_in(marketer, LEADS)
    list(queries.rejects(marketer, job.pk))
    said = (
        AuditEntry.objects.filter(subject=f"import:{job.pk}").order_by("pk").values_list("action", flat=True)
    )
    assert list(said) == ["imports.upload", "imports.start", "imports.finish", "imports.rejects"]


def test_the_worker_runs_what_was_enqueued(marketer: Actor):
    from django_tasks_db.models import DBTaskResult

    job = upload(marketer, LEADS)
    commands.start(marketer, job.pk)
    [task] = DBTaskResult.objects.all()
    assert task.task_path.endswith("imports.tasks.run_import")
    task.task.func(*task.args_kwargs["args"], **task.args_kwargs["kwargs"])
    assert Lead.objects.count() == 2
