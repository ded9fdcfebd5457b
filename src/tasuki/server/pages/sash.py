"""The relay on the page of a lead: who holds the sash since when until when, how it came to them, calls and promises."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.forms import Form

from tasuki.server.core import queries as core
from tasuki.server.core.access import Actor
from tasuki.server.handoffs import queries as handoffs
from tasuki.server.handoffs.models import Clock, Handoff
from tasuki.server.handoffs.models import Promise as PromisedCall
from tasuki.server.lifecycle import queries
from tasuki.server.lifecycle.routed import given
from tasuki.server.pages import relay_forms as forms
from tasuki.server.people.models import Lead

Forms = Mapping[str, Form]
"""Forms that came back, by name: call, transfer, reapproach."""


def sash(actor: Actor, lead: Lead, came_back: Forms) -> dict[str, Any]:
    """What the page of the lead shows of it; forms that came back stay as they were typed."""
    ledger = queries.ledger(actor, lead.pk)
    handoff = next((one for one in ledger if one.outcome == Handoff.Outcome.OPEN), None)
    standing = queries.as_it_stands(handoff) if handoff else None
    way = queries.Ways.of(ledger[:1]).told(ledger[0]) if ledger else []
    calls = queries.promises(actor, lead.pk)
    clocks = [(one, clock) for one in ledger for clock in _clocks(one)]
    return {
        "handoff": handoff,
        "standing": standing,
        "way": way,
        "given": given(way),
        "clocks": clocks,
        "promised": [(one, _moving(one)) for one in calls],
        "may_take": may_take(actor, handoff),
        "call": came_back.get("call") or forms.Call(auto_id="id_call_%s"),
        "transfer": came_back.get("transfer")
        or (_transfer(actor) if handoff and handoffs.may_give(actor, handoff) else None),
        "reapproach": came_back.get("reapproach") or _reapproach(lead),
        "came_back": dict.fromkeys(came_back, True),
        "sash_version": " ".join(
            [f"{clock.pk}{clock.stopped_at or ''}{clock.reminded_at or ''}" for _one, clock in clocks]
            + [f"{one.pk}{one.at}" for one in calls]
        ),
    }


def may_take(actor: Actor, handoff: Handoff | None) -> bool:
    """Whether to offer to take it out of its queue."""
    return handoff is not None and handoff.person_id is None and handoffs.may_give(actor, handoff)


def _clocks(handoff: Handoff) -> list[Clock]:
    found: list[Clock] = getattr(handoff, "ledger", [])
    return found[::-1]


def _transfer(actor: Actor) -> forms.Transfer:
    return forms.Transfer(people=core.colleagues(actor), teams=core.teams(actor), auto_id="id_transfer_%s")


def _moving(promise: PromisedCall) -> forms.Promise:
    start = {"at": promise.at, "note": promise.note}
    return forms.Promise(initial=start, auto_id=f"id_promise{promise.pk}_%s")


def _reapproach(lead: Lead) -> forms.Reapproach:
    return forms.Reapproach(initial={"until": lead.reapproach_at}, auto_id="id_reapproach_%s")
