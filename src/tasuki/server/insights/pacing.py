"""How fast leads go on, how fast they are followed up, and by whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from tasuki.metrics.dashboards.flows import Pace, velocity
from tasuki.metrics.dashboards.teams import FollowUp, Standing, follow_up, leaderboard
from tasuki.metrics.figures import Answer
from tasuki.metrics.kpis.stages import prefix_of
from tasuki.metrics.reader import Facts
from tasuki.server.core.access import Actor
from tasuki.server.insights.board import Tile, tiles_of
from tasuki.server.insights.scope import Asking, scoped
from tasuki.server.insights.spans import Span
from tasuki.server.insights.values import Values, values

SPEED = ("sal.follow_up", "sal.follow_up_90", "sal.follow_up_wall", "sal.follow_up_wall_90", "sal.in_time")


@dataclass(frozen=True)
class Pacing:
    """`paces` of each step of the way, `cohorts` the same by the month of the first entry; `stays`: days in each stage;
    `handed`: handoffs of each stage; people and teams with what was given to them."""

    at: datetime
    span: Span
    paces: Sequence[Pace]
    cohorts: Mapping[str, Sequence[Pace]]
    stays: Sequence[Answer]
    tiles: Sequence[Tile]
    handed: Mapping[str, FollowUp]
    reps: Sequence[Standing]
    teams: Sequence[Standing]
    values: Values


def pacing(actor: Actor, asking: Asking) -> Pacing:
    """Narrowed to what the actor sees. NotFound `numbers_not_yet`; NotAllowed."""
    with scoped(actor, asking) as scope:
        paces = scope.once(velocity, replace(scope.question, by="month"))
        cohorts: dict[str, list[Pace]] = {}
        for pace in paces:
            if pace.part is not None:
                cohorts.setdefault(pace.part, []).append(pace)
        stages = scope.facts.terms.stages
        (stays,) = scope.answers(scope.kpis([f"{prefix_of(stage)}.time" for stage in stages]), scope.question)
        handed = {stage: scope.once(follow_up, scope.question, stage=stage) for stage in scope.once(_handing)}
        return Pacing(
            scope.at, scope.span, [pace for pace in paces if pace.part is None], cohorts, stays, tiles_of(scope, SPEED),
            {stage: found for stage, found in handed.items() if found.given}, scope.once(leaderboard, scope.question),
            scope.once(leaderboard, scope.question, by="team"), values(scope.facts, actor),
        )  # fmt: skip


def _handing(facts: Facts) -> list[str]:
    """Stages whose entry hands leads over, in funnel order."""
    ids = [stage.id for stage in facts.terms.stages]
    return [ids[place] for (place,) in facts.rows("SELECT DISTINCT stage FROM handed ORDER BY stage")]
