"""What is handed in to be put."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from tasuki.server.people.inputs import LeadRef


@dataclass(frozen=True, slots=True)
class DealInput:
    """One deal on its way in; None says nothing of the field, so that what is there stays.

    The lead by `lead_id` or `ref`. `state`: open, won, lost. `amount` in `currency` (ISO 4217). `opened_at` and
    `closed_at` are aware. `owner` is a sign-in name. `key` names the deal within its source. `emptied`: which of amount,
    expected_at and reason are to hold nothing from now on.
    """

    ref: LeadRef | None = None
    name: str | None = None
    amount: Decimal | None = None
    currency: str | None = None
    state: str | None = None
    opened_at: datetime | None = None
    closed_at: datetime | None = None
    expected_at: date | None = None
    reason: str | None = None
    owner: str | None = None
    key: str | None = None
    line: int | None = None
    lead_id: int | None = None
    emptied: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PutDeal:
    """What came of one deal. `outcome`: created, updated, unchanged. `before`: the columns that changed, as they were."""

    deal_id: int
    lead_id: int
    outcome: str
    before: Mapping[str, Any] = field(default_factory=dict)
