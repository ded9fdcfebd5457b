"""What may be decided about a lead: each decision is tried on the engine."""

from __future__ import annotations

from collections.abc import Mapping

from tasuki.agreement import Agreement
from tasuki.agreement import conditions as ex
from tasuki.engine.book import DecisionShape
from tasuki.engine.ledger import LeadLog, LiveDecision
from tasuki.engine.live import LeadOutcome, fold_leads_live
from tasuki.server.agreements import queries as agreements
from tasuki.server.agreements.queries import InForce
from tasuki.server.core import clock
from tasuki.server.core.access import Actor, decision_roles
from tasuki.server.core.clock import microseconds
from tasuki.server.lifecycle import telling
from tasuki.server.lifecycle.answering import answers_of
from tasuki.server.lifecycle.folding import LeadFold, place_under, read
from tasuki.server.lifecycle.inputs import Move
from tasuki.server.lifecycle.seeing import lead_of
from tasuki.server.people.models import Lead

TRYING = 2**62
"""Numbers of decisions that are only tried, above those of any that was made."""


def moves(actor: Actor, lead_id: int | Lead) -> list[Move]:
    """Every stage that the actor may decide on in one of its roles, in the order of the agreement; each tried on the engine.

    Those that are legal now, and those that are not, with the reason. Empty while no agreement is in force.
    """
    lead = lead_of(actor, lead_id)
    under = agreements.in_force()
    if under is None:
        return []
    (one,) = read([lead])
    place_under(one, under)
    now = moment_of(one)
    return moves_of(actor, one, under, now, outcome_of(one, under, now))


def moment_of(one: LeadFold) -> int:
    """Now, but after every fact, for one that is later by a clock elsewhere (µs UTC)."""
    return max(microseconds(clock.now()), one.log.ends + 1)


def moves_of(actor: Actor, one: LeadFold, under: InForce, now: int, outcome: LeadOutcome) -> list[Move]:
    """The same of a lead that was read, and folded up to `now` under the agreement in force."""
    stands = outcome.stage
    open_now = _open_stages(actor, one, under, now, outcome)
    known = answers_of(one.lead) if any(open_now.values()) else {}
    return [
        _move(under.agreement, stands, to, role, open_now[to, role], known)
        for to, role in _asked(actor, under, stands)
    ]


def _asked(actor: Actor, under: InForce, stands: str) -> list[tuple[str, str]]:
    """Stage and role: the first of the actor's roles that may from here, else the first that may at all."""
    mine = decision_roles(actor)
    found: dict[str, str] = {}
    here = {role: telling.stages_open_to(under.agreement, stands, [role]) for role in mine}
    for path in under.agreement.paths:
        roles = [role for role in mine if role in path.by]
        if roles and path.stage != stands:
            open_here = [role for role in mine if path.stage in here[role]]
            found.setdefault(path.stage, (open_here or roles)[0])
    return list(found.items())


def _open_stages(
    actor: Actor, one: LeadFold, under: InForce, now: int, outcome: LeadOutcome
) -> dict[tuple[str, str], str]:
    """For each (stage, role) why the decision would be refused now, or nothing."""
    asked = _asked(actor, under, outcome.stage)
    tries = [_with(one.log, DecisionShape(to, role), now, enforced=outcome.enforced) for to, role in asked]
    outcomes = fold_leads_live(under.compiled, tries, now, book=under.book, only_state=True)
    return {which: outcome.refused.get(TRYING, "") for which, outcome in zip(asked, outcomes, strict=True)}


def _with(log: LeadLog, shape: DecisionShape, at: int, *, enforced: bool) -> LeadLog:
    """The log with a decision more. Where its facts had to be enforced, that need not be found out anew."""
    return LeadLog(
        log.lead, log.profiles, log.activities, [*log.decisions, LiveDecision(at, TRYING, shape)], log.facts,
        log.same_agreement and not enforced, log.acts_from,
    )  # fmt: skip


def outcome_of(one: LeadFold, under: InForce, now: int) -> LeadOutcome:
    """Where the lead stands at `now` (µs UTC) under this version; without the transitions on the way."""
    return fold_leads_live(under.compiled, [one.log], now, book=under.book, only_state=True)[0]


def _move(
    agreement: Agreement, stands: str, to: str, role: str, why: str, answers: Mapping[str, str]
) -> Move:
    stage = agreement.stage[to]
    paths = [path for path in stage.paths if role in path.by and path.leaves(stands or None)]
    asked = {
        question: None
        for path in paths
        for node in (ex.walk(path.requires) if path.requires else ())
        if isinstance(node, ex.Answered)
        for question in agreement.qualification[node.questions]
    }
    said = {"stage": stands, "to": to, "role": role, "why": why}
    why_not = telling.why_refused(agreement, **said, answers=answers) if why else ""
    return Move(
        to, telling.name_of(agreement, to), role, tuple(agreement.reasons.get(to, ())), tuple(asked), not why,
        why_not, why == "requires" and bool(asked),
    )  # fmt: skip
