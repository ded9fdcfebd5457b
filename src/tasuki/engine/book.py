"""What shapes of entries mean under one agreement, kept from one live fold to the next."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from itertools import chain
from threading import Lock
from typing import NamedTuple

import numpy as np

from tasuki.agreement.predicates import fields_of
from tasuki.engine import layout as at
from tasuki.engine.bind import bind
from tasuki.engine.compile import Compiled
from tasuki.history import History, shapes_of

ActivityShape = tuple[str, str]
"""Type, and the properties as JSON text."""
Key = tuple[int, frozenset[tuple[str, str]]]
"""Kind, and the fields that the agreement reads."""
ROOM = 200_000
"""Texts remembered before all is forgotten, so that a web page with ever new properties does not fill the memory."""


class DecisionShape(NamedTuple):
    """What a decision says to the kernel; `answers` as JSON text. `fact`: see `history.Decision`."""

    to: str = ""
    role: str = ""
    answers: str = ""
    fact: str = ""


class Known(NamedTuple):
    """Codes of shapes, and the tables in which the kernel looks them up. Codes stay; what is new comes after."""

    tables: at.Tables
    profiles: dict[str, int]
    activities: dict[ActivityShape, int]
    decisions: dict[DecisionShape, int]
    same: dict[Key, int]
    """What is left of a shape when fields that the agreement does not read are dropped, to its code."""


class ShapeBook:
    """Learns each shape once. May be used by several threads at a time."""

    def __init__(self, compiled: Compiled) -> None:
        self.compiled = compiled
        agreement = compiled.agreement
        signals = (fields_of(signal.predicate) for signal in agreement.signals.values())
        traits = (
            fields_of(agreement.traits[name].predicate) for what, name in compiled.bits if what == "trait"
        )
        fields = (name for what, name in compiled.bits if what == "has")
        self._read = (frozenset(chain(*traits, fields)), frozenset(chain(*signals)))
        self._lock = Lock()
        self._known = self._nothing()

    def learn(
        self, profiles: Iterable[str], activities: Iterable[ActivityShape], decisions: Iterable[DecisionShape]
    ) -> Known:
        """Everything known, these among it. Profiles and properties are JSON objects of texts."""
        known = self._known
        lacking = (
            [shape for shape in profiles if shape not in known.profiles],
            [shape for shape in activities if shape not in known.activities],
            [shape for shape in decisions if shape not in known.decisions],
        )
        if any(lacking):
            with self._lock:
                known = self._known = self._learned(self._known, *lacking)
                if len(known.profiles) + len(known.activities) + len(known.decisions) > ROOM:
                    self._known = self._nothing()
        return known

    def _nothing(self) -> Known:
        return Known(bind(self.compiled, _history([], [], [])), {}, {}, {}, {})

    def _learned(
        self,
        known: Known,
        profiles: list[str],
        activities: list[ActivityShape],
        decisions: list[DecisionShape],
    ) -> Known:
        reduced = {shape: self._reduced(at.PROFILE, _texts(shape)) for shape in profiles}
        did = {
            shape: self._reduced(at.ACTIVITY, {**_texts(shape[1]), "type": shape[0]}) for shape in activities
        }
        decided = {shape: _key(at.DECISION, shape._asdict()) for shape in decisions}
        keys = (reduced, did, decided)
        fresh = [list(dict.fromkeys(key for key in each.values() if key not in known.same)) for each in keys]
        starts = np.cumsum([len(known.tables.codes), *map(len, fresh)]).tolist()
        tables = known.tables
        if any(fresh):
            rows = [[dict(key[1]) for key in each] for each in fresh]
            tables = _joined(tables, bind(self.compiled, _history(*rows)))
        for start, each in zip(starts, fresh, strict=False):
            known.same.update(zip(each, range(start, start + len(each)), strict=True))
        known.profiles.update((shape, known.same[key]) for shape, key in reduced.items())
        known.activities.update((shape, known.same[key]) for shape, key in did.items())
        known.decisions.update((shape, known.same[key]) for shape, key in decided.items())
        return known._replace(tables=tables)

    def _reduced(self, kind: int, fields: Mapping[str, str]) -> Key:
        """What the agreement reads of the fields."""
        return _key(kind, {name: fields[name] for name in self._read[kind] if name in fields})


def _key(kind: int, fields: Mapping[str, str]) -> Key:
    return kind, frozenset((name, value) for name, value in fields.items() if value)


def _texts(text: str) -> dict[str, str]:
    fields = json.loads(text)
    return {name: value if isinstance(value, str) else json.dumps(value) for name, value in fields.items()}


def _history(*kinds: list[dict[str, str]]) -> History:
    """Shapes alone, without leads."""
    starts = np.cumsum([0, *map(len, kinds)]).tolist()
    profiles, activities, decisions = (
        shapes_of(start, rows) for start, rows in zip(starts, kinds, strict=False)
    )
    return History([], profiles, activities, decisions, starts[-1], 0, 0, None, None)


def _joined(known: at.Tables, more: at.Tables) -> at.Tables:
    """The tables of both, what is known first."""
    codes = more.codes.copy()
    before = {
        at.PROFILE: len(known.profile_bits),
        at.ACTIVITY: len(known.actions),
        at.DECISION: len(known.decisions),
    }
    for kind, count in before.items():
        mine = codes["kind"] == kind
        codes["first"][mine] += count
        codes["last"][mine] += count
    return at.Tables(
        np.concatenate([known.codes, codes]),
        np.concatenate([known.hits, more.hits]),
        np.concatenate([known.actions, more.actions]),
        np.concatenate([known.profile_bits, more.profile_bits]),
        np.concatenate([known.decisions, more.decisions]),
        np.concatenate([known.answers, more.answers]),
    )
