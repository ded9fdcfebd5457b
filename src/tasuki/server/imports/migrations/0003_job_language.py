"""In which language an import says why rows did not come in."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [("imports", "0002_rejected_field")]

    operations: ClassVar = [
        migrations.AddField("importjob", "language", models.CharField(blank=True, max_length=10)),
    ]
