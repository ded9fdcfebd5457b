"""The company, and readings of names; an installation that has an agreement already was set up long ago."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import migrations, models


def close_what_is_set_up(apps: Any, schema_editor: Any) -> None:
    using = schema_editor.connection.alias
    if apps.get_model("agreements", "AgreementVersion").objects.using(using).exists():
        apps.get_model("core", "Company").objects.using(using).create(pk=1, setup={"setup": "closed"})


class Migration(migrations.Migration):
    dependencies: ClassVar = [("core", "0001_initial"), ("agreements", "0001_initial")]

    operations: ClassVar = [
        migrations.CreateModel(
            name="Company",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(blank=True, max_length=200)),
                ("time_zone", models.CharField(blank=True, max_length=50)),
                ("days", models.CharField(default="mon,tue,wed,thu,fri", max_length=40)),
                ("hours", models.CharField(default="09:00-18:00", max_length=100)),
                ("holidays", models.CharField(blank=True, default="JP", max_length=25)),
                ("currency", models.CharField(default="JPY", max_length=3)),
                ("setup", models.JSONField(default=dict)),
            ],
        ),
        migrations.AddField(
            "user",
            "reading",
            models.CharField(blank=True, default="", max_length=300),
            preserve_default=False,
        ),
        migrations.RunPython(close_what_is_set_up, migrations.RunPython.noop),
    ]
