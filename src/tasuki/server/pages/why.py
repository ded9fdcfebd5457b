"""Why a lead stands where it stands, ready for the page: scores with what gave them, and what the next stage lacks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from tasuki.server.pages import conditions

if TYPE_CHECKING:
    from tasuki.agreement import Rule
    from tasuki.engine.explain import Explanation, ScoreNow
    from tasuki.server.pages.stages import Stages


LEAST = 0.05
"""Points that have faded to less than this are not told."""


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


@dataclass(frozen=True)
class Next:
    """A way on that is taken by itself: the stage, why it exists, and its conditions."""

    stage: str
    because: str
    lacks: list[conditions.Lack]


@dataclass(frozen=True)
class Why:
    """The whole answer. `main` is the score that sums the others up, else the first."""

    main: ScoreShown | None
    others: list[ScoreShown]
    ways: list[Next]
    excluded: bool


def why(explanation: Explanation, stages: Stages) -> Why:
    """Put an explanation into words."""
    scores = [_score(score, stages) for score in explanation.scores]
    main = next((score for score in scores if score.parts), scores[0] if scores else None)
    ways = [
        Next(way.path.stage, way.path.because, conditions.lacks(way, stages))
        for way in explanation.ways
        if way.path.when is not None
    ]
    return Why(main, [score for score in scores if score is not main], ways, explanation.excluded)


def _score(score: ScoreNow, stages: Stages) -> ScoreShown:
    given = [
        Given(rule_text(one.rule, stages), one.hits, one.worth, one.rule.because)
        for one in sorted(score.contributions, key=lambda one: -abs(one.worth))
        if abs(one.worth) >= LEAST
    ]
    parts = [stages.score(part) for part in score.parts]
    return ScoreShown(score.id, stages.score(score.id), score.value, score.grade or "", given, parts)


def rule_text(rule: Rule, stages: Stages) -> str:
    """A rule in a few words: its signal or trait by name."""
    if rule.kind == "silence":
        return _silence(rule, stages)
    name = stages.signal(rule.names[0]) if rule.names else ""
    if rule.every:
        if rule.every.within is None:
            return _("%(signal)s, every %(n)s times") % {"signal": name, "n": rule.every.count}
        parts = {"signal": name, "n": rule.every.count, "duration": conditions.duration(rule.every.within)}
        return _("%(signal)s, %(n)s times within %(duration)s") % parts
    return name


def _silence(rule: Rule, stages: Stages) -> str:
    parts = {
        "duration": conditions.duration(rule.silence),
        "signals": _(", ").join(stages.signal(name) for name in rule.names),
        "after": _(", ").join(stages.signal(name) for name in rule.after),
    }
    if rule.after:
        return _("%(duration)s without %(signals)s after %(after)s") % parts if rule.names else (
            _("%(duration)s of silence after %(after)s") % parts
        )  # fmt: skip
    if rule.names:
        return _("%(duration)s without %(signals)s") % parts
    return _("%(duration)s of silence") % parts
