"""The relay on the page of a lead: who holds the sash since when until when, how it came to them, calls and promises."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.forms import Form

from tasuki.server.core import queries as core
from tasuki.server.core import words
from tasuki.server.core.access import Actor
from tasuki.server.core.models import User
from tasuki.server.handoffs import queries as handoffs
from tasuki.server.handoffs.models import Clock, Handoff
from tasuki.server.handoffs.models import Promise as PromisedCall
from tasuki.server.lifecycle import queries
from tasuki.server.lifecycle.routed import given
from tasuki.server.pages import relay_forms as forms
from tasuki.server.people.models import Lead

Forms = Mapping[str, Form]
"""Forms that came back, by name: call, transfer, reapproach."""


def sash(actor: Actor, lead: Lead, came_back: Forms, people: Sequence[User] | None = None) -> dict[str, Any]:
    """What the page of the lead shows of it; forms that came back stay as they were typed. `people`: all colleagues."""
    ledger = queries.ledger(actor, lead.pk)
    handoff = next((one for one in ledger if one.outcome == Handoff.Outcome.OPEN), None)
    standing = queries.as_it_stands(handoff) if handoff else None
    way = queries.Ways.of(ledger[:1]).told(ledger[0]) if ledger else []
    calls = queries.promises(actor, lead)
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
        or (_transfer(actor, people) if handoff and handoffs.may_give(actor, handoff) else None),
        "reapproach": came_back.get("reapproach") or _reapproach(lead),
        "came_back": dict.fromkeys(came_back, True),
        "sash_version": " ".join(
            [f"{clock.pk}{clock.stopped_at or ''}{clock.reminded_at or ''}" for _one, clock in clocks]
            + [f"{one.pk}{one.at}" for one in calls]
        ),
    }


@dataclass(frozen=True)
class Held:
    """A handoff as it stood at a time: who had it, since when, until when; how it had ended, where it had."""

    handoff: Handoff
    clock: Clock | None
    ended: bool

    @property
    def who(self) -> str:
        """The person, else the team in whose queue it lay."""
        holder = self.clock or self.handoff
        if holder.person:
            return holder.person.shown_name
        return holder.team.name if holder.team else words.say(words.ROLES, self.handoff.team_role)


def held_then(actor: Actor, lead: Lead, at: datetime) -> list[Held]:
    """The handoffs that there were at that time, the latest first."""
    known = [one for one in queries.ledger(actor, lead.pk) if one.opened_at <= at]
    return [_held(one, at) for one in known]


def _held(handoff: Handoff, at: datetime) -> Held:
    ran = [clock for clock in _clocks(handoff) if clock.started_at <= at]
    return Held(handoff, ran[0] if ran else None, handoff.closed_at is not None and handoff.closed_at <= at)


def may_take(actor: Actor, handoff: Handoff | None) -> bool:
    """Whether to offer to take it out of its queue."""
    return handoff is not None and handoff.person_id is None and handoffs.may_give(actor, handoff)


def _clocks(handoff: Handoff) -> list[Clock]:
    found: list[Clock] = getattr(handoff, "ledger", [])
    return found[::-1]


def _transfer(actor: Actor, people: Sequence[User] | None) -> forms.Transfer:
    known = core.colleagues(actor) if people is None else people
    return forms.Transfer(people=known, teams=core.teams(actor), auto_id="id_transfer_%s")


def _moving(promise: PromisedCall) -> forms.Promise:
    start = {"at": promise.at, "note": promise.note}
    return forms.Promise(initial=start, auto_id=f"id_promise{promise.pk}_%s")


def _reapproach(lead: Lead) -> forms.Reapproach:
    return forms.Reapproach(initial={"until": lead.reapproach_at}, auto_id="id_reapproach_%s")
