"""Why a lead stands where it stands, now or at a time, and how its scores came to be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from django.db.models import QuerySet

from tasuki.engine.curve import Curve, curve_of
from tasuki.engine.explain import Explainer, Explanation, explainer
from tasuki.engine.ledger import history_of_log
from tasuki.server.agreements import queries as agreements
from tasuki.server.agreements.models import AgreementVersion
from tasuki.server.agreements.queries import InForce
from tasuki.server.core import clock
from tasuki.server.core.access import Actor
from tasuki.server.core.clock import microseconds
from tasuki.server.core.prepared import prepared
from tasuki.server.lifecycle.folding import LeadFold, place_under, read
from tasuki.server.lifecycle.inputs import Move
from tasuki.server.lifecycle.models import Decision
from tasuki.server.lifecycle.moving import moment_of, moves_of, outcome_of
from tasuki.server.lifecycle.seeing import lead_of
from tasuki.server.people.models import Lead

VERSIONS = 5
"""So many versions of the agreement, the latest, are looked at for a curve."""
INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True)
class Stretch:
    """The curve while one version of the agreement was in force."""

    version: int
    curve: Curve


@dataclass(frozen=True)
class Dossier:
    """All that the engine says of a lead: why it stands there, its curves in their order, what the actor may decide now.

    `explanation` is None while there is no agreement, of an unknown visitor, and before the lead's first entry.
    """

    lead: Lead
    explanation: Explanation | None = None
    stretches: Sequence[Stretch] = ()
    moves: Sequence[Move] = field(default_factory=tuple)


def explanation(actor: Actor, lead_id: int | Lead, at: datetime | None = None) -> Explanation | None:
    """Why the lead stands where it stood at a time (aware; now when None): with its recorded transitions as facts.

    Under the agreement that was in force then. None while there is no agreement.
    """
    lead = lead_of(actor, lead_id)
    when = at or clock.now()
    under = agreements.acting(when)
    if under is None:
        return None
    told = _told_at(lead, under, when if at else None)
    return told.explanation(str(lead.pk)) if told else None


def dossier(actor: Actor, lead_id: int | Lead, at: datetime | None = None) -> Dossier:
    """The lead now, or as it stood at a time, when nothing may be decided any more. NotFound."""
    lead = lead_of(actor, lead_id)
    known = agreements.acted(at or clock.now())
    if not known or lead.anonymous:
        return Dossier(lead)
    under = agreements.ready(known[-1], first=len(known) == 1)
    one = _read(lead, under, at)
    now = microseconds(at) if at else moment_of(one)
    outcome = outcome_of(one, under, now)
    moves = moves_of(actor, one, under, now, outcome) if at is None else []
    told = _told(one, under, _instant(one, at), enforce=outcome.enforced)
    if told is None:
        return Dossier(lead, moves=moves)
    why = told.explanation(str(lead.pk), timeline=False)
    return Dossier(lead, why, _stretches(lead, told, known), moves)


def _read(lead: Lead, under: InForce, until: datetime | None) -> LeadFold:
    (one,) = read([lead], until=until)
    place_under(one, under)
    return one


def _told_at(lead: Lead, under: InForce, at: datetime | None) -> Explainer | None:
    one = _read(lead, under, at)
    instant = _instant(one, at)
    return _told(one, under, instant, enforce=outcome_of(one, under, instant).enforced)


def _instant(one: LeadFold, at: datetime | None) -> int:
    """The instant that is told of; a fact that is later than now, by a clock elsewhere, is not forgotten."""
    return microseconds(at) if at else max(microseconds(clock.now()), one.log.ends)


def _told(one: LeadFold, under: InForce, instant: int, *, enforce: bool) -> Explainer | None:
    history = history_of_log(one.log, enforce=enforce, reasons=dict(_reasons(one.lead.pk)))
    return explainer(under.compiled, history, str(one.lead.pk), instant) if history.leads else None


@prepared
def _reasons(lead: int) -> QuerySet[Any, tuple[int, str]]:
    return Decision.objects.filter(lead=lead).exclude(reason="").values_list("pk", "reason")


def _stretches(lead: Lead, told: Explainer, known: Sequence[AgreementVersion]) -> list[Stretch]:
    """What each version said while it was in force: what a page showed then. The last is told already."""
    begin = int(told.at[0]) if len(told.at) else told.as_of
    found = []
    for place, (version, end) in enumerate(_until(known)):
        if place >= len(known) - VERSIONS and microseconds(end) >= begin:
            earlier = _told_at(lead, agreements.ready(version, first=place == 0), end)
            since = microseconds(version.effective_from) if place else None
            if earlier is not None:
                found.append(Stretch(version.number, curve_of(earlier, since)))
    since = None if len(known) < 2 else microseconds(known[-1].effective_from)
    return [*found, Stretch(known[-1].number, curve_of(told, since))]


def _until(known: Sequence[AgreementVersion]) -> list[tuple[AgreementVersion, datetime]]:
    """Every version but the last with the last instant at which it was in force."""
    return [(version, following.effective_from - INSTANT) for version, following in pairwise(known)]
