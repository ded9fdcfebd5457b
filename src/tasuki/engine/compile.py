"""An agreement to arrays: the last stage of compilation that knows names, the first that knows numbers only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property, reduce
from operator import or_
from typing import Any

import numpy as np

from tasuki.agreement import conditions as ex
from tasuki.agreement.model import ANY, NONE, Agreement, Path, Rule, Score, Stage
from tasuki.engine import layout as at

_COMPARE = {">=": at.GE, ">": at.GT, "<=": at.LE, "<": at.LT, "==": at.EQ, "!=": at.NE}
_DEFAULT_BOUND = np.inf


@dataclass(frozen=True)
class Bar:
    """A comparison of a score with a number in a path's `when`: what a sweep may move."""

    path: str
    score: str
    operator: str
    value: float
    op: int


@dataclass(frozen=True)
class Compiled:
    """An agreement ready for the kernel, with the names behind the numbers."""

    agreement: Agreement
    program: at.Program
    rules: tuple[Rule, ...]
    trait_rules: tuple[Rule, ...]
    bits: tuple[tuple[str, str], ...]  # ("trait", name) or ("has", field)
    counters: tuple[str, ...]
    windows: tuple[tuple[str, int], ...]
    clocks: tuple[int, ...]  # positions in `rules`
    roles: tuple[str, ...]
    questions: tuple[str, ...]
    bars: tuple[Bar, ...]

    @cached_property
    def score_names(self) -> tuple[str, ...]:
        """Scores in the order of the file."""
        return tuple(self.agreement.scores)

    @cached_property
    def stage_names(self) -> tuple[str | None, ...]:
        """Stages by the kernel's number; None at 0."""
        return (None, *(stage.id for stage in self.agreement.stages))


def compile_agreement(agreement: Agreement) -> Compiled:
    """The agreement as arrays for the kernel."""
    return _Compiler(agreement).compiled()


def only_opens(agreement: Agreement, score: str) -> bool:
    """Whether more points in a score of rules can only make conditions true, of paths and of decisions."""
    return _Compiler(agreement).only_opens(score)


@dataclass
class _Lists:
    """Everything of variable length, gathered while compiling."""

    links: list[int] = field(default_factory=list)
    ops: list[tuple[int, int, float, int, int]] = field(default_factory=list)
    grades: list[float] = field(default_factory=list)

    def link(self, items: Iterable[int]) -> tuple[int, int]:
        first = len(self.links)
        self.links.extend(items)
        return first, len(self.links)


