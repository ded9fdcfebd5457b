"""Transitions with their decisions, handoffs with their clocks, deals, news, promised calls: as a live system has them."""

from __future__ import annotations

import json
import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from django.db import models

from bench.server.town.companies import Company
from bench.server.town.courses import Step, Way
from bench.server.town.people import Rep, Staff
from bench.server.town.store import store, text
from tasuki.server.deals.models import Deal
from tasuki.server.handoffs.models import Clock, Handoff, Promise
from tasuki.server.lifecycle.models import Decision, Transition
from tasuki.server.notify.models import Notification

HANDED = {"MQL": timedelta(hours=3), "SQL": timedelta(hours=11)}
"""Stages at which a lead is handed over, and the time to answer."""
OUTCOMES = {"SAL": "accepted", "OPPORTUNITY": "accepted", "LOST": "other", "RECYCLED": "returned"}
NEWS = {
    "SAL": "accepted",
    "RECYCLED": "returned",
    "SQL": "sql",
    "OPPORTUNITY": "deal",
    "WON": "won",
    "LOST": "lost",
}
QUESTIONS = ("budget", "authority", "need", "timing")
UNREAD = timedelta(days=2)
COLUMNS: dict[type[models.Model], tuple[str, ...]] = {
    Decision: (
        "pk", "lead", "at", "to", "role", "reason", "until", "answers", "by", "source", "key", "recorded_at",
    ),
    Transition: (
        "pk", "lead", "ordinal", "from_stage", "to_stage", "at", "cause", "path", "decision", "scores", "contributions",
        "agreement", "recorded_at",
    ),
    Handoff: (
        "pk", "lead", "transition", "team_role", "team", "person", "within", "opened_at", "due_at", "first_touch_at",
        "routed", "closed_at", "closed_by", "outcome",
    ),
    Clock: (
        "handoff", "lead", "ordinal", "team", "person", "within", "calendar", "started_at", "started_because", "due_at",
        "next_at", "breached_at", "stopped_at", "stopped_because", "stopped_by", "wall", "business", "met",
    ),
    Deal: (
        "lead", "account", "name", "amount", "state", "reason", "opened_at", "expected_at", "closed_at", "owner", "source",
        "key", "recorded_at",
    ),
    Notification: ("user", "lead", "transition", "kind", "cause", "at", "read_at"),
    Promise: ("lead", "person", "at", "note", "made_at", "made_by", "told_at", "done_at"),
}  # fmt: skip


@dataclass(slots=True)
class _Numbers:
    """The ids given last."""

    decision: int = 0
    transition: int = 0
    handoff: int = 0


