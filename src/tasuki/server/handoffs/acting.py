"""What the clocks make happen: reminders, breaches, reassignments.

A clock is found by its `next_at` alone, in an index that holds only clocks with something to come. Whoever closes a handoff
or opens it again from below this app, as a merge or an erasure does, or gives its lead another owner, sets `next_at` of
its clocks; they are put right here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db.models import QuerySet

from tasuki.server.core import bulk
from tasuki.server.handoffs import clocks
from tasuki.server.handoffs.clocks import Stop
from tasuki.server.handoffs.giving import Gift, Terms, give, hold
from tasuki.server.handoffs.inputs import Act, Told
from tasuki.server.handoffs.models import Clock, Handoff
from tasuki.server.handoffs.outcomes import Outcome
from tasuki.server.handoffs.passing import go_along, pass_on
from tasuki.server.handoffs.receivers import may_answer
from tasuki.server.handoffs.rows import values
from tasuki.server.handoffs.staff import Staff, staff

ACTED = ("reminded_at", "breached_at", "next_at")


def due(now: datetime) -> QuerySet[Clock]:
    """The clocks with something to be done about them."""
    return Clock.objects.filter(next_at__lte=now)


def wait(leads: Sequence[int], until: datetime) -> None:
    """Leave the clocks of these leads alone until then: an answer is on its way, which counts from when it was given."""
    running = Clock.objects.filter(lead__in=leads, stopped_at=None, next_at__lt=until)
    running.update(next_at=until)


def act(now: datetime, limit: int, only: int | None = None) -> list[Act]:
    """Do what is due on up to `limit` clocks, the longest due first, or on one alone; what was done, with its news.

    Within the caller's transaction. Several may do so at a time: a lead that somebody else holds is left for later.
    """
    looked_at = due(now) if only is None else due(now).filter(pk=only)
    wanted = dict(looked_at.order_by("next_at").values_list("pk", "lead_id")[:limit])
    if not wanted:
        return []
    held = hold(wanted.values())
    found = due(now).filter(pk__in=wanted, lead__in=held).order_by("next_at", "pk")
    rows = list(found.select_related("handoff__transition", "lead"))
    live = [one for one in rows if _runs(one)]
    acts = _put_right([one for one in rows if not _runs(one)], now)
    return acts + _on_running(live, now)


def _runs(clock: Clock) -> bool:
    return clock.stopped_at is None and clock.handoff.outcome == Outcome.OPEN and clock.lead.erased_at is None


# Clocks that run.


def _on_running(running: Sequence[Clock], now: datetime) -> list[Act]:
    if not running:
        return []
    people, terms = staff(), Terms([one.handoff for one in running])
    follows = [one for one in running if _goes_along(one, terms, people)]
    acts, to_pass_on = [], []
    for one in running:
        if one in follows:
            continue
        if _is_over(one, now):
            acts += [_breach(one, terms, people, now)] if one.breached_at is None else []
            if one.reassign_at and one.reassign_at <= now:
                to_pass_on.append(one)
        elif one.remind_at and one.remind_at <= now and one.reminded_at is None:
            acts.append(_remind(one, people, now))
        one.next_at = _next(one, now)
    bulk.update(Clock, ACTED, [(one.pk, *values(one, ACTED)) for one in running])
    return acts + pass_on(to_pass_on, terms, people, now) + go_along(follows, terms, people, now)


def _goes_along(clock: Clock, terms: Terms, people: Staff) -> bool:
    """Whether the lead was given another owner who may have its handoff, too."""
    owner = people.members.get(clock.lead.owner_id or 0)
    if owner is None or owner.id == clock.handoff.person_id or not owner.active:
        return False
    return may_answer(owner, clock.handoff, terms)


def _is_over(clock: Clock, now: datetime) -> bool:
    return clock.due_at is not None and clock.due_at <= now


def _next(clock: Clock, now: datetime) -> datetime | None:
    """What comes next; nothing comes twice, even if the machine's clock is set back."""
    if clock.breached_at is not None:
        return clock.reassign_at if clock.reassign_at and clock.reassign_at > now else None
    return clock.due_at if clock.reminded_at else clock.remind_at or clock.due_at


def _remind(clock: Clock, people: Staff, now: datetime) -> Act:
    clock.reminded_at = now
    return Act(
        "reminded",
        clock.handoff,
        clock.pk,
        now,
        (_told("reminder", clock, _holders(clock, people, now), now),),
    )


def _breach(clock: Clock, terms: Terms, people: Staff, now: datetime) -> Act:
    clock.breached_at = now
    users = _holders(clock, people, now) + people.called(terms.of(clock.handoff).escalate, clock.team_id)
    return Act("breached", clock.handoff, clock.pk, now, (_told("breach", clock, users, now),))


def _holders(clock: Clock, people: Staff, now: datetime) -> tuple[int, ...]:
    if clock.person_id:
        return (clock.person_id,)
    return people.told_of_queue(clock.team_id, clock.handoff.team_role, now)


def _told(kind: str, clock: Clock, users: tuple[int, ...], now: datetime) -> Told:
    cause, transition = f"clock:{clock.pk}", clock.handoff.transition_id
    return Told(kind, clock.lead_id, tuple(dict.fromkeys(users)), cause, now, transition, clock.team_id)


# Clocks of handoffs that were closed or opened again elsewhere.


def _put_right(rows: Sequence[Clock], now: datetime) -> list[Act]:
    """Stop those of closed handoffs, start one for a handoff that is open again and has none; the rest is left alone."""
    stops = [(one, _stop(one, now)) for one in rows if one.stopped_at is None]
    _close([one.handoff for one, _how in stops if one.handoff.outcome == Outcome.OPEN], stops)
    clocks.stop(stops)
    Clock.objects.filter(pk__in=[one.pk for one in rows]).update(next_at=None)
    acts = [Act("stopped", one.handoff, one.pk, now) for one, _how in stops]
    return acts + _start_again([one for one in rows if one.handoff.outcome == Outcome.OPEN], now)


def _stop(clock: Clock, now: datetime) -> Stop:
    if clock.lead.erased_at is not None:
        return Stop(clock.lead.erased_at, "erased")
    return Stop(clock.handoff.closed_at or now, "merged")


def _close(open_: Sequence[Handoff], stops: Sequence[tuple[Clock, Stop]]) -> None:
    """The handoff of an erased lead is nobody's any more."""
    at: Mapping[int, datetime] = {one.handoff_id: how.at for one, how in stops}
    for one in open_:
        one.outcome = Outcome.OTHER
    rows = [(one.pk, at[one.pk], str(Outcome.OTHER), None) for one in open_]
    bulk.update(Handoff, ["closed_at", "outcome", "held_since"], rows)


def _start_again(rows: Sequence[Clock], now: datetime) -> list[Act]:
    again = {one.handoff_id: one.handoff for one in rows}
    running = Clock.objects.filter(handoff__in=again, stopped_at=None).values_list("handoff_id", flat=True)
    lacking = [again[pk] for pk in sorted(again.keys() - set(running))]
    gifts = [Gift(one, one.person_id, one.team_id, "reopened", {"why": "reopened"}) for one in lacking]
    started = give(gifts, Terms(lacking), now) if gifts else []
    return [Act("reopened", gift.handoff, one.pk, now) for gift, one in zip(gifts, started, strict=True)]
