"""Leads: who they are, by what they are recognised, what was known of them when, and which of them are the same."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from tasuki.server.core.indexes import where_set


class BuyingRole(models.TextChoices):
    """The part someone plays in the buying group."""

    CHAMPION = "champion", _("Champion")
    DECIDER = "decider", _("Decides")
    INFLUENCER = "influencer", _("Influences")
    USER = "user", _("Uses it")
    GATEKEEPER = "gatekeeper", _("Keeps the gate")


class Lead(models.Model):
    """One person at one company.

    `fields` is the profile in force (what the agreement's traits read, without the `account.` fields); the columns beside it
    are copies of some of it, for lists and search. Stage and scores are what the engine recorded last.
    """

    name = models.CharField(max_length=200, blank=True)
    name_kana = models.CharField(max_length=200, blank=True)
    email = models.CharField(max_length=254, blank=True)
    phone = models.CharField(max_length=40, blank=True)
    department = models.CharField(max_length=200, blank=True)
    title = models.CharField(max_length=200, blank=True)
    buying_role = models.CharField(max_length=20, choices=BuyingRole.choices, blank=True)
    fields = models.JSONField(default=dict)
    account = models.ForeignKey("accounts.Account", models.SET_NULL, null=True, related_name="leads")
    owner = models.ForeignKey("core.User", models.SET_NULL, null=True, related_name="leads", db_index=False)
    team = models.ForeignKey("core.Team", models.SET_NULL, null=True, related_name="leads", db_index=False)

    search = models.TextField(blank=True)  # folded name, kana, mail, phone: for people who look for someone
    anonymous = models.BooleanField(default=False)  # known by visitor id alone: not listed, not scored
    channel = models.CharField(max_length=100, blank=True)  # of acquisition
    campaign = models.CharField(max_length=200, blank=True)
    first_touch_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    erased_at = models.DateTimeField(null=True)  # the person's data are gone, the counts stay
    merged_into = models.ForeignKey("self", models.CASCADE, null=True, related_name="merged", db_index=False)
    created_by_import = models.ForeignKey(
        "imports.ImportJob", models.SET_NULL, null=True, related_name="+", db_index=False
    )

    stage = models.CharField(max_length=50, blank=True)  # empty: none yet
    stage_entered_at = models.DateTimeField(null=True)
    scores = models.JSONField(default=dict)  # id → value, at `folded_at`
    grades = models.JSONField(default=dict)
    score = models.FloatField(default=0.0)  # the one that lists are sorted by
    passes = models.JSONField(default=dict)  # stage → {first, latest, times}; times of entries as ISO 8601
    reapproach_at = models.DateTimeField(null=True)
    folded_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            # partial ones where most rows have nothing: they cost nothing when a lead comes in
            where_set("merged_into", "lead_by_merged_into"),
            where_set("created_by_import", "lead_by_import"),
            where_set("team", "lead_by_team"),
            models.Index(fields=["-score", "-id"], name="lead_by_score"),
            models.Index(fields=["stage", "-score", "-id"], name="lead_by_stage_score"),
            models.Index(
                fields=["first_touch_at"],
                name="lead_by_first_touch",
                condition=models.Q(first_touch_at__isnull=False, anonymous=False, merged_into=None),
            ),
            models.Index(fields=["name", "id"], name="lead_by_name"),
            models.Index(
                fields=["campaign", "-score", "-id"],
                name="lead_by_campaign",
                condition=models.Q(campaign__gt=""),
            ),
            models.Index(
                fields=["-stage_entered_at", "-id"],
                name="lead_by_stage_entered",
                condition=models.Q(stage_entered_at__isnull=False),
            ),
            models.Index(
                fields=["reapproach_at"],
                name="lead_by_reapproach",
                condition=models.Q(reapproach_at__isnull=False),
            ),
            models.Index(
                fields=["owner", "stage", "-score", "-id"],
                name="lead_by_owner_stage_score",
                condition=models.Q(owner__isnull=False),
            ),
            models.Index(
                fields=["team", "stage", "-score", "-id"],
                name="lead_of_team_alone",
                condition=models.Q(owner__isnull=True, team__isnull=False),
            ),
            models.Index(
                fields=["owner", "reapproach_at", "id"],
                name="lead_by_owner_reapproach",
                condition=models.Q(reapproach_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.email or f"#{self.pk}"


class Identity(models.Model):
    """Something that belongs to one person only: mail, own phone, id in another system (`external:<source>`), visitor id.

    Who writes one holds its lead, or makes it in the same transaction: decision 0021.
    """

    lead = models.ForeignKey(Lead, models.CASCADE, related_name="identities", db_constraint=False)
    kind = models.CharField(max_length=80)  # mail, phone, visitor, external:<source>
    value = models.CharField(max_length=254)
    created_at = models.DateTimeField()
    import_job = models.ForeignKey(
        "imports.ImportJob", models.SET_NULL, null=True, related_name="+", db_index=False
    )

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["kind", "value"], name="one_lead_per_identity")
        ]
        indexes: ClassVar = [where_set("import_job", "identity_by_import")]


class Profile(models.Model):
    """All fields of a lead and its account (`account.<name>`) in force from `at` on: an entry. Values are text.

    Who writes one holds its lead, or makes it in the same transaction: decision 0021.
    """

    lead = models.ForeignKey(
        Lead, models.CASCADE, related_name="profiles", db_index=False, db_constraint=False
    )
    at = models.DateTimeField()
    fields = models.JSONField(default=dict)
    source = models.CharField(max_length=60, blank=True)
    recorded_at = models.DateTimeField()
    import_job = models.ForeignKey(
        "imports.ImportJob", models.SET_NULL, null=True, related_name="+", db_index=False
    )

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["lead", "at"]),
            where_set("import_job", "profile_by_import"),
        ]


class LeadKey(models.Model):
    """One way in which a lead may resemble another: leads that share a key are compared. See `people.matching`.

    Derived from the lead, which the database does not check: half of the time of taking leads in went into that. A key
    whose lead is gone compares with nothing.
    """

    pk = models.CompositePrimaryKey("key", "lead_id")
    lead = models.ForeignKey(Lead, models.CASCADE, related_name="+", db_constraint=False)
    key = models.BigIntegerField()  # a digest


class AccountKey(models.Model):
    """One way in which an account may resemble another. Derived, like a lead's."""

    pk = models.CompositePrimaryKey("key", "account_id")
    account = models.ForeignKey("accounts.Account", models.CASCADE, related_name="+", db_constraint=False)
    key = models.BigIntegerField()


class LeadText(models.Model):
    """By what a lead is found when people search: every two letters that stand side by side in what is known of it.

    Derived from lead and account by the worker, a moment after these change; see `people.searching`. `due` is above nothing
    while that is still to be done: the microsecond at which it was asked for.
    """

    lead = models.OneToOneField(
        Lead, models.CASCADE, primary_key=True, related_name="text", db_constraint=False
    )
    grams = models.TextField(blank=True)
    due = models.BigIntegerField(default=0)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["due"], name="texts_due", condition=models.Q(due__gt=0)),
        ]


