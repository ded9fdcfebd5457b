"""The journal: what leads, handoffs, deals and people were before they changed, so that figures of then can be made anew."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class Change(models.Model):
    """A row of another table as it was after a change; `at` is null where it is as it was before its first one.

    Written by triggers of the database (see `triggers.py`), never by hand, and never changed. `image` holds the columns that
    figures need: ids, names of channels, amounts and times, nothing that tells who somebody is.
    """

    kind = models.CharField(max_length=10)  # lead, handoff, deal, user
    row = models.BigIntegerField()
    at = models.DateTimeField(null=True)  # by the clock of the database
    image = models.JSONField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["kind", "row", "id"], name="changes_of_a_row")]
