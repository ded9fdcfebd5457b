"""The versions of the agreement that were in force here."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class AgreementVersion(models.Model):
    """One text of the agreement, in force from `effective_from` until the next; never changed once it was in force."""

    number = models.PositiveIntegerField(unique=True)
    text = models.TextField()
    digest = models.CharField(max_length=64)
    name = models.CharField(max_length=200)
    effective_from = models.DateTimeField()
    created_at = models.DateTimeField()
    created_by = models.ForeignKey("core.User", models.SET_NULL, null=True, related_name="+")
    warnings = models.JSONField(default=list)  # what is allowed but odd, as it was told when it was published
    rolled_out = models.BooleanField(default=False)  # every lead has been queued to be folded under it
    rolled_out_to = models.BigIntegerField(default=0)  # the last lead queued so far

    class Meta:
        ordering: ClassVar = ["number"]

    def __str__(self) -> str:
        return f"{self.name} {self.number}"
