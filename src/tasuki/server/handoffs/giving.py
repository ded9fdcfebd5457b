"""Giving an open handoff to somebody else: one clock stops, the next starts, and the lead goes along."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tasuki.agreement import Agreement
from tasuki.agreement import model as language
from tasuki.server.agreements import queries as agreements
from tasuki.server.agreements.models import AgreementVersion
from tasuki.server.core import bulk
from tasuki.server.handoffs import clocks
from tasuki.server.handoffs.clocks import REASSIGNED, Start, Stop
from tasuki.server.handoffs.models import Clock, Handoff
from tasuki.server.people.models import Lead

GIVEN = ("person", "team", "due_at", "held_since", "routed")


@dataclass(frozen=True, slots=True)
class Gift:
    """A handoff, and to whom it goes: a person, or with None the team's queue. `because` goes into the ledger.

    `way`: the steps by which it came there, before the one that gives it.
    """

    handoff: Handoff
    person: int | None
    team: int | None
    because: str
    step: Mapping[str, Any]
    by: int | None = None
    way: Sequence[Mapping[str, Any]] = ()


def hold(leads: Collection[int], *, wait: bool = False) -> set[int]:
    """Hold the leads of handoffs, in the order of their ids; without `wait` those that nobody else holds.

    Whoever changes a handoff or its clocks holds the lead first, so that the lead is the one lock of all of it.
    """
    rows = Lead.objects.filter(pk__in=leads).order_by("pk")
    return set(rows.select_for_update(skip_locked=not wait, no_key=True).values_list("pk", flat=True))


class Terms:
    """What the agreements under which handoffs were opened say of them; each version is read once."""

    def __init__(self, handoffs: Sequence[Handoff]) -> None:
        wanted = {one.transition.agreement_id for one in handoffs}
        self._versions = AgreementVersion.objects.defer("text").in_bulk(wanted)
        self._read: dict[int, Agreement] = {}

    def agreement_of(self, handoff: Handoff) -> Agreement:
        """The agreement of the handoff's transition."""
        pk = handoff.transition.agreement_id
        if pk not in self._read:
            self._read[pk] = agreements.ready(self._versions[pk], first=False).agreement
        return self._read[pk]

    def of(self, handoff: Handoff) -> language.Handoff:
        """What it says of the handoff."""
        terms = self.agreement_of(handoff).stage[handoff.transition.to_stage].handoff
        assert terms
        return terms


def give(gifts: Sequence[Gift], terms: Terms, now: datetime) -> list[Clock]:
    """Stop the clock of each, start the next one, and let lead and handoff know. The leads are held; the new clocks."""
    before = _clocks([one.handoff.pk for one in gifts])
    running = [(each, one) for one in gifts for each in before[one.handoff.pk] if each.stopped_at is None]
    clocks.stop([(each, Stop(now, one.because, one.by)) for each, one in running])
    for one in gifts:
        handoff, step = one.handoff, {"route": None, **one.step, "at": now.isoformat()}
        handoff.person_id, handoff.team_id = one.person, one.team
        handoff.held_since = now if one.person is None else None
        handoff.routed = [*handoff.routed, *one.way, {**step, "person": one.person, "team": one.team}]
    starts = [_start(one, before[one.handoff.pk], terms, now) for one in gifts]
    started = clocks.start(starts, now)
    rows = [
        (one.pk, one.person_id, one.team_id, one.due_at, one.held_since, one.routed)
        for one in (gift.handoff for gift in gifts)
    ]
    bulk.update(Handoff, GIVEN, rows)
    clocks.keep(started)
    _pass_on([one.handoff for one in gifts])
    return started


def _clocks(handoffs: Collection[int]) -> dict[int, list[Clock]]:
    found: dict[int, list[Clock]] = {pk: [] for pk in handoffs}
    for one in Clock.objects.filter(handoff__in=handoffs).order_by("ordinal"):
        found[one.handoff_id].append(one)
    return found


def _start(one: Gift, before: Sequence[Clock], terms: Terms, now: datetime) -> Start:
    handoff = one.handoff
    handoff.due_at = None
    unanswered = [step for step in handoff.routed if step["why"] == REASSIGNED and "after" not in step]
    ordinal = before[-1].ordinal + 1 if before else 1
    return Start(
        handoff,
        terms.agreement_of(handoff),
        terms.of(handoff),
        now,
        one.because,
        one.by,
        ordinal,
        len(unanswered),
    )


def _pass_on(handoffs: Sequence[Handoff]) -> None:
    """The lead belongs to whoever has its handoff."""
    teams = dict(Lead.objects.filter(pk__in=[one.lead_id for one in handoffs]).values_list("pk", "team_id"))
    rows = [(one.lead_id, one.person_id, one.team_id or teams.get(one.lead_id)) for one in handoffs]
    bulk.update(Lead, ["owner", "team"], rows)
