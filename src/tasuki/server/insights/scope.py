"""What a page of figures asks: which leads, within what time, as of when; every table of a page asks the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

from tasuki.metrics.asking import Question
from tasuki.metrics.figures import Answer
from tasuki.metrics.formulas import Kpi, Stock
from tasuki.metrics.items import missing_stages
from tasuki.metrics.kpis import find_kpi
from tasuki.metrics.reader import Facts
from tasuki.metrics.together import Asked, compute_all
from tasuki.server.core import clock
from tasuki.server.core.access import Actor, require
from tasuki.server.insights.asking import narrowed
from tasuki.server.insights.opened import opened
from tasuki.server.insights.spans import Span, span_of, year_of_months

Given = ParamSpec("Given")
T = TypeVar("T")
MOST_REMEMBERED = 500
"""So many answers are kept until something new comes in."""


@dataclass(frozen=True)
class Asking:
    """What the address says: one of `spans.PERIODS`, slice → value, and as of when (aware; None: now)."""

    period: str = "month"
    where: Mapping[str, str] | None = None
    as_of: datetime | None = None


@dataclass(frozen=True)
class Scope:
    """The same with the facts at hand; `question` is narrowed to what the actor may see."""

    facts: Facts
    actor: Actor
    at: datetime
    span: Span
    question: Question

    @property
    def always(self) -> Question:
        """Of the same leads, whenever."""
        return Question(where=self.question.where)

    @property
    def before(self) -> Question | None:
        """Of the time before it; None: there is none to compare with."""
        if self.span.before is None:
            return None
        return Question(where=self.question.where, **_between(*self.span.before))

    @property
    def year(self) -> Question:
        """The last twelve months, month by month."""
        since = year_of_months(self.at, self.facts.terms.timezone)
        return Question("month", self.question.where, clock.microseconds(since))

    def kpis(self, ids: Sequence[str]) -> list[Kpi]:
        """Those of which the agreement has the stages: nothing is empty for lack of one."""
        found = [find_kpi(self.facts.terms, one) for one in ids]
        return [kpi for kpi in found if kpi and not missing_stages(self.facts, kpi)]

    def answers(self, kpis: Sequence[Kpi], *questions: Question) -> list[list[Answer]]:
        """What each question says of each KPI, all at once."""
        asked = [(kpi, _fitting(kpi, question)) for question in questions for kpi in kpis]
        answers = iter(answers_of(self.facts, asked))
        return [[next(answers) for _ in kpis] for _ in questions]

    def once(
        self, ask: Callable[Concatenate[Facts, Given], T], *args: Given.args, **kwargs: Given.kwargs
    ) -> T:
        """What a table of `metrics.dashboards` says; remembered likewise."""
        key = ("once", ask.__name__, repr((args, sorted(kwargs.items()))))
        if key not in self.facts.remembered:
            found = ask(self.facts, *args, **kwargs)
            _remember(self.facts, {key: found})
            return found
        return cast("T", self.facts.remembered[key])


@contextmanager
def scoped(actor: Actor, asking: Asking) -> Iterator[Scope]:
    """Facts for one page. NotFound `numbers_not_yet`; NotAllowed."""
    require(actor, "numbers.read")
    with opened(asking.as_of) as facts:
        at = clock.instant(facts.as_of)
        span = span_of(asking.period, at, facts.terms.timezone)
        where = narrowed(actor, asking.where or {})
        yield Scope(facts, actor, at, span, Question(where=where, **_between(span.since, span.until)))


def _between(since: datetime | None, until: datetime | None) -> dict[str, Any]:
    return {name: clock.microseconds(at) if at else None for name, at in (("since", since), ("until", until))}


def _fitting(kpi: Kpi, question: Question) -> Question:
    """What is looked at in an instant has no begin."""
    return replace(question, since=None, until=None) if isinstance(kpi.formula, Stock) else question


def answers_of(facts: Facts, asked: Sequence[Asked]) -> list[Answer]:
    """What each says, all at once; what was asked before is remembered until something new comes in."""
    keys = [_key(*one) for one in asked]
    known = {key: facts.remembered[key] for key in keys if key in facts.remembered}
    missing = [one for one, key in zip(asked, keys, strict=True) if key not in known]
    found = {_key(*one): answer for one, answer in zip(missing, compute_all(facts, missing), strict=True)}
    _remember(facts, found)
    return [cast("Answer", (known | found)[key]) for key in keys]


def answer_of(facts: Facts, kpi: Kpi, question: Question) -> Answer:
    """The same of one."""
    return answers_of(facts, [(kpi, question)])[0]


def _remember(facts: Facts, found: Mapping[Any, Any]) -> None:
    if len(facts.remembered) + len(found) > MOST_REMEMBERED:
        facts.remembered.clear()
    facts.remembered.update(found)


def _key(kpi: Kpi, question: Question) -> tuple[Any, ...]:
    where = tuple(sorted(question.where.items()))
    return "answer", kpi.id, question.by, where, question.since, question.until, question.grain