@dataclass(slots=True)
class Moves:
    """Takes ways of leads, a chunk at a time."""

    staff: Staff
    version: int
    calendar: int
    now: datetime
    chance: random.Random = field(default_factory=lambda: random.Random(13))
    _last: _Numbers = field(default_factory=_Numbers)
    _rows: defaultdict[type[models.Model], list[Sequence[Any]]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def store(self, ways: Sequence[tuple[int, Company, Way]]) -> None:
        """Store what came of them."""
        for lead, company, way in ways:
            self._lead(lead, company, way)
        for model, rows in self._rows.items():
            store(model, COLUMNS[model], rows)
        self._rows.clear()

    def _lead(self, lead: int, company: Company, way: Way) -> None:
        numbers = [self._transition(lead, place, way) for place in range(len(way.steps))]
        ends: list[tuple[Step, int] | None] = [*zip(way.steps, numbers, strict=True), None]
        for (step, number), after in pairwise(ends):  # type: ignore[misc]
            if step.to in HANDED:
                holder = after[0].by if after and after[0].by else self._holder(step, way)
                self._handoff(lead, step, number, holder, after)
        self._deal(lead, company, way)
        if way.owner and way.stage in ("SAL", "RECYCLED") and self.chance.random() < 0.06:
            self._promise(lead, way.owner)

    def _holder(self, step: Step, way: Way) -> Rep:
        return way.owner or self.chance.choice(self.staff.inside if step.to == "MQL" else self.staff.sales)

    def _transition(self, lead: int, place: int, way: Way) -> int:
        step, self._last.transition = way.steps[place], self._last.transition + 1
        at, number = text(step.at), self._last.transition
        decision = self._decision(lead, step, at) if step.by else None
        before = way.steps[place - 1].to if place else ""
        path = step.by.role if step.by else f"{step.to}.0"
        score = round(100 + self.chance.expovariate(1 / 20), 2) if step.to == "MQL" else 40.0
        self._rows[Transition].append(
            (
                number, lead, place + 1, before, step.to, at, "decision" if step.by else "path", path, decision,
                _scores(score), MADE_OF[number % len(MADE_OF)], self.version, at,
            )
        )  # fmt: skip
        kind = NEWS.get(step.to)
        if kind:
            for user in self.staff.marketing[:2]:
                self._news(user, lead, number, kind, f"transition:{number}", step.at)
        return number

    def _decision(self, lead: int, step: Step, at: str) -> int:
        self._last.decision = number = self._last.decision + 1
        answers = dict.fromkeys(QUESTIONS[:3], "yes") if step.to == "SQL" else {}
        until = text(step.until) if step.until else None
        assert step.by
        self._rows[Decision].append(
            (
                number, lead, at, step.to, step.by.role, step.reason, until, json.dumps(answers), step.by.id, "page",
                f"d{number:09}", at,
            )
        )  # fmt: skip
        return number

    def _handoff(
        self, lead: int, step: Step, transition: int, holder: Rep, after: tuple[Step, int] | None
    ) -> None:
        self._last.handoff = number = self._last.handoff + 1
        due, closed = step.at + HANDED[step.to], after[0].at if after else None
        in_queue = after is None and self.chance.random() < 0.1
        person = None if in_queue else holder.id
        outcome = OUTCOMES.get(after[0].to, "other") if after else "open"
        within = "2 business hours" if step.to == "MQL" else "8 business hours"
        opened, closed_at = text(step.at), text(closed) if closed else None
        self._rows[Handoff].append(
            (
                number, lead, transition, holder.role, holder.team, person, within, opened, text(due), closed_at, ROUTED,
                closed_at, after[1] if after else None, outcome,
            )
        )  # fmt: skip
        late = (closed or self.now) > due
        wall = (closed - step.at) // timedelta(microseconds=1) if closed else None
        self._rows[Clock].append(
            (
                number, lead, 1, holder.team, person, within, self.calendar, opened, "given", text(due),
                None if closed or late else text(due), text(due) if late else None, closed_at, outcome if closed else "",
                holder.id if closed else None, wall, wall, int(not late) if closed else None,
            )
        )  # fmt: skip
        self._news(holder.id, lead, transition, "handoff", f"handoff:{number}", step.at)

    def _news(self, user: int, lead: int, transition: int, kind: str, cause: str, at: datetime) -> None:
        read = None if self.now - at < UNREAD else text(at + timedelta(hours=1))
        self._rows[Notification].append((user, lead, transition, kind, cause, text(at), read))

    def _deal(self, lead: int, company: Company, way: Way) -> None:
        opened = next((step for step in way.steps if step.to == "OPPORTUNITY"), None)
        if opened is None:
            return
        end = way.steps[-1] if way.stage in ("WON", "LOST") else None
        state = {"WON": "won", "LOST": "lost"}.get(way.stage, "open")
        at, ends = text(opened.at), opened.at + timedelta(days=60)
        amount = f"{self.chance.randrange(3, 400) * 100_000}.00"
        self._rows[Deal].append(
            (
                lead, company.id, f"{company.name} 導入", amount, state, end.reason if end else "", at, f"{ends:%Y-%m-%d}",
                text(end.at) if end else None, way.owner.id if way.owner else None, "page", f"deal{lead:09}", at,
            )
        )  # fmt: skip

    def _promise(self, lead: int, rep: Rep) -> None:
        at = self.now + timedelta(days=self.chance.uniform(-60, 10))
        kept = text(at) if at < self.now - timedelta(hours=8) else None
        made = text(at - timedelta(days=7))
        self._rows[Promise].append((lead, rep.id, text(at), "資料の件で電話", made, rep.id, kept, kept))


def _scores(person: float) -> str:
    return json.dumps({"person": person, "behavior": person - 40.0, "fit": 40.0})


def _made_of(number: int) -> str:
    rules = [
        ("behavior", n, 1 + (number + n) % 4, 5.0 + (number * 7 + n * 3) % 30) for n in range(4 + number % 4)
    ]
    found = [
        {"rule": f"{score}.{n}", "score": score, "hits": hits, "worth": worth}
        for score, n, hits, worth in rules
    ]
    return json.dumps([*found, {"rule": "fit.3", "score": "fit", "hits": 1, "worth": 20.0}])


MADE_OF = [_made_of(number) for number in range(40)]
ROUTED = json.dumps(
    [{"route": 2, "to": "inside_sales", "why": "taken", "because": "load", "person": None, "team": None}]
)
