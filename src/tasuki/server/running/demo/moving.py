"""What goes on while somebody watches: leads act, reps answer, a little of it each second."""

from __future__ import annotations

import logging
import random
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import islice
from typing import Any

from django.db import DatabaseError, close_old_connections, connection
from django.db.models import Count, QuerySet

from tasuki.server.activities.commands import record_activities
from tasuki.server.activities.inputs import ActivityInput
from tasuki.server.core import clock
from tasuki.server.core.access import SYSTEM, Actor
from tasuki.server.core.errors import Refused
from tasuki.server.core.models import Role, User
from tasuki.server.handoffs.models import Handoff
from tasuki.server.lifecycle.commands import decide
from tasuki.server.lifecycle.inputs import Move
from tasuki.server.lifecycle.queries import moves
from tasuki.server.notify.commands import mark_read
from tasuki.server.notify.models import Notification
from tasuki.server.notify.queries import ANSWERS
from tasuki.server.people.commands import put_leads
from tasuki.server.people.inputs import LeadInput
from tasuki.server.people.models import Lead
from tasuki.server.running.demo.story import SOURCE, Event

LOG = logging.getLogger("tasuki.demo")
TICK = 1.0
LEFT_TO_THE_VISITOR = timedelta(minutes=3)
PATIENCE = 90.0
"""Seconds within which a lead above the stock is answered, on average."""
WITH_WHOM = {"MQL": Role.INSIDE_SALES, "SAL": Role.INSIDE_SALES, "SQL": Role.SALES, "OPPORTUNITY": Role.SALES}
MADE_OF: dict[str, tuple[tuple[str, int], ...]] = {
    "MQL": (("SAL", 11), ("RECYCLED", 6), ("DISQUALIFIED", 3)),
    "SAL": (("SQL", 10), ("RECYCLED", 8)),
    "SQL": (("OPPORTUNITY", 10), ("RECYCLED", 3), ("LOST", 3)),
    "OPPORTUNITY": (("WON", 5), ("LOST", 6)),
}
LEAST = {"MQL": 8, "SAL": 6, "SQL": 2, "OPPORTUNITY": 6}
"""Leads of each stage that the reps keep at the least, so that there is always something to see."""
KEPT = 0.8
"""What they keep of what was there at first: the others are answered within the first minutes."""
SEEN_AFTER, LOOKS = timedelta(minutes=15), 60
"""News that ask nothing of a visitor are seen after a while, as by somebody who looks in every so many ticks."""
BACK_AFTER_DAYS = (30, 60, 90)


