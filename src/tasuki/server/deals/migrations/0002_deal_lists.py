"""Lists of deals by the day on which they close."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [("deals", "0001_initial")]

    operations: ClassVar = [
        migrations.AddIndex(
            "deal", models.Index(fields=["state", "closed_at"], name="deals_deal_state_closed")
        ),
        migrations.AddIndex(
            "deal", models.Index(fields=["state", "expected_at"], name="deals_deal_state_expected")
        ),
    ]
