"""What a fold found goes into the database, all in the caller's transaction: transitions, leads, handoffs, news."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

from tasuki.server.agreements.queries import main_score
from tasuki.server.core import bulk
from tasuki.server.core.clock import instant, microseconds
from tasuki.server.handoffs import commands as handoffs
from tasuki.server.handoffs.commands import Followed, Step
from tasuki.server.handoffs.models import Handoff
from tasuki.server.lifecycle.folding import LeadFold
from tasuki.server.lifecycle.inputs import Entered
from tasuki.server.lifecycle.models import Decision, Transition
from tasuki.server.notify import commands as notify
from tasuki.server.notify.commands import News, Readers
from tasuki.server.people.models import Lead

NEWS_AGE = timedelta(days=7)
"""What is older than this when it is recorded, out of an import, is history and no news."""
FAR = microseconds(datetime(9000, 1, 1, tzinfo=UTC))
"""What comes later than this does not come."""
DEAL_NEWS = {"OPPORTUNITY": "deal", "WON": "won", "LOST": "lost"}

TRANSITION = (
    "lead", "ordinal", "from_stage", "to_stage", "at", "cause", "path", "decision", "scores", "contributions", "agreement",
    "recorded_at",
)  # fmt: skip
LEAD = (
    "stage", "stage_entered_at", "scores", "grades", "score", "passes", "reapproach_at", "folded_at", "team",
)  # fmt: skip


def store(folds: Sequence[LeadFold], now: datetime) -> list[Entered]:
    """Store everything that is new; the transitions, in the order of the leads and of each lead's transitions."""
    done = [one for one in folds if one.outcome]
    entered = _transitions(done, now)
    steps = _steps(done, entered)
    followed = handoffs.follow(steps)
    _refusals(done)
    came = _leads(done, entered, followed, now)
    if followed.opened or followed.closed or steps or came:
        notify.tell(_news(done, steps, followed, came, now))
    return entered


def _transitions(folds: Sequence[LeadFold], now: datetime) -> list[Entered]:
    rows = [
        (
            one.lead.pk, one.known + n, t.from_, t.to, instant(t.at), t.cause, t.path[:60], t.decision, _plain(t.scores),
            [asdict(c) for c in t.contributions], under.version.pk, now,
        )
        for one in folds
        for n, (under, t) in enumerate(one.new, start=1)
    ]  # fmt: skip
    ids = bulk.insert(Transition, TRANSITION, rows, returning=["pk"])
    return [Entered(pk, row[0], row[2], row[3], row[4], row[5]) for (pk,), row in zip(ids, rows, strict=True)]


def _plain(scores: dict[str, float]) -> dict[str, float]:
    return {name: value + 0.0 for name, value in scores.items()}  # −0.0 is the zero people know


def _steps(folds: Sequence[LeadFold], entered: Sequence[Entered]) -> list[Step]:
    agreements = [under.agreement for one in folds for under, _ in one.new]
    leads = {one.lead.pk: one.lead for one in folds}
    return [
        Step(
            t.lead_id, t.id, t.from_stage, t.to_stage, t.at, t.cause, agreement,
            leads[t.lead_id].team_id, _owners_team(leads[t.lead_id]),
        )
        for t, agreement in zip(entered, agreements, strict=True)
    ]  # fmt: skip


def _owners_team(lead: Lead) -> int | None:
    return lead.owner.team_id if lead.owner_id and lead.owner else None


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


# News.


def _news(
    folds: Sequence[LeadFold],
    steps: Sequence[Step],
    followed: Followed,
    came: Sequence[LeadFold],
    now: datetime,
) -> list[News]:
    readers = Readers()
    leads = {one.lead.pk: one.lead for one in folds}
    deciders = _deciders(folds, steps)
    found = [
        News("reapproach", one.lead.pk, readers.keepers(one.lead.owner_id, one.lead.team_id), None, now)
        for one in came
    ]
    for handoff in followed.opened:
        users = readers.team(handoff.team_id, handoff.team_role)
        found.append(News("handoff", handoff.lead_id, users, handoff.transition_id, handoff.opened_at))
    told = [
        (str(handoff.outcome), handoff.lead_id, handoff.closed_by_id, handoff.closed_at)
        for handoff in followed.closed
        if handoff.outcome != Handoff.Outcome.OTHER
    ]
    told += [(DEAL_NEWS[s.to_stage], s.lead, s.transition, s.at) for s in steps if s.to_stage in DEAL_NEWS]
    for kind, lead, transition, at in told:
        if transition and at:
            users = readers.marketing(leads[lead].owner_id)
            found.append(News(kind, lead, users, transition, at))
    return [_without(news, deciders.get(news.transition or 0)) for news in found if news.at > now - NEWS_AGE]


def _deciders(folds: Sequence[LeadFold], steps: Sequence[Step]) -> dict[int, int]:
    """Transition → who decided it: nobody is told what they did themselves."""
    decisions = [t.decision for one in folds for _, t in one.new]
    by = dict(
        Decision.objects.filter(pk__in=[d for d in decisions if d], by__isnull=False).values_list("pk", "by")
        if any(decisions)
        else ()
    )
    return {
        step.transition: by[decision]
        for step, decision in zip(steps, decisions, strict=True)
        if decision in by
    }


def _without(news: News, user: int | None) -> News:
    if user is None:
        return news
    users = tuple(one for one in news.users if one != user)
    return News(news.kind, news.lead, users, news.transition, news.at)


def next_look(one: LeadFold, now: datetime) -> datetime | None:
    """When the lead is to be folded again by itself: what the engine said, or its re-approach date."""
    assert one.outcome
    check = one.outcome.next_check
    times = [instant(check)] if check is not None and check < FAR else []
    if one.lead.reapproach_at and one.lead.reapproach_at > now:
        times.append(one.lead.reapproach_at)
    return min(times, default=None)
