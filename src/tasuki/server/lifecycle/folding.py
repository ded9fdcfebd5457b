"""Folding leads that lie in the database: which version acts on which of them from when, and what is new."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tasuki.engine.ledger import ALWAYS, Fact, LeadLog
from tasuki.engine.live import LeadOutcome, NewTransition, fold_leads_live
from tasuki.server.agreements import queries as agreements
from tasuki.server.agreements.queries import InForce
from tasuki.server.core.clock import microseconds
from tasuki.server.lifecycle.reading import Facts, logs_of
from tasuki.server.people.models import Lead

log = logging.getLogger(__name__)

INSTANT = timedelta(microseconds=1)


@dataclass
class LeadFold:
    """A lead, its log, and what came of it; `outcome` is None where the fold failed."""

    lead: Lead
    log: LeadLog
    versions: set[int]
    new: list[tuple[InForce, NewTransition]] = field(default_factory=list)
    known: int = 0
    refused: dict[int, str] = field(default_factory=dict)  # decision → why, as it was stored
    outcome: LeadOutcome | None = None
    under: InForce | None = None


def fold(leads: Sequence[Lead], now: datetime) -> list[LeadFold]:
    """Fold each lead up to `now`, through every version that came into force since it was folded last.

    A lead whose fold fails is logged, and has no outcome.
    """
    schedule = [version for version in agreements.schedule() if version.effective_from <= now]
    folds = read(leads)
    for place, version in enumerate(schedule):
        is_last = place == len(schedule) - 1
        end = now if is_last else schedule[place + 1].effective_from - INSTANT
        mine = folds if is_last else [one for one in folds if _since(one.lead) <= end]
        mine = [one for one in mine if one.outcome is not None or one.under is None]
        if mine and (is_last or version.effective_from <= end):
            _round(mine, agreements.ready(version, first=place == 0), end)
    return folds


def read(leads: Sequence[Lead], *, until: datetime | None = None) -> list[LeadFold]:
    """The logs of the leads, with their facts."""
    ids = [lead.pk for lead in leads]
    logs, facts = logs_of(ids, until=until), Facts(ids, until=until)
    folds = [LeadFold(lead, logs[lead.pk], set(facts.versions(lead.pk))) for lead in leads]
    for one in folds:
        one.log.facts = facts.of(one.lead.pk)
        one.known = len(one.log.facts)
        one.refused = {d.number: d.refused for d in one.log.decisions if d.refused}
    return folds


def _since(lead: Lead) -> datetime:
    return lead.folded_at or lead.created_at


def place_under(one: LeadFold, under: InForce) -> None:
    """Say how the version acts on the lead: on all of its past if none was in force before, or no lead was there yet."""
    version = under.version
    always = under.first or one.lead.created_at >= version.effective_from
    one.log.acts_from = ALWAYS if always else microseconds(version.effective_from)
    one.log.same_agreement = one.versions <= {version.pk}


def _round(folds: Sequence[LeadFold], under: InForce, end: datetime) -> None:
    """Fold under one version up to `end`; what is new becomes fact."""
    for one in folds:
        place_under(one, under)
    for one, outcome in zip(folds, _outcomes(folds, under, microseconds(end)), strict=True):
        one.outcome, one.under = outcome, under
        if outcome is None:
            continue
        for t in outcome.transitions:
            one.new.append((under, t))
            one.log.facts += (Fact(t.to, t.at, t.cause, t.decision, t.path),)
            one.versions.add(under.version.pk)
        one.log.decisions = [d._replace(refused=outcome.refused.get(d.number, "")) for d in one.log.decisions]


def _outcomes(folds: Sequence[LeadFold], under: InForce, end: int) -> list[LeadOutcome | None]:
    """One for each; a fact that is later than `end`, by a clock elsewhere, is not forgotten."""
    later = max((one.log.ends for one in folds), default=end)
    if later > end:
        return [_alone(one, under, max(end, one.log.ends)) for one in folds]
    try:
        return list(fold_leads_live(under.compiled, [one.log for one in folds], end, book=under.book))
    except Exception:
        log.warning("a batch could not be folded: each lead alone", exc_info=True)
        return [_alone(one, under, end) for one in folds]


def _alone(one: LeadFold, under: InForce, end: int) -> LeadOutcome | None:
    try:
        return fold_leads_live(under.compiled, [one.log], end, book=under.book)[0]
    except Exception:
        log.exception("lead %s could not be folded", one.lead.pk)
        return None
