"""What people decide about leads; what they may decide; what became of it, and why."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import Query, Router
from pydantic import Field, TypeAdapter

from tasuki.server.api.auth import actor
from tasuki.server.api.batches import SOURCE, Answers, Head, batch_schema, each, read_batch, woven
from tasuki.server.api.explaining import ExplanationOut, explained
from tasuki.server.api.fields import Amount, At, Clean, Given, Id, Instant, Key, Name, Source, Taken, Text
from tasuki.server.api.naming import LeadRefIn
from tasuki.server.api.operations import Status, operation, rapid
from tasuki.server.core import clock
from tasuki.server.core.errors import NotFound, Refused
from tasuki.server.lifecycle import commands, queries
from tasuki.server.lifecycle.inputs import DecisionInput, Recorded
from tasuki.server.lifecycle.models import Decision, Transition

router = Router(tags=["decisions"])
Answer = Annotated[str, Clean, Field(max_length=200)] | bool
Qualification = Annotated[
    dict[Annotated[str, Field(max_length=100)], Answer],
    Field(max_length=100, description="Question of the agreement → true, false, or a text."),
]
SEEN = "The stage that the decider saw, empty for none: 409 `moved_meanwhile` where the lead stands in another now."
EXAMPLE = {
    "lead": {"email": "hanako@yamada.example"},
    "to": "RECYCLED",
    "role": "inside_sales",
    "at": "2026-04-03T10:00:00+09:00",
    "reason": "timing",
    "until": "2026-10-01T09:00:00+09:00",
    "key": "crm-88",
}
TRANSITION = {
    "ordinal": 2,
    "from_stage": "MAL",
    "to_stage": "MQL",
    "at": "2026-04-02T03:04:05Z",
    "cause": "path",
    "path": "MQL.0",
    "scores": {"behavior": 61.0, "fit": 45.0},
    "contributions": [{"rule": "pricing_page", "score": "behavior", "hits": 2, "worth": 20.0}],
    "agreement": 3,
    "recorded_at": "2026-04-02T03:04:05.2Z",
}


def _answers(given: dict[str, str | bool]) -> dict[str, str] | None:
    """Answers as the agreement compares them: text."""
    return {question: _answer(answer) for question, answer in given.items()} or None


def _answer(answer: str | bool) -> str:
    return answer if isinstance(answer, str) else "yes" if answer else "no"


class Choice(Taken):
    """A choice of stage; without `to` it only records answers."""

    to: Annotated[Name | None, Field(max_length=50, description="A stage of the agreement.")] = None
    reason: Annotated[
        Name | None, Field(max_length=100, description="Where the agreement names reasons, one of them.")
    ] = None
    note: Text | None = None
    until: Annotated[Instant | None, Field(description="When the lead is to be approached again.")] = None
    answers: Qualification = Field(default_factory=dict)
    role: Annotated[Name | None, Field(max_length=50, description="As which role; your own when absent.")] = (
        None
    )
    key: Key | None = None


class DecisionNow(Choice):
    """A decision made now."""

    seen: Annotated[str, Clean, Field(max_length=50, description=SEEN)] | None = None
    amount: Annotated[Amount | None, Field(description="Of the deal, in its currency.")] = None


class DecisionIn(Choice):
    """A decision with its own time, as another system knows it."""

    lead: LeadRefIn
    at: Annotated[Instant | None, Field(description="When it was made; now when absent.")] = None

    def input(self) -> DecisionInput:
        """The same as the command takes it."""
        return DecisionInput(
            ref=self.lead.ref(),
            at=self.at or clock.now(),
            to=self.to or "",
            role=self.role or "",
            reason=self.reason or "",
            note=self.note or "",
            until=self.until,
            answers=_answers(self.answers),
            key=self.key,
        )


class OneDecision(DecisionIn):
    """A decision with its own time, sent by itself."""

    source: Source | None = None


class TransitionOut(Given):
    """An entry into a stage: a fact, never changed."""

    ordinal: int
    from_stage: Annotated[str, Field(description="Empty: from no stage.")]
    to_stage: str
    at: At
    cause: Annotated[str, Field(description="path, decision, timeout")]
    path: str
    scores: dict[str, float]
    contributions: list[dict[str, Any]]
    agreement: Annotated[int, Field(description="Number of the version.")]
    recorded_at: At


class EnteredOut(Given):
    """A stage that was entered."""

    from_stage: str
    to_stage: str
    at: At
    cause: str


class DecisionDone(Given):
    """What a decision did; `deal` where one was opened or closed."""

    decision: int
    lead: int
    transitions: list[EnteredOut]
    deal: int | None


class Transitions(Given):
    """Oldest first."""

    items: list[TransitionOut]


class DecisionOut(Given):
    """A decision as it is stored. `refused`: why it changed nothing, where it was not legal at its time."""

    id: int
    at: At
    to: str
    role: str
    reason: str
    note: str
    until: At | None
    answers: dict[str, Any]
    by: str | None
    source: str
    key: str
    refused: str
    recorded_at: At


class Decisions(Given):
    """The latest first."""

    items: list[DecisionOut]


class DecisionStored(Given):
    """What came of a decision of the past; the engine applies it by its own time within a second."""

    status: Annotated[str, Field(description="stored or duplicate")]
    lead: int


class MoveOut(Given):
    """A stage that may be decided on, or why not; `answerable`: answers to `questions` could make it legal."""

    to: str
    name: str
    role: str
    reasons: list[str]
    questions: list[str]
    legal: bool
    why_not: str
    answerable: bool


class Moves(Given):
    """In the agreement's order."""

    items: list[MoveOut]


