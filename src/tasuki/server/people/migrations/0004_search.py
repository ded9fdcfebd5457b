"""Finding leads by any two letters, and in the orders that lists offer."""

from __future__ import annotations

from typing import Any, ClassVar

import django.db.models.deletion
from django.db import migrations, models

POSTGRESQL = (
    "CREATE INDEX people_leadtext_grams ON people_leadtext USING gin (string_to_array(grams, ' '))",
    "ALTER INDEX people_leadtext_grams ALTER COLUMN 1 SET STATISTICS 400",
)
KEPT = (
    "INSERT INTO people_leadgrams(people_leadgrams, rowid, grams) VALUES ('delete', old.lead_id, old.grams);"
)
ADDED = "INSERT INTO people_leadgrams(rowid, grams) VALUES (new.lead_id, new.grams);"
SQLITE = (
    "CREATE VIRTUAL TABLE people_leadgrams USING fts5("
    "grams, content='people_leadtext', content_rowid='lead_id', detail=none, columnsize=0)",
    "CREATE TRIGGER people_leadtext_added AFTER INSERT ON people_leadtext WHEN new.grams <> ''"
    f" BEGIN {ADDED} END",
    "CREATE TRIGGER people_leadtext_removed AFTER DELETE ON people_leadtext WHEN old.grams <> ''"
    f" BEGIN {KEPT} END",
    # what is not in the index must not be removed from it: FTS5 counts its rows, and would call itself broken
    "CREATE TRIGGER people_leadtext_changes BEFORE UPDATE OF grams ON people_leadtext WHEN old.grams <> ''"
    f" BEGIN {KEPT} END",
    "CREATE TRIGGER people_leadtext_changed AFTER UPDATE OF grams ON people_leadtext WHEN new.grams <> ''"
    f" BEGIN {ADDED} END",
)


def index(_apps: Any, editor: Any) -> None:
    """The index over the grams: GIN on PostgreSQL, FTS5 that follows by triggers on SQLite."""
    for statement in POSTGRESQL if editor.connection.vendor == "postgresql" else SQLITE:
        editor.execute(statement)


def remove(_apps: Any, editor: Any) -> None:
    """Only what does not go with the table."""
    if editor.connection.vendor == "sqlite":
        editor.execute("DROP TABLE people_leadgrams")


class Migration(migrations.Migration):
    dependencies: ClassVar = [("people", "0003_lead_by_first_touch"), ("core", "0001_initial")]
    operations: ClassVar = [
        migrations.AddIndex("lead", models.Index(fields=["name", "id"], name="lead_by_name")),
        migrations.AddIndex(
            "lead",
            models.Index(
                fields=["-stage_entered_at", "-id"],
                name="lead_by_stage_entered",
                condition=models.Q(stage_entered_at__isnull=False),
            ),
        ),
        migrations.CreateModel(
            name="LeadText",
            fields=[
                (
                    "lead",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="text",
                        serialize=False,
                        to="people.lead",
                    ),
                ),
                ("grams", models.TextField(blank=True)),
                ("due", models.BigIntegerField(default=0)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["due"], name="texts_due", condition=models.Q(due__gt=0)),
                ]
            },
        ),
        migrations.RunPython(index, remove, elidable=False),
        migrations.RunSQL(
            "INSERT INTO people_leadtext (lead_id, grams, due)"
            " SELECT id, '', 1 FROM people_lead WHERE merged_into_id IS NULL AND erased_at IS NULL",
            migrations.RunSQL.noop,
        ),
    ]