class _Compiler:
    def __init__(self, agreement: Agreement) -> None:
        self.agreement = agreement
        self.lists = _Lists()
        self.rules = tuple(rule for rule in agreement.rules if rule.kind != "trait")
        self.trait_rules = tuple(rule for rule in agreement.rules if rule.kind == "trait")
        self.score_index = {name: i for i, name in enumerate(agreement.scores)}
        self.stage_index = {NONE: 0, **{stage.id: i + 1 for i, stage in enumerate(agreement.stages)}}
        self.questions = tuple(dict.fromkeys(q for qs in agreement.qualification.values() for q in qs))
        self.roles = tuple(dict.fromkeys(role for path in agreement.paths for role in path.by))[:63]
        nodes = [node for condition in self._conditions() for node in ex.walk(condition)]
        self.bits = tuple(
            dict.fromkeys(
                [("trait", rule.names[0]) for rule in self.trait_rules]
                + [("trait", node.trait) for node in nodes if isinstance(node, ex.TraitHolds)]
                + [("has", node.field) for node in nodes if isinstance(node, ex.Has)]
            )
        )
        counts = [node for node in nodes if isinstance(node, ex.Count)]
        self.counters = tuple(
            dict.fromkeys(
                [node.signal for node in nodes if isinstance(node, ex.Happened)]
                + [node.signal for node in counts if node.within is None]
            )
        )
        self.windows = tuple(
            dict.fromkeys((node.signal, node.within) for node in counts if node.within is not None)
        )
        self.clocks = tuple(i for i, rule in enumerate(self.rules) if rule.kind == "silence")
        self.bars: list[Bar] = []

    def _conditions(self) -> list[ex.Condition]:
        found = [c for path in self.agreement.paths for c in (path.when, path.requires)] + [
            self.agreement.excluded
        ]
        return [condition for condition in found if condition is not None]

    def compiled(self) -> Compiled:
        groups, group_of = self._groups()
        rules, ring = self._rules(groups, group_of)
        paths = self._paths()
        excluded = self._ops(self.agreement.excluded)
        scores, stages = (
            self._scores(groups),
            self._stages(paths, int(np.bitwise_or.reduce(groups["changes"]))),
        )
        pushes = np.bincount(rules["group"], minlength=len(groups))
        program = at.Program(
            rules=rules,
            trait_bits=np.array([self.bits.index(("trait", r.names[0])) for r in self.trait_rules], "i4"),
            trait_points=np.array([_limited(r) for r in self.trait_rules], "f8"),
            groups=groups,
            clocks=np.array(
                [(self.rules[i].silence, self.rules[i].repeats, i) for i in self.clocks], at.CLOCK_RECORD
            ),
            windows=np.array([span for _, span in self.windows], "i8"),
            scores=scores,
            grades=np.array(self.lists.grades, "f8"),
            stages=stages,
            paths=paths,
            ops=np.array(self.lists.ops, at.OP_RECORD),
            excluded=np.array(excluded, "i4"),
            links=np.array(self.lists.links, "i4"),
            sizes=np.array([len(self.counters), len(self.questions), ring], "i8"),
            pushes=np.concatenate([pushes, np.ones(len(self.windows), "i8")]).astype("i8"),
        )
        return Compiled(
            self.agreement, program, self.rules, self.trait_rules, self.bits, self.counters, self.windows,
            self.clocks, self.roles, self.questions, tuple(self.bars),
        )  # fmt: skip

    # Groups: hits of one score that lose their worth in the same way share an accumulator.

    def _groups(self) -> tuple[at.Records, dict[int, int]]:
        keys: dict[tuple[object, ...], list[int]] = {}
        for i, rule in enumerate(self.rules):
            keys.setdefault(_group_key(rule, self.score_index[rule.score], i), []).append(i)
        ordered = sorted(keys, key=lambda key: (key[0], not key[1]))  # by score, valued ones first
        group_of = {i: number for number, key in enumerate(ordered) for i in keys[key]}
        records = [_group_record([self.rules[i] for i in keys[key]], key) for key in ordered]
        return np.array(records, at.GROUP_RECORD), group_of

    def _rules(self, groups: at.Records, group_of: dict[int, int]) -> tuple[at.Records, int]:
        records, ring, slot = np.zeros(len(self.rules), at.RULE_RECORD), 0, len(self.rules)
        for i, rule in enumerate(self.rules):
            record = records[i]
            score = self.score_index[rule.score]
            record["score"], record["points"] = score, rule.points
            record["changes"] = _effect(rule, score)
            record["group"] = group_of[i]
            group = groups[group_of[i]]
            record["gain"] = max(rule.points, 0.0)
            record["cap_ever"] = rule.at_most.count if rule.at_most and not rule.at_most.per else at.NEVER
            record["while_"] = sum(1 << self.stage_index[stage] for stage in rule.while_)
            if rule.at_most and rule.at_most.per:
                record["cap_count"], record["cap_span"] = rule.at_most.count, rule.at_most.per
                record["cap_ring"] = ring
                ring += rule.at_most.count
            if rule.every:
                record["every_count"], record["every_span"] = rule.every.count, rule.every.within or 0
                record["every_ring"] = ring
                ring += rule.every.count if rule.every.within else 0
            if rule.every or (rule.at_most and rule.at_most.per):
                record["slot"], slot = slot, slot + 3
            record["flags"] = (
                at.HAS_EVERY * bool(rule.every)
                | at.HAS_WHILE * bool(rule.while_)
                | at.HAS_CAP * bool(rule.at_most and rule.at_most.per)
                | at.HAS_RESETS * rule.resets
                | at.HAS_WORTH * int(group["valued"])
            )
        return records, ring

    # Scores and grades.

    def _scores(self, groups: at.Records) -> at.Records:
        records = np.zeros(len(self.score_index), at.SCORE_RECORD)
        rule_scores = np.array([self.score_index[rule.score] for rule in self.rules], "i8")
        trait_scores = np.array([self.score_index[rule.score] for rule in self.trait_rules], "i8")
        for score, record in zip(self.agreement.scores.values(), records, strict=True):
            i = self.score_index[score.id]
            record["low"], record["high"] = score.low, score.high
            mine = np.flatnonzero(groups["score"] == i)
            record["group_first"], record["group_last"] = (mine[0], mine[-1] + 1) if len(mine) else (0, 0)
            record["valued_last"] = record["group_first"] + int(groups["valued"][mine].sum())
            record["rule_first"], record["rule_last"] = np.searchsorted(rule_scores, [i, i + 1])
            record["trait_first"], record["trait_last"] = np.searchsorted(trait_scores, [i, i + 1])
            record["part_first"], record["part_last"] = self.lists.link(
                self.score_index[p] for p in score.parts
            )
            record["order_first"], record["order_last"] = self.lists.link(self._order(score))
            record["grade_first"] = len(self.lists.grades)
            self.lists.grades.extend(bound for _, bound in score.grades)
            record["grade_last"] = len(self.lists.grades)
        return records

    def _order(self, score: Score) -> list[int]:
        """The scores to work out for this one, parts before sums, itself last."""
        order: list[int] = []
        for part in score.parts:
            order += self._order(self.agreement.scores[part])
        return [*dict.fromkeys(order), self.score_index[score.id]]

    def _leaves(self, name: str) -> list[str]:
        score = self.agreement.scores[name]
        return [leaf for part in score.parts for leaf in self._leaves(part)] if score.parts else [name]

    # Stages and paths.

    def _stages(self, paths: at.Records, ends: int) -> at.Records:
        records = np.zeros(len(self.stage_index), at.STAGE_RECORD)
        for number in range(len(records)):
            stage = self.agreement.stages[number - 1] if number else None
            self._automatic(records[number], stage.id if stage else None)
            records[number]["lazy"] = not (int(records[number]["needs"]) & ends or records[number]["drifts"])
            if stage:
                self._stage(records[number], stage)
        return records

    def _stage(self, record: np.void, stage: Stage) -> None:
        if stage.timeout:
            record["timeout"], record["timeout_to"] = stage.timeout.after, self.stage_index[stage.timeout.to]
        record["recheck"] = stage.recheck or 0
        leaves = [leaf for name in stage.resets for leaf in self._leaves(name)]
        record["reset_first"], record["reset_last"] = self.lists.link(
            self.score_index[s] for s in dict.fromkeys(leaves)
        )
        mine = [i for i, path in enumerate(self.agreement.paths) if path.stage == stage.id]
        record["enter_first"], record["enter_last"] = (mine[0], mine[-1] + 1) if mine else (0, 0)

    def _automatic(self, record: np.void, stage: str | None) -> None:
        tried = [(i, p) for i, p in enumerate(self.agreement.paths) if p.when is not None and p.leaves(stage)]
        record["auto_first"], record["auto_last"] = self.lists.link(i for i, _ in tried)
        needs, drifts = at.PROFILE_CHANGED, False
        for condition in (*(path.when for _, path in tried), self.agreement.excluded):
            if condition is not None and tried:
                opening = condition is not self.agreement.excluded
                needs |= self._needs(condition, opening)
                drifts |= self._drifts(condition, opening)
        record["needs"], record["drifts"] = needs if tried else 0, drifts

    def _paths(self) -> at.Records:
        records = np.zeros(len(self.agreement.paths), at.PATH_RECORD)
        for i, path in enumerate(self.agreement.paths):
            record = records[i]
            record["from_"] = self._stage_mask(path)
            record["by"] = sum(1 << self.roles.index(role) for role in path.by if role in self.roles)
            record["stage"], record["position"] = self.stage_index[path.stage], path.position
            bars = len(self.bars)
            record["when_first"], record["when_last"] = self._ops(path.when, path)
            record["requires_first"], record["requires_last"] = self._ops(path.requires)
            record["guard_score"] = -1
            guard = _guard(path.when)
            if guard is not None:
                bar = next(bar for bar in self.bars[bars:] if bar.score == guard and bar.operator == ">=")
                record["guard_score"], record["guard_op"] = self.score_index[guard], bar.op
                record["guard_weight"] = max(Counter(self._leaves(guard)).values())
        return records

    def _stage_mask(self, path: Path) -> int:
        if ANY in path.from_:
            return (1 << len(self.stage_index)) - 1
        return sum(1 << self.stage_index[stage] for stage in set(path.from_))

    # What can make a condition true.

    def _needs(self, condition: ex.Condition, opening: bool) -> int:
        """The changes that can make the condition true (`opening`) or false (not)."""
        match condition:
            case ex.Negation(part=part):
                return self._needs(part, not opening)
            case ex.Both(parts=parts) | ex.Either(parts=parts):
                return _union(self._needs(part, opening) for part in parts)
            case ex.Compare(operator=operator, left=left, right=right):
                up, down = self._movers(ex.Plus(((1, left), (-1, right))))
            case ex.GradeCompare(score=score, operator=operator):
                up, down = self._movers(ex.ScoreValue(score))
            case ex.Happened():
                return at.SIGNALS_CHANGED
            case _:
                return at.PROFILE_CHANGED
        if operator in ("==", "!="):
            return up | down
        return up if (operator in (">=", ">")) == opening else down

    def only_opens(self, score: str) -> bool:
        """See above. `excluded` may not ask for the score at all."""
        leaf, excluded = self.score_index[score], self.agreement.excluded
        asked = [c for path in self.agreement.paths for c in (path.when, path.requires) if c is not None]
        if _union(self._needs(condition, opening=False) for condition in asked) & at.rises(leaf):
            return False
        if excluded is None:
            return True
        either = self._needs(excluded, opening=True) | self._needs(excluded, opening=False)
        return not either & (at.rises(leaf) | at.falls(leaf))

    def _movers(self, node: ex.Numeric) -> tuple[int, int]:
        """The changes that can raise a number, and those that can lower it."""
        match node:
            case ex.ScoreValue(score=name):
                leaves = [self.score_index[leaf] for leaf in self._leaves(name)]
                return _union(at.rises(leaf) for leaf in leaves), _union(at.falls(leaf) for leaf in leaves)
            case ex.Count():
                return at.SIGNALS_CHANGED, at.SIGNALS_CHANGED
            case ex.Answered():
                return at.ANSWERS_CHANGED, at.ANSWERS_CHANGED
            case ex.Plus(terms=terms):
                up = down = 0
                for sign, term in terms:
                    higher, lower = self._movers(term)
                    up, down = up | (higher if sign > 0 else lower), down | (lower if sign > 0 else higher)
                return up, down
        return 0, 0

    def _drifts(self, condition: ex.Condition, opening: bool) -> bool:
        """Whether the mere passing of time can make the condition true (`opening`) or false (not)."""
        match condition:
            case ex.Negation(part=part):
                return self._drifts(part, not opening)
            case ex.Both(parts=parts) | ex.Either(parts=parts):
                return any(self._drifts(part, opening) for part in parts)
            case ex.Compare(operator=operator, left=left, right=right):
                up, down = self._directions(ex.Plus(((1, left), (-1, right))))
            case ex.GradeCompare(score=score, operator=operator):
                up, down = self._directions(ex.ScoreValue(score))
            case _:
                return False
        if operator in ("==", "!="):
            return up or down
        return up if (operator in (">=", ">")) == opening else down

    def _directions(self, node: ex.Numeric) -> tuple[bool, bool]:
        """Whether a number can rise, and fall, by the mere passing of time."""
        match node:
            case ex.DaysInStage():
                return True, False
            case ex.Count(within=within):
                return False, within is not None
            case ex.ScoreValue(score=name):
                leaves = self._leaves(name)
                fading = [r.points for r in self.rules if r.score in leaves and (r.halves or r.fades)]
                return any(p < 0 for p in fading), any(p > 0 for p in fading)
            case ex.Plus(terms=terms):
                up = down = False
                for sign, term in terms:
                    rises, falls = self._directions(term)
                    up, down = up | (rises if sign > 0 else falls), down | (falls if sign > 0 else rises)
                return up, down
        return False, False

    # Expressions to operations.

    def _ops(self, condition: ex.Condition | None, path: Path | None = None) -> tuple[int, int]:
        first = len(self.lists.ops)
        if condition is not None:
            self._condition(condition, path)
        return first, len(self.lists.ops)

    def _emit(self, what: int, index: int = 0, value: float = 0.0) -> int:
        self.lists.ops.append((what, index, value, 0, 0))
        return len(self.lists.ops) - 1

    def _condition(self, condition: ex.Condition, path: Path | None) -> None:
        match condition:
            case ex.Both(parts=parts) | ex.Either(parts=parts):
                jump = at.AND_THEN if isinstance(condition, ex.Both) else at.OR_ELSE
                jumps = []
                for i, part in enumerate(parts):
                    self._condition(part, path)
                    if i < len(parts) - 1:
                        jumps.append(self._emit(jump))
                for i in jumps:
                    self.lists.ops[i] = (jump, len(self.lists.ops), 0.0, 0, 0)
            case ex.Negation(part=part):
                self._condition(part, path)
                self._emit(at.NOT)
            case ex.Compare():
                self._compare(condition, path)
            case ex.GradeCompare(score=score, operator=operator, grade=grade):
                self._emit(at.GRADE, self.score_index[score])
                letters = [letter for letter, _ in self.agreement.scores[score].grades]
                self._emit(_COMPARE[operator], 1, float(len(letters) - letters.index(grade)))
            case ex.TraitHolds(trait=trait):
                self._emit(at.PROFILE_BIT, self.bits.index(("trait", trait)))
            case ex.Has(field=name):
                self._emit(at.PROFILE_BIT, self.bits.index(("has", name)))
            case ex.Happened(signal=signal):
                self._emit(at.HAPPENED, self.counters.index(signal))

    def _compare(self, compare: ex.Compare, path: Path | None) -> None:
        self._numeric(compare.left)
        if isinstance(compare.right, ex.Number):
            op = self._emit(_COMPARE[compare.operator], 1, compare.right.value)
            if path is not None and isinstance(compare.left, ex.ScoreValue):
                self.bars.append(Bar(path.id, compare.left.score, compare.operator, compare.right.value, op))
        else:
            self._numeric(compare.right)
            self._emit(_COMPARE[compare.operator])

    def _numeric(self, node: ex.Numeric) -> None:
        match node:
            case ex.Number(value=value):
                self._emit(at.CONSTANT, 0, value)
            case ex.ScoreValue(score=score):
                self._emit(at.SCORE, self.score_index[score])
            case ex.Count(signal=signal, within=None):
                self._emit(at.COUNT, self.counters.index(signal))
            case ex.Count(signal=signal, within=int(within)):
                self._emit(at.COUNT_WITHIN, self.windows.index((signal, within)))
            case ex.DaysInStage():
                self._emit(at.DAYS)
            case ex.TimesEntered(stage=stage):
                self._emit(at.TIMES, self.stage_index[stage])
            case ex.Answered(questions=name):
                questions = [self.questions.index(q) for q in self.agreement.qualification[name]]
                first, last = self.lists.link(questions)
                self._emit(at.ANSWERED, first, float(last))
            case ex.Plus(terms=terms):
                for i, (sign, term) in enumerate(terms):
                    self._numeric(term)
                    if i:
                        self._emit(at.ADD if sign > 0 else at.SUBTRACT)
                    elif sign < 0:
                        self._emit(at.NEGATE)


