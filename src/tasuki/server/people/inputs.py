"""How others name a lead, and what they may say of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class LeadRef:
    """How a caller names a lead: by its id, or by whatever identifies it. `external` is (source, key)."""

    lead: int | None = None
    email: str | None = None
    phone: str | None = None
    visitor: str | None = None
    external: tuple[str, str] | None = None


@dataclass(frozen=True)
class LeadInput:
    """What a source says of one lead.

    `fields` is the profile: name, family_name, given_name, name_kana, email, phone, mobile, department, title, country and
    any other, as text; `account.name`, `account.number`, `account.key` (its name in the source's system) and so on for
    the account. Empty ones say nothing. `at` (aware) is when it was so; now when absent. `owner` is a sign-in name.
    `line` is where it stood in a file, for the caller.
    """

    ref: LeadRef = LeadRef()
    fields: Mapping[str, str] = field(default_factory=dict)
    at: datetime | None = None
    channel: str = ""
    campaign: str = ""
    owner: str | None = None
    buying_role: str = ""
    line: int | None = None


@dataclass(frozen=True)
class Before:
    """Columns of a lead or account as they were before a put; `fields` holds only those keys of it that changed."""

    kind: str  # lead or account
    subject: int
    columns: Mapping[str, Any]


@dataclass(frozen=True)
class Put:
    """What came of one input. `outcome`: created, updated, unchanged. `before` is filled for imports only."""

    lead_id: int
    outcome: str
    before: tuple[Before, ...] = ()
