"""What is handed in to be recorded."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from tasuki.server.people.inputs import LeadInput, LeadRef


@dataclass(frozen=True, slots=True)
class ActivityInput:
    """One activity on its way in.

    `at` is aware; None is now. `properties` is flat text (`content.kind`). `key` names the activity within its source;
    without one, the same lead, time, type and properties are the same activity. `lead` is the profile that came with it.
    """

    ref: LeadRef
    type: str
    at: datetime | None = None
    properties: dict[str, str] = field(default_factory=dict)
    key: str | None = None
    line: int | None = None
    lead: LeadInput | None = None


@dataclass(frozen=True, slots=True)
class Recorded:
    """An activity that is stored: now, or already (`duplicate`)."""

    lead_id: int
    duplicate: bool
