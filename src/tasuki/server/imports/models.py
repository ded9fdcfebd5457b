"""Files that were brought in, and what came of them, so that an import can be undone."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _


class ImportJob(models.Model):
    """One file on its way in. `plan` is the agreed reading of it: encoding, header row, column → field, mode."""

    class State(models.TextChoices):
        UPLOADED = "uploaded", _("Uploaded")
        QUEUED = "queued", _("Waiting")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        UNDOING = "undoing", _("Being undone")
        FAILED = "failed", _("Failed")
        UNDONE = "undone", _("Undone")

    name = models.CharField(max_length=255)
    file = models.CharField(max_length=255)  # within the folder of files
    digest = models.CharField(max_length=64, db_index=True)
    kind = models.CharField(max_length=20)  # leads, accounts, activities, decisions, deals
    plan = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=State.choices, default=State.UPLOADED)
    rows = models.PositiveBigIntegerField(default=0)
    done = models.PositiveBigIntegerField(default=0)
    created = models.PositiveBigIntegerField(default=0)
    updated = models.PositiveBigIntegerField(default=0)
    unchanged = models.PositiveBigIntegerField(default=0)
    rejected = models.PositiveBigIntegerField(default=0)
    repeated = models.PositiveBigIntegerField(default=0)  # entries that were stored before
    message = models.TextField(blank=True)
    report = models.JSONField(default=dict)  # what is to be said about it: of the file, of its undoing
    by = models.ForeignKey("core.User", models.SET_NULL, null=True, related_name="+")
    language = models.CharField(
        max_length=10, blank=True
    )  # that of the page on which it was started or undone
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True)
    progress_at = models.DateTimeField(
        null=True
    )  # of the last batch: a job that stands still is taken up again


class Rejected(models.Model):
    """A row of a file that did not come in, with its line, the reason, and the row itself."""

    job = models.ForeignKey(ImportJob, models.CASCADE, related_name="rejects")
    line = models.PositiveBigIntegerField()
    field = models.CharField(max_length=100, blank=True)  # whose value is at fault; empty: of the whole row
    reason = models.TextField()
    row = models.JSONField(default=list)


class Change(models.Model):
    """What an import changed of a lead or account that was there before: the columns as they were, and as it left them."""

    job = models.ForeignKey(ImportJob, models.CASCADE, related_name="changes")
    kind = models.CharField(max_length=10)
    subject = models.BigIntegerField()
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)  # undoing puts back only what still stands so

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["job", "kind", "subject"], name="one_before_per_import")
        ]
