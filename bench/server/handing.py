"""One database: open handoffs with clocks, how soon what is due is acted on, and how many leads are routed a second."""

from __future__ import annotations

import json
import random
import statistics
import sys
import threading
from datetime import datetime, timedelta
from pathlib import Path
from time import perf_counter, sleep
from typing import Any

from bench.timing import say

OPEN, ROUTED = 100_000, 10_000
TEAMS, MEMBERS = 5, 8
SECONDS, RATE = 20, 100
BURST = 2_000
CHUNK = 10_000
AGREEMENT = """
agreement: Bench
timezone: Asia/Tokyo
calendar: {days: mon-fri, hours: 09:00-18:00, holidays: JP}
signals: {contact: {type: form_submit}}
traits: {kansai: {region: kansai}}
scores: {interest: {rules: [{signal: contact, points: 50, halves: 30d, because: asked}], grades: {A: 40, B: 0}}}
stages:
  - {id: MAL, enter: [{when: has(email), because: can be reached}]}
  - id: MQL
    enter: [{from: [MAL], when: interest >= 40, because: asked}]
    handoff:
      to: inside_sales
      within: 2 business hours
      remind: 30 business minutes
      reassign: 1 business hour
      route:
        - {to: former_owner, because: knows them}
        - {to: same_account, because: knows the company}
        - {when: trait(kansai) and interest.grade >= A, to: Team 0, by: turn, because: territory}
        - {to: inside_sales, by: load, because: the rest}
  - {id: SAL, enter: [{from: [MQL], by: [inside_sales], because: accepted}]}
"""


def main(out: Path, scale: float) -> None:
    """Measure on the database of the environment."""
    from tasuki.server.running.starting import start_django

    start_django()
    _set_up()
    numbers: dict[str, Any] = {"open": int(OPEN * scale), "burst_of": int(BURST * scale)}
    say(f"  storing {numbers['open']:,} open handoffs")
    _fill(numbers["open"])
    numbers["idle"], numbers["plan"] = _idle()
    say("  acting on clocks")
    numbers |= _acted()
    numbers["burst"] = _burst(numbers["burst_of"])
    say("  routing")
    numbers |= _routed(int(ROUTED * scale))
    out.write_text(json.dumps(numbers), encoding="utf-8")


def _set_up() -> None:
    from tasuki.server.agreements import commands as agreements
    from tasuki.server.core import commands
    from tasuki.server.core.access import SYSTEM
    from tasuki.server.running.kernel import warm
    from tasuki.server.running.migrating import migrate

    migrate()
    warm()
    agreements.publish(SYSTEM, text=AGREEMENT)
    for n in range(TEAMS):
        team = commands.create_team(SYSTEM, name=f"Team {n}", role="inside_sales")
        for k in range(MEMBERS):
            commands.create_user(SYSTEM, username=f"rep{n}-{k}", role="inside_sales", team=team.pk)
    commands.create_user(SYSTEM, username="boss", role="manager")


def _fill(count: int) -> None:
    """Open handoffs of leads of their own, due over the days to come, written past the commands."""
    from django.db import connection, transaction

    from tasuki.calendars import hours_of_text
    from tasuki.server.agreements.models import AgreementVersion
    from tasuki.server.core import bulk, clock
    from tasuki.server.core.models import User
    from tasuki.server.handoffs.models import Clock, Handoff
    from tasuki.server.lifecycle.models import Transition
    from tasuki.server.people.models import Lead
    from tasuki.server.worktime.models import KeptCalendar

    now, version = clock.now(), AgreementVersion.objects.get()
    hours = hours_of_text("mon-fri", "09:00-18:00", "JP", "Asia/Tokyo")
    calendar = KeptCalendar.objects.create(digest=hours.digest, spec=hours.spec(), made_at=now)
    reps = list(User.objects.filter(role="inside_sales").values_list("pk", "team_id"))
    chance = random.Random(1)
    for first in range(0, count, CHUNK):
        size = min(CHUNK, count - first)
        who = [reps[(first + n) % len(reps)] for n in range(size)]
        due = [now + timedelta(hours=1 + chance.random() * 200) for _ in range(size)]
        with transaction.atomic():
            leads = bulk.insert(
                Lead, ["name", "stage", "created_at", "owner", "team"],
                [(f"Open {first + n}", "MQL", now, *who[n]) for n in range(size)], returning=["pk"],
            )  # fmt: skip
            moves = bulk.insert(
                Transition, ["lead", "ordinal", "to_stage", "at", "cause", "agreement", "recorded_at"],
                [(lead, 1, "MQL", now, "path", version.pk, now) for (lead,) in leads], returning=["pk"],
            )  # fmt: skip
            rows = list(zip(leads, moves, who, due, strict=True))
            handoffs = bulk.insert(
                Handoff,
                ["lead", "transition", "team_role", "person", "team", "within", "opened_at", "due_at"],
                [(lead, move, "inside_sales", *rep, "2 business hours", now, at) for (lead,), (move,), rep, at in rows],
                returning=["pk"],
            )  # fmt: skip
            bulk.insert(
                Clock,
                ["handoff", "lead", "ordinal", "person", "team", "calendar", "started_at", "started_because", "due_at",
                 "next_at"],
                [
                    (handoff, lead, 1, *rep, calendar.pk, now, "given", at, at)
                    for (handoff,), ((lead,), _move, rep, at) in zip(handoffs, rows, strict=True)
                ],
            )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")