class Duplicate(models.Model):
    """Two leads, or two accounts, that may be the same: a question for a person."""

    class State(models.TextChoices):
        OPEN = "open", pgettext_lazy("duplicate", "Open")
        MERGED = "merged", _("Merged")
        DIFFERENT = "different", _("Different")

    kind = models.CharField(max_length=10)  # lead or account
    first = models.BigIntegerField()  # the smaller id
    second = models.BigIntegerField()
    score = models.FloatField()  # 0 to 1
    reasons = models.JSONField(default=list)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    found_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey("core.User", models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["kind", "first", "second"], name="one_question_per_pair")
        ]
        indexes: ClassVar = [models.Index(fields=["state", "-score"])]


class Merge(models.Model):
    """What a merge moved, so that it can be undone: `moved` maps a table to the ids that belonged to `loser`."""

    kind = models.CharField(max_length=10)  # lead or account
    winner = models.BigIntegerField(db_index=True)
    loser = models.BigIntegerField(db_index=True)
    at = models.DateTimeField()
    by = models.ForeignKey("core.User", models.SET_NULL, null=True, related_name="+")
    cause = models.CharField(max_length=40)  # person, identity
    moved = models.JSONField(default=dict)
    before = models.JSONField(default=dict)  # the winner's columns that the merge filled
    undone_at = models.DateTimeField(null=True)


class Due(models.Model):
    """When a lead is to be folded next: now, for it has new entries, or at its `next_check_at`. One row a lead.

    Derived, like the keys: of a lead that is gone, the worker finds nothing to fold.
    """

    lead = models.OneToOneField(
        Lead, models.CASCADE, primary_key=True, related_name="due", db_constraint=False
    )
    at = models.DateTimeField(db_index=True)
