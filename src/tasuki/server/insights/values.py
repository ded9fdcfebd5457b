"""By what pages of figures can be narrowed: the values of each slice, of the leads that one sees."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import cast

from tasuki.metrics.asking import Question
from tasuki.metrics.dashboards.slices import values_of
from tasuki.metrics.reader import Facts
from tasuki.server.core.access import Actor, require
from tasuki.server.insights.asking import narrowed
from tasuki.server.insights.opened import opened

NARROWED = ("source", "campaign", "content", "persona", "team", "rep", "version", "path", "channel")
Values = Mapping[str, Sequence[str]]


def values(facts: Facts, actor: Actor) -> Values:
    """The values of each slice, the commonest first, of all time; remembered until something new comes in."""
    where = narrowed(actor, {})
    key = ("values", tuple(where.items()))
    if key not in facts.remembered:
        facts.remembered[key] = values_of(facts, NARROWED, Question(where=where))
    return cast("Values", facts.remembered[key])


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
