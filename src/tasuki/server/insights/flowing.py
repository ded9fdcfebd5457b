"""How leads moved: every way that was gone, forth and back, and why they went back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from tasuki.metrics.dashboards.flows import Link, flow
from tasuki.metrics.figures import Answer
from tasuki.metrics.kpis.stages import returns as returns_of
from tasuki.metrics.roles import OUT
from tasuki.server.core.access import Actor
from tasuki.server.insights.scope import Asking, scoped
from tasuki.server.insights.spans import Span
from tasuki.server.insights.values import Values, values


@dataclass(frozen=True)
class Flowing:
    """`stages` in funnel order; `returns`: of each stage that leads went back from, how often, by reason."""

    at: datetime
    span: Span
    stages: Sequence[str]
    links: Sequence[Link]
    returns: Sequence[Answer]
    values: Values

    @property
    def late(self) -> int:
        """Moves that became known later."""
        return sum(link.late for link in self.links)


def flowing(actor: Actor, asking: Asking) -> Flowing:
    """Narrowed to what the actor sees. NotFound `numbers_not_yet`; NotAllowed."""
    with scoped(actor, asking) as scope:
        stages = [stage.id for stage in scope.facts.terms.stages]
        going = [stage for stage in scope.facts.terms.stages if stage.role not in OUT]
        kpis = [returns_of(stage) for stage in going]
        (returns,) = scope.answers(kpis, replace(scope.question, by="reason"))
        return Flowing(
            scope.at, scope.span, stages, scope.once(flow, scope.question), [one for one in returns if one.parts],
            values(scope.facts, actor),
        )  # fmt: skip
