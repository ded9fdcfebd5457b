"""Who is told what of a fold: news for people and events for programs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from tasuki.server.deals.models import Deal
from tasuki.server.handoffs.commands import Followed, Step, Told
from tasuki.server.handoffs.models import Handoff
from tasuki.server.lifecycle import routed
from tasuki.server.lifecycle.course import stages_after
from tasuki.server.lifecycle.folding import LeadFold
from tasuki.server.notify import commands as notify
from tasuki.server.notify.commands import Event, News, Readers
from tasuki.server.people.models import Lead
from tasuki.server.worktime import queries as worktime

NEWS_AGE = timedelta(days=7)
"""What is older than this when it is recorded, out of an import, is history and no news."""
STAGE_NEWS = {"SQL": "sql", "OPPORTUNITY": "deal", "WON": "won", "LOST": "lost"}
SENT_BACK = frozenset({"RECYCLED", "DISQUALIFIED"})
DEALS = frozenset({"OPPORTUNITY", "WON", "LOST"})


def tell(
    folds: Sequence[LeadFold],
    steps: Sequence[Step],
    followed: Followed,
    came: Sequence[LeadFold],
    now: datetime,
) -> None:
    """Write the news and events of a fold, in its transaction. `came`: leads whose re-approach date has come."""
    if steps or came:
        notify.over({one.lead_id for one in followed.closed})
        notify.tell(news_of(folds, steps, followed, came, now))
        notify.publish(event for event in events_of(steps, followed) if event.at > now - NEWS_AGE)


def news_of(
    folds: Sequence[LeadFold],
    steps: Sequence[Step],
    followed: Followed,
    came: Sequence[LeadFold],
    now: datetime,
) -> list[News]:
    """Everything that is new enough to be told; nobody is told what they did themselves."""
    readers, leads = Readers(), {one.lead.pk: one.lead for one in folds}
    deciders = {step.transition: step.by for step in steps}
    found = [
        *_reapproaches(came, readers, now),
        *_opened(followed, readers),
        *_answers(steps, followed, leads, readers),
        *of_handoffs(followed.news),
    ]
    recent = [one for one in found if one.at > now - NEWS_AGE]
    return [_without(one, deciders.get(one.transition or 0)) for one in recent]


def of_handoffs(told: Iterable[Told]) -> Iterator[News]:
    """The same as news of the app that tells them."""
    for one in told:
        yield News(
            one.kind, one.lead, one.users, one.cause, one.at, transition=one.transition, detail=one.detail, team=one.team
        )  # fmt: skip


def _reapproaches(came: Sequence[LeadFold], readers: Readers, now: datetime) -> Iterator[News]:
    for one in came:
        lead = one.lead
        day = lead.reapproach_at.date().isoformat() if lead.reapproach_at else ""
        users = readers.keepers(lead.owner_id, lead.team_id)
        yield News("reapproach", lead.pk, users, f"reapproach:{lead.pk}:{day}", now)


def _opened(followed: Followed, readers: Readers) -> Iterator[News]:
    for one in followed.opened:
        users = (
            (one.person_id,)
            if one.person_id
            else _here(readers.team(one.team_id, one.team_role), one.opened_at)
        )
        told = _of_transition("handoff", one.lead_id, users, one.transition_id, one.opened_at, one.team_id)
        yield told if one.person_id else replace(told, detail={"queue": True})


def _here(users: tuple[int, ...], at: datetime) -> tuple[int, ...]:
    away = worktime.away_now(users, at)
    return tuple(one for one in users if one not in away)


def _answers(
    steps: Sequence[Step], followed: Followed, leads: Mapping[int, Lead], readers: Readers
) -> Iterator[News]:
    """Back to marketing: one news for each transition, that of its stage before that of the handoff it ends."""
    kinds = {
        one.closed_by_id: str(one.outcome) for one in followed.closed if one.outcome != Handoff.Outcome.OTHER
    }
    for step in steps:
        kind = STAGE_NEWS.get(step.to_stage) or kinds.get(step.transition) or _sent_back(step)
        if kind:
            users = readers.marketing(leads[step.lead].owner_id)
            yield _of_transition(kind, step.lead, users, step.transition, step.at)


def _sent_back(step: Step) -> str:
    """What sales had accepted and sends back, or drops, has no open handoff any more; marketing hears of it all the same."""
    back = step.cause == "decision" and step.to_stage in SENT_BACK
    return "returned" if back and step.from_stage in stages_after(step.agreement) else ""


def came_by(handoff: Handoff) -> routed.Step | None:
    """The step by which whoever has it got it, in the reader's language."""
    return routed.given(routed.Ways.of([handoff]).told(handoff))


def _of_transition(
    kind: str, lead: int, users: tuple[int, ...], transition: int, at: datetime, team: int | None = None
) -> News:
    return News(kind, lead, users, f"transition:{transition}", at, transition=transition, team=team)


def _without(news: News, user: int | None) -> News:
    return replace(news, users=tuple(one for one in news.users if one != user)) if user else news


# Events for programs.


def events_of(steps: Sequence[Step], followed: Followed) -> Iterator[Event]:
    """Each transition, and what it opened, answered, or changed about a deal. `data` holds no personal data."""
    for step in steps:
        cause, data = f"transition:{step.transition}", _moved(step)
        yield Event("lead.entered", step.lead, step.at, cause, data)
        if step.to_stage in DEALS:
            yield Event("deal.changed", step.lead, step.at, cause, data)
    for one in followed.opened:
        yield Event(
            "handoff.opened", one.lead_id, one.opened_at, f"transition:{one.transition_id}", handoff_data(one)
        )
    for one in followed.closed:
        if one.closed_by_id and one.closed_at:
            data = {**handoff_data(one), "outcome": str(one.outcome)}
            yield Event(
                "handoff.answered", one.lead_id, one.closed_at, f"transition:{one.closed_by_id}", data
            )


def of_deals(deals: Sequence[Deal], now: datetime) -> None:
    """Tell programs of deals that were put, each time they change."""
    notify.publish(
        Event("deal.changed", one.lead_id, now, f"deal:{one.pk}:{now.isoformat()}", _deal(one))
        for one in deals
    )


def _deal(one: Deal) -> dict[str, object]:
    return {
        "deal": one.pk,
        "state": one.state,
        "amount": None if one.amount is None else str(one.amount),
        "currency": one.currency,
    }


def _moved(step: Step) -> dict[str, object]:
    return {
        "transition": step.transition,
        "from": step.from_stage,
        "to": step.to_stage,
        "at": step.at.isoformat(),
        "cause": step.cause,
    }


def handoff_data(one: Handoff) -> dict[str, object]:
    """What an event tells of a handoff."""
    return {
        "handoff": one.pk,
        "team": one.team_id,
        "person": one.person_id,
        "due_at": one.due_at.isoformat() if one.due_at else None,
    }
