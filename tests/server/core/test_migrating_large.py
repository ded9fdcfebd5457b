"""What a migration costs on SQLite: nothing for tables that it leaves alone."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, connection, models
from django.test.utils import CaptureQueriesContext

from tasuki.server.core.models import Team, Token, User

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif("connection.vendor != 'sqlite'", reason="PostgreSQL checks rows as they are written"),
]


def looked_through(queries: CaptureQueriesContext) -> list[str]:
    return [query["sql"] for query in queries if "foreign_key_check" in query["sql"]]


def test_a_migration_that_adds_an_index_does_not_look_through_the_database():
    index = models.Index(fields=["name", "role"], name="only_for_this_test")
    with CaptureQueriesContext(connection) as queries:
        with connection.schema_editor() as editor:
            editor.add_index(Team, index)
        with connection.schema_editor() as editor:
            editor.remove_index(Team, index)
    assert looked_through(queries) == []


def wider() -> tuple[models.Field[str, str], models.Field[str, str]]:
    """The name of a token, and the same with more room: SQLite writes the table anew for that."""
    wide = models.CharField(max_length=101)
    wide.set_attributes_from_name("name")
    wide.model = Token
    return Token._meta.get_field("name"), wide


def test_a_table_that_is_written_anew_is_looked_through():
    narrow, wide = wider()
    with CaptureQueriesContext(connection) as queries:
        for old, new in ((narrow, wide), (wide, narrow)):
            with connection.schema_editor() as editor:
                editor.alter_field(Token, old, new)
    assert len(looked_through(queries)) == 2
    assert all("core_token" in query for query in looked_through(queries))


def test_a_row_that_points_nowhere_stops_the_migration_that_writes_its_table_anew():
    token = Token.objects.create(user=User.objects.create(username="ishii"), name="crm", digest="d", hint="h")

    def migrate() -> None:
        with connection.schema_editor() as editor:
            Token.objects.filter(pk=token.pk).update(user_id=999)
            editor.alter_field(Token, *wider())

    with pytest.raises(IntegrityError, match="core_user"):
        migrate()
    token.refresh_from_db()
    assert token.user.username == "ishii"
