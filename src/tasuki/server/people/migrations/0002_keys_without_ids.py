"""Keys by which leads and accounts are compared: no id of their own, and no check of what they are derived from."""

from __future__ import annotations

from typing import Any, ClassVar

import django.db.models.deletion
from django.db import migrations, models

KINDS = (("LeadKey", "lead", "people.lead"), ("AccountKey", "account", "accounts.account"))


def _remade(name: str, column: str, to: str) -> list[Any]:
    table = f"people_{name.lower()}"
    columns = f"(key, {column}_id) SELECT DISTINCT key, {column}_id"
    return [
        migrations.CreateModel(
            name=f"New{name}",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "key", f"{column}_id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    column,
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=to,
                    ),
                ),
                ("key", models.BigIntegerField()),
            ],
        ),
        migrations.RunSQL(
            f"INSERT INTO people_new{name.lower()} {columns} FROM {table}", migrations.RunSQL.noop
        ),
        migrations.DeleteModel(name),
        migrations.RenameModel(f"New{name}", name),
    ]


class Migration(migrations.Migration):
    dependencies: ClassVar = [("people", "0001_initial"), ("accounts", "0001_initial")]
    operations: ClassVar = [operation for kind in KINDS for operation in _remade(*kind)]
