"""SQLite chooses its way by what it knows of its tables, and learns it anew when much has come."""

from __future__ import annotations

import pytest
from django.db import connection

from tasuki.server.core import bulk
from tasuki.server.core.access import Actor
from tasuki.server.core.sqlite import statistics
from tasuki.server.core.sqlite.statistics import Statistics
from tasuki.server.people import commands
from tasuki.server.people.inputs import LeadInput

pytestmark = pytest.mark.django_db


def put(actor: Actor, *names: str) -> None:
    commands.put_leads(
        actor, [LeadInput(fields={"email": f"{one}@yamada.example"}) for one in names], source="form"
    )


def known(table: str) -> bool:
    return bool(bulk.select("SELECT 1 FROM sqlite_stat1 WHERE tbl = %s", [table]))


@pytest.mark.skipif("connection.vendor != 'sqlite'")
def test_a_table_that_has_doubled_is_looked_at_anew_and_one_that_has_not_is_left(
    marketer: Actor, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(statistics, "FEW", 1)
    monkeypatch.setattr(statistics, "EVERY", 0.0)
    own = Statistics()
    put(marketer, "a", "b")
    assert own.keep()
    assert known("people_identity")
    assert not own.keep()
    put(marketer, "c", "d", "e", "f")
    assert own.keep()


def test_it_is_looked_at_once_a_minute_and_left_to_postgresql(marketer: Actor):
    own = Statistics()
    put(marketer, "a")
    assert not own.keep()  # too little to matter
    assert not own.keep()
    assert (connection.vendor == "sqlite") == (own._next > 0)