ADAPTER = TypeAdapter(DecisionIn)


def shown(transition: Transition) -> dict[str, Any]:
    """A transition as it is answered."""
    names = [name for name in TransitionOut.model_fields if name != "agreement"]
    return {**{name: getattr(transition, name) for name in names}, "agreement": transition.agreement.number}


def _came_of(outcome: Recorded) -> dict[str, Any]:
    return {"status": "duplicate" if outcome.duplicate else "stored", "lead": outcome.lead_id}


@operation(
    router,
    "GET",
    "/leads/{int:lead_id}/moves",
    gives=Moves,
    errors=(404,),
    summary="What may be decided about a lead",
)
def list_moves(request: HttpRequest, lead_id: Id) -> dict[str, Any]:
    """Every stage that a person may choose from where the lead stands, with its reasons and questions; or why not."""
    return {"items": list(queries.moves(actor(request), lead_id))}


@operation(
    router,
    "POST",
    "/leads/{int:lead_id}/decisions",
    gives=DecisionDone,
    status=201,
    errors=(404,),
    takes={"to": "SAL", "answers": {"need": True}},
    answer={
        "decision": 9,
        "lead": 17,
        "transitions": [
            {"from_stage": "MQL", "to_stage": "SAL", "at": "2026-04-02T03:04:05Z", "cause": "decision"}
        ],
        "deal": None,
    },
    summary="Decide about a lead",
)
def decide(request: HttpRequest, lead_id: Id, body: DecisionNow) -> Status[dict[str, Any]]:
    """Now, and at once: the transitions are in the answer. 409 `illegal_move` says what would be legal."""
    who = actor(request)
    done = commands.decide(
        who,
        lead_id=lead_id,
        to=body.to or "",
        reason=body.reason or "",
        note=body.note or "",
        until=body.until,
        answers=_answers(body.answers),
        amount=body.amount,
        role=body.role,
        key=body.key,
        seen=body.seen,
    )
    shown_done = {
        "decision": done.decision_id,
        "lead": done.lead_id,
        "transitions": list(done.transitions),
        "deal": done.deal_id,
    }
    return Status(201, shown_done)


@operation(
    router,
    "POST",
    "/decisions",
    gives=DecisionStored,
    status=(201, 200),
    errors=(404,),
    takes=EXAMPLE,
    answer={"status": "stored", "lead": 17},
    summary="Record a decision made elsewhere",
)
def record_decision(request: HttpRequest, body: OneDecision) -> Status[dict[str, Any]]:
    """With its own time; stored once by source and key. One that was not legal then changes nothing, and says so."""
    (outcome,) = commands.record_decisions(
        actor(request), [body.input()], source=body.source or actor(request).source
    )
    if isinstance(outcome, Refused):
        raise outcome
    return Status(200 if outcome.duplicate else 201, _came_of(outcome))


@operation(
    router,
    "POST",
    "/decisions/batch",
    gives=Answers,
    body=batch_schema("OneDecision", SOURCE),
    takes={"items": [EXAMPLE]},
    answer={"results": [{"status": "stored", "lead": 17}]},
    summary="Record up to 1,000 decisions made elsewhere",
)
def record_decision_batch(request: HttpRequest) -> HttpResponse:
    """All that fit are stored in one transaction; what does not is refused at its place."""
    items, head = read_batch(request, Head)
    inputs, refusals = each(items, ADAPTER, DecisionIn.input)
    who = actor(request)
    outcomes = commands.record_decisions(who, inputs, source=head.source or who.source)
    return rapid({"results": woven(refusals, outcomes, _came_of)})


@operation(
    router,
    "GET",
    "/leads/{int:lead_id}/transitions",
    gives=Transitions,
    errors=(404,),
    answer={"items": [TRANSITION]},
    summary="The stages a lead went through",
)
def list_transitions(request: HttpRequest, lead_id: Id) -> dict[str, Any]:
    """Oldest first, each with the scores it was made with and what they were made of."""
    return {"items": list(map(shown, queries.transitions(actor(request), lead_id)))}


@operation(
    router,
    "GET",
    "/leads/{int:lead_id}/explanation",
    gives=ExplanationOut,
    errors=(404,),
    summary="Why a lead stands where it stands",
)
def explain(
    request: HttpRequest,
    lead_id: Id,
    at: Annotated[Instant | None, Query(description="As it was then; now when absent.")] = None,
) -> dict[str, Any]:
    """Scores by rule, adding up; what each next stage still lacks; everything that happened, in order."""
    when: datetime | None = at
    found = queries.explanation(actor(request), lead_id, at=when)
    if found is None:
        raise NotFound(
            "nothing_to_explain",
            _("Nothing is known of this lead at that time, or no agreement was published."),
            cure=_("Ask for a later time, or publish an agreement."),
        )
    return explained(found)


@operation(
    router,
    "GET",
    "/leads/{int:lead_id}/decisions",
    gives=Decisions,
    errors=(404,),
    summary="What was decided about a lead",
)
def list_decisions(request: HttpRequest, lead_id: Id) -> dict[str, Any]:
    """The latest 500."""
    return {"items": list(map(_decision, queries.decisions(actor(request), lead_id)))}


def _decision(decision: Decision) -> dict[str, Any]:
    same = {name: getattr(decision, name) for name in DecisionOut.model_fields if name != "by"}
    return {**same, "by": decision.by.username if decision.by else None}
