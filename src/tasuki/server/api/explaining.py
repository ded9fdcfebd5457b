"""The engine's explanation, as JSON."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from tasuki.engine.explain import Contribution, Explanation, Moment, ScoreNow, Way
from tasuki.server.api.fields import At, Given
from tasuki.server.core import clock


class ContributionOut(Given):
    """What one rule gives to its score."""

    rule: Annotated[str, Field(description="Its signal, trait or silence.")]
    hits: int
    worth: float
    because: str


class ScoreOut(Given):
    """A score: its contributions, their sum, and its value within its range."""

    id: str
    value: float
    grade: str | None
    raw: float
    contributions: list[ContributionOut]
    parts: list[str]


class PartOut(Given):
    """One condition, what stands there now, and whether it holds."""

    text: str
    now: str
    holds: bool


class WayOut(Given):
    """A way into another stage."""

    to: str
    by: list[str]
    parts: list[PartOut]
    holds: bool


class MomentOut(Given):
    """One thing that happened: profile, activity, decision, refused, hit, capped, outside, reset, transition."""

    at: At
    what: str
    text: str
    because: str


class ExplanationOut(Given):
    """Everything that led to where the lead stands."""

    lead: str
    at: At
    stage: str | None
    entered: At | None
    next_check: At | None
    excluded: bool
    scores: list[ScoreOut]
    ways: list[WayOut]
    timeline: list[MomentOut]


def explained(found: Explanation) -> dict[str, Any]:
    """The same as JSON takes it."""
    return {
        "lead": str(found.lead),
        "at": clock.instant(found.at),
        "stage": found.stage,
        "entered": None if found.entered is None else clock.instant(found.entered),
        "next_check": None if found.next_check is None else clock.instant(found.next_check),
        "excluded": found.excluded,
        "scores": list(map(_score, found.scores)),
        "ways": list(map(_way, found.ways)),
        "timeline": list(map(_moment, found.timeline)),
    }


def _score(score: ScoreNow) -> dict[str, Any]:
    return {
        "id": score.id,
        "value": score.value,
        "grade": score.grade,
        "raw": score.raw,
        "contributions": list(map(_contribution, score.contributions)),
        "parts": list(score.parts),
    }


def _contribution(given: Contribution) -> dict[str, Any]:
    rule = given.rule
    return {"rule": rule.id, "hits": given.hits, "worth": given.worth, "because": rule.because or ""}


def _way(way: Way) -> dict[str, Any]:
    parts = [{"text": part.text, "now": part.now, "holds": part.holds} for part in way.parts]
    return {"to": way.path.stage, "by": list(way.path.by or ()), "parts": parts, "holds": way.holds}


def _moment(moment: Moment) -> dict[str, Any]:
    return {
        "at": clock.instant(moment.at),
        "what": moment.what,
        "text": moment.text,
        "because": moment.because,
    }
