"""The whole town: fill an empty, migrated database; what a benchmark asks for later is told."""

from __future__ import annotations

import random
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

from bench.server.town import companies, deeds, leads, people, texts
from bench.server.town.companies import Company
from bench.server.town.store import in_bulk, store, text
from bench.timing import say

LEADS, ACTIVITIES = 1_000_000, 10_000_000
PAIRS = 4_000
ROOT = Path(__file__).parents[3]


@dataclass(frozen=True)
class Town:
    """Whom to ask for: users by role and sight, leads and accounts by how much they have."""

    leads: int
    activities: int
    seconds: float
    users: dict[str, str]
    usual_leads: list[int]
    moved_leads: list[int]
    busy_leads: list[int]
    own_leads: dict[str, list[int]]
    usual_accounts: list[int]
    large_accounts: list[int]

    def as_dict(self) -> dict[str, Any]:
        """For a file."""
        return asdict(self)


def build(scale: float) -> Town:
    """Fill the database of the environment."""
    from tasuki.calendars import hours_of_text
    from tasuki.server.agreements import commands as agreements
    from tasuki.server.agreements.models import AgreementVersion
    from tasuki.server.core import clock
    from tasuki.server.core.access import SYSTEM
    from tasuki.server.worktime.models import KeptCalendar

    begin, now = perf_counter(), clock.now()
    staff = people.engage()
    agreements.publish(SYSTEM, text=(ROOT / "examples" / "yamada" / "agreement.yaml").read_text("utf-8"))
    AgreementVersion.objects.update(rolled_out=True)
    hours = hours_of_text("mon-fri", "09:00-18:00", "JP", "Asia/Tokyo")
    calendar = KeptCalendar.objects.create(digest=hours.digest, spec=hours.spec(), made_at=now)
    count, acts = int(LEADS * scale), int(ACTIVITIES * scale)
    with in_bulk():
        say(f"  {count:,} leads")
        there = companies.found(count, scale, staff, text(now))
        since = leads.arrive(there, staff, AgreementVersion.objects.get().pk, calendar.pk, now)
        texts.read(count)
        _pairs(count, scale, text(now))
        say(f"  {acts:,} activities")
        busy = deeds.happen(since, acts, scale, now)
        say("  indexes")
    texts.count_finely()
    return _told(count, acts, perf_counter() - begin, staff, there, busy)


def _pairs(count: int, scale: float, now: str) -> None:
    """Questions whether two are the same."""
    from tasuki.server.people.models import Duplicate

    chance = random.Random(19)
    reasons = '[{"code": "same_name", "weight": 4.0}, {"code": "same_company", "weight": 3.5}]'
    pairs = {tuple(sorted(chance.sample(range(1, count + 1), 2))) for _ in range(int(PAIRS * scale) + 10)}
    columns = ("kind", "first", "second", "score", "reasons", "found_at")
    store(
        Duplicate,
        columns,
        (("lead", one, other, 0.7 + chance.random() * 0.3, reasons, now) for one, other in pairs),
    )


def _told(
    count: int, acts: int, seconds: float, staff: people.Staff, there: list[Company], busy: list[int]
) -> Town:
    from tasuki.server.people.models import Lead

    chance = random.Random(23)
    usual = chance.sample(range(1, count + 1), 300)
    moved = list(Lead.objects.filter(stage__in=("MQL", "SAL", "SQL")).values_list("pk", flat=True)[:300])
    large = [one.id for one in there if one.people >= companies.LARGE_HAVE]
    users = {name: name for name in staff.names}
    for number, rep in enumerate(staff.reps):
        users.setdefault(f"{rep.role}/{rep.sight}", rep.username)
        users[f"rep{number}"] = rep.username
    small = [one.id for one in there if 2 <= one.people < 100]
    own = {
        kind: list(Lead.objects.filter(owner__username=name).values_list("pk", flat=True)[:100])
        for kind, name in users.items()
        if "/" in kind
    }
    return Town(
        count,
        acts,
        seconds,
        users,
        usual,
        moved,
        busy,
        own,
        chance.sample(small, min(300, len(small))),
        large,
    )
