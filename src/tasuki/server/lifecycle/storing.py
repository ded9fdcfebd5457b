"""What a fold found goes into the database, all in the caller's transaction: transitions, leads, handoffs, news."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from tasuki.engine.live import Contribution, NewTransition
from tasuki.engine.worths import grades_of
from tasuki.server.agreements.queries import InForce, main_score
from tasuki.server.core import bulk
from tasuki.server.core.clock import instant, microseconds
from tasuki.server.handoffs import commands as handoffs
from tasuki.server.handoffs import promises
from tasuki.server.handoffs.commands import About, Followed, Step
from tasuki.server.lifecycle import news
from tasuki.server.lifecycle.folding import LeadFold
from tasuki.server.lifecycle.inputs import Entered
from tasuki.server.lifecycle.models import Decision, Transition
from tasuki.server.lifecycle.news import NEWS_AGE
from tasuki.server.people.models import Lead

FAR = microseconds(datetime(9000, 1, 1, tzinfo=UTC))
"""What comes later than this does not come."""

TRANSITION = (
    "lead", "ordinal", "from_stage", "to_stage", "at", "cause", "path", "decision", "scores", "contributions", "agreement",
    "recorded_at",
)  # fmt: skip
LEAD = (
    "stage", "stage_entered_at", "scores", "grades", "score", "passes", "reapproach_at", "folded_at", "team", "owner",
)  # fmt: skip


def store(folds: Sequence[LeadFold], now: datetime) -> list[Entered]:
    """Store everything that is new; the transitions, in the order of the leads and of each lead's transitions."""
    done = [one for one in folds if one.outcome]
    entered = _transitions(done, now)
    steps = _steps(done, entered)
    followed = handoffs.follow(steps, now)
    _refusals(done)
    came = _leads(done, entered, followed, now)
    promises.withdraw(((t.lead_id, t.to_stage, t.at) for t in entered), now)
    news.tell(done, steps, followed, came, now)
    return entered


def _transitions(folds: Sequence[LeadFold], now: datetime) -> list[Entered]:
    rows = [
        (
            one.lead.pk, one.known + n, t.from_, t.to, instant(t.at), t.cause, t.path[:60], t.decision, _plain(t.scores),
            [_told(c) for c in t.contributions], under.version.pk, now,
        )
        for one in folds
        for n, (under, t) in enumerate(one.new, start=1)
    ]  # fmt: skip
    ids = bulk.insert(Transition, TRANSITION, rows, returning=["pk"])
    return [Entered(pk, row[0], row[2], row[3], row[4], row[5]) for (pk,), row in zip(ids, rows, strict=True)]


def _told(one: Contribution) -> dict[str, Any]:
    return {"rule": one.rule, "score": one.score, "hits": one.hits, "worth": one.worth}


def _plain(scores: dict[str, float]) -> dict[str, float]:
    return {name: value + 0.0 for name, value in scores.items()}  # −0.0 is the zero people know


def _steps(folds: Sequence[LeadFold], entered: Sequence[Entered]) -> list[Step]:
    """One for each transition, with who decided it, and who the lead was then where somebody is to be found for it."""
    new = [(one, under, t) for one in folds for under, t in one.new]
    deciders = _deciders([t.decision for _one, _under, t in new if t.decision])
    times = {one.lead.pk: Counter(_times(one.lead)) for one in folds if one.new}
    steps = []
    for (one, under, t), known in zip(new, entered, strict=True):
        times[one.lead.pk][t.to] += 1
        handed = under.agreement.stage[t.to].handoff
        about = _about(one, under, t, times[one.lead.pk]) if handed else About()
        by, keeper = deciders.get(t.decision or 0, (None, None))
        steps.append(
            Step(
                known.lead_id, known.id, known.from_stage, known.to_stage, known.at, known.cause, under.agreement,
                by, keeper, about,
            )
        )  # fmt: skip
    return steps


def _times(lead: Lead) -> dict[str, int]:
    return {stage: int(one["times"]) for stage, one in lead.passes.items()}