class Life:
    """The made-up future, in its order, and the reps who answer.

    They answer what is above a stock of about what there was at first, so that as many leads leave a stage as enter it:
    however long the demo runs, and whatever a visitor does, neither do open deals run dry nor do leads pile up.
    """

    def __init__(self, to_come: Iterator[Event], pace: float, seed: int = 1) -> None:
        self._to_come, self._pace, self._owed = to_come, pace, 0.0
        self._chance = random.Random(seed)  # noqa: S311 - chance for show
        self._stock: Mapping[str, int] = {}
        self._ticks = 0

    def run(self, stop: threading.Event) -> None:
        """Tick until told to stop; a database that is away for a moment ends nothing."""
        while not stop.wait(TICK):
            try:
                close_old_connections()
                self.tick()
            except DatabaseError:
                LOG.warning("the database does not answer; trying again")
                connection.close()
        connection.close()

    def tick(self) -> None:
        """What happens within one second."""
        self._happen(self._due())
        if self._ticks % LOOKS == 0:
            look_in()
        self._ticks += 1
        there = _there()
        self._stock = self._stock or {
            stage: max(least, round(KEPT * there[stage])) for stage, least in LEAST.items()
        }
        for stage, kept in self._stock.items():
            if self._chance.random() * PATIENCE < (there[stage] - kept) * TICK:
                self._answer(stage)

    def _due(self) -> list[Event]:
        """The next events: as many as the pace says, unevenly, as in life."""
        self._owed += self._pace * TICK * self._chance.uniform(0.2, 1.8)
        count = int(self._owed)
        self._owed -= count
        return list(islice(self._to_come, count))

    @staticmethod
    def _happen(events: list[Event]) -> None:
        leads = [event for event in events if isinstance(event, LeadInput)]
        for lead in leads:  # one by one: a lead may come twice within a second
            put_leads(SYSTEM, [lead], source=SOURCE)
        activities = [event for event in events if isinstance(event, ActivityInput)]
        if activities:
            record_activities(SYSTEM, activities, source="website")

    def _answer(self, stage: str) -> None:
        """One rep answers one lead that has waited there; the newest are left to the visitor."""
        waits = _waiting(stage, clock.now() - LEFT_TO_THE_VISITOR)
        if not waits:
            return
        lead = self._chance.choice(waits)
        actor = _rep(lead, WITH_WHOM[stage], self._chance)
        try:
            self._decide(actor, lead.pk, stage)
        except Refused as refused:  # somebody else was first, or the agreement forbids it
            LOG.debug("a made-up rep was refused: %s", refused.code)

    def _decide(self, actor: Actor, lead: int, stage: str) -> None:
        open_to = {move.to: move for move in moves(actor, lead) if move.legal or move.answerable}
        choices = [(to, weight) for to, weight in MADE_OF[stage] if to in open_to]
        if not choices:
            return
        to = self._chance.choices([to for to, _ in choices], weights=[w for _, w in choices])[0]
        decide(actor, lead_id=lead, to=to, **self._details(open_to[to], to))

    def _details(self, move: Move, to: str) -> dict[str, Any]:
        details: dict[str, Any] = {}
        if move.reasons:
            details["reason"] = self._chance.choice(move.reasons)
        if to == "RECYCLED":
            details["until"] = clock.now() + timedelta(days=self._chance.choice(BACK_AFTER_DAYS))
        if to == "SQL":
            details["answers"] = dict.fromkeys(move.questions[:3], "yes")
        if to == "OPPORTUNITY":
            details["amount"] = Decimal(self._chance.randrange(60, 1_500) * 10_000)
        return details


def look_in() -> None:
    """The visitors have seen what is a while ago and asks nothing of them."""
    old = Notification.objects.filter(
        kind__in=(*ANSWERS, "taken"), at__lt=clock.now() - SEEN_AFTER, read_at=None
    )
    for visitor in User.objects.filter(username__startswith="demo-"):
        mark_read(Actor(user=visitor), list(old.filter(user=visitor).values_list("pk", flat=True)))


def _of_reps() -> QuerySet[Lead]:
    """Leads that are not a visitor's to answer."""
    visitors = Handoff.objects.filter(outcome=Handoff.Outcome.OPEN, person__username__startswith="demo-")
    leads = Lead.objects.filter(merged_into=None, erased_at=None).exclude(pk__in=visitors.values("lead"))
    return leads.exclude(owner__username__startswith="demo-")


def _there() -> Counter[str]:
    """How many leads the reps have in each stage that they answer."""
    counted = _of_reps().filter(stage__in=MADE_OF).order_by().values_list("stage").annotate(Count("pk"))
    return Counter(dict(counted))


def _waiting(stage: str, before: datetime) -> list[Lead]:
    """Some leads of the reps that have stood there for a while: with an open handoff first."""
    leads = _of_reps().filter(stage=stage, stage_entered_at__lt=before)
    handed = Handoff.objects.filter(outcome=Handoff.Outcome.OPEN)
    return list(leads.filter(pk__in=handed.values("lead")).order_by("stage_entered_at")[:20]) or list(
        leads.order_by("-stage_entered_at")[:20]
    )


def _rep(lead: Lead, role: Role, chance: random.Random) -> Actor:
    """The owner, if it is theirs to answer; else somebody of the team."""
    reps = User.objects.filter(role=role, is_active=True).exclude(username__startswith="demo-")
    owner = reps.filter(pk=lead.owner_id).first() if lead.owner_id else None
    team = reps.filter(team=lead.team_id) if lead.team_id else reps
    return Actor(user=owner or chance.choice(list(team) or list(reps)))
