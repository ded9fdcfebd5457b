from __future__ import annotations

import json
import logging
import time
from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction

from tasuki.server.core import audit, clock, commands, queries, tokens
from tasuki.server.core.access import SYSTEM
from tasuki.server.core.errors import NotAllowed, Refused
from tasuki.server.core.logs import HIDDEN, JsonFormatter, TextFormatter, redacted, request_id
from tasuki.server.core.models import AuditEntry

NOON = datetime(2026, 4, 1, 12, tzinfo=UTC)

PERSONAL = [
    "taro.yamada@example.jp",
    "taro+news@mail.yamada-denki.co.jp",
    "山田@例え.テスト",
    "090-1234-5678",
    "03-1234-5678",
    "0120-444-444",
    "(03) 1234-5678",
    "+81 90-1234-5678",
    "+819012345678",
    "09012345678",
    "tsk_abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG",
]
HARMLESS = [
    "lead:17",
    "2026-04-01T12:00:00.000000Z",
    "2026-04-01 12:00:00,123",
    "a6d4d4b2-0123-4567-89ab-0123456789ab",
    "[leads.read, leads.write]",
    "1234567890123",
    "127.0.0.1:8000",
    "version 1.10.0-2",
    "MQL.0",
    "@transaction.atomic",
    "展示会の名刺.csv",
]


@pytest.mark.parametrize("text", PERSONAL)
def test_what_is_personal_or_secret_is_hidden(text):
    hidden = redacted(f"cannot store <{text}>, it is there")
    assert HIDDEN in hidden
    assert not any(part in hidden for part in (text, text[:6], text[-6:]))


@pytest.mark.parametrize("text", HARMLESS)
def test_what_is_harmless_stays(text):
    assert redacted(f"saw {text} today") == f"saw {text} today"


def test_the_password_in_an_address_is_hidden():
    text = redacted("cannot connect to postgres://tasuki:kaze@db.example:5432/tasuki?password=mori&x=1")
    assert "kaze" not in text
    assert "mori" not in text


def test_a_long_text_is_looked_through_in_no_time():
    began = time.perf_counter()
    for text in (
        "x" * 1_000_000,
        "0" * 1_000_000,
        "a@" * 500_000,
        "://" * 300_000,
        "0-" * 500_000,
        "+1 " * 300_000,
    ):
        redacted(text)
    assert time.perf_counter() - began < 5


def line(message: str, *given: object, **extra: object) -> str:
    record = logging.makeLogRecord({"name": "tasuki", "msg": message, "args": given, "levelno": 20, **extra})
    return JsonFormatter().format(record)


def test_a_line_of_the_log_is_json_with_the_requests_id():
    held = request_id.set("r-1")
    try:
        told = json.loads(line('lead %s\n"folded"', 17, seconds=0.5))
    finally:
        request_id.reset(held)
    assert told["message"] == 'lead 17\n"folded"'
    assert (told["request"], told["seconds"], told["logger"]) == ("r-1", 0.5, "tasuki")
    assert datetime.fromisoformat(told["at"]).tzinfo is not None


def test_no_address_or_token_reaches_the_log_by_any_way():
    mail, token = PERSONAL[0], PERSONAL[-1]
    try:
        raise ValueError(f'Key (kind, value)=(mail, {mail}) "{mail}\\" exists; {token}')
    except ValueError as error:
        trace = (type(error), error, error.__traceback__)
    text = line("of %s", mail, exc_info=trace, of={mail: [token, {"a": mail}]}, obj=ValueError(mail))
    assert json.loads(text)["error"].startswith("Traceback")
    assert mail not in text
    assert token not in text
    plain = TextFormatter().format(
        logging.makeLogRecord({"msg": mail, "exc_info": trace, "levelname": "ERROR", "name": "x"})
    )
    assert mail not in plain
    assert "ValueError" in plain


