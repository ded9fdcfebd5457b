"""The three kinds of entries as values in memory: what the live server and the tests put into a history."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

KINDS: Final = ("profiles", "activities", "decisions")
"""The order of the kinds at equal time; a kind's number is its place here."""

PROFILES: Final = 0
ACTIVITIES: Final = 1
DECISIONS: Final = 2


@dataclass(frozen=True, slots=True)
class Profile:
    """All fields of a lead in force from `at` (µs since 1970 UTC); a field left out or empty is absent."""

    lead: str
    at: int
    fields: Mapping[str, str] = field(default_factory=dict)
    seq: int | None = None


@dataclass(frozen=True, slots=True)
class Activity:
    """One thing a lead did at `at` (µs since 1970 UTC); `fields` holds `type` and the properties."""

    lead: str
    at: int
    fields: Mapping[str, str]
    seq: int | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """A person's choice at `at` (µs since 1970 UTC); without `to` it only records `answers`.

    `until` is an ISO 8601 date or time. `fact` makes it one that nobody takes and nobody refuses: a transition that was
    recorded (by its cause: path, decision, timeout), or the beginning (freeze) and end (thaw) of the time in which nothing
    else moves the lead by itself. `rank` is then its place in its instant, where a kind of entries has its own number.
    """

    lead: str
    at: int
    to: str | None
    role: str | None = None
    reason: str | None = None
    until: str | None = None
    answers: Mapping[str, str] | None = None
    seq: int | None = None
    fact: str | None = None
    rank: int = DECISIONS


def shard_of(lead: str, shards: int) -> int:
    """Number of the shard that holds a lead: the same on every machine and in every version."""
    return zlib.crc32(lead.encode()) % shards
