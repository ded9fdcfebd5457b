"""Where a stage lies in the relay, by the agreement in force: before a handoff, or after one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tasuki.agreement import Agreement
from tasuki.server.agreements import queries as agreements

OVER = ("WON", "LOST", "DISQUALIFIED")
ENDS = (*OVER, "RECYCLED")
MARKETING = "marketing"
DEAL_STATES = {"OPPORTUNITY": "open", "WON": "won", "LOST": "lost"}
"""What a decision on these stages says of the lead's deal."""


@dataclass(frozen=True)
class Course:
    """Stages `before` a handoff ("": none yet), and those `after` one until the lead is over or sent back."""

    before: Sequence[str] = ("",)
    after: Sequence[str] = ()


def course() -> Course:
    """By the agreement in force. `before`: from there a lead is handed over by itself or by marketing."""
    under = agreements.in_force()
    if under is None:
        return Course()
    after = stages_after(under.agreement)
    return Course(("", *sorted(_before(under.agreement) - after)), sorted(after))


def _before(agreement: Agreement) -> set[str]:
    paths = [path for path in agreement.paths if agreement.stage[path.stage].handoff]
    ways = [path for path in paths if path.when is not None or MARKETING in path.by]
    return {stage for path in ways for stage in path.from_ if stage in agreement.stage} - set(OVER)


def stages_after(agreement: Agreement) -> set[str]:
    """Those in which a lead is handed over, and those that lie behind one until it is over or sent back."""
    known, new = set[str](), {stage.id for stage in agreement.stages if stage.handoff}
    while new:
        known |= new
        new = {path.stage for path in agreement.paths if set(path.from_) & new} - known - set(ENDS)
    return known
