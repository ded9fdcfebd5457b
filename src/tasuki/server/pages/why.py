"""Why a lead stands where it stands, ready for the page: scores with what gave them, and what the next stage lacks."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from tasuki.server.agreements.rules import rule_text
from tasuki.server.pages import conditions

if TYPE_CHECKING:
    from tasuki.engine.explain import Explanation, ScoreNow
    from tasuki.server.agreements.stages import Stages


LEAST = 0.05
"""Points that have faded to less than this are not told."""
INTEREST = "interest"


@dataclass(frozen=True)
class Given:
    """What one rule gives now: in words, how often it counted, its points, and why the rule exists."""

    text: str
    hits: int
    points: float
    because: str


@dataclass(frozen=True)
class ScoreShown:
    """One score: name, value, grade, what gave it (largest first), the names of its parts."""

    id: str
    name: str
    value: float
    grade: str
    given: list[Given]
    parts: list[str]
    high: float = 0.0
    """The end of its range, 0 where it has none."""

    @property
    def full(self) -> int:
        """Hundredths of its range; of a hundred points where it has none."""
        top = self.high or 100.0
        return round(100 * min(max(self.value / top, 0.0), 1.0))


@dataclass(frozen=True)
class Next:
    """A way on that is taken by itself: the stage, why it exists, and its conditions."""

    stage: str
    because: str
    lacks: list[conditions.Lack]


@dataclass(frozen=True)
class Why:
    """The whole answer. `main` is the score that sums the others up, else the first; `interests` one for each area."""

    main: ScoreShown | None
    others: list[ScoreShown]
    ways: list[Next]
    excluded: bool
    interests: list[ScoreShown] = field(default_factory=list)
    asks: list[Next] = field(default_factory=list)
    """Ways on that somebody decides, and what they require."""


def why(explanation: Explanation, stages: Stages) -> Why:
    """Put an explanation into words."""
    scores = [_score(score, stages) for score in explanation.scores]
    main = next((score for score in scores if score.parts), scores[0] if scores else None)
    ways = [
        Next(way.path.stage, way.path.because, conditions.lacks(way, stages))
        for way in explanation.ways
        if way.path.when is not None
    ]
    asks = [
        Next(way.path.stage, way.path.because, conditions.lacks(way, stages))
        for way in explanation.ways
        if way.path.when is None and way.path.requires is not None
    ]
    areas = interests_of(stages)
    interests = [score for score in scores if score.id in areas and score is not main]
    others = [score for score in scores if score is not main and score not in interests]
    return Why(
        main, others, ways, explanation.excluded, sorted(interests, key=lambda score: -score.value), asks
    )


def interests_of(stages: Stages) -> set[str]:
    """The scores that tell what a lead cares about: named `interest_…`, or `interest`, in the agreement."""
    scores = stages.agreement.scores if stages.agreement else {}
    return {name for name in scores if name == INTEREST or name.startswith(INTEREST + "_")}


def _score(score: ScoreNow, stages: Stages) -> ScoreShown:
    given = [
        Given(rule_text(one.rule, stages), one.hits, one.worth, one.rule.because)
        for one in sorted(score.contributions, key=lambda one: -abs(one.worth))
        if abs(one.worth) >= LEAST
    ]
    cut = score.value - sum(one.worth for one in score.contributions)
    if score.contributions and not score.parts and abs(cut) >= LEAST:
        given.append(Given(_("beyond the range of this score"), 1, cut, ""))
    parts = [stages.score(part) for part in score.parts]
    found = stages.agreement.scores.get(score.id) if stages.agreement else None
    high = found.high if found and math.isfinite(found.high) else 0.0
    return ScoreShown(
        score.id, stages.score(score.id), score.value, score.grade or "", given, parts, high=high
    )
