"""A lead's whole way through the commands: the audit and the logs tell that it went, and not who it was."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime

import pytest

from tasuki.server.activities.commands import record_activities
from tasuki.server.activities.inputs import ActivityInput
from tasuki.server.core import clock
from tasuki.server.core.access import Actor
from tasuki.server.core.logs import JsonFormatter
from tasuki.server.core.models import AuditEntry
from tasuki.server.people import commands, privacy
from tasuki.server.people.inputs import LeadInput, LeadRef, Put
from tasuki.server.people.models import Identity, Lead

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 4, 1, 9, tzinfo=UTC)
TARO = {
    "name": "鈴木 太郎丸",
    "email": "taromaru@yamada.example",
    "mobile": "090-1234-5678",
    "title": "部長代理補佐",
}
JIRO = {"name": "鈴木 次郎丸", "email": "jiromaru@yamada.example", "title": "課長代理補佐"}
TELLTALES = ("太郎丸", "次郎丸", "taromaru", "jiromaru", "12345678", "1234-5678", "代理補佐", "秘密の頁")


def put(actor: Actor, fields: dict[str, str]) -> int:
    (found,) = commands.put_leads(actor, [LeadInput(fields=fields)], source="fair")
    assert isinstance(found, Put), found
    return found.lead_id


def live(actor: Actor) -> tuple[int, int]:
    """Two leads come in, do something, are changed, merged and parted again."""
    taro, jiro = put(actor, TARO), put(actor, JIRO)
    refused = commands.put_leads(
        actor, [LeadInput(fields={"name": "太郎丸", "email": "taromaru@@"})], source="fair"
    )
    assert refused
    ref = LeadRef(email=TARO["email"])
    record_activities(
        actor, [ActivityInput(ref, "page_view", NOW, {"path": "/秘密の頁"}, "taromaru-1")], source="form"
    )
    commands.update_lead(actor, taro, changes={"title": "執行役員 代理補佐"})
    merge = commands.merge_leads(actor, winner=taro, loser=jiro)
    commands.undo_merge(actor, merge.pk)
    return taro, jiro


def test_neither_audit_nor_log_says_who_a_lead_is(administrator, caplog):
    with clock.at(NOW), caplog.at_level(logging.DEBUG), caplog.filtering(NotOfTheDatabase()):
        taro, _jiro = live(administrator)
        privacy.export_person(administrator, taro)
        privacy.erase_person(administrator, taro)
    entries = list(AuditEntry.objects.values("action", "subject", "detail"))
    assert len({entry["action"] for entry in entries}) >= 6
    written = json.dumps(entries, ensure_ascii=False)
    written += "".join(JsonFormatter().format(record) for record in caplog.records)
    assert not [text for text in TELLTALES if text in written]


class NotOfTheDatabase(logging.Filter):
    """Django logs SQL only under DEBUG, which the settings keep at WARNING."""

    def filter(self, record: logging.LogRecord) -> bool:
        return not record.name.startswith("django.db")


def test_every_step_leaves_an_entry(administrator):
    steps = []
    with clock.at(NOW):
        live(administrator)
        steps = list(AuditEntry.objects.order_by("pk").values_list("action", flat=True))
    assert len(steps) >= 6
    assert AuditEntry.objects.exclude(user=administrator.user).count() == 0


def test_who_comes_back_after_an_erasure_is_someone_new(administrator):
    first = put(administrator, TARO)
    privacy.erase_person(administrator, first)
    again = put(administrator, TARO)
    assert again != first
    assert Lead.objects.get(pk=first).name == ""
    assert set(Identity.objects.values_list("lead", flat=True)) == {again}
    (recorded,) = record_activities(
        administrator,
        [ActivityInput(LeadRef(email=TARO["email"]), "page_view", NOW, {}, None)],
        source="form",
    )
    assert recorded.lead_id == again


def test_an_erasure_under_way_and_an_entry_for_the_same_person_do_not_mix(administrator):
    lead = put(administrator, TARO)
    record_activities(
        administrator,
        [ActivityInput(LeadRef(lead=lead), "page_view", NOW, {"path": "/a"}, "k1")],
        source="form",
    )
    privacy.erase_person(administrator, lead)
    answers = record_activities(
        administrator,
        [ActivityInput(LeadRef(lead=lead), "page_view", NOW, {"path": "/a"}, "k2")],
        source="form",
    )
    assert getattr(answers[0], "lead_id", None) != lead, "an erased lead takes no new entries"
