"""Writes about leads: taking them in, changing them, merging them, saying which are the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from django.utils.translation import gettext as _

from tasuki.server.accounts.commands import check_mode
from tasuki.server.core import audit, bulk, clock, measures
from tasuki.server.core.access import Actor, require
from tasuki.server.core.errors import Conflict, NotFound, Refused
from tasuki.server.people import account_merging, duplicates, merging, resolving
from tasuki.server.people.due import touch
from tasuki.server.people.duplicates import find_duplicates
from tasuki.server.people.facts import LeadFacts, change_facts, lead_facts
from tasuki.server.people.inputs import LeadInput, LeadRef, Put
from tasuki.server.people.intake import Intake
from tasuki.server.people.models import Duplicate, Lead, Merge
from tasuki.server.people.queries import account_there, lead_there
from tasuki.server.people.reassigning import reassign

__all__ = [
    "decide_duplicate",
    "find_duplicates",
    "merge_accounts",
    "merge_leads",
    "put_leads",
    "reassign",
    "resolve_leads",
    "touch",
    "undo_merge",
    "update_lead",
]

AT_ONCE = 1_000
STAYS = "\0"
"""In place of an owner: says nothing of it."""


def put_leads(
    actor: Actor,
    inputs: Sequence[LeadInput],
    *,
    source: str,
    mode: str = "trusted",
    job: int | None = None,
) -> list[Put | Refused]:
    """Create or update leads by what identifies them; one answer each, in the order given, all in one transaction.

    `mode` `trusted` overwrites, `fill` fills only what is empty. `job` is the import's id. What is wrong with one
    input refuses that one: Invalid, NotFound, or Conflict where an identity is someone else's. NotAllowed for the whole.
    """
    require(actor, "leads.write")
    check_mode(mode)
    now = clock.now()
    facts = [_checked(each, source, now) for each in inputs]

    def work() -> list[Put | Refused]:
        found = [
            answer
            for start in range(0, len(facts), AT_ONCE)
            for answer in Intake(actor, source=source, mode=mode, job=job).take(
                facts[start : start + AT_ONCE]
            )
        ]
        _look_at_handoffs(found, facts)
        return found

    answers = bulk.in_one_transaction(work)
    _count(answers)
    return answers


def update_lead(
    actor: Actor,
    lead_id: int,
    *,
    changes: Mapping[str, str | None],
    at: datetime | None = None,
    owner: str | None = STAYS,
) -> Lead:
    """Set fields of one lead (`account.` ones too); None or empty removes one; other fields stay. `owner`: a sign-in name.

    NotFound, Invalid, NotAllowed; Conflict where an identity is someone else's, which also becomes a question for a person.
    """
    require(actor, "leads.write")
    now = clock.now()
    facts = change_facts(lead_id, changes, at, actor.source, now)
    keeps = owner == STAYS
    facts = facts if keeps else replace(facts, owner=owner or None)

    def work() -> Put | Refused:
        (answer,) = Intake(actor, source=actor.source, mode="trusted", job=None).take([facts])
        _look_at_handoffs([answer], [facts])
        if not keeps and not owner and isinstance(answer, Put):
            _without_owner(actor, answer)
        return answer

    answer = bulk.in_one_transaction(work)
    if isinstance(answer, Refused):  # only now, so that the question is kept
        raise answer
    return Lead.objects.select_related("account", "owner", "team").get(pk=answer.lead_id)


def _look_at_handoffs(answers: Sequence[Put | Refused], facts: Sequence[LeadFacts | Refused]) -> None:
    """Within their transaction: have the worker see to handoffs of leads whose owner was said, for they go along."""
    leads = {
        put.lead_id
        for put, given in zip(answers, facts, strict=True)
        if isinstance(put, Put) and isinstance(given, LeadFacts) and given.owner
    }
    if leads:
        merging.look_at_new_owners(leads, clock.now())


def _without_owner(actor: Actor, put: Put) -> None:
    """Within a transaction that holds the lead: nobody owns it. Its entry of the audit is the put's, where that has one."""
    if (
        Lead.objects.filter(pk=put.lead_id).exclude(owner=None).update(owner=None)
        and put.outcome == "unchanged"
    ):
        audit.record(
            actor, "leads.put", f"lead:{put.lead_id}", source=actor.source, refused=0, created=0, updated=1
        )


def resolve_leads(
    actor: Actor,
    refs: Sequence[LeadRef],
    *,
    source: str,
    at: datetime | Sequence[datetime | None] | None = None,
) -> list[int | Refused]:
    """The leads that these references mean, in the order given; merged ones as what they are now.

    One that is not there is created: anonymous if only a browser is known. `at` is when it was first heard of, one for
    all or one each. A reference that tells more than was known (the visitor of a known address) is learnt from.
    """
    return bulk.in_one_transaction(lambda: resolving.resolve(actor, refs, source=source, at=at))


