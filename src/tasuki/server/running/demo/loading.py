"""The past of the made-up company, brought in by the same commands as anybody's data."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import tasuki
from tasuki.errors import TasukiError
from tasuki.server.activities.commands import record_activities
from tasuki.server.agreements import commands as agreements
from tasuki.server.agreements.queries import in_force
from tasuki.server.core import clock
from tasuki.server.core.access import SYSTEM
from tasuki.server.core.errors import Refused
from tasuki.server.deals.commands import put_deals
from tasuki.server.lifecycle.commands import fold_due, record_decisions
from tasuki.server.people.commands import put_leads
from tasuki.server.running.demo import cast
from tasuki.server.running.demo.story import SOURCE, Story, chunks

BATCH = 1_000
MOST_FOLDS = 10_000
PACKAGE = Path(tasuki.__file__).parent
AGREEMENTS = (
    PACKAGE / "examples" / "yamada.yaml",
    PACKAGE.parents[1] / "examples" / "yamada" / "agreement.yaml",
)
Say = Callable[[str], object]


def agreement_text() -> str:
    """山見計装's agreement: out of the installed package, or out of the project's examples."""
    for path in AGREEMENTS:
        if path.exists():
            return path.read_text(encoding="utf-8")
    raise TasukiError("the agreement of the demo is missing; install Tasuki again, the package is incomplete")


def set_up() -> None:
    """People, teams, and the agreement in force."""
    cast.engage()
    if in_force(clock.now()) is None:
        agreements.publish(SYSTEM, text=agreement_text())


def load(story: Story) -> dict[str, int]:
    """Everything up to now; how many of each kind came in."""
    return {
        "leads": sum(_all(put_leads, each) for each in story.rounds),
        "activities": _all(record_activities, story.activities),
        "decisions": _all(record_decisions, story.decisions),
        "deals": _all(put_deals, story.deals),
    }


def _all(command: Callable[..., Sequence[Any]], inputs: list[Any]) -> int:
    stored = 0
    for batch in chunks(inputs, BATCH):
        answers = command(SYSTEM, batch, source=SOURCE)
        stored += sum(not isinstance(answer, Refused) for answer in answers)
    return stored


def fold_all() -> int:
    """Fold until nothing is due; how many transitions came of it."""
    transitions = 0
    for _ in range(MOST_FOLDS):
        folded = fold_due(limit=500)
        transitions += folded.transitions
        if not folded.leads:
            break
    return transitions
