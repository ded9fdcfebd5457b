"""The sash: a lead given to a team, until it is answered."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _


class Handoff(models.Model):
    """A lead given to a team at a transition; open until the lead leaves the stage."""

    class Outcome(models.TextChoices):
        OPEN = "open", _("Open")
        ACCEPTED = "accepted", _("Accepted")
        RETURNED = "returned", _("Returned")
        EXPIRED = "expired", _("Expired")
        OTHER = "other", _("Moved otherwise")

    lead = models.ForeignKey("people.Lead", models.CASCADE, related_name="handoffs")
    transition = models.OneToOneField("lifecycle.Transition", models.CASCADE, related_name="handoff")
    team_role = models.CharField(max_length=50)  # the agreement's `to`
    team = models.ForeignKey("core.Team", models.SET_NULL, null=True, related_name="handoffs")
    within = models.CharField(max_length=50, blank=True)  # the service level in the agreement's words
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    closed_by = models.OneToOneField(
        "lifecycle.Transition", models.SET_NULL, null=True, related_name="closed_handoff"
    )
    outcome = models.CharField(max_length=10, choices=Outcome.choices, default=Outcome.OPEN)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["lead"], condition=models.Q(outcome="open"), name="one_open_handoff_per_lead"
            )
        ]
        indexes: ClassVar = [models.Index(fields=["outcome", "team_role", "opened_at"])]
