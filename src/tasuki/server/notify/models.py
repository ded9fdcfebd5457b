"""News for people, and the outbox: rows written in the transaction that causes them, so that none is lost, none comes twice."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Notification(models.Model):
    """News for one person about one lead. `kind`: see notify.kinds. `cause`: what it comes from, like transition:17."""

    user = models.ForeignKey("core.User", models.CASCADE, related_name="notifications")
    lead = models.ForeignKey("people.Lead", models.CASCADE, null=True, related_name="notifications")
    transition = models.ForeignKey(
        "lifecycle.Transition", models.CASCADE, null=True, related_name="notifications"
    )
    kind = models.CharField(max_length=20)
    cause = models.CharField(max_length=60)
    detail = models.JSONField(default=dict)  # ids and words of ours; no personal data
    at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "kind", "cause"], name="news_once")
        ]
        indexes: ClassVar = [models.Index(fields=["user", "read_at", "-at"])]


class Channel(models.Model):
    """A way to tell a person or a team outside of the pages: mail, or an address that Apprise knows."""

    class Medium(models.TextChoices):
        MAIL = "mail", _("Mail")
        APPRISE = "apprise", _("Chat")

    user = models.ForeignKey("core.User", models.CASCADE, null=True, related_name="channels")
    team = models.ForeignKey("core.Team", models.CASCADE, null=True, related_name="channels")
    medium = models.CharField(max_length=10, choices=Medium.choices)
    address = models.CharField(max_length=500, blank=True)  # secret for chats; empty for mail: the person's own
    kinds = models.JSONField(default=list)  # kinds of news that go this way
    enabled = models.BooleanField(default=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(user__isnull=False, team__isnull=True) | Q(user__isnull=True, team__isnull=False),
                name="channel_of_one_person_or_one_team",
            )
        ]


class Endpoint(models.Model):
    """A program elsewhere that is told by signed webhooks (Standard Webhooks)."""

    url = models.CharField(max_length=500)
    secret = models.CharField(max_length=100)  # whsec_…; shown once
    kinds = models.JSONField(default=list)  # types of events; empty: all
    enabled = models.BooleanField(default=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey("core.User", models.SET_NULL, null=True, related_name="+")


class Delivery(models.Model):
    """One message on its way to one receiver: the outbox."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        SENT = "sent", _("Sent")
        DEAD = "dead", _("Given up")
        DROPPED = "dropped", _("Not wanted any more")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)  # the receiver's id of the message, the same at each attempt
    channel = models.ForeignKey(Channel, models.CASCADE, null=True, related_name="deliveries")
    endpoint = models.ForeignKey(Endpoint, models.CASCADE, null=True, related_name="deliveries")
    lead = models.ForeignKey("people.Lead", models.CASCADE, null=True, related_name="deliveries")
    kind = models.CharField(max_length=40)
    cause = models.CharField(max_length=60)
    detail = models.JSONField(default=dict)
    made_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    next_at = models.DateTimeField(null=True)  # when it is tried next; None once it is over
    claimed_until = models.DateTimeField(null=True)  # nobody else tries it before
    attempts = models.PositiveIntegerField(default=0)
    fault = models.CharField(max_length=300, blank=True)  # of the last attempt, without secrets
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["channel", "kind", "cause"], name="delivery_to_channel_once",
                condition=Q(channel__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["endpoint", "kind", "cause"], name="delivery_to_endpoint_once",
                condition=Q(endpoint__isnull=False),
            ),
        ]  # fmt: skip
        indexes: ClassVar = [
            models.Index(fields=["next_at"], condition=Q(next_at__isnull=False), name="deliveries_to_make"),
            models.Index(fields=["state", "-ended_at"]),
        ]