def test_an_entry_tells_who_did_what_to_what_when_and_from_where(marketer):
    token, plain = tokens.issue(marketer, name="form", scopes=["leads.write"])
    actor = tokens.authenticate(plain, "192.0.2.7")
    with clock.at(NOON):
        audit.record(actor, "lead.change", "lead:17", fields=["title"], changed=1, set={"b", "a"}, none=None)
    entry = AuditEntry.objects.get(action="lead.change")
    assert (entry.user, entry.token, entry.at, entry.address) == (marketer.user, token, NOON, "192.0.2.7")
    assert entry.detail == {"fields": ["title"], "changed": 1, "set": ["a", "b"], "none": None}


@pytest.mark.parametrize("text", PERSONAL)
def test_an_entry_holds_no_address_even_if_one_is_given(db, text):
    audit.record(SYSTEM, "lead.change", "lead:17", given=text, deep={"a": [f"x {text}"]}, nul="a\0b")
    assert text not in json.dumps(AuditEntry.objects.get().detail, ensure_ascii=False)


def test_an_entry_goes_with_what_it_tells_of(db):
    @transaction.atomic
    def change_then_fail() -> None:
        audit.record(SYSTEM, "lead.change", "lead:17")
        raise Refused("no", "no")

    with pytest.raises(Refused):
        change_then_fail()
    assert not AuditEntry.objects.exists()


@pytest.fixture
def told(manager, marketer, administrator):
    """Five entries at five hours."""
    doings = [
        (marketer, "lead.create", "lead:1"),
        (marketer, "lead.change", "lead:1"),
        (manager, "person.export", "lead:1"),
        (manager, "lead.change", "lead:2"),
        (SYSTEM, "leads.fold", ""),
    ]
    for hour, (actor, action, subject) in enumerate(doings):
        with clock.at(NOON + timedelta(hours=hour)):
            audit.record(actor, action, subject)
    return manager


def seen(entries) -> list[str]:
    return [f"{entry.action} {entry.subject}".strip() for entry in entries]


def test_the_audit_is_read_latest_first_and_page_by_page(told):
    first = queries.audit(told, limit=3)
    assert seen(first) == ["leads.fold", "lead.change lead:2", "person.export lead:1"]
    rest = queries.audit(told, limit=3, after=first[-1].pk)
    assert seen(rest) == ["lead.change lead:1", "lead.create lead:1"]


def test_the_audit_is_narrowed_by_person_action_subject_and_time(told, marketer):
    assert len(queries.audit(told, by=marketer.user.pk)) == 2
    assert len(queries.audit(told, action="lead")) == 3, "lead.… but not leads.fold"
    assert len(queries.audit(told, action="lead.change")) == 2
    assert len(queries.audit(told, subject="lead:1")) == 3
    hours = {"since": NOON + timedelta(hours=1), "until": NOON + timedelta(hours=3)}
    assert seen(queries.audit(told, **hours)) == ["person.export lead:1", "lead.change lead:1"]
    assert queries.audit(told, by=2**80, action="\0", subject="\0") == []
    assert queries.audit_actions(told) == ["lead.change", "lead.create", "leads.fold", "person.export"]


def test_the_audit_is_for_those_who_lead(told, marketer, sales_rep, inside_rep, administrator):
    assert queries.audit(administrator)
    for actor in (marketer, sales_rep, inside_rep):
        with pytest.raises(NotAllowed):
            queries.audit(actor)
        with pytest.raises(NotAllowed):
            queries.audit_actions(actor)


def test_a_new_password_is_neither_in_the_audit_nor_in_the_log(administrator, sales_rep, caplog):
    with caplog.at_level(logging.DEBUG):
        commands.set_password(administrator, sales_rep.user.pk, password="kaze mori tsuki")
        tokens.issue(sales_rep, name="crm", scopes=["leads.read"])
    written = caplog.text + json.dumps(list(AuditEntry.objects.values("action", "subject", "detail")))
    assert "kaze mori" not in written
    assert "tsk_" not in written
