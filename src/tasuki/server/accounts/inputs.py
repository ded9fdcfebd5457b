"""What others may say of an account."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class AccountInput:
    """What a source says of one account.

    `fields`: name, name_kana, number (13 digits), domain, industry, employees, address and any other, as text; empty ones
    say nothing. `external` is (source, key), its name in another system; `account` its id, where the caller knows it;
    `owner` a sign-in name. `at` (aware) is when it was so; now when absent.
    """

    fields: Mapping[str, str] = field(default_factory=dict)
    at: datetime | None = None
    external: tuple[str, str] | None = None
    account: int | None = None
    owner: str | None = None
    line: int | None = None


@dataclass(frozen=True)
class PutAccount:
    """What came of one input. `outcome`: created, updated, unchanged. `before`: the columns that changed, as they were."""

    account_id: int
    outcome: str
    before: Mapping[str, Any] = field(default_factory=dict)
