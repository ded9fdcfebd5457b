"""The leads of a campaign, best first; it costs nothing for leads without one."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [("people", "0004_search")]
    operations: ClassVar = [
        migrations.AddIndex(
            "lead",
            models.Index(
                fields=["campaign", "-score", "-id"],
                name="lead_by_campaign",
                condition=models.Q(campaign__gt=""),
            ),
        ),
    ]
