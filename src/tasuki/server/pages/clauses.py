"""An agreement in words: what each stage is, which ways lead into it, what the scores are made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from tasuki.server.agreements import conditions
from tasuki.server.agreements.rules import duration, rule_text
from tasuki.server.agreements.stages import Stages
from tasuki.server.core import words
from tasuki.server.pages import handing
from tasuki.server.pages.way import Way

if TYPE_CHECKING:
    from tasuki.agreement import Agreement, Path, Rule
    from tasuki.agreement.model import Score, Stage
    from tasuki.server.lifecycle.lately import Lately


@dataclass(frozen=True)
class StageClause:
    """What the agreement says of one stage."""

    id: str
    intro: str
    ways: list[Way]
    further: list[str]
    routes: list[Way]
    reasons: list[str]
    because: str = ""
    lately: int | None = None


@dataclass(frozen=True)
class RuleClause:
    """One rule: what it counts, its points, how they are bounded, why."""

    text: str
    points: float
    resets: bool
    further: str
    because: str


@dataclass(frozen=True)
class ScoreClause:
    """One score: its rules, or the scores that it sums up."""

    name: str
    rules: list[RuleClause]
    parts: list[str]
    grades: str


def told(agreement: Agreement, lately: Lately | None = None) -> dict[str, Any]:
    """`stages`, `stage_clauses`, `score_clauses`, `excluded`, `questions` for a template; `lately`: what each did."""
    stages = Stages(agreement, {stage.id: place for place, stage in enumerate(agreement.stages)})
    return {
        "stages": stages,
        "stage_clauses": [_stage(stage, agreement, stages, lately) for stage in agreement.stages],
        "score_clauses": [_score(score, stages) for score in agreement.scores.values()],
        "lately": lately,
        "excluded": conditions.told(agreement.excluded, stages) if agreement.excluded else "",
        "questions": {
            words.say(words.QUESTIONS, name): [words.say(words.QUESTIONS, question) for question in questions]
            for name, questions in agreement.qualification.items()
        },
    }


def _stage(stage: Stage, agreement: Agreement, stages: Stages, lately: Lately | None) -> StageClause:
    further: list[str] = []
    routes: list[Way] = []
    if stage.handoff:
        further += handing.told(stage.handoff)
        routes = handing.routes(stage.handoff, stages)
    if stage.timeout:
        parts = {
            "duration": duration(stage.timeout.after),
            "stage": stages.short(stage.timeout.to),
        }
        further.append(_("After %(duration)s without a move it goes to %(stage)s.") % parts)
    if stage.resets:
        names = _(", ").join(stages.score(score) for score in stage.resets)
        further.append(_("On entering, earlier points of %(scores)s stop counting.") % {"scores": names})
    reasons = [words.say(words.REASONS, reason) for reason in agreement.reasons.get(stage.id, ())]
    return StageClause(
        stage.id, _intro(stage, stages), [_way(path, stages, lately) for path in stage.paths], further, routes,
        reasons, stage.because, lately.into(stage.id) if lately else None,
    )  # fmt: skip


def _intro(stage: Stage, stages: Stages) -> str:
    """`MQL: a lead of which one of these holds.`"""
    name = {"stage": stages.short(stage.id)}
    if not stage.paths:
        return _("No lead comes to %(stage)s by a way of its own.") % name
    if len(stage.paths) == 1:
        return _("%(stage)s is a lead of which this holds:") % name
    return _("%(stage)s is a lead of which one of these holds:") % name


def _way(path: Path, stages: Stages, lately: Lately | None) -> Way:
    said = _said(path, stages)
    return Way(said.text, said.because, lately.by(path) if lately else None)


def _said(path: Path, stages: Stages) -> Way:
    parts = {"from": _(", ").join(_origin(code, stages) for code in path.from_)}
    if path.when is not None:
        text = _("By itself, from %(from)s: %(condition)s") % {
            **parts, "condition": conditions.told(path.when, stages),
        }  # fmt: skip
        return Way(text, path.because)
    parts["roles"] = _(", ").join(words.say(words.ROLES, role) for role in path.by)
    if path.requires is None:
        return Way(_("By decision of %(roles)s, from %(from)s") % parts, path.because)
    parts["condition"] = conditions.told(path.requires, stages)
    return Way(_("By decision of %(roles)s, from %(from)s, if: %(condition)s") % parts, path.because)


def _origin(code: str, stages: Stages) -> str:
    if code == "any":
        return _("any stage")
    return _("no stage") if code == "none" else stages.short(code)


def _score(score: Score, stages: Stages) -> ScoreClause:
    grades = _(", ").join(f"{letter} ≥ {bound:g}" for letter, bound in score.grades)
    parts = [stages.score(part) for part in score.parts]
    return ScoreClause(stages.score(score.id), [_rule(rule, stages) for rule in score.rules], parts, grades)


def _rule(rule: Rule, stages: Stages) -> RuleClause:
    return RuleClause(
        rule_text(rule, stages), rule.points, rule.resets, _(", ").join(_bounds(rule, stages)), rule.because
    )


def _bounds(rule: Rule, stages: Stages) -> list[str]:
    found = []
    if rule.at_most and rule.at_most.per:
        parts = {"n": rule.at_most.count, "duration": duration(rule.at_most.per)}
        found.append(_("at most %(n)s times within %(duration)s") % parts)
    elif rule.at_most:
        found.append(_("at most %(n)s times") % {"n": rule.at_most.count})
    for length, text in (
        (rule.expires, _("counts for %(duration)s")),
        (rule.halves, _("halves every %(duration)s")),
        (rule.fades, _("fades over %(duration)s")),
    ):
        if length:
            found.append(text % {"duration": duration(length)})
    if rule.max is not None:
        found.append(_("no more than %(n)s points in all") % {"n": f"{rule.max:g}"})
    if rule.repeats != 1:
        found.append(_("again and again"))
    if rule.while_:
        names = _(", ").join(stages.short(code) for code in rule.while_)
        found.append(_("only while in %(stages)s") % {"stages": names})
    return found
