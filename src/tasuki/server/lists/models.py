"""How people look at the leads: views that they keep, columns that they choose; and what they did to many at once."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class View(models.Model):
    """A question that somebody keeps under a name: filters, order and columns. Removed ones can be brought back."""

    class Shared(models.TextChoices):
        ME = "me", _("Only me")
        TEAM = "team", _("My team")
        ALL = "all", _("Everybody")

    name = models.CharField(max_length=100)
    owner = models.ForeignKey("core.User", models.CASCADE, related_name="views")
    shared = models.CharField(max_length=10, choices=Shared.choices, default=Shared.ME)
    team = models.ForeignKey("core.Team", models.SET_NULL, null=True, related_name="+")  # whose it is as well
    query = models.TextField(blank=True)  # as in an address: filters and words
    sort = models.CharField(max_length=30)
    columns = models.JSONField(default=list)  # empty: whatever one has chosen
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["shared", "name"], condition=Q(removed_at__isnull=True), name="views_there")
        ]

    def __str__(self) -> str:
        return self.name


class Choice(models.Model):
    """The columns that somebody sees, in their order, and the view that they begin with."""

    user = models.OneToOneField("core.User", models.CASCADE, primary_key=True, related_name="list_choice")
    columns = models.JSONField(default=list)
    view = models.ForeignKey(View, models.SET_NULL, null=True, related_name="+")


class Bulk(models.Model):
    """One thing done to many leads at once, with what came of it, so that it can be undone.

    `what`: the columns that were set, or the decision. `before`: lead → its columns as they were. `refused`: why not, with
    the number of leads and some of them.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")
        UNDOING = "undoing", _("Being undone")
        UNDONE = "undone", _("Undone")

    kind = models.CharField(max_length=20)  # owner, team, campaign, stage
    what = models.JSONField(default=dict)
    by = models.ForeignKey("core.User", models.CASCADE, related_name="+")
    language = models.CharField(max_length=10, blank=True)  # that of the page on which it was asked for
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    leads = models.JSONField(default=list)  # ids, in the order of the list
    done = models.PositiveIntegerField(default=0)  # so many of them were gone through
    changed = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)  # had it already
    refused = models.JSONField(default=list)
    before = models.JSONField(default=dict)
    kept = models.PositiveIntegerField(default=0)  # not put back: somebody changed it since
    created_at = models.DateTimeField()
    progress_at = models.DateTimeField(null=True)  # it was worked on last
    finished_at = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True)  # while it is being undone: since when
