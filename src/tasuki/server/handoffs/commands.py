"""Handoffs follow transitions: opened where the agreement hands a lead over, closed when the lead leaves that stage."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Count

from tasuki.agreement import Agreement
from tasuki.agreement.model import ANY, NONE, Stage
from tasuki.server.core import bulk
from tasuki.server.core.models import Team
from tasuki.server.handoffs.models import Handoff

RETURNS = frozenset({"RECYCLED", "DISQUALIFIED", "LOST"})
Outcome = Handoff.Outcome


@dataclass(frozen=True, slots=True)
class Step:
    """One new transition of a lead. `team` is the lead's, `owners_team` that of its owner."""

    lead: int
    transition: int
    from_stage: str
    to_stage: str
    at: datetime
    cause: str
    agreement: Agreement
    team: int | None = None
    owners_team: int | None = None


@dataclass
class Followed:
    """What came of some steps. `teams`: lead → the team that has it now; `opened` are those still open."""

    teams: dict[int, int] = field(default_factory=dict)
    opened: list[Handoff] = field(default_factory=list)
    closed: list[Handoff] = field(default_factory=list)


def follow(steps: Sequence[Step]) -> Followed:
    """Close and open handoffs as the steps say, which come in the order of each lead's transitions.

    Within the caller's transaction; a set of leads costs a handful of queries.
    """
    done = Followed()
    if not steps:
        return done
    current = {
        h.lead_id: h for h in Handoff.objects.filter(lead__in={s.lead for s in steps}, outcome=Outcome.OPEN)
    }
    teams = _Teams() if any(_handed(step) for step in steps) else None
    new: list[Handoff] = []
    for step in steps:
        if (handoff := current.pop(step.lead, None)) is not None:
            _close(handoff, step)
            done.closed.append(handoff)
        stage = _handed(step)
        if stage and stage.handoff and teams:
            current[step.lead] = handoff = _opened(step, stage, teams.choose(stage.handoff.to, step))
            new.append(handoff)
            if handoff.team_id:
                done.teams[step.lead] = handoff.team_id
    _store(new, [handoff for handoff in done.closed if handoff.pk])
    done.opened = [handoff for handoff in new if handoff.outcome == Outcome.OPEN]
    return done


def _handed(step: Step) -> Stage | None:
    stage = step.agreement.stage.get(step.to_stage)
    return stage if stage and stage.handoff else None


def _opened(step: Step, stage: Stage, team: int | None) -> Handoff:
    assert stage.handoff
    within = str(stage.handoff.within) if stage.handoff.within else ""
    return Handoff(
        lead_id=step.lead, transition_id=step.transition, team_role=stage.handoff.to[:50], team_id=team,
        within=within[:50], opened_at=step.at,
    )  # fmt: skip


def _close(handoff: Handoff, step: Step) -> None:
    handoff.closed_at, handoff.closed_by_id = step.at, step.transition
    handoff.outcome = outcome_of(step)


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


def _store(new: Sequence[Handoff], closed: Sequence[Handoff]) -> None:
    """Closed ones first: a lead has one open handoff at the most."""
    fields = ["closed_at", "closed_by", "outcome"]
    bulk.update(Handoff, fields, [(h.pk, h.closed_at, h.closed_by_id, str(h.outcome)) for h in closed])
    Handoff.objects.bulk_create(new)


class _Teams:
    """Chooses the team for a role: the lead's own or its owner's, if of that role, else the one with the least to do."""

    def __init__(self) -> None:
        self._of: dict[str, list[int]] = {}
        for pk, role, name in Team.objects.order_by("pk").values_list("pk", "role", "name"):
            self._of.setdefault(role, []).append(pk)
            self._of.setdefault(name, []).append(pk)
        self._open: Counter[int] | None = None

    def choose(self, role: str, step: Step) -> int | None:
        """A team, or None where there is none of that role or name."""
        teams = self._of.get(role, [])
        for known in (step.team, step.owners_team):
            if known in teams:
                return known
        if len(teams) <= 1:
            return teams[0] if teams else None
        load = self._load()
        chosen = min(teams, key=lambda team: (load[team], team))
        load[chosen] += 1
        return chosen

    def _load(self) -> Counter[int]:
        if self._open is None:
            counted = Handoff.objects.filter(outcome=Outcome.OPEN, team__isnull=False).values_list("team")
            counts: Mapping[int, int] = dict(counted.annotate(count=Count("pk")).order_by())
            self._open = Counter(counts)
        return self._open
