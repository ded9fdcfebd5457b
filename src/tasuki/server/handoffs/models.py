"""The sash: a lead given to a team and a person, with a clock, until it is answered."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
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
    person = models.ForeignKey("core.User", models.SET_NULL, null=True, related_name="handoffs")
    within = models.CharField(max_length=50, blank=True)  # the service level in the agreement's words
    opened_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)  # of the clock that runs, or ran last
    first_touch_at = models.DateTimeField(null=True)  # the first call, mail or answer of whoever has it
    held_since = models.DateTimeField(null=True)  # waits for a person: nobody is there, or nobody has room
    routed = models.JSONField(default=list)  # how it came to whom it came: see handoffs.routing
    closed_at = models.DateTimeField(null=True)
    closed_by = models.OneToOneField(
        "lifecycle.Transition", models.SET_NULL, null=True, related_name="closed_handoff"
    )
    outcome = models.CharField(max_length=10, choices=Outcome.choices, default=Outcome.OPEN)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["lead"], condition=Q(outcome="open"), name="one_open_handoff_per_lead"
            )
        ]
        indexes: ClassVar = [
            models.Index(fields=["team_role", "opened_at"], condition=Q(outcome="open"), name="open_by_role"),
            models.Index(fields=["team", "due_at"], condition=Q(outcome="open"), name="open_by_team"),
            # with the outcome, so that SQLite counts what each has in the index alone
            models.Index(
                fields=["person", "due_at", "outcome"], condition=Q(outcome="open"), name="open_of_person"
            ),
            models.Index(fields=["due_at"], condition=Q(outcome="open"), name="open_by_due"),
            models.Index(
                fields=["-closed_at", "-id"], condition=Q(closed_at__isnull=False), name="handoffs_over"
            ),
            models.Index(
                fields=["outcome", "-closed_at", "-id"],
                condition=Q(closed_at__isnull=False),
                name="handoffs_over_by_outcome",
            ),
            models.Index(fields=["held_since"], condition=Q(held_since__isnull=False), name="held"),
        ]


class Clock(models.Model):
    """One row of the service-level ledger: how long one owner had a handoff. Once stopped it is never changed.

    `started_because`: given, transferred, taken, reassigned, released, reopened. `stopped_because`: the handoff's outcome,
    what the next one started with, merged, erased. Times in UTC; `wall` and `business` in microseconds.
    """

    handoff = models.ForeignKey(Handoff, models.CASCADE, related_name="clocks")
    lead = models.ForeignKey("people.Lead", models.CASCADE, related_name="clocks")
    ordinal = models.PositiveIntegerField()  # 1 for the first owner; so many times it was given
    team = models.ForeignKey("core.Team", models.SET_NULL, null=True, related_name="clocks")
    person = models.ForeignKey("core.User", models.SET_NULL, null=True, related_name="clocks")
    within = models.CharField(max_length=50, blank=True)
    calendar = models.ForeignKey("worktime.KeptCalendar", models.PROTECT, null=True, related_name="+")
    started_at = models.DateTimeField()
    started_because = models.CharField(max_length=20)
    started_by = models.ForeignKey("core.User", models.SET_NULL, null=True, related_name="+")
    remind_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    reassign_at = models.DateTimeField(null=True)
    next_at = models.DateTimeField(null=True)  # when the worker has something to do about it
    reminded_at = models.DateTimeField(null=True)
    breached_at = models.DateTimeField(null=True)  # when the breach was told
    stopped_at = models.DateTimeField(null=True)
    stopped_because = models.CharField(max_length=20, blank=True)
    stopped_by = models.ForeignKey("core.User", models.SET_NULL, null=True, related_name="+")
    wall = models.BigIntegerField(null=True)
    business = models.BigIntegerField(null=True)
    met = models.BooleanField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["handoff"], condition=Q(stopped_at__isnull=True), name="one_running_clock_per_handoff"
            ),
            models.UniqueConstraint(fields=["handoff", "ordinal"], name="clocks_in_order"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["next_at"], condition=Q(next_at__isnull=False), name="clocks_to_look_at"),
            models.Index(fields=["person", "started_at"]),
            models.Index(fields=["started_at"]),
        ]


class Promise(models.Model):
    """A call that was promised to a lead; on the work list from its time until it is done."""

    lead = models.ForeignKey("people.Lead", models.CASCADE, related_name="promises")
    person = models.ForeignKey("core.User", models.SET_NULL, null=True, related_name="promises")
    at = models.DateTimeField()
    note = models.CharField(max_length=500, blank=True)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey("core.User", models.SET_NULL, null=True, related_name="+")
    told_at = models.DateTimeField(null=True)  # when somebody was told that its time has come
    done_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["person", "at"], condition=Q(done_at__isnull=True), name="promises_to_keep"),
            models.Index(
                fields=["at"],
                condition=Q(done_at__isnull=True, told_at__isnull=True),
                name="promises_to_tell",
            ),
        ]


class Capacity(models.Model):
    """How much someone can take, and how many of each turn are theirs."""

    user = models.OneToOneField("core.User", models.CASCADE, related_name="capacity")
    minutes_a_day = models.PositiveIntegerField(null=True)  # for leads handed over; None: no bound is known
    weight = models.FloatField(default=1.0)  # of the turns; 0 takes none by turn
    turns = models.FloatField(default=0.0)  # turns had, each counted as 1 / weight


class TeamCapacity(models.Model):
    """What a lead costs a team."""

    team = models.OneToOneField("core.Team", models.CASCADE, related_name="capacity")
    minutes_a_lead = models.PositiveIntegerField(default=20)
    told_on = models.DateField(null=True)  # the day on which it was told last that the team is over its load