def _idle() -> tuple[float, str]:
    """Seconds of a look when nothing is due (median), and how the database looks for it."""
    from tasuki.server.core import clock
    from tasuki.server.handoffs import acting
    from tasuki.server.lifecycle import relay

    took = []
    for _ in range(200):
        begin = perf_counter()
        assert relay.act() == 0
        took.append(perf_counter() - begin)
    return statistics.median(took), acting.due(clock.now()).explain()


def _make_due(times: list[datetime]) -> list[int]:
    """Clocks that are due at these times, in vain: they were due later."""
    from tasuki.server.core import bulk
    from tasuki.server.handoffs.models import Clock

    waiting = Clock.objects.filter(stopped_at=None, breached_at=None).order_by("-next_at")
    ids = list(waiting.values_list("pk", flat=True)[: len(times)])
    bulk.in_one_transaction(
        lambda: bulk.update(
            Clock, ["due_at", "next_at"], [(pk, at, at) for pk, at in zip(ids, times, strict=False)]
        )
    )
    return ids


def _acted() -> dict[str, float]:
    """`RATE` clocks run out each second; seconds until each was acted on, by one worker."""
    from tasuki.server.core import clock
    from tasuki.server.handoffs.models import Clock

    begin = clock.now() + timedelta(seconds=2)
    ids = _make_due([begin + timedelta(seconds=n / RATE) for n in range(SECONDS * RATE)])
    _until_done(ids)
    rows = Clock.objects.filter(pk__in=ids).values_list("due_at", "breached_at")
    lags = sorted((done - due).total_seconds() for due, done in rows if due and done)
    return {"median": statistics.median(lags), "p99": lags[int(len(lags) * 0.99)], "worst": lags[-1]}


def _burst(count: int) -> float:
    """Seconds until all that are due at one instant have been acted on."""
    from tasuki.server.core import clock

    ids = _make_due([clock.now()] * count)
    begin = perf_counter()
    _until_done(ids)
    return perf_counter() - begin


def _until_done(ids: list[int]) -> None:
    from tasuki.server.handoffs.models import Clock
    from tasuki.server.lifecycle import relay

    stop = threading.Event()
    worker = threading.Thread(target=relay.run, args=(stop,))
    worker.start()
    while Clock.objects.filter(pk__in=ids, breached_at=None).exists():
        sleep(0.05)
    stop.set()
    worker.join()


def _routed(count: int) -> dict[str, float]:
    """Leads a second that become MQL in batches: in routing alone, and with their whole fold."""
    from tasuki.server.handoffs import commands as handoffs
    from tasuki.server.lifecycle import storing
    from tasuki.server.lifecycle.commands import fold_due

    _about_to_be_mql(count)
    spent, follow = [0.0], handoffs.follow

    def timed(*given: Any) -> Any:
        begin = perf_counter()
        try:
            return follow(*given)
        finally:
            spent[0] += perf_counter() - begin

    storing.handoffs.follow = timed  # type: ignore[attr-defined]
    begin, folded = perf_counter(), 0
    while done := fold_due(limit=200).leads:
        folded += done
    took = perf_counter() - begin
    storing.handoffs.follow = follow  # type: ignore[attr-defined]
    return {"routed": folded / spent[0], "folded": folded / took}


def _about_to_be_mql(count: int) -> None:
    from tasuki.server.accounts.models import Account
    from tasuki.server.activities.models import Activity
    from tasuki.server.core import bulk, clock
    from tasuki.server.people.due import touch
    from tasuki.server.people.models import Lead, Profile

    now = clock.now()

    def store() -> None:
        accounts = bulk.insert(
            Account, ["name", "created_at"], [(f"Company {n}", now) for n in range(count // 2 + 1)],
            returning=["pk"],
        )  # fmt: skip
        leads = bulk.insert(
            Lead, ["name", "email", "account", "created_at"],
            [(f"Lead {n}", f"l{n}@x.example", accounts[n // 2][0], now) for n in range(count)], returning=["pk"],
        )  # fmt: skip
        fields = [
            {"email": f"l{n}@x.example", "region": "kansai" if n % 3 else "kanto"} for n in range(count)
        ]
        bulk.insert(
            Profile, ["lead", "at", "fields", "recorded_at"],
            [(lead, now, fields[n], now) for n, (lead,) in enumerate(leads)],
        )  # fmt: skip
        bulk.insert(
            Activity, ["lead", "at", "type", "properties", "source", "key", "recorded_at"],
            [(lead, now, "form_submit", {}, "bench", f"r{lead}", now) for (lead,) in leads],
        )  # fmt: skip
        touch([lead for (lead,) in leads], now)

    bulk.in_one_transaction(store)


if __name__ == "__main__":
    main(Path(sys.argv[1]), float(sys.argv[2]))
