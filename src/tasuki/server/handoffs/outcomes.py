"""How a handoff ends that was open in the stage which a lead leaves."""

from __future__ import annotations

from tasuki.agreement import is_return
from tasuki.server.handoffs.inputs import Step
from tasuki.server.handoffs.models import Handoff

Outcome = Handoff.Outcome


def outcome_of(step: Step) -> Handoff.Outcome:
    """How a handoff ends that was open in the step's `from_stage`."""
    if step.cause == "timeout":
        return Outcome.EXPIRED
    if is_return(step.agreement, step.from_stage, step.to_stage):
        return Outcome.RETURNED
    return Outcome.ACCEPTED if step.cause == "decision" else Outcome.OTHER
