"""Statements past Django's cursor behave as those that go by way of it."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.transaction import TransactionManagementError
from django.test.utils import CaptureQueriesContext

from tasuki.server.core import bulk
from tasuki.server.core.models import Team

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif("connection.vendor != 'sqlite'", reason="PostgreSQL takes many statements at once"),
]
INSERT = "INSERT INTO core_team (name, role) VALUES (%s, %s)"


def test_a_statement_is_executed_for_each_row_and_gives_what_the_last_one_gives():
    assert bulk.straight("SELECT %s + 1, '100%%'", [1], [2]) == [(3, "100%")]


def test_what_breaks_a_constraint_is_the_error_that_everybody_knows_and_nothing_of_it_stays():
    Team.objects.create(name="East", role="sales")
    with pytest.raises(IntegrityError), transaction.atomic():
        bulk.straight(INSERT, ["West", "sales"], ["East", "sales"])
    assert [team.name for team in Team.objects.all()] == ["East"]


def test_in_a_transaction_that_is_to_be_rolled_back_nothing_is_executed_any_more():
    with transaction.atomic():
        transaction.set_rollback(True)
        with pytest.raises(TransactionManagementError):
            bulk.straight("SELECT 1", [])
    assert not connection.needs_rollback


def test_where_queries_are_watched_it_is_seen():
    with CaptureQueriesContext(connection) as queries:
        assert bulk.straight("SELECT %s", [7]) == [(7,)]
    assert len(queries) == 1
