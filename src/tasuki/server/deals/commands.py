"""Putting deals: what a source says of them, and what follows from a decision."""

from __future__ import annotations

import hashlib
import uuid
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from tasuki.server.activities.checks import problem_of_source
from tasuki.server.core import audit, bulk, clock
from tasuki.server.core.access import Actor, require
from tasuki.server.core.company import the_company
from tasuki.server.core.errors import Conflict, Invalid, Refused
from tasuki.server.core.measures import ENTRIES
from tasuki.server.core.models import User
from tasuki.server.deals import checks
from tasuki.server.deals.changing import change_deal
from tasuki.server.deals.consequences import FOLLOWS
from tasuki.server.deals.inputs import DealInput, PutDeal
from tasuki.server.deals.models import Deal
from tasuki.server.people import commands as people
from tasuki.server.people.inputs import LeadRef
from tasuki.server.people.models import Lead

__all__ = ["DealInput", "PutDeal", "change_deal", "put_deals", "settle"]

Outcome = PutDeal | Refused
SIMPLE = ("name", "amount", "currency", "state", "reason", "opened_at", "closed_at", "expected_at")
"""Columns that have the same name in the input."""
CHANGED = (*SIMPLE, "owner")
EMPTY: Mapping[str, Any] = {"amount": None, "expected_at": None, "reason": ""}
"""What may be emptied, and what stands there then."""
POINTING = {"lead", "account", "owner", "import_job"}
CREATED = (*CHANGED, "lead", "account", "source", "key", "recorded_at", "import_job")


def put_deals(
    actor: Actor,
    inputs: Sequence[DealInput],
    *,
    source: str = "",
    job: int | None = None,
    decided: bool = False,
) -> list[Outcome]:
    """Create deals, or change those that the source has put before by the same key; one answer each, in the order given.

    Without a key, what is the same in lead, name and time of opening is the same deal. All in one transaction. NotAllowed;
    Invalid for the source; all else refuses the one deal. The stage of a lead moves by decisions alone, not by its deals.
    `decided`: by a decision, whose transition tells of it already.
    """
    require(actor, "deals.write")
    source = source or actor.source
    if wrong := problem_of_source(source):
        raise wrong
    outcomes = bulk.in_one_transaction(lambda: _put(actor, inputs, source, job, decided))
    _count(outcomes)
    return outcomes


def _put(
    actor: Actor, inputs: Sequence[DealInput], source: str, job: int | None, decided: bool
) -> list[Outcome]:
    now = clock.now()
    outcomes: list[Outcome | None] = [checks.problem(given, now) for given in inputs]
    owners = _owners(inputs, outcomes)
    leads = _leads(actor, inputs, outcomes, source, now)
    keys = {place: _key(inputs[place], lead.pk) for place, lead in leads.items()}
    there = _there(source, keys.values())
    came_of: dict[int, tuple[Deal, str, dict[str, Any]]] = {}
    for place, lead in leads.items():
        said, key = _said(inputs[place], owners), keys[place]
        if (deal := there.get(key)) is None:
            there[key] = deal = _new(lead, said, source=source, key=key, now=now, job=job)
            came_of[place] = deal, "created", {}
            continue
        before = _changed(deal, lead, said, now)
        if isinstance(before, Refused):
            outcomes[place] = before
        else:
            came_of[place] = deal, "updated" if before else "unchanged", before
    changed = [deal for deal, outcome, _before in came_of.values() if outcome != "unchanged"]
    _store(changed)
    if not decided and job is None:  # an import brings what was there before
        for follow in FOLLOWS:
            follow(changed, now)
    for place, (deal, outcome, before) in came_of.items():
        outcomes[place] = PutDeal(deal.pk, deal.lead_id, outcome, before)
    done = [outcome for outcome in outcomes if outcome is not None]
    _note(actor, done, source)
    return done


def _there(source: str, keys: Iterable[str]) -> dict[str, Deal]:
    """Key → the source's deal of that key, held against others; locked by id, so that nobody locks up."""
    found = (
        Deal.objects.filter(source=source, key__in=set(keys)).order_by("pk").select_for_update(no_key=True)
    )
    return {deal.key: deal for deal in found}


