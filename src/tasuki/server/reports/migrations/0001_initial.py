"""Weekly reports, and which were sent."""

from __future__ import annotations

from typing import ClassVar

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models.functions import Coalesce


class Migration(migrations.Migration):
    initial = True
    dependencies: ClassVar = [
        ("core", "0003_audit_by_action"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations: ClassVar = [
        migrations.CreateModel(
            name="WeeklyReport",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("enabled", models.BooleanField(default=False)),
                ("weekday", models.PositiveSmallIntegerField(default=0)),
                ("hour", models.PositiveSmallIntegerField(default=8)),
                ("everyone", models.BooleanField(default=True)),
                ("since", models.DateTimeField()),
                ("declined", models.ManyToManyField(related_name="+", to=settings.AUTH_USER_MODEL)),
                ("receivers", models.ManyToManyField(related_name="+", to=settings.AUTH_USER_MODEL)),
                (
                    "team",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="core.team",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="WeeklyRun",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("week", models.DateField()),
                ("at", models.DateTimeField()),
                ("mails", models.PositiveIntegerField(default=0)),
                (
                    "report",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="runs",
                        to="reports.weeklyreport",
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="weeklyreport",
            constraint=models.UniqueConstraint(Coalesce("team", 0), name="one_report_of_a_team"),
        ),
        migrations.AddConstraint(
            model_name="weeklyrun",
            constraint=models.UniqueConstraint(fields=["report", "week"], name="one_run_of_a_week"),
        ),
    ]
