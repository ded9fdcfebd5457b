"""Many figures at once, the items of each stage read once: a page of thirty asks a few statements, not sixty."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tasuki.metrics.asking import PERIODS, Question, check, label
from tasuki.metrics.compute import compute, figure_of, notes_of
from tasuki.metrics.figures import Answer, Row
from tasuki.metrics.formulas import Count, Kpi, Mean, Quantile, Rate
from tasuki.metrics.items import Columns, columns_of, lag_of, missing_stages
from tasuki.metrics.reader import Facts, Statement

Asked = tuple[Kpi, Question]
HIT, MISS, YOUNG, UNKNOWN, LATE = 1, 2, 3, 4, 5
"""What an item is to a KPI."""


def compute_all(facts: Facts, asked: Sequence[Asked]) -> list[Answer]:
    """Exactly what `compute` says of each, in their order. UsageError as there."""
    with facts.lock:
        for kpi, question in asked:
            check(kpi, question)
        found: dict[int, Answer] = {}
        together: list[tuple[list[int], _Together]] = []
        for places in _groups(facts, asked):
            some = [asked[place] for place in places]
            if _is_plain(facts, *some[0]):
                together.append((places, _together(facts, some)))
            else:
                found[places[0]] = compute(facts, *some[0])
        told = facts.each([each.statement for _, each in together])
        for (places, each), rows in zip(together, told, strict=True):
            found |= dict(zip(places, each.answers(facts, rows), strict=True))
        return [found[place] for place in range(len(asked))]


def _groups(facts: Facts, asked: Sequence[Asked]) -> Iterator[list[int]]:
    """Places of those that can be asked in one statement: of the same table and stage, alike narrowed and sliced."""
    groups: dict[Any, list[int]] = {}
    for place, (kpi, question) in enumerate(asked):
        key: Any = place
        if _is_plain(facts, kpi, question):
            items = kpi.formula.items
            is_timed = question.by in PERIODS or question.since is not None or question.until is not None
            where, columns = tuple(sorted(question.where.items())), columns_of(facts, kpi, question)
            key = (
                items.table, columns.key, columns.place, items.time if is_timed else "", question.by, where, question.since,
                question.until,
            )  # fmt: skip
        groups.setdefault(key, []).append(place)
    yield from groups.values()


def _is_plain(facts: Facts, kpi: Kpi, question: Question) -> bool:
    """Money, stocks, companies and tables of two have statements of their own; so has what lacks a stage, which has none."""
    is_counted = isinstance(kpi.formula, (Count, Rate, Mean, Quantile)) and not missing_stages(facts, kpi)
    return is_counted and question.grain == "item" and not question.across


@dataclass(frozen=True)
class _One:
    """A KPI within a statement."""

    kpi: Kpi
    columns: Columns

    @property
    def kinds(self) -> tuple[int, ...]:
        """What an item can be to it, besides one that counts without a hit."""
        kinds: tuple[int, ...] = (HIT,) if isinstance(self.kpi.formula, Rate) else ()
        if self.columns.young != "false":
            kinds += (YOUNG,)
        elif self.columns.known != "true":
            kinds += (UNKNOWN,)
        return kinds if self.columns.late == "false" else (*kinds, LATE)

    @property
    def what(self) -> str:
        """What an item is to it, as a number."""
        one, kinds = self.columns, self.kinds
        cases = ((LATE, one.late), (YOUNG, one.young), (UNKNOWN, f"NOT ({one.known})"), (HIT, one.hit))
        when = "".join(f" WHEN {condition} THEN {kind}" for kind, condition in cases if kind in kinds)
        if one.where != "true":
            when = f" WHEN ({one.where}) IS NOT true THEN NULL" + when
        if LATE in kinds:
            when = f" WHEN {one.late} IS NULL THEN NULL" + when
        return f"(CASE{when} ELSE {MISS} END)::TINYINT" if when else ""

    def counts(self, name: str) -> list[str]:
        """How many items count, how many there are of each kind, and the value; `name` is that of the column `what`."""
        if not name:
            return ["count(*)", self._value("true")]
        # not FILTER, which copies what all of the others need as well
        kinds = [f"count(CASE WHEN {name} = {kind} THEN 1 END)" for kind in self.kinds]
        counted = f"{name} <= {MISS}"
        return [f"count(CASE WHEN {counted} THEN 1 END)", *kinds, self._value(counted)]

    def _value(self, counted: str) -> str:
        one, formula = self.columns, self.kpi.formula
        if isinstance(formula, Mean):
            return f"round(favg(CASE WHEN {counted} THEN {one.value} END), 9)"
        if isinstance(formula, Quantile):
            return f"quantile_cont(CASE WHEN {counted} THEN {one.value} END, {formula.of})"
        return "NULL"

    def row(self, part: Any, is_total: bool, values: Sequence[Any]) -> Row:
        """What those columns say."""
        counted, *counts, value = values
        of = dict(zip(self.kinds, counts, strict=True))
        hits, young, unknown, late = (of.get(kind, 0) for kind in (HIT, YOUNG, UNKNOWN, LATE))
        return Row(part, is_total, hits, counted, young, unknown, late, value)


@dataclass(frozen=True)
class _Together:
    """KPIs that one statement answers; `counts`: of each, at which place of a row its counts are."""

    statement: Statement
    some: Sequence[Asked]
    members: Sequence[_One]
    counts: Sequence[Sequence[int]]

    def answers(self, facts: Facts, rows: Sequence[tuple[Any, ...]]) -> list[Answer]:
        """What the rows say of each."""
        return [
            _answer(facts, one, question, [one.row(row[0], row[1], [row[at] for at in mine]) for row in rows])
            for one, mine, (_, question) in zip(self.members, self.counts, self.some, strict=True)
        ]


def _together(facts: Facts, some: Sequence[Asked]) -> _Together:
    by, members = some[0][1].by, [_One(kpi, columns_of(facts, kpi, question)) for kpi, question in some]
    first = members[0].columns
    inner = _numbered({one.what for one in members if one.what}, "what_")
    counts = [one.counts(inner.get(one.what, "")) for one in members]
    outer = _numbered({count for each in counts for count in each}, "count_")
    told = "".join(f", {text} AS {name}" for text, name in inner.items())
    sql = f"""
        SELECT {"part, grouping(part) = 1" if by else "NULL, true"}, {", ".join(outer)} FROM (
            SELECT *, {first.part} AS part{told} FROM {first.table} WHERE {first.key} = {first.place} AND {first.when}
        ) {"GROUP BY GROUPING SETS ((part), ()) ORDER BY part NULLS LAST" if by else ""}
    """
    at = {text: place for place, text in enumerate(outer, 2)}
    return _Together(
        (sql, first.parameters), some, members, [[at[count] for count in mine] for mine in counts]
    )


def _numbered(texts: set[str], name: str) -> Mapping[str, str]:
    return {text: f"{name}{place}" for place, text in enumerate(sorted(texts))}


def _answer(facts: Facts, one: _One, question: Question, rows: Sequence[Row]) -> Answer:
    total = next((row for row in rows if row.is_total), Row(None, True, 0, 0, 0, 0, 0, None))
    lag = lag_of(facts, one.kpi) if one.kpi.matures else None
    parts = [
        figure_of(facts, one.kpi, label(row.part, question.by), row, lag)
        for row in rows
        if not row.is_total
        and row.denominator + row.young + row.unknown + row.late  # else it has no such part
    ]
    figure = figure_of(facts, one.kpi, None, total, lag)
    notes = notes_of(facts, one.kpi, question)
    return Answer(one.kpi, question, facts.as_of, figure, tuple(parts), lag, notes)
