"""What waits for someone: handoffs, promised calls, leads to take up again, leads that show interest, what came back."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Query, Router
from pydantic import Field

from tasuki.server.api.auth import actor
from tasuki.server.api.calls import PROMISE, PromiseOut
from tasuki.server.api.calls import shown as promise_shown
from tasuki.server.api.fields import At, Given
from tasuki.server.api.handoffs import SHOWN, HandoffOut, WaitingHandoff, waiting_shown
from tasuki.server.api.handoffs import shown as handoff_shown
from tasuki.server.api.leads import SHOWN as LEAD
from tasuki.server.api.leads import LeadOut
from tasuki.server.api.leads import shown as lead_shown
from tasuki.server.api.operations import operation
from tasuki.server.handoffs.models import Handoff, Promise
from tasuki.server.lifecycle import queries
from tasuki.server.lifecycle.hot import Hot
from tasuki.server.lifecycle.worklist import MOST

router = Router(tags=["work"])


class DueCall(PromiseOut):
    """A promised call whose time has come, with its lead."""

    who: LeadOut


class HotLead(Given):
    """A lead that shows interest now, with the latest thing it did."""

    who: LeadOut
    activity: str
    at: At
    heat: Annotated[float, Field(description="Its score, halved for every three days since then.")]


class CameBack(HandoffOut):
    """A handoff that was answered, in the words of whoever answered it."""

    who: LeadOut
    to: Annotated[str, Field(description="The stage it went to.")]
    reason: str
    note: str
    by: str | None


class Work(Given):
    """What you should do now."""

    handoffs: Annotated[
        list[WaitingHandoff],
        Field(description="Yours, then those in your queues, each by due time; those without one last."),
    ]
    calls: Annotated[list[DueCall], Field(description="Promised calls whose time has come.")]
    reapproach: Annotated[list[LeadOut], Field(description="Leads whose re-approach date has come.")]
    hot: Annotated[
        list[HotLead],
        Field(
            description="Leads that did something within seven days and were not handed over yet, at most 20; by `heat`."
        ),
    ]
    came_back: Annotated[
        list[CameBack], Field(description="For marketing: answered in the last two days, the latest first.")
    ]
    neglected: Annotated[
        list[WaitingHandoff],
        Field(description="For marketing and who leads: due already, the one that waits longest first."),
    ]


def _with_lead(handoff: Handoff, work: queries.WorkList) -> dict[str, Any]:
    return {**waiting_shown(work.standings[handoff.pk]), "who": lead_shown(handoff.lead)}


def _call(promise: Promise) -> dict[str, Any]:
    return {**promise_shown(promise), "who": lead_shown(promise.lead)}


def _hot(hot: Hot) -> dict[str, Any]:
    return {"who": lead_shown(hot.lead), "activity": hot.latest.type, "at": hot.latest.at, "heat": hot.heat}


def _came_back(handoff: Handoff) -> dict[str, Any]:
    closed = handoff.closed_by
    decision = closed.decision if closed else None
    return {
        **handoff_shown(handoff),
        "who": lead_shown(handoff.lead),
        "to": closed.to_stage if closed else "",
        "reason": decision.reason if decision else "",
        "note": decision.note if decision else "",
        "by": decision.by.username if decision and decision.by else None,
    }


WAITING = {**SHOWN, "since": "2026-04-02T03:04:05Z", "left": 5_400.0, "who": LEAD}


@operation(
    router,
    "GET",
    "/work",
    gives=Work,
    answer={
        "handoffs": [WAITING],
        "calls": [{**PROMISE, "who": LEAD}],
        "reapproach": [],
        "hot": [{"who": LEAD, "activity": "page_view", "at": "2026-04-02T01:42:00Z", "heat": 88.2}],
        "came_back": [],
        "neglected": [],
    },
    summary="What you should do now",
)
def list_work(
    request: HttpRequest, limit: Annotated[int, Query(ge=1, le=MOST, description="Of each list.")] = MOST
) -> dict[str, Any]:
    """Everything that waits for you, each list in the order of work."""
    work = queries.work_list(actor(request), limit=limit)
    return {
        "handoffs": [_with_lead(one, work) for one in work.handoffs],
        "calls": list(map(_call, work.calls)),
        "reapproach": list(map(lead_shown, work.reapproach)),
        "hot": list(map(_hot, work.hot)),
        "came_back": list(map(_came_back, work.came_back)),
        "neglected": [_with_lead(one, work) for one in work.neglected],
    }
