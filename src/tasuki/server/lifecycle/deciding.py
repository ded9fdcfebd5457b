"""A person's decision on a lead: checked, recorded and folded at once, or tried without a trace."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from tasuki.engine.book import DecisionShape
from tasuki.engine.ledger import LeadLog, LiveDecision
from tasuki.engine.live import fold_leads_live
from tasuki.server.activities.models import Activity
from tasuki.server.agreements import queries as agreements
from tasuki.server.agreements.queries import InForce
from tasuki.server.core import audit, bulk, clock
from tasuki.server.core.access import Actor, decision_roles, require, sight
from tasuki.server.core.clock import microseconds
from tasuki.server.core.errors import Conflict, NotAllowed, NotFound, Refused
from tasuki.server.core.measures import ENTRIES
from tasuki.server.lifecycle import checks, measures, storing, telling
from tasuki.server.lifecycle.answering import answers_of
from tasuki.server.lifecycle.course import DEAL_STATES
from tasuki.server.lifecycle.folding import fold, place_under, read
from tasuki.server.lifecycle.inputs import Decided, Entered
from tasuki.server.lifecycle.models import Decision, Transition
from tasuki.server.lifecycle.moving import TRYING
from tasuki.server.people.due import touch
from tasuki.server.people.models import Lead, Profile

INSTANT = timedelta(microseconds=1)


def decide(
    actor: Actor,
    *,
    lead_id: int,
    to: str,
    reason: str = "",
    note: str = "",
    until: datetime | None = None,
    answers: Mapping[str, str | bool] | None = None,
    amount: Decimal | None = None,
    role: str | None = None,
    key: str | None = None,
    source: str | None = None,
    seen: str | None = None,
    at: datetime | None = None,
) -> Decided:
    """Decide on a lead, now; what follows is recorded in the same transaction.

    `to` is a stage; empty only records answers or a re-approach date. `until` (aware): when the lead is to be back on the
    work list. `answers`: question → yes or no. `amount` in the currency of the deal. `role` is one of the actor's; by itself
    the one that may. The same `key` of the same `source` decides once. OPPORTUNITY, WON and LOST open or close a deal.
    `seen` is the stage that the decider saw, empty for none; None does not say. `at` (aware): when it was decided, a moment
    ago; it is judged as things stand now, and entered with that time.

    NotAllowed; NotFound; Invalid; Conflict `illegal_move` with what would be legal, `moved_meanwhile` where the lead stands
    in another stage than was seen, or `no_agreement`.
    """
    require(actor, "decisions.write")
    asked = Asked(
        actor, to, reason, note, until, answers, amount=amount, role=role, key=key, source=source, seen=seen, at=at
    )  # fmt: skip
    asked.check_form()
    decided = bulk.in_one_transaction(lambda: asked.on(lead_id))
    ENTRIES.labels("decision", "stored").inc()
    for t in decided.transitions:
        measures.TRANSITIONS.labels(t.to_stage).inc()
    return decided


def _answer(answer: str | bool) -> str:
    return ("yes" if answer else "no") if isinstance(answer, bool) else answer


class Asked:
    """A decision on its way in."""

    def __init__(
        self,
        actor: Actor,
        to: str,
        reason: str = "",
        note: str = "",
        until: datetime | None = None,
        answers: Mapping[str, str | bool] | None = None,
        *,
        amount: Decimal | None = None,
        role: str | None = None,
        key: str | None = None,
        source: str | None = None,
        seen: str | None = None,
        at: datetime | None = None,
    ) -> None:
        self.actor, self.to, self.reason, self.note, self.until = actor, to.strip(), reason, note, until
        self.answers = {question: _answer(answer) for question, answer in (answers or {}).items()}
        self.amount, self.role, self.source = amount, role, source or actor.source
        self.key, self.seen, self.at = key, seen, at

    def check_form(self) -> None:
        """Invalid: a text, an answer or a time that cannot be stored."""
        now = clock.now()
        wrong = (
            checks.problem_of_said(
                to=self.to, role=self.role, reason=self.reason, note=self.note, key=self.key
            )
            or checks.problem_of_answers(self.answers)
            or checks.problem_of_times(self.at or now, self.until, now)
        )
        if wrong:
            raise wrong

    def on(self, lead_id: int) -> Decided:
        """Within a transaction: hold the lead, decide, fold, store."""
        lead = held(self.actor, lead_id)
        if (before := self._made_before()) is not None:
            return before
        under = in_force()
        self._expect_seen(under, lead.stage)
        role = self._role(under, lead)
        self.check_meaning(under)
        at = _moment(lead, self.at, under)
        decision = self._stored(lead, role, at)
        now = max(at, clock.now())
        (done,) = fold([lead], now)
        if done.outcome is None:
            raise RuntimeError(f"lead {lead.pk} could not be folded; see the log")
        if why := done.outcome.refused.get(decision.pk):
            raise self._illegal(done.lead, role, why, done.outcome.stage, (done.under or under))
        entered = storing.store([done], now)
        for t in Transition.objects.filter(decision=decision):  # what was due may have moved it just before
            self._expect_seen(under, t.from_stage)
        look = storing.next_look(done, now)
        if look is not None:
            touch([lead.pk], look)
        audit.record(
            self.actor, "decision.make", f"lead:{lead.pk}", decision=decision.pk, to=self.to, role=role,
            reason=self.reason, answers=sorted(self.answers), source=self.source,
        )  # fmt: skip
        return Decided(decision.pk, lead.pk, tuple(entered), self._deal(lead, at))

    def _expect_seen(self, under: InForce, stage: str) -> None:
        if self.seen is not None and self.seen != stage:
            raise telling.moved_meanwhile(under.agreement, stage)

    def _made_before(self) -> Decided | None:
        if self.key is None:
            return None
        known = Decision.objects.filter(source=self.source, key=self.key).first()
        if known is None:
            return None
        made = Transition.objects.filter(decision=known).order_by("ordinal")
        entered = [Entered(t.pk, t.lead_id, t.from_stage, t.to_stage, t.at, t.cause) for t in made]
        return Decided(known.pk, known.lead_id, tuple(entered))

    def _role(self, under: InForce, lead: Lead) -> str:
        """The role asked for, if it is the actor's; else the first of the actor's that may, or simply the first."""
        mine = decision_roles(self.actor)
        if self.role:
            if self.role not in mine:
                raise _not_your_role(self.role, mine)
            return self.role
        may = [
            role for role in mine if self.to in telling.stages_open_to(under.agreement, lead.stage, [role])
        ]
        return (*may, *mine, "")[0]

    def tries(self, leads: Sequence[Lead]) -> dict[int, Refused]:
        """Lead → why this would be refused now, of those for which it would; nothing is stored. Conflict: no agreement."""
        under = in_force()
        self.check_meaning(under)
        roles = {lead.pk: self._role(under, lead) for lead in leads}
        found, now = read(leads), microseconds(clock.now())
        ends = max((one.log.ends for one in found), default=0)
        now = max(now, ends + 1)
        for one in found:
            place_under(one, under)
        logs = [self._tried(one.log, roles[one.lead.pk], now) for one in found]
        outcomes = fold_leads_live(under.compiled, logs, now, book=under.book)
        whys = [(one.lead, outcome.refused.get(TRYING)) for one, outcome in zip(found, outcomes, strict=True)]
        return {
            lead.pk: self._illegal(lead, roles[lead.pk], why, lead.stage, under) for lead, why in whys if why
        }

    def _tried(self, log: LeadLog, role: str, at: int) -> LeadLog:
        said = json.dumps(self.answers) if self.answers else ""
        tried = LiveDecision(at, TRYING, DecisionShape(self.to, role, said))
        return LeadLog(
            log.lead, log.profiles, log.activities, [*log.decisions, tried], log.facts, log.same_agreement,
            log.acts_from,
        )  # fmt: skip

    def check_meaning(self, under: InForce) -> None:
        """Invalid: no reason or no question of the agreement."""
        wrong = checks.problem_of_reason(under.compiled, self.to, self.reason) or checks.problem_of_questions(
            under.compiled, self.answers
        )
        if wrong:
            raise wrong

    def _stored(self, lead: Lead, role: str, at: datetime) -> Decision:
        return Decision.objects.create(
            lead=lead, at=at, to=self.to, role=role, reason=self.reason, note=self.note, until=self.until,
            answers=dict(self.answers), by=self.actor.user, source=self.source,
            key=self.key or f"once:{uuid.uuid4().hex}", recorded_at=clock.now(),
        )  # fmt: skip

    def _illegal(self, lead: Lead, role: str, why: str, stage: str, under: InForce) -> Refused:
        known = {**answers_of(lead), **self.answers} if why == "requires" else {}
        return telling.illegal_move(
            under.agreement, stage=stage, to=self.to, role=role, roles=decision_roles(self.actor), why=why, answers=known
        )  # fmt: skip

    def _deal(self, lead: Lead, at: datetime) -> int | None:
        """Open, win or lose the lead's deal, or change its amount."""
        state = DEAL_STATES.get(self.to)
        if state is None and self.amount is None:
            return None
        if state == "lost" and self.amount is None and not lead.deals.filter(state="open").exists():
            return None  # lost before there was a deal
        from tasuki.server.deals import commands as deals

        put = deals.settle(
            self.actor, lead_id=lead.pk, state=state or "open", amount=self.amount, at=at, reason=self.reason,
            source=self.source,
        )  # fmt: skip
        return put.deal_id


