"""What can be taken back for ten seconds: an action is held, then recorded with the time at which it was done.

Recorded transitions are never rewritten, so an undo cannot come after them; it comes before. Whether the action is legal is
checked when it is held, and again when it is recorded: what somebody else did meanwhile counts, and who did it is told.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import OperationalError, transaction
from django.utils import translation
from django.utils.translation import gettext as _

from tasuki.server.core import audit, bulk, clock
from tasuki.server.core.access import Actor, require, sight
from tasuki.server.core.errors import Conflict, Invalid, NotFound, Refused
from tasuki.server.handoffs import commands as handoffs
from tasuki.server.lifecycle import telling
from tasuki.server.lifecycle.calls import check_call, log_call
from tasuki.server.lifecycle.deciding import Asked, decide, in_force
from tasuki.server.lifecycle.models import Held
from tasuki.server.notify import commands as notify
from tasuki.server.notify.commands import News
from tasuki.server.people.models import Lead

log = logging.getLogger(__name__)

GRACE = timedelta(seconds=10)
"""So long an action can be taken back."""
SLACK = timedelta(seconds=2)
"""So much later the clocks of handoffs look again, for the worker to be first."""
AGAIN = timedelta(minutes=1)
"""What could not be recorded for a fault of ours is tried again after so long."""
TRIES = 10
"""So often; then whoever did it is told that it came to nothing, and the lead is back on the lists."""
KEPT = timedelta(days=1)
"""So long it is known what became of an action."""
MOST = 1_000
"""Leads that are decided on at once."""
Kind, State = Held.Kind, Held.State


@dataclass(frozen=True, slots=True)
class HeldGroup:
    """What is held under one name, with one undo. `refused`: lead → why it is not, where several were asked for."""

    id: str
    leads: tuple[int, ...]
    refused: Mapping[int, Refused]
    due_at: datetime


@dataclass(frozen=True, slots=True)
class TakenBack:
    """What an undo did: the leads of what was taken back, and of what was recorded already."""

    leads: tuple[int, ...]
    recorded: tuple[int, ...] = ()


def decide_soon(
    actor: Actor,
    *,
    lead_ids: Sequence[int],
    to: str,
    reason: str = "",
    note: str = "",
    until: datetime | None = None,
    answers: Mapping[str, str | bool] | None = None,
    amount: Decimal | None = None,
    role: str | None = None,
    seen: str | None = None,
) -> HeldGroup:
    """Decide on leads, so that it can be taken back for ten seconds: one group, one undo, however many they are.

    Each is judged at once as by `decide`. Where one is asked for, its refusal is raised; of several, those that are refused
    come back with their reasons, and the others are held. `seen`: the stage that the decider saw; by itself the one in which
    each stands now. NotAllowed; NotFound; Invalid; Conflict.
    """
    require(actor, "decisions.write")
    _check_number(lead_ids)
    asked = Asked(actor, to, reason, note, until, answers, amount=amount, role=role, seen=seen)
    asked.check_form()
    what = {
        "to": asked.to, "reason": reason, "note": note, "until": until.isoformat() if until else None,
        "answers": asked.answers, "amount": None if amount is None else str(amount), "role": role,
    }  # fmt: skip

    def hold() -> HeldGroup:
        leads, refused = _leads(actor, lead_ids)
        refused |= _decided_already(leads) | _moved(leads, seen)
        refused |= asked.tries([one for one in leads if one.pk not in refused])
        return _hold(actor, Kind.DECISION, what, leads, refused, len(lead_ids))

    return bulk.in_one_transaction(hold)


def call_soon(
    actor: Actor, lead_id: int, outcome: str, note: str = "", promised_at: datetime | None = None
) -> HeldGroup:
    """The same as `log_call`, so that it can be taken back for ten seconds. NotAllowed; NotFound; Invalid."""
    require(actor, "activities.write")
    check_call(outcome, note, promised_at)
    promised = promised_at.isoformat() if promised_at else None
    what = {"outcome": outcome, "note": note, "promised_at": promised}

    def hold() -> HeldGroup:
        leads, refused = _leads(actor, [lead_id])
        return _hold(actor, Kind.CALL, what, leads, refused, 1)

    return bulk.in_one_transaction(hold)


def take_back(actor: Actor, group: str) -> TakenBack:
    """Undo what the actor did as this group, as far as it is not recorded. NotFound; Conflict: all of it is."""
    require(actor, "leads.read")

    def undo() -> TakenBack:
        mine = Held.objects.filter(sight(actor, "lead__"), group=group[:32], by=actor.user)
        rows = dict(mine.values_list("pk", "lead_id"))
        if not rows or actor.user is None:
            raise NotFound(
                "held_unknown", _("There is nothing that could be taken back."), cure=_("Look at the lead.")
            )
        waiting = Held.objects.filter(pk__in=rows, state=State.WAITING)
        ids = list(waiting.select_for_update(no_key=True).order_by("pk").values_list("pk", flat=True))
        waiting.filter(pk__in=ids).update(state=State.TAKEN_BACK, ended_at=clock.now(), what={})
        done = Held.objects.filter(pk__in=rows, state=State.RECORDED).values_list("lead_id", flat=True)
        if not ids:
            raise _too_late(bool(done))
        audit.record(actor, "action.take_back", f"lead:{rows[ids[0]]}", leads=len(ids))
        return TakenBack(tuple(rows[one] for one in ids), tuple(done))

    return bulk.in_one_transaction(undo)


def settle(actor: Actor, lead_id: int) -> int:
    """Record at once what the actor did with this lead and could still take back, for they go on; how many actions."""
    require(actor, "leads.read")
    now = clock.now()
    mine = Held.objects.filter(sight(actor, "lead__"), lead=lead_id, by=actor.user, state=State.WAITING)
    waiting = list(mine.order_by("pk").values_list("pk", flat=True)) if actor.user else []
    Held.objects.filter(pk__in=waiting, state=State.WAITING).update(due_at=now)
    return sum(_safely(pk) for pk in waiting)


def _too_late(is_recorded: bool) -> Conflict:
    if is_recorded:
        return Conflict(
            "recorded_already",
            _("It is recorded already, and what is recorded stays."),
            cure=_("Open the lead and decide anew."),
        )
    return Conflict(
        "taken_back_already", _("This was taken back already."), cure=_("There is nothing more to do.")
    )


def _check_number(leads: Sequence[int]) -> None:
    if not 0 < len(leads) <= MOST:
        raise Invalid(
            "too_many_leads",
            _("Decide on 1 to %(most)s leads at once.") % {"most": MOST},
            cure=_("Choose fewer."),
            field="lead_ids",
        )


# Holding.


def _leads(actor: Actor, ids: Sequence[int]) -> tuple[list[Lead], dict[int, Refused]]:
    """The leads, held against others; merged ones are those they were merged into. Those that are not there are refused."""
    found: dict[int, Lead] = {}
    wanted = {pk: pk for pk in ids if 0 < pk < 2**63}
    missing = {pk: _unknown(pk) for pk in ids}
    while wanted:
        rows = Lead.objects.filter(sight(actor), pk__in=wanted).order_by("pk")
        held = {one.pk: one for one in rows.select_for_update(of=("self",), no_key=True)}
        for pk, one in held.items():
            if one.merged_into_id is None and one.erased_at is None and not one.anonymous:
                found[pk] = one
                missing.pop(wanted[pk], None)
        wanted = {one.merged_into_id: wanted[pk] for pk, one in held.items() if one.merged_into_id}
    return list(found.values()), dict(missing)


def _unknown(lead: int) -> Refused:
    return NotFound(
        "lead_unknown",
        _("There is no lead %(lead)s.") % {"lead": lead},
        cure=_("Look for it in the list of leads; it may not be yours to see."),
    )


def _decided_already(leads: Sequence[Lead]) -> dict[int, Refused]:
    """Those on which somebody has decided a moment ago."""
    waiting = Held.objects.filter(lead__in=leads, state=State.WAITING, kind=Kind.DECISION)
    under = in_force()
    return {
        one.lead_id: Conflict(
            "decided_already",
            _("%(who)s has just decided on it: %(stage)s.")
            % {
                "who": one.by.shown_name if one.by else _("Somebody"),
                "stage": telling.name_of(under.agreement, one.what["to"]),
            },
            cure=_("Wait a few seconds, then look at it again."),
        )
        for one in waiting.select_related("by")
    }


def _moved(leads: Sequence[Lead], seen: str | None) -> dict[int, Refused]:
    if seen is None:
        return {}
    under = in_force()
    return {one.pk: telling.moved_meanwhile(under.agreement, one.stage) for one in leads if one.stage != seen}


def _hold(
    actor: Actor,
    kind: str,
    what: Mapping[str, Any],
    leads: Sequence[Lead],
    refused: Mapping[int, Refused],
    count: int,
) -> HeldGroup:
    if count == 1 and refused:
        raise next(iter(refused.values()))
    now, group = clock.now(), uuid.uuid4().hex
    taken = [one for one in leads if one.pk not in refused]
    due = now + GRACE
    kept = {**what, "language": translation.get_language()}  # in which they are told if it comes to nothing
    Held.objects.bulk_create(
        Held(group=group, lead=one, by=actor.user, kind=kind, what=kept, seen=one.stage, at=now, due_at=due)
        for one in taken
    )
    if taken:
        handoffs.wait_for_answer([one.pk for one in taken], due + SLACK)
        told = {name: what[name] for name in ("to", "outcome") if name in what}
        audit.record(actor, "action.hold", f"lead:{taken[0].pk}", leads=len(taken), kind=kind, **told)
    return HeldGroup(group, tuple(one.pk for one in taken), refused, due)


# Recording.


def record_held(*, limit: int = 200) -> int:
    """Record what can be taken back no more; how many actions. Each in a transaction of its own, which claims it as well.

    Several workers may do so at a time, and one may be killed at any moment: an action is recorded once.
    """
    now = clock.now()
    due = Held.objects.filter(state=State.WAITING, due_at__lte=now).order_by("due_at", "pk")
    ids = list(due.values_list("pk", flat=True)[:limit])
    done = sum(_safely(pk) for pk in ids)
    if ids:
        Held.objects.filter(ended_at__lt=now - KEPT).delete()
    return done


def _safely(held: int) -> bool:
    """A fault of ours puts the action off; it is not lost at once, and the others do not wait for it."""
    try:
        return bulk.in_one_transaction(lambda: _record(held))
    except OperationalError:
        raise
    except Exception:
        log.exception("action %s could not be recorded", held)
        bulk.in_one_transaction(lambda: _put_off(held))
        return False


def _put_off(held: int) -> None:
    """Try it again later; after TRIES never, for as long as it waits nobody else sees the lead among what is to be done."""
    now = clock.now()
    waiting = Held.objects.filter(pk=held, state=State.WAITING)
    one = waiting.select_for_update(of=("self",), no_key=True).select_related("by").first()
    if one is None:
        return
    tries = one.what.get("tries", 0) + 1
    waiting.update(what={**one.what, "tries": tries}, due_at=now + AGAIN)
    if tries >= TRIES:
        waiting.update(ended_at=now)
        with translation.override(one.what.get("language") or settings.LANGUAGE_CODE):
            why = _(
                "A fault of this server keeps it from being recorded; whoever runs it finds the cause in its log."
            )
            _say_refused(one, why, now)


def _record(held: int) -> bool:
    """Within a transaction: hold the lead, claim the action, do it. False: somebody else has it, or it was taken back."""
    now = clock.now()
    lead = Held.objects.filter(pk=held).values("lead_id")
    list(Lead.objects.filter(pk__in=lead).select_for_update(no_key=True).values_list("pk"))
    mine = Held.objects.filter(pk=held, state=State.WAITING, due_at__lte=now)
    if not mine.update(state=State.RECORDED, ended_at=now):
        return False
    one = Held.objects.select_related("by__team").get(pk=held)
    with translation.override(one.what.get("language") or settings.LANGUAGE_CODE):
        try:
            with transaction.atomic():
                _done(one)
        except Refused as refused:
            _say_refused(one, str(refused.message), now)
        else:
            Held.objects.filter(pk=held).update(what={})  # it is in the log now
    return True


def _done(one: Held) -> None:
    """As whoever did it, at the time of the click. Refused: it is not legal any more, or not theirs."""
    what = dict(one.what)
    who = Actor(user=one.by)
    key = f"held:{one.pk}"
    if one.kind == Kind.CALL:
        log_call(who, one.lead_id, what["outcome"], what["note"], _time(what["promised_at"]), key, one.at)
        return
    decide(
        who, lead_id=one.lead_id, to=what["to"], reason=what["reason"], note=what["note"],
        until=_time(what["until"]), answers=what["answers"], amount=_money(what.get("amount")), role=what["role"], key=key,
        seen=one.seen, at=one.at,
    )  # fmt: skip


def _money(text: str | None) -> Decimal | None:
    return Decimal(text) if text else None


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _say_refused(one: Held, why: str, now: datetime) -> None:
    """Tell whoever did it; nothing of what somebody else did meanwhile is changed. What they typed stays for a day."""
    Held.objects.filter(pk=one.pk).update(state=State.REFUSED)
    users = (one.by.pk,) if one.by else ()
    detail = {"why": why}
    notify.tell([News("not_recorded", one.lead_id, users, f"held:{one.pk}", now, detail=detail)])
