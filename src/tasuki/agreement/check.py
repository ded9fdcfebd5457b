"""What is legal in an agreement but hardly meant: warnings, one small function each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasuki.agreement.bounds import bounds_of
from tasuki.agreement.check_routes import route_warnings
from tasuki.agreement.conditions import (
    Both,
    Compare,
    Condition,
    Count,
    GradeCompare,
    Happened,
    Negation,
    Node,
    ScoreValue,
    TraitHolds,
    walk,
)
from tasuki.agreement.model import ANY, NONE, Agreement, Path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasuki.agreement.source import Place, Source


def warnings_of(agreement: Agreement, source: Source) -> None:
    """Add every warning to the source."""
    for check in (
        _rules_without_because,
        _unused_names,
        _unreachable_stages,
        _unreachable_thresholds,
        _unguarded_mql,
        _self_reentry,
        _grades_out_of_order,
        route_warnings,
    ):
        check(agreement, source)


def _rules_without_because(agreement: Agreement, source: Source) -> None:
    for rule in agreement.rules:
        if not rule.because:
            text = "a rule without `because`: say why it exists, so that both sides can discuss it"
            source.warning(("scores", rule.score, "rules", rule.position), "no-because", text)


def _conditions(agreement: Agreement) -> Iterator[tuple[Place, Condition]]:
    if agreement.excluded is not None:
        yield ("excluded",), agreement.excluded
    for i, stage in enumerate(agreement.stages):
        for path in stage.paths:
            if path.when is not None:
                yield ("stages", i, "enter", path.position, "when"), path.when
            if path.requires is not None:
                yield ("stages", i, "enter", path.position, "requires"), path.requires


def _nodes(agreement: Agreement) -> Iterator[Node]:
    for _, condition in _conditions(agreement):
        yield from walk(condition)
    for route in agreement.routes:
        if route.when is not None:
            yield from walk(route.when)


def _unused_names(agreement: Agreement, source: Source) -> None:
    signals: set[str] = set()
    traits: set[str] = set()
    for rule in agreement.rules:
        (traits if rule.kind == "trait" else signals).update(rule.names + rule.after)
    for node in _nodes(agreement):
        match node:
            case Count(signal=name) | Happened(signal=name):
                signals.add(name)
            case TraitHolds(trait=name):
                traits.add(name)
    for name in agreement.signals.keys() - signals:
        text = f"no rule and no condition uses signal `{name}`: use it or leave it out"
        source.warning(("signals", name), "unused-signal", text, key=True)
    for name in agreement.traits.keys() - traits:
        text = f"no rule and no condition uses trait `{name}`: use it or leave it out"
        source.warning(("traits", name), "unused-trait", text, key=True)


def _unreachable_stages(agreement: Agreement, source: Source) -> None:
    reached: set[str] = {NONE}
    while True:
        more = {
            path.stage
            for path in agreement.paths
            if path.stage not in reached and (ANY in path.from_ or reached & set(path.from_))
        }
        more |= {s.timeout.to for s in agreement.stages if s.timeout and s.id in reached} - reached
        if not more:
            break
        reached |= more
    for i, stage in enumerate(agreement.stages):
        if stage.id not in reached:
            text = f"no path can reach stage `{stage.id}`: give it a path from a stage that leads get to"
            source.warning(("stages", i, "id"), "unreachable-stage", text)


def _is_impossible(agreement: Agreement, compare: Compare) -> bool:
    left, right = bounds_of(agreement, compare.left), bounds_of(agreement, compare.right)
    match compare.operator:
        case ">=":
            return left[1] < right[0]
        case ">":
            return left[1] <= right[0]
        case "<=":
            return left[0] > right[1]
        case "<":
            return left[0] >= right[1]
        case "==":
            return left[1] < right[0] or left[0] > right[1]
    return False


def _unreachable_thresholds(agreement: Agreement, source: Source) -> None:
    for place, condition in _conditions(agreement):
        for node in _required(condition):
            if isinstance(node, Compare) and _is_impossible(agreement, node):
                low, high = bounds_of(agreement, node.left)
                spread = f"{node.left} stays between {low:g} and {high:g}"
                text = f"`{node}` can never hold: {spread}; change the bar or the points"
                source.warning(place, "unreachable-threshold", text)


def _required(condition: Condition) -> Iterator[Condition]:
    """Every comparison that stands unnegated."""
    if isinstance(condition, Negation):
        return
    if isinstance(condition, Compare):
        yield condition
    for part in getattr(condition, "parts", ()):
        yield from _required(part)


def _guards(node: Condition) -> bool:
    if isinstance(node, Both):
        return any(_guards(part) for part in node.parts)
    return any(isinstance(part, (ScoreValue, GradeCompare, Count, Happened)) for part in walk(node))


def _automatic(agreement: Agreement) -> Iterator[tuple[Place, Path]]:
    for i, stage in enumerate(agreement.stages):
        for path in stage.paths:
            if path.when is not None:
                yield ("stages", i, "enter", path.position, "when"), path


def _unguarded_mql(agreement: Agreement, source: Source) -> None:
    for place, path in _automatic(agreement):
        if path.stage == "MQL" and path.when is not None and not _guards(path.when):
            text = "this path to MQL asks for no score and no signal: every lead that gets here becomes MQL"
            source.warning(place, "unguarded-mql", text)


def _self_reentry(agreement: Agreement, source: Source) -> None:
    for place, path in _automatic(agreement):
        if path.leaves(path.stage):
            cure = "name the stages it comes from"
            text = f"`{path.stage}` is entered anew at each activity while this holds: {cure}"
            source.warning(place, "re-entry", text)


def _grades_out_of_order(agreement: Agreement, source: Source) -> None:
    for score in agreement.scores.values():
        bounds = [bound for _, bound in score.grades]
        if bounds != sorted(bounds, reverse=True):
            cure = "a later one here can never be given: put them in order"
            text = f"grades of `{score.id}` stand best first, with falling bounds; {cure}"
            source.warning(("scores", score.id, "grades"), "grade-order", text)
