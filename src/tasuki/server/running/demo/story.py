"""The simulated company's tables as inputs of the server, moved in time so that their past ends now."""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count, groupby, pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow.parquet as pq

from tasuki.server.activities.inputs import ActivityInput
from tasuki.server.deals.inputs import DealInput
from tasuki.server.lifecycle.inputs import DecisionInput
from tasuki.server.people.inputs import LeadInput, LeadRef
from tasuki.server.running.demo.cast import PLAYED

SOURCE = "demo"
MONTHS, PAST_MONTHS = 24, 18
SEED = 7
MORE_LEADS, MORE_MONTHS = 2_000, 12
"""Of each further company, made up where the future of the one before has come to pass."""
WEEK, DAY = timedelta(days=7), timedelta(days=1)
LAST, STEP = timedelta(days=4), timedelta(minutes=30)
"""So much of the past is played step by step, so that handoffs, clocks and news come of it."""
TOKYO = ZoneInfo("Asia/Tokyo")
PAST_ENDS = datetime(2025, 9, 30, 15, tzinfo=UTC)  # 18 months after the simulation begins
PROFILE = {
    "name": "name",
    "kana": "name_kana",
    "email": "email",
    "phone": "phone",
    "title": "title",
    "department": "department",
}
ACTIVITY = ("channel", "path", "content.kind", "content.topic", "outcome", "campaign")
Row = dict[str, Any]
Event = LeadInput | ActivityInput
Owners = Mapping[str, str | None]


@dataclass(frozen=True)
class Happened:
    """What happened up to `ends`, and is taken in as if it were that time."""

    ends: datetime
    rounds: list[list[LeadInput]]  # the first profiles of all leads, then the second ones …
    activities: list[ActivityInput]
    decisions: list[DecisionInput]


@dataclass(frozen=True)
class Story:
    """The long past by days, the last days in steps, the deals, and what is still to come, each in the order of time."""

    before: list[Happened]
    steps: list[Happened]
    deals: list[DealInput]
    to_come: list[Event]

    @property
    def parts(self) -> list[Happened]:
        """All that has happened, part after part."""
        return [*self.before, *self.steps]


def simulated(folder: Path, leads: int) -> None:
    """Make up the company: so many leads in its past, and in the months to come more at the same rate."""
    from tasuki.simulate import simulate

    simulate(folder, round(leads * MONTHS / PAST_MONTHS), MONTHS, SEED, "parquet")


def without_end(folder: Path, to_come: list[Event]) -> Iterator[Event]:
    """What is still to come; when all of it has come, what leads of further companies do, which are made up in `folder`."""
    yield from to_come
    for number in count(1):
        yield from _further(folder / f"further-{number}", number)


def _further(folder: Path, number: int) -> list[Event]:
    from tasuki.simulate import simulate

    simulate(folder, MORE_LEADS, MORE_MONTHS, SEED + number, "parquet")
    profiles, activities = (_rows(folder, table, timedelta()) for table in ("profiles", "activities"))
    for row in (*profiles, *activities):
        row["lead"] = f"{number}-{row['lead']}"
    return _to_come(profiles, activities)


def story_of(folder: Path, now: datetime) -> Story:
    """Read the tables; all times are moved by whole weeks, so that working hours stay working hours."""
    moved = (now - PAST_ENDS) // WEEK * WEEK
    truth = {row["lead"]: row for row in _rows(folder, "truth", moved)}
    profiles, new = _split(_rows(folder, "profiles", moved), now)
    activities, coming = _split(_rows(folder, "activities", moved), now)
    decisions, _ = _split(_rows(folder, "decisions", moved), now)
    for name, rows in (("a", activities), ("d", decisions)):
        for number, row in enumerate(rows):
            row["key"] = f"{name}{number}"
    deals = [row for row in _rows(folder, "deals", moved) if row["opened_at"] <= now]
    steps = _steps(now)
    days = _days(profiles[0]["at"], steps[0])
    owners = {lead: owner_of(row, steps[0]) for lead, row in truth.items()}
    cut = (_cut(rows, [*days, *steps[1:]]) for rows in (profiles, activities, decisions))
    slices = list(zip(*cut, strict=True))
    past, played = slices[: len(days)], slices[len(days) :]
    return Story(
        [_happened(end, rows, owners) for end, rows in zip(days, past, strict=True)],
        [_happened(end, rows, {}) for end, rows in zip(steps[1:], played, strict=True)],
        [_deal(row, truth[row["lead"]], now) for row in deals],
        _to_come(new, coming),
    )


