"""Which part of an old version became which part of the new one, where parts carry no name."""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import TYPE_CHECKING, TypeVar

from tasuki.agreement.conditions import Both, Compare, Condition, GradeCompare
from tasuki.agreement.wording import condition_text, path_facets, rule_facets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from tasuki.agreement.model import Path, Route, Rule

Part = TypeVar("Part")
Pairs = list[tuple[int, int]]
_ABOUT = ("signal", "trait", "silence", "of", "after")
ALIKE = 0.5
"""The least likeness of rules about different things, or of routes' conditions, that are taken for one that changed."""


def match_rules(old: Sequence[Rule], new: Sequence[Rule]) -> Pairs:
    """Positions (old, new) of the same rule: equal ones first, then the same thing, then alike ones."""
    return _matched(old, new, lambda rule: str((rule_facets(rule), rule.because)), _rule_likeness)


def match_paths(old: Sequence[Path], new: Sequence[Path]) -> Pairs:
    """Positions (old, new) of the same path: equal ones first, then the most alike."""
    return _matched(old, new, lambda path: str((path_facets(path), path.because)), _path_likeness)


def match_routes(old: Sequence[Route], new: Sequence[Route]) -> Pairs:
    """Positions (old, new) of the same route: equal ones first, then to the same, then under alike conditions."""
    return _matched(old, new, str, _route_likeness)


def match_conditions(old: Sequence[Condition], new: Sequence[Condition]) -> Pairs:
    """Positions (old, new) of the same condition of a list that must all hold."""
    return _matched(old, new, condition_text, _condition_likeness)


def _matched(
    old: Sequence[Part],
    new: Sequence[Part],
    key: Callable[[Part], str],
    likeness: Callable[[Part, Part], float],
) -> Pairs:
    pairs = _equal([key(part) for part in old], [key(part) for part in new])
    taken_old, taken_new = {i for i, _ in pairs}, {j for _, j in pairs}
    candidates = [
        (-likeness(old[i], new[j]), abs(i - j), i, j)
        for i in range(len(old))
        if i not in taken_old
        for j in range(len(new))
        if j not in taken_new
    ]
    for unlike, _, i, j in sorted(candidates):
        if unlike < 0 and i not in taken_old and j not in taken_new:
            pairs.append((i, j))
            taken_old.add(i)
            taken_new.add(j)
    return sorted(pairs, key=lambda pair: pair[1])


def _equal(old: Sequence[str], new: Sequence[str]) -> Pairs:
    places: dict[str, list[int]] = {}
    for i, key in enumerate(old):
        places.setdefault(key, []).append(i)
    return [(places[key].pop(0), j) for j, key in enumerate(new) if places.get(key)]


def _rule_likeness(old: Rule, new: Rule) -> float:
    if old.kind != new.kind:
        return 0.0
    said, says = rule_facets(old), rule_facets(new)
    about = all(said.get(key) == says.get(key) for key in _ABOUT if key != "silence")
    rest = {**{k: v for k, v in said.items() if k not in _ABOUT}, "because": old.because or None}
    rests = {**{k: v for k, v in says.items() if k not in _ABOUT}, "because": new.because or None}
    keys = {key for key in {*rest, *rests} if rest.get(key) or rests.get(key)}
    likeness = sum(rest.get(key) == rests.get(key) for key in keys) / max(len(keys), 1)
    if about:
        return 2 + likeness + (said.get("silence") == says.get("silence"))
    return likeness if likeness >= ALIKE else 0.0


def _path_likeness(old: Path, new: Path) -> float:
    if not ((old.when and new.when) or (old.by and new.by)):
        return 0.0
    said, says = path_facets(old), path_facets(new)
    texts = SequenceMatcher(None, said.get("when", ""), says.get("when", ""), autojunk=False).ratio()
    weights = {"from": 1.0, "by": 1.0, "requires": 0.5}
    return 0.1 + texts + sum(weight for key, weight in weights.items() if said.get(key) == says.get(key))


def _route_likeness(old: Route, new: Route) -> float:
    if not (old.when and new.when):
        return 2.0 * (old.to == new.to)
    texts = SequenceMatcher(None, str(old.when), str(new.when), autojunk=False).ratio()
    return 2.0 * (old.to == new.to) + (texts if texts >= ALIKE else 0.0)


def _condition_likeness(old: Condition, new: Condition) -> float:
    match old, new:
        case Compare(operator=o, left=left, right=right), Compare(operator=p, left=side, right=bound):
            same = (str(left) == str(side)) * 4 + (o == p) * 2 + (str(right) == str(bound))
            return float(same) if same >= 3 and type(left) is type(side) else 0.0
        case GradeCompare(score=score), GradeCompare(score=other):
            return float(score == other)
    return 0.0


def all_of(condition: Condition) -> tuple[Condition, ...]:
    """The conditions that must all hold for this one to hold."""
    return condition.parts if isinstance(condition, Both) else (condition,)


def left_over(parts: Sequence[Part], taken: Iterable[int]) -> tuple[Part, ...]:
    """The parts whose position found no match."""
    matched = set(taken)
    return tuple(part for i, part in enumerate(parts) if i not in matched)


def in_order(pairs: Pairs) -> bool:
    """Whether the matched parts stand in the same order in both versions."""
    return pairs == sorted(pairs)
