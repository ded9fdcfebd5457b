"""Writers on SQLite stand in line: nobody is told that the database is locked, and whoever waits is next."""

from __future__ import annotations

import os
import threading
from time import sleep

import pytest
from django.db import OperationalError, connection, connections, transaction

from tasuki.server.core import audit
from tasuki.server.core.access import SYSTEM
from tasuki.server.core.models import AuditEntry

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif("connection.vendor != 'sqlite'", reason="PostgreSQL has many writers at a time"),
]


FULL = 2  # of SQLite's safety levels


def in_threads(*deeds) -> None:
    def run(deed) -> None:
        try:
            deed()
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(deed,)) for deed in deeds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive()


def write(note: str, *, hold: float = 0.0) -> None:
    with transaction.atomic():
        audit.record(SYSTEM, "test.turn", note)
        sleep(hold)


def test_many_who_write_at_once_all_get_their_turn():
    in_threads(*[lambda n=n: [write(f"{n}-{k}") for k in range(20)] for n in range(8)])
    assert AuditEntry.objects.filter(action="test.turn").count() == 160


def test_who_came_first_writes_first():
    began = threading.Event()

    def first() -> None:
        with transaction.atomic():
            audit.record(SYSTEM, "test.turn", "first")
            began.set()
            sleep(0.5)

    def second() -> None:
        began.wait()
        write("second")

    in_threads(first, second)
    subjects = AuditEntry.objects.filter(action="test.turn").order_by("pk").values_list("subject", flat=True)
    assert list(subjects) == ["first", "second"]


def test_readers_wait_for_nobody():
    held, done, seen = threading.Event(), threading.Event(), []

    def writer() -> None:
        with transaction.atomic():
            audit.record(SYSTEM, "test.turn", "held")
            held.set()
            assert done.wait(10)

    def reader() -> None:
        assert held.wait(10)
        seen.append(AuditEntry.objects.filter(action="test.turn").count())
        done.set()

    in_threads(writer, reader)
    assert seen == [0]


@pytest.mark.parametrize("ending", ["error", "close"])
def test_a_turn_ends_however_its_transaction_does(ending: str):
    def fail() -> None:
        with transaction.atomic():
            audit.record(SYSTEM, "test.turn", "broken")
            if ending == "close":
                connection.close()
            raise RuntimeError

    def broken() -> None:
        with pytest.raises(RuntimeError):
            fail()

    in_threads(broken)
    in_threads(lambda: write("after"))
    subjects = AuditEntry.objects.filter(action="test.turn").values_list("subject", flat=True)
    assert list(subjects) == ["after"]


@pytest.fixture
def synced(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Each time that a log is made durable: whether somebody else could write meanwhile."""
    found: list[bool] = []
    real = os.fdatasync

    def sync(file: int) -> None:
        found.append(connection._turn is None)
        real(file)

    monkeypatch.setattr(os, "fdatasync", sync)
    return found


def safety_level() -> int:
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA synchronous")
        return int(cursor.fetchone()[0])


def test_what_was_written_is_on_the_disk_before_one_goes_on_and_the_next_need_not_wait(synced: list[bool]):
    write("kept")
    assert synced == [True]


def test_who_only_reads_waits_for_no_disk(synced: list[bool]):
    with transaction.atomic():
        AuditEntry.objects.count()
    assert synced == []


def test_a_statement_by_itself_is_made_durable_by_sqlite():
    write("before")
    assert safety_level() == FULL
    with pytest.raises(RuntimeError), transaction.atomic():
        raise RuntimeError
    assert safety_level() == FULL


def test_a_disk_that_fails_is_told(monkeypatch: pytest.MonkeyPatch):
    def fail(file: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fdatasync", fail)
    with pytest.raises(OperationalError, match="Input/output error"):
        write("who knows")
    monkeypatch.undo()
    write("after")
    assert AuditEntry.objects.filter(subject="after").exists()
