"""Companies."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from tasuki.server.core.indexes import where_set


class Account(models.Model):
    """One company. `matching_name` is the name without its form, folded; see `accounts.names`."""

    name = models.CharField(max_length=300)
    name_kana = models.CharField(max_length=300, blank=True)
    matching_name = models.CharField(max_length=300)
    form = models.CharField(max_length=40, blank=True)  # 株式会社 …; empty: none given, or a Western one
    form_place = models.CharField(max_length=6, blank=True)  # before or after the name
    search = models.TextField(blank=True)  # folded, for people who look for it
    number = models.CharField(max_length=13, null=True)  # the 13 digits of the tax agency
    domain = models.CharField(max_length=253, blank=True)
    industry = models.CharField(max_length=200, blank=True)
    employees = models.PositiveBigIntegerField(null=True)
    address = models.CharField(max_length=500, blank=True)
    fields = models.JSONField(default=dict)  # further fields, as text
    owner = models.ForeignKey("core.User", models.SET_NULL, null=True, related_name="+", db_index=False)
    merged_into = models.ForeignKey("self", models.CASCADE, null=True, related_name="merged", db_index=False)
    created_at = models.DateTimeField()
    created_by_import = models.ForeignKey(
        "imports.ImportJob", models.SET_NULL, null=True, related_name="+", db_index=False
    )

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["number"], name="one_account_per_number"),
            models.CheckConstraint(condition=~models.Q(number=""), name="account_number_absent_not_empty"),
        ]
        indexes: ClassVar = [  # here and not at the fields: on PostgreSQL those would get a second one each, for LIKE
            models.Index(fields=["matching_name", "id"], name="account_by_name"),
            models.Index(fields=["domain"], name="account_by_domain"),
            where_set("owner", "account_by_owner"),
            where_set("merged_into", "account_by_merged_into"),
            where_set("created_by_import", "account_by_import"),
        ]

    def __str__(self) -> str:
        return self.name


class AccountIdentity(models.Model):
    """The name of an account in another system."""

    account = models.ForeignKey(Account, models.CASCADE, related_name="identities")
    source = models.CharField(max_length=60)
    key = models.CharField(max_length=200)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["source", "key"], name="one_account_per_key")
        ]
