"""Setting whose many leads are, of which team, and of which campaign, with what they were before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import Q

from tasuki.server.core import audit, bulk, clock
from tasuki.server.core.access import Actor, require, sight
from tasuki.server.people import merging
from tasuki.server.people.models import Lead

COLUMNS = ("owner", "team", "campaign")
AT_ONCE = 500


@dataclass
class Reassigned:
    """Lead → its columns as they were, of those that changed; those that had it already; those that were left alone."""

    before: dict[int, dict[str, Any]] = field(default_factory=dict)
    unchanged: list[int] = field(default_factory=list)
    left: list[int] = field(default_factory=list)


def reassign(
    actor: Actor,
    to: Mapping[int, Mapping[str, Any]],
    *,
    only_if: Mapping[str, Any] | None = None,
    own_deed: bool = False,
) -> Reassigned:
    """Set owner, team (ids) or campaign of leads; some hundreds in one transaction, so that nobody waits for long.

    `only_if`: leave alone what has another value by now. Leads that are gone, or that the actor does not see, are left
    alone, too. `own_deed`: the actor gave these leads away and puts them back, so they need not be seen. NotAllowed.
    """
    require(actor, "leads.write")
    found, ids, seen = Reassigned(), sorted(to), Q() if own_deed else sight(actor)
    for start in range(0, len(ids), AT_ONCE):
        part = {pk: to[pk] for pk in ids[start : start + AT_ONCE]}
        bulk.in_one_transaction(lambda part=part: _part(actor, seen, part, only_if, found))  # type: ignore[misc]
    return found


def _part(
    actor: Actor,
    seen: Q,
    to: Mapping[int, Mapping[str, Any]],
    only_if: Mapping[str, Any] | None,
    found: Reassigned,
) -> None:
    assert transaction.get_connection().in_atomic_block
    leads = Lead.objects.filter(seen, pk__in=to, merged_into=None, erased_at=None).order_by("pk")
    there = {lead.pk: lead for lead in leads.only(*COLUMNS).select_for_update(no_key=True)}
    rows = []
    for pk, wanted in to.items():
        lead = there.get(pk)
        if lead is None or (only_if is not None and _columns(lead, only_if) != only_if):
            found.left.append(pk)
            continue
        before = _columns(lead, wanted)
        if before == dict(wanted):
            found.unchanged.append(pk)
            continue
        found.before[pk] = before
        rows.append((pk, *(wanted.get(name, _value(lead, name)) for name in COLUMNS)))
    if not rows:
        return
    bulk.update(Lead, COLUMNS, rows)
    names = sorted({name for wanted in to.values() for name in wanted})
    if "owner" in names:
        merging.look_at_new_owners([row[0] for row in rows], clock.now())
    audit.record(actor, "leads.reassign", leads=len(rows), columns=names, source=actor.source)


def _columns(lead: Lead, names: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _value(lead, name) for name in names}


def _value(lead: Lead, name: str) -> Any:
    return lead.campaign if name == "campaign" else getattr(lead, f"{name}_id")
