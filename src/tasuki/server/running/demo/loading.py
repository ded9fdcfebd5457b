"""The past of the made-up company, brought in by the same commands as anybody's data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import tasuki
from tasuki.errors import TasukiError
from tasuki.server.activities.commands import record_activities
from tasuki.server.agreements import commands as agreements
from tasuki.server.agreements.queries import in_force
from tasuki.server.core import clock
from tasuki.server.core.access import SYSTEM, Actor
from tasuki.server.core.errors import Refused
from tasuki.server.deals.commands import put_deals
from tasuki.server.deals.inputs import DealInput
from tasuki.server.handoffs.models import Handoff
from tasuki.server.lifecycle import relay
from tasuki.server.lifecycle.commands import fold_due, record_decisions
from tasuki.server.lifecycle.inputs import DecisionInput
from tasuki.server.lifecycle.models import Transition
from tasuki.server.people.commands import put_leads, resolve_leads
from tasuki.server.people.models import Identity
from tasuki.server.running.demo import cast
from tasuki.server.running.demo.story import SOURCE, Happened, Story, chunks

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
    """Everything up to now, the last days played step by step; how many of each kind came in.

    What came in before is history when it is scored; only what happens while time goes on is routed, runs a clock, is told.
    """
    counts: Counter[str] = Counter()
    with clock.at(story.before[-1].ends):
        set_up()
    for day in story.before:
        with clock.at(day.ends):
            _take_in(day, counts, lambda _: SYSTEM)
    with clock.at(story.before[-1].ends):
        _all_follows()
    for step in story.steps:
        with clock.at(step.ends):
            _take_in(step, counts, _who_decides)
            _all_follows()
    counts["deals"] = _all(put_deals, _agreed(story.deals))
    cast.subscribe()
    return dict(counts)


def _agreed(deals: Sequence[DealInput]) -> list[DealInput]:
    """Those of leads that came as far: where the agreement refused what the made-up reps decided, no deal came of it."""
    reached = Transition.objects.filter(to_stage="OPPORTUNITY").values("lead")
    names = Identity.objects.filter(kind=f"external:{SOURCE}", lead__in=reached).values_list(
        "value", flat=True
    )
    known = set(names)
    return [deal for deal in deals if deal.ref and deal.ref.external and deal.ref.external[1] in known]


def _take_in(some: Happened, counts: Counter[str], decider: Callable[[DecisionInput], Actor]) -> None:
    counts["leads"] += sum(_all(put_leads, each) for each in some.rounds)
    counts["activities"] += _all(record_activities, some.activities)
    for actor, decisions in groupby(some.decisions, key=decider):
        counts["decisions"] += _all(record_decisions, list(decisions), actor)


def _who_decides(decision: DecisionInput) -> Actor:
    """Whoever has the lead, if it is theirs to decide; else nobody knows who it was."""
    (lead,) = resolve_leads(SYSTEM, [decision.ref], source=SOURCE, at=None)
    if isinstance(lead, Refused):
        return SYSTEM
    handoff = Handoff.objects.filter(lead=lead, outcome=Handoff.Outcome.OPEN).select_related("person").first()
    user = handoff.person if handoff else None
    return Actor(user=user) if user and user.role == decision.role else SYSTEM


def _all_follows() -> None:
    """Fold what is due, and let the clocks of handoffs have their way."""
    fold_all()
    while relay.act():
        pass


def _all(command: Callable[..., Sequence[Any]], inputs: list[Any], actor: Actor = SYSTEM) -> int:
    stored = 0
    for batch in chunks(inputs, BATCH):
        answers = command(actor, batch, source=SOURCE)
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
