"""Deals: what a lead is worth in money."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Deal(models.Model):
    """An opportunity with amount and close date."""

    class State(models.TextChoices):
        OPEN = "open", pgettext_lazy("deal", "Open")
        WON = "won", _("Won")
        LOST = "lost", _("Lost")

    lead = models.ForeignKey("people.Lead", models.CASCADE, related_name="deals")
    account = models.ForeignKey("accounts.Account", models.SET_NULL, null=True, related_name="deals")
    name = models.CharField(max_length=300)
    amount = models.DecimalField(max_digits=18, decimal_places=2, null=True)
    currency = models.CharField(max_length=3, default="JPY")
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    reason = models.CharField(max_length=200, blank=True)  # of a loss
    opened_at = models.DateTimeField()
    expected_at = models.DateField(null=True)
    closed_at = models.DateTimeField(null=True)
    owner = models.ForeignKey("core.User", models.SET_NULL, null=True, related_name="deals")
    source = models.CharField(max_length=60)
    key = models.CharField(max_length=200)
    recorded_at = models.DateTimeField()
    import_job = models.ForeignKey("imports.ImportJob", models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["source", "key"], name="a_deal_once")]
        indexes: ClassVar = [
            models.Index(fields=["state", "closed_at"], name="deals_deal_state_closed"),
            models.Index(fields=["state", "expected_at"], name="deals_deal_state_expected"),
        ]
