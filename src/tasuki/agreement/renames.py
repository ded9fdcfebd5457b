"""Things of an agreement that only changed their name between two versions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from tasuki.agreement.conditions import (
    Answered,
    Both,
    Compare,
    Condition,
    Count,
    Either,
    GradeCompare,
    Happened,
    Negation,
    Numeric,
    Plus,
    ScoreValue,
    TimesEntered,
    TraitHolds,
)
from tasuki.agreement.model import Agreement, Handoff, Named, Path, Rule, Score, Stage, Timeout
from tasuki.agreement.wording import (
    Wording,
    handoff_facets,
    path_facets,
    rule_facets,
    score_facets,
    stage_facets,
)

_WORDS = Wording("en")
Thing = TypeVar("Thing", Named, Score, Stage)
Names = Mapping[str, str]


@dataclass(frozen=True)
class Renames:
    """Old name to new name, of each kind of thing."""

    signals: Names
    traits: Names
    scores: Names
    stages: Names

    def __bool__(self) -> bool:
        return bool(self.signals or self.traits or self.scores or self.stages)


def find_renames(old: Agreement, new: Agreement) -> tuple[Agreement, Renames]:
    """`old` with the names of `new` for all that means the same, and which names that were."""
    found = Renames({}, {}, {}, {})
    while True:
        more = Renames(
            _pairs(old.signals, new.signals, lambda thing: _WORDS.predicate(thing.predicate)),
            _pairs(old.traits, new.traits, lambda thing: _WORDS.predicate(thing.predicate)),
            _pairs(old.scores, new.scores, _score_meaning),
            _pairs(old.stage, new.stage, _stage_meaning),
        )
        if not more:
            return old, found
        old = _renamed(old, more)
        found = Renames(
            *(
                {**getattr(found, kind), **getattr(more, kind)}
                for kind in ("signals", "traits", "scores", "stages")
            )
        )


def _pairs(old: Mapping[str, Thing], new: Mapping[str, Thing], meaning: Callable[[Thing], object]) -> Names:
    waiting: dict[object, list[str]] = {}
    for name in new:
        if name not in old:
            waiting.setdefault(meaning(new[name]), []).append(name)
    gone = [name for name in old if name not in new] if waiting else []
    return {name: same.pop(0) for name in gone if (same := waiting.get(meaning(old[name])))}


def _score_meaning(score: Score) -> object:
    return str(score_facets(score)), str([rule_facets(rule) for rule in score.rules])


def _stage_meaning(stage: Stage) -> object:
    paths = str([path_facets(path) for path in stage.paths])
    routes = stage.handoff.routes if stage.handoff else ()
    handoff = str(handoff_facets(stage)), str([_WORDS.route_facets(route) for route in routes])
    return paths, str(stage_facets(stage)), stage.timeout, handoff


def _renamed(agreement: Agreement, names: Renames) -> Agreement:
    return replace(
        agreement,
        signals={
            names.signals.get(k, k): _relabelled(v, names.signals) for k, v in agreement.signals.items()
        },
        traits={names.traits.get(k, k): _relabelled(v, names.traits) for k, v in agreement.traits.items()},
        excluded=_condition(agreement.excluded, names),
        scores={names.scores.get(k, k): _score(v, names) for k, v in agreement.scores.items()},
        stages=tuple(_stage(stage, names) for stage in agreement.stages),
        reasons={names.stages.get(stage, stage): reasons for stage, reasons in agreement.reasons.items()},
        targets={_target(key, names): target for key, target in agreement.targets.items()},
    )


def _target(key: str, names: Renames) -> str:
    stage, dot, measure = key.partition(".")
    return f"{names.stages.get(stage, stage)}{dot}{measure}"


def _relabelled(thing: Thing, names: Names) -> Thing:
    new = names.get(thing.id, thing.id)
    return replace(thing, id=new, name={k: new if v == thing.id else v for k, v in thing.name.items()})


def _all(words: Iterable[str], names: Names) -> tuple[str, ...]:
    return tuple(names.get(word, word) for word in words)


def _score(score: Score, names: Renames) -> Score:
    rules = tuple(_rule(rule, names) for rule in score.rules)
    return replace(_relabelled(score, names.scores), rules=rules, parts=_all(score.parts, names.scores))


def _rule(rule: Rule, names: Renames) -> Rule:
    return replace(
        rule,
        score=names.scores.get(rule.score, rule.score),
        names=_all(rule.names, names.traits if rule.kind == "trait" else names.signals),
        after=_all(rule.after, names.signals),
        while_=_all(rule.while_, names.stages),
    )


def _stage(stage: Stage, names: Renames) -> Stage:
    timeout = stage.timeout
    return replace(
        _relabelled(stage, names.stages),
        paths=tuple(_path(path, names) for path in stage.paths),
        timeout=timeout and Timeout(timeout.after, names.stages.get(timeout.to, timeout.to), timeout.reason),
        handoff=stage.handoff and _handoff(stage.handoff, names),
        resets=_all(stage.resets, names.scores),
    )


def _handoff(handoff: Handoff, names: Renames) -> Handoff:
    routes = tuple(replace(route, when=_condition(route.when, names)) for route in handoff.routes)
    return replace(handoff, routes=routes)


def _path(path: Path, names: Renames) -> Path:
    return replace(
        path,
        stage=names.stages.get(path.stage, path.stage),
        from_=_all(path.from_, names.stages),
        when=_condition(path.when, names),
        requires=_condition(path.requires, names),
    )


def _condition(condition: Condition | None, names: Renames) -> Condition | None:
    return condition and _known_condition(condition, names)


def _known_condition(node: Condition, names: Renames) -> Condition:
    match node:
        case Both(parts=parts):
            return Both(tuple(_known_condition(part, names) for part in parts))
        case Either(parts=parts):
            return Either(tuple(_known_condition(part, names) for part in parts))
        case Negation(part=part):
            return Negation(_known_condition(part, names))
        case Compare(operator=operator, left=left, right=right):
            return Compare(operator, _numeric(left, names), _numeric(right, names))
        case GradeCompare(score=score):
            return replace(node, score=names.scores.get(score, score))
        case TraitHolds(trait=trait):
            return TraitHolds(names.traits.get(trait, trait))
        case Happened(signal=signal):
            return Happened(names.signals.get(signal, signal))
    return node


def _numeric(node: Numeric, names: Renames) -> Numeric:
    match node:
        case ScoreValue(score=score):
            return ScoreValue(names.scores.get(score, score))
        case Count(signal=signal, within=within):
            return Count(names.signals.get(signal, signal), within)
        case TimesEntered(stage=stage):
            return TimesEntered(names.stages.get(stage, stage))
        case Plus(terms=terms):
            return Plus(tuple((sign, _numeric(term, names)) for sign, term in terms))
        case Answered():
            return node
    return node