def _store(deals: Iterable[Deal]) -> None:
    """Insert those that are new and update the others, at once; each once. New ones get their id.

    IntegrityError: somebody else has put one of the new ones meanwhile; then all is worked on again from what is there.
    """
    once = {(deal.source, deal.key): deal for deal in deals}
    new = [deal for _key, deal in sorted(once.items()) if deal.pk is None]
    changed = sorted((deal for deal in once.values() if deal.pk is not None), key=lambda deal: deal.pk)
    bulk.update(Deal, CHANGED, [(deal.pk, *_row(deal, CHANGED)) for deal in changed])
    rows = [_row(deal, CREATED) for deal in new]
    for deal, (pk,) in zip(new, bulk.insert(Deal, CREATED, rows, returning=["id"]), strict=True):
        deal.pk = pk


def _row(deal: Deal, columns: Iterable[str]) -> tuple[Any, ...]:
    return tuple(getattr(deal, f"{name}_id" if name in POINTING else name) for name in columns)


def _owners(inputs: Sequence[DealInput], outcomes: list[Outcome | None]) -> dict[str, int]:
    """Sign-in name → user; an unknown one refuses its deal."""
    names = {given.owner for given in inputs if given.owner}
    found = (
        dict(User.objects.filter(username__in=names, is_active=True).values_list("username", "pk"))
        if names
        else {}
    )
    for place, given in enumerate(inputs):
        if given.owner and given.owner not in found and outcomes[place] is None:
            outcomes[place] = Invalid(
                "owner_unknown",
                _("Nobody has the user name %(name)s.") % {"name": given.owner},
                cure=_("Give the user name of someone who can sign in, or leave it out."),
                field="owner",
            )
    return found


def _leads(
    actor: Actor, inputs: Sequence[DealInput], outcomes: list[Outcome | None], source: str, now: datetime
) -> dict[int, Lead]:
    """Place in `inputs` → lead, for all that are sound."""
    places = [place for place, outcome in enumerate(outcomes) if outcome is None]
    refs = [_ref(inputs[place]) for place in places]
    resolved = people.resolve_leads(actor, refs, source=source, at=now)
    for place, lead_id in zip(places, resolved, strict=True):
        if isinstance(lead_id, Refused):
            outcomes[place] = lead_id
    ids = {lead_id for lead_id in resolved if not isinstance(lead_id, Refused)}
    leads = (
        Lead.objects.select_related("account").only("name", "email", "account__name", "owner_id").in_bulk(ids)
    )
    return {
        place: leads[lead_id]
        for place, lead_id in zip(places, resolved, strict=True)
        if not isinstance(lead_id, Refused)
    }


def _ref(given: DealInput) -> LeadRef:
    return LeadRef(lead=given.lead_id) if given.lead_id is not None else given.ref or LeadRef()


def _key(given: DealInput, lead_id: int) -> str:
    if given.key is not None:
        return given.key
    if given.opened_at is None and not given.name:
        return f"once:{uuid.uuid4().hex}"
    what = f"{lead_id}\0{given.name or ''}\0{given.opened_at and clock.microseconds(given.opened_at)}"
    return f"sha256:{hashlib.sha256(what.encode()).hexdigest()}"


def _said(given: DealInput, owners: Mapping[str, int]) -> dict[str, Any]:
    """The columns that the input speaks of."""
    said = {field: EMPTY[field] for field in given.emptied if field in EMPTY}
    said |= {field: value for field in SIMPLE if (value := getattr(given, field)) is not None}
    if given.owner:
        said["owner_id"] = owners[given.owner]
    if not said.get("name", "x").strip():
        del said["name"]
    return said


def _new(lead: Lead, said: dict[str, Any], *, source: str, key: str, now: datetime, job: int | None) -> Deal:
    deal = Deal(
        lead=lead,
        account=lead.account,
        source=source,
        key=key,
        recorded_at=now,
        import_job_id=job,
        **{
            "name": _name_for(lead),
            "opened_at": said.get("closed_at", now),
            "owner_id": lead.owner_id,
            **said,
        },
    )
    if deal.state != Deal.State.OPEN and deal.closed_at is None:
        deal.closed_at = max(now, deal.opened_at)
    elif deal.state == Deal.State.OPEN and deal.closed_at is not None:
        deal.closed_at = None
    return deal