def _days(first: datetime, last: datetime) -> list[datetime]:
    """The end of each day, and `last`."""
    return [*(first + DAY * n for n in range(1, -((first - last) // DAY))), last]


def _steps(now: datetime) -> list[datetime]:
    """When the long past ends, then every half hour in which somebody works, and now."""
    times = [now - STEP * n for n in range(LAST // STEP, 0, -1)]
    return [times[0], *(time for time in times[1:] if 8 <= time.astimezone(TOKYO).hour < 20), now]


def _cut(rows: list[Row], ends: Sequence[datetime]) -> list[list[Row]]:
    """The rows up to each end, from the one before; `rows` are in the order of time."""
    cuts = [bisect_right(rows, end, key=lambda row: row["at"]) for end in ends]
    return [rows[first:last] for first, last in pairwise([0, *cuts])]


def _happened(ends: datetime, rows: Sequence[list[Row]], owners: Owners) -> Happened:
    profiles, activities, decisions = rows
    return Happened(
        ends,
        _rounds(profiles, owners),
        [_activity(row, row["key"]) for row in activities],
        [_decision(row, row["key"]) for row in decisions],
    )


def _rows(folder: Path, table: str, moved: timedelta) -> list[Row]:
    rows: list[Row] = pq.read_table(folder / f"{table}.parquet").to_pylist()
    for row in rows:
        for name, value in row.items():
            if isinstance(value, datetime):
                row[name] = value + moved
        if row.get("until"):
            row["until"] = datetime.fromisoformat(f"{row['until']}T00:00:00+09:00") + moved
    return rows


def _split(rows: list[Row], now: datetime) -> tuple[list[Row], list[Row]]:
    """Before now and after, both in the order of time."""
    rows.sort(key=lambda row: row["at"])
    return [row for row in rows if row["at"] <= now], [row for row in rows if row["at"] > now]


def reference(lead: str) -> LeadRef:
    """How the made-up systems name a lead."""
    return LeadRef(external=(SOURCE, lead))


def _rounds(profiles: list[Row], owners: Owners) -> list[list[LeadInput]]:
    rounds: list[list[LeadInput]] = []
    profiles.sort(key=lambda row: row["lead"])  # stable: in time within a lead
    for lead, versions in groupby(profiles, key=lambda row: row["lead"]):
        for number, row in enumerate(versions):
            if number == len(rounds):
                rounds.append([])
            rounds[number].append(_lead(row, row["at"], owners.get(lead)))
    return [sorted(each, key=lambda put: put.at or PAST_ENDS) for each in rounds]


def owner_of(truth: Row, now: datetime) -> str | None:
    """Who cares for the lead by now: field sales once it is qualified, inside sales once it is accepted."""
    for reached, who in (("qualified_at", "field_rep"), ("accepted_at", "inside_rep")):
        if truth[reached] and truth[reached] <= now:
            return _rep(truth[who])
    return None


def _rep(name: str) -> str:
    return PLAYED.get(name, name)


def _lead(row: Row, at: datetime | None, owner: str | None = None) -> LeadInput:
    fields = {PROFILE.get(name, name): value for name, value in row.items() if name in PROFILE or "." in name}
    return LeadInput(
        ref=reference(row["lead"]),
        fields={name: str(value) for name, value in fields.items() if value is not None},
        at=at,
        channel=row["source"] or "",
        campaign=row["campaign"] or "",
        owner=owner,
    )


def _activity(row: Row, key: str | None, *, at_once: bool = False) -> ActivityInput:
    return ActivityInput(
        ref=reference(row["lead"]),
        type=row["type"],
        at=None if at_once else row["at"],
        properties={name: row[name] for name in ACTIVITY if row[name]},
        key=key,
    )


def _decision(row: Row, key: str) -> DecisionInput:
    return DecisionInput(
        ref=reference(row["lead"]),
        at=row["at"],
        to=row["to"] or "",
        role=row["role"],
        reason=row["reason"] or "",
        until=row["until"] or None,
        answers=json.loads(row["answers"]) if row["answers"] else {},
        key=key,
    )


def _deal(row: Row, truth: Row, now: datetime) -> DealInput:
    closed = row["closed_at"] if row["closed_at"] and row["closed_at"] <= now else None
    return DealInput(
        ref=reference(row["lead"]),
        name=row["product"],
        amount=Decimal(row["amount"]),
        currency="JPY",
        state=row["outcome"] if closed else "open",
        opened_at=row["opened_at"],
        closed_at=closed,
        owner=_rep(truth["field_rep"]),
        key=f"{row['lead']}-{row['opened_at']:%Y%m%d}",
    )


def _to_come(new: list[Row], coming: list[Row]) -> list[Event]:
    """New leads and what leads do; each happens when it is handed in, so none has a time."""
    events: list[tuple[datetime, int, Event]] = [(row["at"], 0, _lead(row, None)) for row in new]
    events += [(row["at"], 1, _activity(row, None, at_once=True)) for row in coming]
    events.sort(key=lambda event: event[:2])
    return [event for _, _, event in events]


def chunks(items: list[Any], size: int) -> Iterator[list[Any]]:
    """In the order given, `size` at a time."""
    for first in range(0, len(items), size):
        yield items[first : first + size]
