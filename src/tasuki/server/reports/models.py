"""Weekly reports: when and to whom they are sent, and which were."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models.functions import Coalesce


class WeeklyReport(models.Model):
    """The report of one team, or of the whole company where it has none.

    `weekday` (0: Monday) and `hour` by the clock of the company; `since`: what was due before then is not made up for.
    """

    team = models.ForeignKey("core.Team", models.CASCADE, null=True, related_name="+")
    enabled = models.BooleanField(default=False)
    weekday = models.PositiveSmallIntegerField(default=0)
    hour = models.PositiveSmallIntegerField(default=8)
    everyone = models.BooleanField(default=True)  # of the team; of the company: whoever leads
    receivers = models.ManyToManyField("core.User", related_name="+")  # besides
    declined = models.ManyToManyField("core.User", related_name="+")  # who said that they do not want it
    since = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(Coalesce("team", 0), name="one_report_of_a_team")]


class WeeklyRun(models.Model):
    """A report that was sent: of the week that began on the Monday `week`, as known `at` then, to so many."""

    report = models.ForeignKey(WeeklyReport, models.CASCADE, related_name="runs")
    week = models.DateField()
    at = models.DateTimeField()
    mails = models.PositiveIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["report", "week"], name="one_run_of_a_week"),
        ]
