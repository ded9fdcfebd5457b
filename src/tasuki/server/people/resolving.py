"""Which leads references mean: the short way for those that are known, the way of intake for all others."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from tasuki.server.core.access import Actor, sight
from tasuki.server.core.errors import Invalid, Refused
from tasuki.server.people.facts import LeadFacts, ref_facts
from tasuki.server.people.identities import Key
from tasuki.server.people.inputs import LeadRef
from tasuki.server.people.intake import Intake
from tasuki.server.people.lookup import owners_of
from tasuki.server.people.models import Lead

AT_ONCE = 1_000


def resolve(
    actor: Actor, refs: Sequence[LeadRef], *, source: str, at: datetime | Sequence[datetime | None] | None
) -> list[int | Refused]:
    """See `commands.resolve_leads`."""
    times = [at] * len(refs) if at is None or isinstance(at, datetime) else list(at)
    distinct: dict[LeadRef, LeadFacts | Refused] = {}
    for ref, when in zip(refs, times, strict=True):
        if ref not in distinct:
            distinct[ref] = _facts(ref, when)
    answers: dict[LeadRef, int | Refused] = {}
    sound: dict[LeadRef, LeadFacts] = {}
    for ref, facts in distinct.items():
        if isinstance(facts, Refused):
            answers[ref] = facts
        else:
            sound[ref] = facts
    answers |= _known(actor, sound)
    rest = [(ref, facts) for ref, facts in sound.items() if ref not in answers]
    for start in range(0, len(rest), AT_ONCE):
        part = rest[start : start + AT_ONCE]
        intake = Intake(actor, source=source, mode="fill", job=None)
        puts = intake.take([facts for _ref, facts in part])
        for (ref, _facts_of), put in zip(part, puts, strict=True):
            answers[ref] = put if isinstance(put, Refused) else put.lead_id
    return [answers[ref] for ref in refs]


def _facts(ref: LeadRef, at: datetime | None) -> LeadFacts | Refused:
    try:
        return ref_facts(ref, at)
    except Invalid as refused:
        return refused


def _known(actor: Actor, sound: dict[LeadRef, LeadFacts]) -> dict[LeadRef, int | Refused]:
    """Those all of whose identities belong to one lead that the actor may see: nothing is to be learnt of them."""
    owners = owners_of({key for facts in sound.values() for key in facts.keys})
    claimed = {ref: _one_lead(facts, owners) for ref, facts in sound.items()}
    alive = _alive(actor, {lead for lead in claimed.values() if lead is not None})
    return {ref: alive[lead] for ref, lead in claimed.items() if lead is not None and lead in alive}


def _one_lead(facts: LeadFacts, owners: dict[Key, int]) -> int | None:
    found = {owners.get(key) for key in facts.keys}
    if facts.lead is not None:
        found.add(facts.lead)
    return found.pop() if len(found) == 1 else None


def _alive(actor: Actor, ids: set[int]) -> dict[int, int]:
    """Of these leads, those that are there and seen: id → id. Merged and erased ones take the long way."""
    if not ids:
        return {}
    found = Lead.objects.filter(sight(actor), pk__in=ids, merged_into=None, erased_at=None)
    return {pk: pk for pk in found.values_list("pk", flat=True)}
