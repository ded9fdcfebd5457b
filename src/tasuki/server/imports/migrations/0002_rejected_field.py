"""Which value of a rejected row is at fault."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [("imports", "0001_initial")]

    operations: ClassVar = [
        migrations.AddField(
            "rejected",
            "field",
            models.CharField(blank=True, max_length=100, default=""),
            preserve_default=False,
        ),
    ]
