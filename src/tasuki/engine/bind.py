"""What each code of a history means under an agreement."""

from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from tasuki.agreement.predicates import fold
from tasuki.engine import layout as at
from tasuki.engine.compile import Compiled
from tasuki.engine.predicates import Mask, holds
from tasuki.history import Column, History, Shapes

YES = frozenset(("true", "yes", "y", "1", "はい", "有", "○"))
NO_DECISION, NO_STAGE = -1, -2
FACTS = {
    "path": at.FACT_BY_PATH,
    "decision": at.FACT_BY_DECISION,
    "timeout": at.FACT_BY_TIMEOUT,
    "freeze": at.FREEZE,
    "thaw": at.THAW,
}
"""What `fact` of a decision says, as a role."""


def bind(compiled: Compiled, history: History) -> at.Tables:
    """The tables that the kernel looks codes up in; size O(distinct shapes)."""
    codes = np.zeros(history.codes, at.CODE_RECORD)
    codes["kind"] = at.ACTIVITY
    actions = _actions(compiled, history.activities, codes)
    for kind, shapes in ((at.PROFILE, history.profiles), (at.DECISION, history.decisions)):
        codes["kind"][shapes.codes] = kind
        codes["first"][shapes.codes] = np.arange(len(shapes))
    return at.Tables(
        codes,
        _hits(compiled, codes, actions),
        actions,
        _profile_bits(compiled, history.profiles),
        _decisions(compiled, history.decisions),
        _answers(compiled, history.decisions),
    )


def _actions(compiled: Compiled, shapes: Shapes, codes: at.Records) -> NDArray[np.int32]:
    """Per activity shape, what it does, in the order in which it is done; sets first and last in `codes`."""
    signals = compiled.agreement.signals
    masks = {name: holds(signal.predicate, shapes) for name, signal in signals.items()}
    every = np.ones(len(shapes), bool)
    none = np.zeros(len(shapes), bool)
    steps: list[tuple[int, Mask]] = []

    def any_of(names: tuple[str, ...]) -> Mask:
        return np.logical_or.reduce([none, *(masks[name] for name in names)]) if names else every

    for i, position in enumerate(compiled.clocks):
        rule = compiled.rules[position]
        if rule.after:
            steps.append((at.STOP << at.ACTION_SHIFT | i, any_of(rule.names)))
        steps.append((at.START << at.ACTION_SHIFT | i, any_of(rule.after or rule.names)))
    for i, rule in enumerate(compiled.rules):
        if rule.kind == "signal":
            steps.append((at.RULE << at.ACTION_SHIFT | i, masks[rule.names[0]]))
    steps += [(at.COUNTER << at.ACTION_SHIFT | i, masks[name]) for i, name in enumerate(compiled.counters)]
    steps += [(at.WINDOW << at.ACTION_SHIFT | i, masks[name]) for i, (name, _) in enumerate(compiled.windows)]
    if not steps or not len(shapes):
        return np.zeros(0, "i4")
    table = np.stack([mask for _, mask in steps])
    _, step_of = np.nonzero(table.T)
    ends = np.cumsum(table.sum(axis=0))
    codes["first"][shapes.codes] = ends - table.sum(axis=0)
    codes["last"][shapes.codes] = ends
    return np.array([action for action, _ in steps], "i4")[step_of]


def _hits(compiled: Compiled, codes: at.Records, actions: NDArray[np.int32]) -> NDArray[np.int32]:
    """What `Tables.hits` says."""
    sizes = np.where(codes["kind"] == at.ACTIVITY, codes["last"] - codes["first"], 2)
    hits = np.full(len(codes), at.MORE, "i4")
    if not compiled.program.stages["drifts"].any():  # there, each activity is a time to look
        hits[sizes == 0] = at.NOTHING
    single = np.flatnonzero(sizes == 1)
    action = actions[codes["first"][single]]
    rule = action & at.ACTION_INDEX
    plain = action >> at.ACTION_SHIFT == at.RULE
    plain[plain] = compiled.program.rules["flags"][rule[plain]] == 0
    hits[single[plain]] = rule[plain]
    return hits


def _profile_bits(compiled: Compiled, shapes: Shapes) -> NDArray[np.uint8]:
    bits = np.zeros((len(shapes), max(len(compiled.bits), 1)), np.uint8)
    for i, (what, name) in enumerate(compiled.bits):
        if what == "trait":
            bits[:, i] = holds(compiled.agreement.traits[name].predicate, shapes)
        else:
            column = shapes.column(name)
            bits[:, i] = 0 if column is None else column.index >= 0
    return bits


def _decisions(compiled: Compiled, shapes: Shapes) -> at.Records:
    records = np.zeros(len(shapes), at.DECISION_RECORD)
    stages = {name: i for i, name in enumerate(compiled.stage_names) if name}
    roles = {name: i for i, name in enumerate(compiled.roles)}
    records["to"] = _mapped(
        shapes.column("to"), len(shapes), lambda name: stages.get(name, NO_STAGE), NO_DECISION
    )
    records["role"] = _mapped(shapes.column("role"), len(shapes), lambda name: roles.get(name, -1), -1)
    facts = _mapped(shapes.column("fact"), len(shapes), lambda name: FACTS[name], 0)
    records["role"] = np.where(facts, facts, records["role"])
    records["to"][(facts < 0) & (records["to"] == NO_STAGE)] = 0  # a stage of old: none of this agreement
    return records


def _mapped(column: Column | None, size: int, number: Callable[[str], int], absent: int) -> NDArray[np.int32]:
    if column is None:
        return np.full(size, absent, "i4")
    return np.array([*(number(value) for value in column.values), absent], "i4")[column.index]


def _answers(compiled: Compiled, shapes: Shapes) -> NDArray[np.uint8]:
    column = shapes.column("answers")
    questions = {name: i for i, name in enumerate(compiled.questions)}
    if column is None or not questions:
        return np.zeros((len(shapes), max(len(questions), 1)), np.uint8)
    rows = np.zeros((len(column.values) + 1, len(questions)), np.uint8)
    for row, text in zip(rows, column.values, strict=False):
        for question, answer in json.loads(text).items():
            if question in questions:
                row[questions[question]] = 1 if fold(str(answer)) in YES else 2
    return rows[column.index]
