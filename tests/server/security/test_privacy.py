"""A person asks what is stored about them, and then asks to be forgotten."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db import models
from django.db.models import Count
from django.db.models.functions import TruncMonth

from tasuki.server.activities.models import Activity
from tasuki.server.core.access import Actor
from tasuki.server.core.errors import Conflict, NotAllowed, NotFound
from tasuki.server.core.models import AuditEntry
from tasuki.server.deals.models import Deal
from tasuki.server.handoffs.models import Handoff
from tasuki.server.imports.models import Change, ImportJob, Rejected
from tasuki.server.lifecycle.models import Decision, Transition
from tasuki.server.people import privacy
from tasuki.server.people.models import Due, Identity, Lead
from tests.server.security.world import COMPANY, START, TELLTALES, World


@pytest.fixture
def world(administrator: Actor, settings: Any, tmp_path: Path) -> World:
    settings.MEDIA_ROOT = tmp_path
    return World(administrator)


def everything() -> str:
    """All that the tables of the server hold, as text."""
    rows = [
        json.dumps(list(model.objects.values()), default=str, ensure_ascii=False)
        for model in apps.get_models()
        if model.__module__.startswith("tasuki.server.")
    ]
    return "\n".join(rows)


def counts() -> dict[str, Any]:
    """What reports are made of: per stage and month, type and month, state, cause."""
    month = {"month": TruncMonth("at")}

    def by(rows: models.QuerySet[Any], *columns: str) -> list[Any]:
        return list(rows.values(*columns).annotate(n=Count("pk")).order_by(*columns))

    return {
        "transitions": by(Transition.objects.annotate(**month), "to_stage", "month", "cause"),
        "activities": by(Activity.objects.annotate(**month), "type", "month", "source"),
        "decisions": by(Decision.objects.annotate(**month), "to", "month", "role"),
        "stages": by(Lead.objects.filter(merged_into=None), "stage", "channel", "account", "score"),
        "deals": by(Deal.objects.all(), "state", "amount", "currency", "opened_at", "reason"),
        "handoffs": by(Handoff.objects.all(), "team_role", "outcome"),
    }


def test_every_table_that_points_at_leads_says_what_an_erasure_does_to_it():
    pointing = {
        relation.related_model._meta.label
        for relation in Lead._meta.get_fields(include_hidden=True)
        if relation.auto_created and not relation.concrete and relation.related_model is not Lead
    }
    assert pointing == set(privacy.HELD), "add the table to people.privacy.HELD"


def test_every_column_of_a_lead_is_blanked_or_known_to_tell_of_nobody():
    kept = {
        "id account owner team anonymous channel campaign first_touch_at created_at erased_at merged_into "
        "stage stage_entered_at scores grades score passes folded_at"
    }
    columns = {column.name for column in Lead._meta.concrete_fields}
    assert columns == set(privacy.BLANKED) | set(" ".join(kept).split())


@pytest.mark.parametrize("label", sorted(privacy.HELD))
def test_every_text_of_a_table_that_stays_is_blanked_or_known_to_tell_of_nobody(label):
    held, harmless = privacy.HELD[label], {"type", "source", "to", "role", "refused", "currency", "state"}
    harmless |= {"from_stage", "to_stage", "cause", "path", "scores", "contributions"}
    harmless |= {"team_role", "within", "outcome", "started_because", "stopped_because"}
    if held.drop:
        return
    texts = {
        column.name
        for column in apps.get_model(label)._meta.concrete_fields
        if isinstance(column, models.CharField | models.TextField | models.JSONField)
    }
    blanked = {*held.blank, held.shared, "key" if held.keyed else ""}
    assert texts <= blanked | harmless


def test_a_person_is_given_everything_that_is_stored_about_them(world):
    Rejected.objects.create(job=world.job, line=7, reason="x", row=["Taromaru@Yamada.example", "?"])
    Rejected.objects.create(job=world.job, line=8, reason="x", row=["hana@yamada.example"])
    found = privacy.export_person(world.administrator, world.taro.pk)
    told = json.dumps(found, ensure_ascii=False)
    assert not [text for text in TELLTALES if text not in told]
    assert [lead["id"] for lead in found["leads"]] == [world.taro.pk, world.old.pk]
    assert {name: len(rows) for name, rows in found.items()} == {
        "leads": 2,
        "identities": 5,
        "profiles": 2,
        "activities": 6,
        "notes": 2,
        "decisions": 4,
        "transitions": 2,
        "deals": 2,
        "handoffs": 2,
        "clocks": 2,
        "promises": 2,
        "merges": 1,
        "duplicates": 1,
        "imports": 2,
        "audit": 1,
    }
    assert "hana@yamada.example" not in told


def test_an_export_is_asked_for_under_any_id_of_the_person_and_leaves_an_entry(world):
    assert privacy.export_person(world.administrator, world.old.pk)["leads"][0]["id"] == world.taro.pk
    entry = AuditEntry.objects.get(action="person.export")
    assert entry.subject == f"lead:{world.taro.pk}"
    assert entry.detail["leads"] == 2


def test_after_the_erasure_nothing_says_who_it_was(world):
    before = everything()
    assert all(text in before for text in TELLTALES)
    privacy.erase_person(world.administrator, world.old.pk)
    after = everything()
    assert not [text for text in TELLTALES if text in after]
    for lead in Lead.objects.filter(pk__in=[world.taro.pk, world.old.pk]):
        assert lead.erased_at is not None
        assert str(lead) == f"#{lead.pk}"
    assert not Due.objects.filter(lead__in=[world.taro, world.old]).exists()
    assert not Change.objects.exists()


def test_the_other_person_keeps_everything(world):
    before = privacy.export_person(world.administrator, world.hana.pk)
    privacy.erase_person(world.administrator, world.taro.pk)
    after = privacy.export_person(world.administrator, world.hana.pk)
    for part in set(before) - {"duplicates", "audit"}:
        assert after[part] == before[part], part


def test_counts_are_the_same_before_and_after(world):
    before = counts()
    assert any(before.values())
    privacy.erase_person(world.administrator, world.taro.pk)
    assert counts() == before


def test_reasons_that_others_share_stay_and_a_sentence_about_the_person_goes(world):
    privacy.erase_person(world.administrator, world.taro.pk)
    reasons = Decision.objects.filter(lead__in=[world.taro, world.old]).values_list("reason", flat=True)
    assert sorted(reasons) == ["", "予算なし", "予算なし", "予算なし"]


def test_undoing_the_import_cannot_take_away_or_bring_back_what_was_erased(world):
    privacy.erase_person(world.administrator, world.taro.pk)
    world.taro.refresh_from_db()
    assert world.taro.created_by_import is None
    for rows in (Activity.objects, Decision.objects, Deal.objects):
        assert not rows.filter(lead=world.taro).exclude(import_job=None).exists()
    assert Activity.objects.filter(lead=world.hana, import_job=world.job).count() == 3


def test_erasing_twice_changes_nothing_and_is_noted_twice(world):
    privacy.erase_person(world.administrator, world.taro.pk)
    world.taro.refresh_from_db()
    erased_at, before = world.taro.erased_at, counts()
    privacy.erase_person(world.administrator, world.taro.pk)
    world.taro.refresh_from_db()
    assert (world.taro.erased_at, counts()) == (erased_at, before)
    assert AuditEntry.objects.filter(action="person.erase").count() == 2


def test_an_entry_that_was_on_its_way_during_the_erasure_is_blanked_when_its_lead_comes_due(world):
    privacy.erase_person(world.administrator, world.taro.pk)
    Activity.objects.create(
        lead=world.taro,
        at=START,
        type="page_view",
        properties={"a": "太郎丸"},
        source="s",
        key="k",
        recorded_at=START,
    )
    Identity.objects.create(lead=world.taro, kind="mail", value="taromaru@late.example", created_at=START)
    before = privacy.export_person(world.administrator, world.hana.pk)["activities"]
    privacy.sweep([world.taro.pk, world.hana.pk])
    assert "太郎丸" not in everything()
    assert "taromaru" not in everything()
    assert privacy.export_person(world.administrator, world.hana.pk)["activities"] == before
    assert Activity.objects.filter(lead=world.taro, type="page_view").count() == 1


def test_the_audit_keeps_what_was_done_to_the_lead(world):
    privacy.erase_person(world.administrator, world.taro.pk)
    entries = AuditEntry.objects.filter(subject=f"lead:{world.taro.pk}").order_by("pk")
    assert list(entries.values_list("action", flat=True)) == ["lead.change", "person.erase"]


REJECTED = [
    ["Taromaru@Yamada.example"],
    ["ｔａｒｏｍａｒｕ＠ｙａｍａｄａ．ｅｘａｍｐｌｅ"],
    ["TEL: 090(1234)5678"],
    ["+81 90 1234 5678"],
    ["鈴木太郎丸", "大阪", "山田電機株式会社"],
    ["山田電機株式会社", "鈴木　太郎丸 様"],
    ["003abcdef"],
]
OTHERS = [["佐藤 花", COMPANY], ["鈴木 太郎丸", "別の会社"], ["090-9999-5678"], ["x003ABCDEF"], []]


def test_rejected_rows_about_the_person_are_emptied_and_others_stay(world):
    for number, row in enumerate(REJECTED + OTHERS, 1):
        Rejected.objects.create(job=world.job, line=number, reason=f"row {row}", row=row)
    privacy.erase_person(world.administrator, world.taro.pk)
    rows = list(Rejected.objects.order_by("line").values_list("row", flat=True))
    assert rows == [[]] * len(REJECTED) + OTHERS
    assert Rejected.objects.filter(reason__contains="erased").count() == len(REJECTED)


@pytest.fixture
def stored(world: World, tmp_path: Path) -> Callable[..., ImportJob]:
    """A file of an import that still lies there."""

    def make(content: bytes, state: str = "done") -> ImportJob:
        name = f"file-{ImportJob.objects.count()}"
        (tmp_path / name).write_bytes(content)
        return ImportJob.objects.create(
            name=name, file=name, digest="d", kind="leads", state=state, created_at=START
        )

    return make


def excel(cell: str) -> bytes:
    import io

    from openpyxl import Workbook

    book, file = Workbook(), io.BytesIO()
    book.active["B2"] = cell
    book.save(file)
    return file.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        b"name,mail\nx,Taromaru@yamada.example\n",
        "氏名,会社\n鈴木太郎丸,山田電機株式会社\n".encode("cp932"),
        "氏名,会社\n鈴木太郎丸,山田電機株式会社\n".encode("utf-8-sig"),
        "氏名,携帯\n太郎,090-1234-5678\n".encode("utf-16"),
        excel("taromaru@yamada.example"),
    ],
    ids=["ascii", "cp932", "utf-8", "utf-16", "excel"],
)
def test_files_that_hold_the_person_are_removed_once_the_erasure_is_committed(
    world, stored, content, tmp_path, django_capture_on_commit_callbacks
):
    job, other = stored(content), stored("氏名,会社\n佐藤花,山田電機株式会社\n".encode())
    with django_capture_on_commit_callbacks(execute=True) as after:
        privacy.erase_person(world.administrator, world.taro.pk)
    assert len(after) == 1
    job.refresh_from_db()
    other.refresh_from_db()
    assert (job.file, job.state) == ("", "done")
    assert not (tmp_path / job.name).exists()
    assert (tmp_path / other.file).exists()


def test_a_file_that_was_not_imported_yet_must_be_sent_again(world, stored):
    job = stored(b"taromaru@yamada.example", state="uploaded")
    privacy.erase_person(world.administrator, world.taro.pk)
    job.refresh_from_db()
    assert (job.file, job.state) == ("", "failed")
    assert "Upload it again" in job.message


@pytest.mark.parametrize("state", ["queued", "running"])
def test_while_an_import_that_holds_the_person_runs_nothing_is_erased(world, stored, state):
    stored(b"taromaru@yamada.example", state=state)
    before = everything()
    with pytest.raises(Conflict) as refused:
        privacy.erase_person(world.administrator, world.taro.pk)
    assert refused.value.cure
    assert everything() == before


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no zip", b"\xff\xfe\x00", b"\0" * 100, b"\xff" * 100])
def test_a_broken_file_stops_no_erasure(world, stored, content):
    stored(content)
    privacy.erase_person(world.administrator, world.taro.pk)


def test_only_administrators_erase_and_only_marketing_and_those_who_lead_export(
    world, marketer, inside_rep, sales_rep, manager
):
    for actor in (marketer, inside_rep, sales_rep, manager):
        with pytest.raises(NotAllowed):
            privacy.erase_person(actor, world.taro.pk)
    for actor in (inside_rep, sales_rep):
        with pytest.raises(NotAllowed):
            privacy.export_person(actor, world.taro.pk)
    assert privacy.export_person(marketer, world.taro.pk)


def test_who_does_not_see_the_lead_is_told_that_there_is_none(world, marketer):
    marketer.user.sight = "own"
    with pytest.raises(NotFound):
        privacy.export_person(marketer, world.taro.pk)
    for missing in (0, -1, 987_654, 2**70):
        with pytest.raises(NotFound):
            privacy.erase_person(world.administrator, missing)
