"""How a handoff ends that was open in the stage which a lead leaves."""

from __future__ import annotations

from tasuki.agreement import Agreement
from tasuki.agreement.model import ANY, NONE
from tasuki.server.handoffs.inputs import Step
from tasuki.server.handoffs.models import Handoff

RETURNS = frozenset({"RECYCLED", "DISQUALIFIED", "LOST"})
Outcome = Handoff.Outcome


def outcome_of(step: Step) -> Handoff.Outcome:
    """How a handoff ends that was open in the step's `from_stage`."""
    if step.cause == "timeout":
        return Outcome.EXPIRED
    if is_return(step.agreement, step.from_stage, step.to_stage):
        return Outcome.RETURNED
    return Outcome.ACCEPTED if step.cause == "decision" else Outcome.OTHER


def is_return(agreement: Agreement, handed: str, to: str) -> bool:
    """Whether a lead that goes from `handed` to `to` goes back: to an earlier stage, or one from which it may come again."""
    if to in RETURNS:
        return True
    order = {stage.id: place for place, stage in enumerate(agreement.stages)}
    if handed not in order or to not in order:
        return False
    if order[to] < order[handed]:
        return True
    return any(
        to in path.from_ and order[path.stage] <= order[handed]
        for path in agreement.paths
        if not {ANY, NONE} & set(path.from_)
    )
