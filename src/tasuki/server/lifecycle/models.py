"""What became of leads: decisions (entries) and transitions (facts)."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


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
            models.Index(fields=["to_stage", "at"]),
            models.Index(fields=["recorded_at"]),
        ]
