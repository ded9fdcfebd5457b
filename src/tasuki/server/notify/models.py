"""News for people: a row written in the transaction that causes it, so that none is lost and none comes twice."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class Notification(models.Model):
    """News for one person about one lead. `kind`: handoff, accepted, returned, won, reapproach …"""

    user = models.ForeignKey("core.User", models.CASCADE, related_name="notifications")
    lead = models.ForeignKey("people.Lead", models.CASCADE, related_name="notifications")
    transition = models.ForeignKey(
        "lifecycle.Transition", models.CASCADE, null=True, related_name="notifications"
    )
    kind = models.CharField(max_length=20)
    at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "transition", "kind"], name="news_once")
        ]
        indexes: ClassVar = [models.Index(fields=["user", "read_at", "-at"])]
