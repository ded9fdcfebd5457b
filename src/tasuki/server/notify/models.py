"""News for people, and the outbox: rows written in the transaction that causes them: none is lost, none comes twice."""

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
        constraints: ClassVar = [models.UniqueConstraint(fields=["user", "kind", "cause"], name="news_once")]
        indexes: ClassVar = [
            models.Index(fields=["user", "-at", "-id"], name="news_latest"),
            models.Index(fields=["user"], condition=Q(read_at__isnull=True), name="news_unread"),
        ]


class Channel(models.Model):
    """A way to tell a person or a team: on the pages, by mail, or at an address that Apprise knows.

    A person without a row for a medium is told as `notify.channels.USUAL` says; teams have chats only.
    """

    class Medium(models.TextChoices):
        APP = "app", _("Here")
        MAIL = "mail", _("Mail")
        APPRISE = "apprise", _("Chat")

    user = models.ForeignKey("core.User", models.CASCADE, null=True, related_name="channels")
    team = models.ForeignKey("core.Team", models.CASCADE, null=True, related_name="channels")
    medium = models.CharField(max_length=10, choices=Medium.choices)
    name = models.CharField(max_length=100, blank=True)  # of a chat, as people call it
    address = models.CharField(max_length=500, blank=True)  # of a chat: a secret
    kinds = models.JSONField(default=list)  # kinds of news that go this way
    enabled = models.BooleanField(default=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(user__isnull=False, team__isnull=True) | Q(user__isnull=True, team__isnull=False),
                name="channel_of_one_person_or_one_team",
            ),
            models.UniqueConstraint(
                fields=["user", "medium"], condition=~Q(medium="apprise"), name="one_channel_of_a_medium"
            ),
        ]

    @property
    def shown(self) -> str:
        """The address as far as it is no secret: its scheme."""
        return f"{self.address.partition('://')[0]}://…"


class Endpoint(models.Model):
    """A program elsewhere that is told by signed webhooks (Standard Webhooks)."""

    url = models.CharField(max_length=500)
    secret = models.CharField(max_length=100)  # whsec_…; shown once
    kinds = models.JSONField(default=list)  # types of events; empty: all
    enabled = models.BooleanField(default=True)
    off_because = models.CharField(max_length=20, blank=True)  # gone: the receiver said that it is (410)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey("core.User", models.SET_NULL, null=True, related_name="+")


class Delivery(models.Model):
    """One message on its way to one receiver: the outbox."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        SENT = "sent", _("Sent")
        DEAD = "dead", _("Given up")
        DROPPED = "dropped", _("Not wanted any more")

    id = models.UUIDField(
        primary_key=True, default=uuid.uuid4
    )  # the receiver's id of the message, the same at each attempt
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

    @property
    def receiver(self) -> str:
        """Where it goes, as far as that is no secret."""
        if self.endpoint:
            return self.endpoint.url
        assert self.channel
        to = self.channel.user.shown_name if self.channel.user else str(self.channel.team)
        shown = self.channel.shown if self.channel.address else self.channel.get_medium_display()
        return f"{to} · {shown}"