def merge_leads(actor: Actor, *, winner: int, loser: int, cause: str = "person") -> Merge:
    """Make one lead of two; all but the transitions moves to the winner. NotFound, NotAllowed; Conflict: the same one."""
    require(actor, "duplicates.decide")

    def work() -> Merge:
        now = clock.now()
        kept, gone = lead_there(actor, winner), lead_there(actor, loser)
        if kept.pk == gone.pk:
            raise _same_one()
        done = merging.merge(actor, winner=kept.pk, loser=gone.pk, cause=cause, now=now)
        duplicates.compare_leads(duplicates.people([kept.pk]), now)
        audit.record(actor, "leads.merge", f"lead:{kept.pk}", loser=gone.pk, merge=done.pk)
        return done

    return bulk.in_one_transaction(work)


def merge_accounts(actor: Actor, *, winner: int, loser: int) -> Merge:
    """Make one account of two. NotFound, NotAllowed; Conflict: the same one, or two company numbers."""
    require(actor, "duplicates.decide")

    def work() -> Merge:
        kept, gone = account_there(winner), account_there(loser)
        if kept.pk == gone.pk:
            raise _same_one()
        done = account_merging.merge(actor, winner=kept.pk, loser=gone.pk, now=clock.now())
        audit.record(actor, "accounts.merge", f"account:{kept.pk}", loser=gone.pk, merge=done.pk)
        return done

    return bulk.in_one_transaction(work)


def undo_merge(actor: Actor, merge_id: int) -> Merge:
    """Put everything back where it was. NotFound, NotAllowed; Conflict: undone already, or a later merge builds on it."""
    require(actor, "duplicates.decide")

    def work() -> Merge:
        done = Merge.objects.select_for_update().filter(pk=merge_id).first()
        if done is None:
            raise NotFound("merge_not_found", _("There is no such merge."))
        if done.kind == duplicates.LEAD:
            lead_there(actor, done.winner)
            merging.undo(actor, done, clock.now())
        else:
            account_merging.undo(actor, done, clock.now())
        audit.record(
            actor, f"{done.kind}s.unmerge", f"{done.kind}:{done.winner}", loser=done.loser, merge=done.pk
        )
        done.refresh_from_db()
        return done

    return bulk.in_one_transaction(work)


def decide_duplicate(
    actor: Actor, duplicate_id: int, *, same: bool, winner: int | None = None
) -> Merge | None:
    """Say whether the two are the same: then they are merged (into `winner`, else into the older), else never asked again.

    NotFound, NotAllowed; Conflict: it was answered already, or `winner` is neither of them.
    """
    require(actor, "duplicates.decide")

    def work() -> Merge | None:
        question = Duplicate.objects.select_for_update().filter(pk=duplicate_id).first()
        if question is None or not _may_see(actor, question):
            raise NotFound("duplicate_not_found", _("There is no such question."))
        if question.state != Duplicate.State.OPEN:
            raise Conflict("duplicate_decided", _("This question has been answered already."))
        done = _merged(actor, question, winner) if same else None
        question.state = Duplicate.State.MERGED if same else Duplicate.State.DIFFERENT
        question.decided_at, question.decided_by = clock.now(), actor.user
        question.save(update_fields=["state", "decided_at", "decided_by"])
        audit.record(actor, "duplicates.decide", f"{question.kind}:{question.first}", same=same)
        return done

    return bulk.in_one_transaction(work)


def _merged(actor: Actor, question: Duplicate, winner: int | None) -> Merge:
    kept = question.first if winner is None else winner
    if kept not in (question.first, question.second):
        raise Conflict(
            "winner_not_asked",
            _("The one to keep is neither of the two."),
            cure=_("Name %(first)s or %(second)s.") % {"first": question.first, "second": question.second},
            field="winner",
        )
    gone = question.second if kept == question.first else question.first
    if question.kind == duplicates.LEAD:
        return merge_leads(actor, winner=kept, loser=gone)
    return merge_accounts(actor, winner=kept, loser=gone)


def _may_see(actor: Actor, question: Duplicate) -> bool:
    if question.kind != duplicates.LEAD:
        return True
    try:
        lead_there(actor, question.first)
        lead_there(actor, question.second)
    except NotFound:
        return False
    return True


def _checked(given: LeadInput, source: str, now: datetime) -> LeadFacts | Refused:
    try:
        return lead_facts(given, source, now)
    except Refused as refused:
        return refused


def _count(answers: Sequence[Put | Refused]) -> None:
    refused = sum(isinstance(each, Refused) for each in answers)
    measures.ENTRIES.labels("profile", "stored").inc(len(answers) - refused)
    if refused:
        measures.ENTRIES.labels("profile", "refused").inc(refused)


def _same_one() -> Conflict:
    return Conflict("merge_with_itself", _("These are one and the same already."))
