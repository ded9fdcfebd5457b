"""In which language a change of many leads says why some were refused."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [("lists", "0003_forget_notes")]

    operations: ClassVar = [
        migrations.AddField("bulk", "language", models.CharField(blank=True, max_length=10)),
    ]