def _guard(condition: ex.Condition | None) -> str | None:
    """A score that must reach a bar before anything else of the condition matters."""
    parts = condition.parts if isinstance(condition, ex.Both) else (condition,)
    for part in parts:
        match part:
            case ex.Compare(operator=">=", left=ex.ScoreValue(score=score), right=ex.Number()):
                return score
    return None


def _union(masks: Iterable[int]) -> int:
    return reduce(or_, masks, 0)


def _limited(rule: Rule) -> float:
    bound = _DEFAULT_BOUND if rule.max is None else rule.max
    return float(min(max(rule.points, -bound), bound))


def _group_key(rule: Rule, score: int, position: int) -> tuple[object, ...]:
    """(score, valued, how worth is lost, own group if bounded)."""
    decay = (rule.expires or 0, rule.halves or 0, rule.fades or 0)
    valued = rule.max is not None or bool(rule.halves or rule.fades)
    return (score, valued, decay, position if rule.max is not None else -1)


def _effect(rule: Rule, score: int) -> int:
    """What a hit does to its score."""
    if rule.resets:
        return at.rises(score) | at.falls(score)
    return at.rises(score) if rule.points > 0 else at.falls(score) if rule.points < 0 else 0


def _group_record(rules: list[Rule], key: tuple[Any, ...]) -> tuple[object, ...]:
    rule, score = rules[0], key[0]
    ends = at.falls(score) * any(r.points > 0 for r in rules) | at.rises(score) * any(
        r.points < 0 for r in rules
    )
    kind = at.HALVES if rule.halves else at.FADES if rule.fades else at.EXPIRES if rule.expires else at.PLAIN
    bound = _DEFAULT_BOUND if rule.max is None else rule.max
    span = rule.fades or rule.expires or 0
    return (
        score,
        kind,
        int(bool(key[1])),
        int(span > 0 or not key[1]),
        span,
        float(rule.halves or 0),
        bound,
        ends if span else 0,
    )
