"""What leads did: the greater part of the log."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class Activity(models.Model):
    """One thing a lead did, or that was done with it: an entry. `properties` is flat (`content.kind`), values text."""

    lead = models.ForeignKey("people.Lead", models.CASCADE, related_name="activities", db_index=False)
    at = models.DateTimeField()
    type = models.CharField(max_length=100)
    properties = models.JSONField(default=dict)
    source = models.CharField(max_length=60)
    key = models.CharField(max_length=200)
    recorded_at = models.DateTimeField()
    import_job = models.ForeignKey("imports.ImportJob", models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["source", "key"], name="an_activity_once")]
        indexes: ClassVar = [models.Index(fields=["lead", "at"])]
