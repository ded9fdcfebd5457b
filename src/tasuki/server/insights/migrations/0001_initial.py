"""The journal and the triggers that fill it."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import migrations, models

from tasuki.server.insights import triggers


def install(_apps: Any, editor: Any) -> None:
    triggers.install(editor.execute)


def remove(_apps: Any, editor: Any) -> None:
    triggers.remove(editor.execute)


class Migration(migrations.Migration):
    initial = True
    dependencies: ClassVar = [
        ("core", "0003_audit_by_action"),
        ("people", "0007_fewer_checks"),
        ("handoffs", "0003_over"),
        ("deals", "0002_deal_lists"),
        ("activities", "0003_note"),
        ("lifecycle", "0002_held"),
        ("imports", "0002_rejected_field"),
        ("accounts", "0003_fewer_checks"),
        ("agreements", "0002_initial"),
    ]
    operations: ClassVar = [
        migrations.CreateModel(
            name="Change",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("kind", models.CharField(max_length=10)),
                ("row", models.BigIntegerField()),
                ("at", models.DateTimeField(null=True)),
                ("image", models.JSONField()),
            ],
            options={"indexes": [models.Index(fields=["kind", "row", "id"], name="changes_of_a_row")]},
        ),
        migrations.RunPython(install, remove, elidable=False),
    ]
