"""What leads did: the greater part of the log; and what people noted about them, which is no part of it."""

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


class Note(models.Model):
    """What somebody noted about a lead. No entry: no rule reads it, so that one writes freely."""

    lead = models.ForeignKey("people.Lead", models.CASCADE, related_name="notes", db_index=False)
    at = models.DateTimeField()
    text = models.TextField()
    by = models.ForeignKey("core.User", models.SET_NULL, null=True, related_name="+", db_index=False)
    source = models.CharField(max_length=60)
    key = models.CharField(max_length=200)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["source", "key"], name="a_note_once")]
        indexes: ClassVar = [models.Index(fields=["lead", "at"], name="notes_of_a_lead")]
