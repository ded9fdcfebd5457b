"""Handoffs follow transitions: opened where the agreement hands a lead over, closed when the lead leaves that stage."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tasuki.agreement import model as language
from tasuki.server.core import bulk, clock
from tasuki.server.handoffs import clocks
from tasuki.server.handoffs.capacity import overloads
from tasuki.server.handoffs.clocks import Start, Stop
from tasuki.server.handoffs.facts import house_for, keep_turns
from tasuki.server.handoffs.inputs import Asked, Followed, Step, Told
from tasuki.server.handoffs.models import Clock, Handoff
from tasuki.server.handoffs.outcomes import Outcome, outcome_of
from tasuki.server.handoffs.routing import choose
from tasuki.server.handoffs.rows import values
from tasuki.server.worktime import queries as worktime

LATE = timedelta(minutes=15)
"""A clock does not start longer ago than this: nobody could have acted on an entry that was not there yet."""
HISTORY = timedelta(days=7)
"""What is older than this when it is recorded does not change who has a lead now."""
OPENED = (
    "lead", "transition", "team_role", "team", "person", "within", "opened_at", "due_at", "held_since", "routed",
    "closed_at", "closed_by", "outcome", "first_touch_at",
)  # fmt: skip
CLOSED = ("closed_at", "closed_by", "outcome", "person", "held_since", "first_touch_at")


@dataclass
class _Open:
    """A handoff with the step that opened it, if that is one of these steps, and the one that closed it."""

    handoff: Handoff
    opened: Step | None = None
    closed: Step | None = None
    merged: bool = False  # it came with a merge, and the lead stands elsewhere: nobody answered it

    @property
    def terms(self) -> language.Handoff:
        assert self.opened
        found = self.opened.agreement.stage[self.opened.to_stage].handoff
        assert found
        return found


def follow(steps: Sequence[Step], now: datetime | None = None) -> Followed:
    """Close and open handoffs as the steps say, which come in the order of each lead's transitions; route, start clocks.

    Within the caller's transaction, which holds the leads; a set of leads costs some twenty queries.
    """
    done = Followed()
    if not steps:
        return done
    now = now or clock.now()
    known, new = _walk(steps)
    closed = [one for one in known if one.closed]
    _stop_clocks(closed, now)
    done.closed = [one.handoff for one in (*known, *new) if one.closed]
    for one in (*known, *new):
        if one.closed:
            _close(one, one.closed, done, now)
    _route([one for one in new if not one.closed], done, now)
    started = clocks.start([_start(one, now) for one in new], now)
    _store(new, closed)
    clocks.keep(started)
    done.opened = [one.handoff for one in new if not one.closed]
    return done


def _walk(steps: Sequence[Step]) -> tuple[list[_Open], list[_Open]]:
    """The handoffs that were open, and those that the steps open."""
    there = Handoff.objects.filter(lead__in={step.lead for step in steps}, outcome=Outcome.OPEN)
    current = {handoff.lead_id: _Open(handoff) for handoff in there.select_related("transition")}
    elsewhere, counting = _replayed(steps, [one.handoff for one in current.values()])
    known, new = list(current.values()), []
    for step in (*elsewhere, *counting):
        if (left := current.pop(step.lead, None)) is not None:
            left.closed, left.merged = step, step in elsewhere
        stage = step.agreement.stage.get(step.to_stage)
        if stage and stage.handoff:
            current[step.lead] = opened = _Open(_opened(step, stage.handoff), step)
            new.append(opened)
    return known, new


def _replayed(steps: Sequence[Step], there: Sequence[Handoff]) -> tuple[list[Step], list[Step]]:
    """The steps that count, without those by which the winner of a merge gets to where the loser was handed over.

    The first list: of those that lead elsewhere the last one of each lead; it ends the handoff, which nobody answered.
    """
    moved = {one.lead_id: one for one in there if one.transition.lead_id != one.lead_id}
    last: dict[int, Step] = {}
    counting = []
    for step in steps:
        handoff = moved.get(step.lead)
        if handoff and not _answers(step, handoff):
            last[step.lead] = step
        else:
            moved.pop(step.lead, None)
            counting.append(step)
    stands = {lead: one.transition.to_stage for lead, one in moved.items()}
    return [step for lead, step in last.items() if stands.get(lead, step.to_stage) != step.to_stage], counting


def _answers(step: Step, handoff: Handoff) -> bool:
    return step.at > handoff.opened_at and step.from_stage == handoff.transition.to_stage


def _opened(step: Step, terms: language.Handoff) -> Handoff:
    return Handoff(
        lead_id=step.lead, transition_id=step.transition, team_role=terms.to[:50],
        within=str(terms.within)[:50] if terms.within else "", opened_at=step.at, outcome=Outcome.OPEN,
    )  # fmt: skip


def _close(one: _Open, step: Step, done: Followed, now: datetime) -> None:
    """Whoever accepts a lead in their own role has it from then on, even if it was with a colleague."""
    handoff = one.handoff
    if one.merged:
        handoff.closed_at, handoff.outcome, handoff.held_since = now, Outcome.OTHER, None
        return
    handoff.closed_at, handoff.closed_by_id, handoff.held_since = step.at, step.transition, None
    handoff.outcome = outcome_of(step)
    if step.by and handoff.first_touch_at is None:
        handoff.first_touch_at = step.at
    if handoff.outcome == Outcome.ACCEPTED and step.keeper:
        if handoff.person_id not in (None, step.keeper):
            done.news.append(_lost(handoff, step))
        handoff.person_id = step.keeper
        if step.at > now - HISTORY:
            done.owners[step.lead] = step.keeper
    elif one.opened and handoff.person_id is None:
        handoff.person_id = step.keeper  # history: it was with whoever decided


def _lost(handoff: Handoff, step: Step) -> Told:
    return Told(
        "taken", step.lead, (handoff.person_id or 0,), f"transition:{step.transition}", step.at, step.transition,
        handoff.team_id,
    )  # fmt: skip


def _stop_clocks(closed: Iterable[_Open], now: datetime) -> None:
    by_handoff = {
        one.handoff.pk: Stop(now, "merged") if one.merged else _stop_by(one.closed)
        for one in closed
        if one.closed
    }
    running = Clock.objects.filter(handoff__in=by_handoff, stopped_at=None) if by_handoff else ()
    clocks.stop([(each, by_handoff[each.handoff_id]) for each in running])


def _stop_by(step: Step) -> Stop:
    return Stop(step.at, str(outcome_of(step)), step.by)


def _route(wanted: Sequence[_Open], done: Followed, now: datetime) -> None:
    """Find somebody for each, in the order of the steps."""
    if not wanted:
        return
    asked = [
        Asked(step.lead, step.agreement, one.terms, step.about) for one in wanted if (step := one.opened)
    ]
    house = house_for(asked, now)
    for one, each in zip(wanted, asked, strict=True):
        found, handoff = choose(each, house), one.handoff
        handoff.person_id, handoff.team_id, handoff.routed = found.person, found.team, found.steps
        handoff.held_since = now if found.person is None else None
        done.owners[each.lead] = found.person
        if found.team:
            done.teams[each.lead] = found.team
        if found.why == "nobody" and one.handoff.opened_at > now - HISTORY:
            done.news.append(_nobody(handoff, house.staff.administrators(), now))
    keep_turns(house)
    default = worktime.default_hours(asked[0].agreement)
    done.news += overloads(house, {one.handoff.team_id for one in wanted}, now, default)


def _nobody(handoff: Handoff, administrators: tuple[int, ...], now: datetime) -> Told:
    cause = f"transition:{handoff.transition_id}"
    return Told("nobody", handoff.lead_id, administrators, cause, now, handoff.transition_id, handoff.team_id)


def _store(new: Sequence[_Open], closed: Sequence[_Open]) -> None:
    """Closed ones first: a lead has one open handoff at the most."""
    bulk.update(Handoff, CLOSED, [(one.handoff.pk, *values(one.handoff, CLOSED)) for one in closed])
    rows = [values(one.handoff, OPENED) for one in new]
    for one, (pk,) in zip(new, bulk.insert(Handoff, OPENED, rows, returning=["pk"]), strict=True):
        one.handoff.pk = pk


def _start(one: _Open, now: datetime) -> Start:
    """For an open one from now if its entry came late; for one that is history already, from when to when it was open."""
    assert one.opened
    step, stop = one.opened, _stop_by(one.closed) if one.closed else None
    at = step.at if stop or step.at >= now - LATE else now
    return Start(one.handoff, step.agreement, one.terms, at, stop=stop)
