"""What one asks of the leads: words and filters, as an address carries them, and the condition that comes of it.

Values of one filter mean any of them, filters together mean all of them. A filter that cannot be answered says why, and then
nothing is listed: a list that is longer than what was asked for would be taken for the answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet

from tasuki.server.agreements.stages import Stages
from tasuki.server.core.access import Actor
from tasuki.server.core.errors import Invalid
from tasuki.server.lists import walking
from tasuki.server.people import queries as people
from tasuki.server.people import searching
from tasuki.server.people.models import Lead

WORDS = "q"
MOST_VALUES = 50
LONGEST = 200


@dataclass(frozen=True)
class Asker:
    """Who asks, when, and what the agreement of that time calls stages and scores."""

    actor: Actor
    now: datetime
    stages: Stages


@dataclass(frozen=True)
class Clause:
    """One filter as it was asked: its parameter and values, what it says to people, and the condition.

    `conditions` hold together; `words` stand in what a lead is found by where the condition holds, each in one of its forms.
    """

    name: str
    values: tuple[str, ...]
    word: str
    said: str
    conditions: tuple[Any, ...] = ()
    words: tuple[tuple[str, ...], ...] = ()
    problem: Invalid | None = None


@dataclass(frozen=True)
class Asked:
    """Words and filters."""

    search: str = ""
    clauses: Sequence[Clause] = field(default=())

    @property
    def is_narrow(self) -> bool:
        """Whether anything is asked at all."""
        return bool(self.search or self.clauses)

    @property
    def problems(self) -> list[Invalid]:
        """Why it cannot be answered."""
        return [clause.problem for clause in self.clauses if clause.problem is not None]

    def given(self, name: str) -> tuple[str, ...]:
        """What one filter was given."""
        return tuple(value for clause in self.clauses if clause.name == name for value in clause.values)

    def pairs(self, besides: Clause | None = None) -> list[tuple[str, str]]:
        """As an address has it, `besides` one filter."""
        own = [
            (clause.name, value)
            for clause in self.clauses
            if clause is not besides
            for value in clause.values
        ]
        return ([(WORDS, self.search)] if self.search else []) + own

    def query(self, besides: Clause | None = None) -> str:
        """The same as text."""
        return urlencode(self.pairs(besides))


def rows(actor: Actor, asked: Asked, sort: str = "") -> QuerySet[Lead]:
    """The leads that the actor may see and that fit; `sort`: the order in which they will be asked for.

    Invalid: a filter that cannot be answered. NotAllowed.
    """
    if asked.problems:
        raise asked.problems[0]
    found = people.listed(actor)
    words = searching.words_of(asked.search)
    every = [*words, *(word for clause in asked.clauses for word in clause.words)]
    if every:
        found = searching.narrowed(found, every)
    if words:
        found = found.filter(searching.having(words))
    for clause in asked.clauses:
        for condition in clause.conditions:
            found = walking.filtered(found, clause.name, condition, sort)
    return found


def asked_of(given: Mapping[str, Iterable[str]], asker: Asker) -> Asked:
    """Of parameters, each with its values; those that are no filters are left alone."""
    from tasuki.server.lists.filters import FILTERS

    search = _cleaned(given.get(WORDS, ()))
    clauses: list[Clause] = []
    for name, one in FILTERS.items():
        values = _cleaned(given.get(name, ()))[:MOST_VALUES]
        if values:
            clauses += one.clauses(values, asker)
    return Asked(" ".join(search), clauses)


def _cleaned(values: Iterable[str]) -> list[str]:
    """Without what no database stores, without blanks, each once."""
    texts = (value.replace("\0", "").strip()[:LONGEST] for value in values)
    sound = (text for text in texts if text and not any("\ud800" <= each <= "\udfff" for each in text))
    return list(dict.fromkeys(sound))