def _name_for(lead: Lead) -> str:
    return (lead.account.name if lead.account else "") or lead.name or lead.email or f"#{lead.pk}"


def _changed(deal: Deal, lead: Lead, said: dict[str, Any], now: datetime) -> dict[str, Any] | Refused:
    """Set what the input says and what follows: a deal that closes has a time, one that opens again has none.

    The columns that changed, as they were before; or why nothing was changed.
    """
    if deal.lead_id != lead.pk:
        return Conflict(
            "deal_of_another",
            _("This source's deal of that key belongs to another lead."),
            cure=_("Give the deal a key of its own, or merge the two leads."),
            field="key",
        )
    said = {**said, **_closing(deal, said, now)}
    before = {field: getattr(deal, field) for field, value in said.items() if getattr(deal, field) != value}
    if not before:
        return before
    closed_at, opened_at = said["closed_at"], said.get("opened_at", deal.opened_at)
    if closed_at is not None and closed_at < opened_at:
        return Invalid(
            "closed_before_opened",
            _("The deal closes before it was opened."),
            cure=_("Check both times."),
            field="closed_at",
        )
    for field in before:
        setattr(deal, field, said[field])
    return before


def _closing(deal: Deal, said: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    state = said.get("state", deal.state)
    if state == Deal.State.OPEN:
        return {"closed_at": None}
    at = said.get("closed_at") or deal.closed_at
    return {"closed_at": at or max(now, said.get("opened_at", deal.opened_at))}


def settle(
    actor: Actor,
    *,
    lead_id: int,
    state: str,
    amount: Decimal | None = None,
    at: datetime | None = None,
    reason: str = "",
    source: str = "",
    key: str | None = None,
) -> PutDeal:
    """What a decision says of the lead's deal: the latest open one is changed; where there is none, one is created.

    `state`: open, won, lost; `at` is the time of the decision. Raises the Refused that put_deals would answer.
    """
    require(actor, "deals.write")
    return bulk.in_one_transaction(lambda: _settle(actor, lead_id, state, amount, at, reason, source, key))


def _settle(
    actor: Actor,
    lead_id: int,
    state: str,
    amount: Decimal | None,
    at: datetime | None,
    reason: str,
    source: str,
    key: str | None,
) -> PutDeal:
    deal = (
        Deal.objects.select_for_update()
        .filter(lead_id=lead_id, state=Deal.State.OPEN)
        .order_by("-opened_at", "-pk")
        .first()
    )
    closing = state != Deal.State.OPEN
    given = DealInput(
        lead_id=lead_id,
        amount=amount,
        currency=None if deal else the_company().currency,
        state=state,
        opened_at=at if deal is None else None,
        closed_at=at if closing and (deal is None or at is None or at >= deal.opened_at) else None,
        reason=reason or None,
        key=deal.key if deal else key or f"once:{uuid.uuid4().hex}",
    )
    (outcome,) = put_deals(actor, [given], source=deal.source if deal else source, decided=True)
    if isinstance(outcome, Refused):
        raise outcome
    return outcome


def _note(actor: Actor, outcomes: Sequence[Outcome], source: str) -> None:
    """One entry of the audit for all of them; none where nothing was written."""
    puts = [outcome for outcome in outcomes if isinstance(outcome, PutDeal)]
    written = [put for put in puts if put.outcome != "unchanged"]
    if written:
        audit.record(
            actor,
            "deals.put",
            f"lead:{written[0].lead_id}" if len(written) == 1 else "",
            source=source,
            created=sum(put.outcome == "created" for put in written),
            updated=sum(put.outcome == "updated" for put in written),
            refused=len(outcomes) - len(puts),
        )


def _count(outcomes: Sequence[Outcome]) -> None:
    for kind, count in Counter(map(_kind, outcomes)).items():
        ENTRIES.labels("deal", kind).inc(count)


def _kind(outcome: Outcome) -> str:
    return (
        "refused"
        if isinstance(outcome, Refused)
        else "duplicate"
        if outcome.outcome == "unchanged"
        else "stored"
    )
