"""People who sign in, their teams and tokens, and the audit."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """What someone is here; the first three are the roles that agreements know."""

    MARKETING = "marketing", _("Marketing")
    INSIDE_SALES = "inside_sales", _("Inside sales")
    SALES = "sales", _("Sales")
    MANAGER = "manager", _("Manager")
    ADMINISTRATOR = "administrator", _("Administrator")


class Sight(models.TextChoices):
    """Which leads someone sees."""

    OWN = "own", _("Own leads")
    TEAM = "team", _("Leads of the team")
    ALL = "all", _("All leads")


class Team(models.Model):
    """A team; `role` is the agreement's name for it, to which leads are handed over."""

    name = models.CharField(max_length=100, unique=True)
    role = models.CharField(max_length=50, choices=Role.choices)

    def __str__(self) -> str:
        return self.name


class User(AbstractUser):
    """Someone who signs in."""

    role = models.CharField(max_length=20, choices=Role.choices, default=Role.MARKETING)
    sight = models.CharField(max_length=10, choices=Sight.choices, default=Sight.ALL)
    team = models.ForeignKey(Team, models.SET_NULL, null=True, blank=True, related_name="members")
    language = models.CharField(max_length=5, blank=True)
    time_zone = models.CharField(max_length=50, blank=True)
    reading = models.CharField(max_length=300, blank=True)  # of the name, in kana: what lists are sorted by

    @property
    def shown_name(self) -> str:
        """Family name first, as people read it here; the sign-in name where there is none."""
        return f"{self.last_name} {self.first_name}".strip() or self.username


class Token(models.Model):
    """A key to the API: only its digest is kept."""

    user = models.ForeignKey(User, models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=100)
    digest = models.CharField(max_length=64, unique=True)
    hint = models.CharField(max_length=12)
    scopes = models.JSONField(default=list)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.name} ({self.hint}…)"


class AuditEntry(models.Model):
    """Who did what, when, from where: every write, and every export of personal data. Never changed."""

    at = models.DateTimeField(db_index=True)
    user = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    token = models.ForeignKey(Token, models.SET_NULL, null=True, related_name="+")
    action = models.CharField(max_length=60)
    subject = models.CharField(max_length=60, blank=True)  # like lead:17
    detail = models.JSONField(default=dict)  # no personal data, no secrets
    address = models.GenericIPAddressField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["subject", "-at"]),
            models.Index(fields=["action", "-id"], name="audit_by_action"),
        ]


class Heartbeat(models.Model):
    """A process that works for this installation, and when it last said so."""

    name = models.CharField(max_length=64, unique=True)  # also the id under which it claims jobs
    kind = models.CharField(max_length=20)  # worker
    started_at = models.DateTimeField()
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


class Company(models.Model):
    """What the whole installation shares, in one row. `setup`: how far its owner has come, step → done or skipped."""

    name = models.CharField(max_length=200, blank=True)
    time_zone = models.CharField(max_length=50, blank=True)
    days = models.CharField(max_length=40, default="mon,tue,wed,thu,fri")
    hours = models.CharField(max_length=100, default="09:00-18:00")  # of each of these days
    holidays = models.CharField(max_length=25, blank=True, default="JP")  # whose; empty: none
    currency = models.CharField(max_length=3, default="JPY")
    setup = models.JSONField(default=dict)

    def __str__(self) -> str:
        return self.name
