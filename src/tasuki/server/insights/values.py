"""By what pages of figures can be narrowed: the values of each slice, of the leads that one sees."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from weakref import WeakKeyDictionary

from tasuki.metrics.asking import Question
from tasuki.metrics.dashboards.slices import values_of
from tasuki.metrics.reader import Facts
from tasuki.server.core.access import Actor, require
from tasuki.server.insights.asking import narrowed
from tasuki.server.insights.opened import opened

NARROWED = ("source", "campaign", "content", "persona", "team", "rep", "version", "path", "channel")
KEPT, MOST_KEPT = 60.0, 100
"""Seconds; and for so many teams and people. A new campaign may come into the list a minute after its first lead."""
Values = Mapping[str, Sequence[str]]
_kept: WeakKeyDictionary[Facts, dict[tuple[tuple[str, str], ...], tuple[float, Values]]] = WeakKeyDictionary()


def values(facts: Facts, actor: Actor) -> Values:
    """The values of each slice, the commonest first, of all time, as they were within the last KEPT seconds."""
    where = narrowed(actor, {})
    key, now = tuple(where.items()), time.monotonic()
    kept = _kept.setdefault(facts, {})
    if key not in kept or now - kept[key][0] > KEPT:
        if len(kept) >= MOST_KEPT:
            kept.clear()
        kept[key] = now, values_of(facts, NARROWED, Question(where=where))
    return kept[key][1]


def slice_values(actor: Actor, as_of: datetime | None = None) -> Values:
    """The same by themselves. NotFound `numbers_not_yet`."""
    require(actor, "numbers.read")
    with opened(as_of) as facts:
        return values(facts, actor)


def zone_of(actor: Actor) -> str:
    """The time zone by which months are counted. NotFound `numbers_not_yet`."""
    require(actor, "numbers.read")
    with opened() as facts:
        return facts.terms.timezone
