"""What became of leads: decisions (entries) and transitions (facts)."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _


class Decision(models.Model):
    """A person's choice: an entry. Without `to` it only records answers. `refused` says why it changed nothing."""

    lead = models.ForeignKey("people.Lead", models.CASCADE, related_name="decisions", db_index=False)
    at = models.DateTimeField()
    to = models.CharField(max_length=50, blank=True)
    role = models.CharField(max_length=50, blank=True)
    reason = models.CharField(max_length=100, blank=True)
    note = models.TextField(blank=True)
    until = models.DateTimeField(null=True)  # re-approach
    answers = models.JSONField(default=dict)  # question → yes, no, or a text that is one of them
    by = models.ForeignKey("core.User", models.SET_NULL, null=True, related_name="decisions")
    source = models.CharField(max_length=60)
    key = models.CharField(max_length=200)
    recorded_at = models.DateTimeField()
    refused = models.CharField(max_length=20, blank=True)  # unknown_stage, role, from, requires
    import_job = models.ForeignKey("imports.ImportJob", models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["source", "key"], name="a_decision_once")]
        indexes: ClassVar = [models.Index(fields=["lead", "at"])]


class Transition(models.Model):
    """An entry into a stage: a fact, never changed. `ordinal` counts the lead's transitions from 1."""

    lead = models.ForeignKey("people.Lead", models.CASCADE, related_name="transitions", db_index=False)
    ordinal = models.PositiveIntegerField()
    from_stage = models.CharField(max_length=50, blank=True)
    to_stage = models.CharField(max_length=50)
    at = models.DateTimeField()
    cause = models.CharField(max_length=10)  # path, decision, timeout
    path = models.CharField(max_length=60, blank=True)  # like MQL.0; the role for a decision
    decision = models.ForeignKey(Decision, models.SET_NULL, null=True, related_name="transitions")
    scores = models.JSONField(default=dict)  # just before the stage's resets
    contributions = models.JSONField(default=list)  # [{rule, score, hits, worth}] that add up to the scores
    agreement = models.ForeignKey("agreements.AgreementVersion", models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()  # later than `at` where a late entry caused it

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["lead", "ordinal"], name="a_transition_once")
        ]
        indexes: ClassVar = [
            models.Index(fields=["to_stage", "at", "from_stage"], name="transition_by_stage"),
            models.Index(fields=["recorded_at"]),
        ]


class Held(models.Model):
    """What somebody did and can still take back: recorded at `due_at`, as done `at` the click.

    Rows of one `group` were asked for at once, and are taken back at once. `seen` is the stage in which the lead stood.
    `what` holds the rest of the command: of a decision to, reason, note, until, answers, amount, role; of a call outcome,
    note, promised_at.
    """

    class Kind(models.TextChoices):
        DECISION = "decision", _("Decision")
        CALL = "call", _("Call")

    class State(models.TextChoices):
        WAITING = "waiting", _("can be taken back")
        RECORDED = "recorded", _("recorded")
        TAKEN_BACK = "taken_back", _("taken back")
        REFUSED = "refused", _("refused")

    group = models.CharField(max_length=32, db_index=True)
    lead = models.ForeignKey("people.Lead", models.CASCADE, related_name="held", db_index=False)
    by = models.ForeignKey("core.User", models.SET_NULL, null=True, related_name="+", db_index=False)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    what = models.JSONField(default=dict)
    seen = models.CharField(max_length=50, blank=True)
    at = models.DateTimeField()
    due_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["due_at"], condition=models.Q(state="waiting"), name="held_to_record"),
            models.Index(fields=["lead"], condition=models.Q(state="waiting"), name="held_by_lead"),
        ]
