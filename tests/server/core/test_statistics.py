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


@pytest.mark.skipif("connection.vendor != 'sqlite'")
def test_a_table_that_has_doubled_is_looked_at_anew_and_one_that_has_not_is_left(
    marketer: Actor, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(statistics, "FEW", 2)
    monkeypatch.setattr(statistics, "EVERY", 0.0)
    own = Statistics()
    put(marketer, "a", "b", "c")
    assert {"people_lead", "people_identity", "people_due"} <= set(own.keep())
    known = bulk.select("SELECT stat FROM sqlite_stat1 WHERE tbl = 'people_identity'", [])
    assert any(stat.startswith("3 ") for (stat,) in known)
    put(marketer, "d")
    assert "people_identity" not in own.keep()
    put(marketer, *map(str, range(10)))
    assert "people_identity" in own.keep()


def test_it_is_looked_at_once_a_minute_and_left_to_postgresql(marketer: Actor):
    own = Statistics()
    put(marketer, "a")
    assert own.keep() == []  # too little to matter
    assert own.keep() == []
    assert (connection.vendor == "sqlite") == (own._next > 0)