def in_force() -> InForce:
    """The agreement by which it is decided. Conflict: there is none."""
    under = agreements.in_force()
    if under is None:
        raise Conflict(
            "no_agreement",
            _("There is no agreement in force yet, so that nothing can be decided."),
            cure=_("Publish an agreement first."),
        )
    return under


def _not_your_role(role: str, mine: tuple[str, ...]) -> NotAllowed:
    return NotAllowed(
        "not_your_role",
        _("You may not decide as %(role)s.") % {"role": telling.role_name(role)},
        cure=_("You may decide as: %(roles)s.")
        % {"roles": _(", ").join(map(telling.role_name, mine)) or "–"},
        field="role",
    )


def held(actor: Actor, lead_id: int) -> Lead:
    """The lead, held against others; a merged one is the one it was merged into."""
    assert transaction.get_connection().in_atomic_block
    wanted = lead_id if 0 < lead_id < 2**63 else 0
    while True:
        found = Lead.objects.filter(sight(actor), pk=wanted).select_related("owner")
        lead = found.select_for_update(of=("self",), no_key=True).first()
        if lead is not None and lead.merged_into_id:
            wanted = lead.merged_into_id
            continue
        if lead is None or lead.erased_at is not None or lead.anonymous:
            raise NotFound(
                "lead_unknown",
                _("There is no lead %(lead)s.") % {"lead": lead_id},
                cure=_("Look for it in the list of leads; it may not be yours to see."),
            )
        return lead


def _moment(lead: Lead, decided: datetime | None, under: InForce) -> datetime:
    """When it was decided, else now; but after everything that is recorded, for who decides has seen it.

    A version that came into force since judges it, at the earliest when it came.
    """
    at = max(decided, under.version.effective_from + INSTANT) if decided else clock.now()
    last = Transition.objects.filter(lead=lead).order_by("-ordinal").values_list("at", flat=True).first()
    if last is not None and last >= at:
        return last + INSTANT
    same = Q(lead=lead, at=at)
    if Activity.objects.filter(same).exists() or Profile.objects.filter(same).exists():
        return at + INSTANT
    return at