def _deciders(decisions: Sequence[int]) -> dict[int, tuple[int | None, int | None]]:
    """Decision → who made it, and once more if that was in the person's own role."""
    rows = (
        Decision.objects.filter(pk__in=decisions, by__isnull=False) if decisions else Decision.objects.none()
    )
    return {
        pk: (by, by if role == own else None)
        for pk, by, role, own in rows.values_list("pk", "by_id", "role", "by__role")
    }


def _about(one: LeadFold, under: InForce, t: NewTransition, times: Counter[str]) -> About:
    """Who the lead was at the transition."""
    lead = one.lead
    latest = max((each for each in one.log.profiles if each[0] <= t.at), default=None)
    return About(
        lead.team_id, lead.owner_id, lead.account_id, json.loads(latest[2]) if latest else None, t.scores,
        grades_of(under.compiled, t.scores), dict(times),
    )  # fmt: skip


def _refusals(folds: Sequence[LeadFold]) -> None:
    """Keep which decisions were refused, and why; and which are not any more."""
    changed = [
        (d.number, d.refused)
        for one in folds
        for d in one.log.decisions
        if d.refused != one.refused.get(d.number, "")
    ]
    bulk.update(Decision, ["refused"], sorted(changed))


# The columns of leads.


def _leads(
    folds: Sequence[LeadFold], entered: Sequence[Entered], followed: Followed, now: datetime
) -> list[LeadFold]:
    """Set what lists and pages show; the leads whose re-approach date has come with this fold."""
    new: dict[int, list[Entered]] = {}
    for t in entered:
        new.setdefault(t.lead_id, []).append(t)
    dates = _reapproach_dates(folds)
    came, rows = [], []
    for one in folds:
        lead, until = one.lead, dates.get(one.lead.pk)
        if _has_come(lead, until, now):
            came.append(one)
        lead.reapproach_at = until
        lead.team_id = followed.teams.get(lead.pk, lead.team_id)
        lead.owner_id = followed.owners.get(lead.pk, lead.owner_id)
        rows.append(_row(one, new.get(lead.pk, []), now))
    bulk.update(Lead, LEAD, rows)
    return came


def _row(one: LeadFold, new: Sequence[Entered], now: datetime) -> tuple[Any, ...]:
    outcome, under, lead = one.outcome, one.under, one.lead
    assert outcome
    assert under
    main = main_score(under.compiled)
    entered = instant(outcome.entered) if outcome.entered is not None else None
    return (
        lead.pk, outcome.stage, entered, _plain(outcome.scores), outcome.grades,
        outcome.scores[main] + 0.0 if main else 0.0, passes(lead.passes, new), lead.reapproach_at, now, lead.team_id,
        lead.owner_id,
    )  # fmt: skip


def passes(before: dict[str, Any], new: Sequence[Entered]) -> dict[str, Any]:
    """First and latest entry into each stage, and how many there were."""
    found = {stage: dict(one) for stage, one in before.items()}
    for t in new:
        at = t.at.isoformat()
        one = found.setdefault(t.to_stage, {"first": at, "times": 0})
        one["latest"], one["times"] = at, one["times"] + 1
    return found


def _reapproach_dates(folds: Sequence[LeadFold]) -> dict[int, datetime]:
    """Lead → when it is to be taken up again: the latest date that a decision gave since it entered its stage."""
    since = {one.lead.pk: one.log.ends for one in folds if one.log.decisions}
    found: dict[int, datetime] = {}
    if not since:
        return found
    dated = Decision.objects.filter(lead_id__in=since, until__isnull=False, refused="")
    for decision in dated.order_by("at", "pk"):
        if decision.until and microseconds(decision.at) >= since[decision.lead_id]:
            found[decision.lead_id] = decision.until
    return found


def _has_come(lead: Lead, until: datetime | None, now: datetime) -> bool:
    if until is None or until > now or until < now - NEWS_AGE:
        return False
    return lead.reapproach_at != until or lead.folded_at is None or lead.folded_at < until


def next_look(one: LeadFold, now: datetime) -> datetime | None:
    """When the lead is to be folded again by itself: what the engine said, or its re-approach date."""
    assert one.outcome
    check = one.outcome.next_check
    times = [instant(check)] if check is not None and check < FAR else []
    if one.lead.reapproach_at and one.lead.reapproach_at > now:
        times.append(one.lead.reapproach_at)
    return min(times, default=None)
