"""Facts that are taken in bit by bit: every look is that at facts opened anew, and nothing is read twice for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasuki.metrics.asking import Question
from tasuki.metrics.compute import compute
from tasuki.metrics.dashboards.flows import flow, velocity
from tasuki.metrics.dashboards.funnels import cohort_funnel, matrix, snapshot_funnel
from tasuki.metrics.dashboards.teams import follow_up, leaderboard
from tasuki.metrics.facts.of_replay import FactTables
from tasuki.metrics.facts.store import write_facts
from tasuki.metrics.lags import merged, quantile
from tasuki.metrics.plan import make_plan
from tasuki.metrics.plan.told import rows_of, steps_of
from tasuki.metrics.reader import Facts, open_facts
from tests.metrics.story import day, deal, did, handed, micros, person, tables_of, way
from tests.metrics.test_properties import ASKED, companies, days, few, grow


def looked(facts: Facts) -> list[Any]:
    """What the pages of figures show."""
    narrowed = Question(where={"source": "a"})
    plan = make_plan(facts)
    return [
        *(funnel(facts, question) for funnel in (cohort_funnel, snapshot_funnel) for question in (None, narrowed)),
        flow(facts), velocity(facts), velocity(facts, Question(by="month")), follow_up(facts), leaderboard(facts),
        matrix(facts, Question(by="source")), list(rows_of(plan)), steps_of(plan), plan.notes,
    ]  # fmt: skip


@pytest.mark.slow
@few
@given(companies(), st.lists(days, min_size=1, max_size=3))
def test_pages_after_each_refresh_are_those_of_facts_opened_anew(made: FactTables, cuts: list[int]) -> None:
    with (
        TemporaryDirectory() as folder,
        grow(Path(folder), made, sorted({*cuts, 200})) as grown,
        open_facts(Path(folder)) as anew,
    ):
        assert looked(grown) == looked(anew)


@pytest.mark.slow
@few
@given(
    companies(),
    st.lists(st.sampled_from(ASKED), min_size=5, max_size=10),
    st.lists(days, min_size=2, max_size=4),
)
def test_what_was_ahead_counts_when_its_time_has_come(made: FactTables, questions, cuts: list[int]) -> None:
    with TemporaryDirectory() as folder:
        write_facts(Path(folder), made.tables, made.terms, micros(200))
        first, *later = sorted(cuts)
        with open_facts(Path(folder), micros(first)) as facts, not_built_again():
            for cut in later:
                facts.refresh(micros(cut))
                with allowed(), open_facts(Path(folder), micros(cut)) as anew:
                    assert looked(facts) == looked(anew)
                    for kpi, by in questions:
                        one, other = (compute(each, kpi, Question(by=by)) for each in (facts, anew))
                        assert one == other, (kpi.id, by)


_BUILD = Facts._build


@contextmanager
def not_built_again() -> Iterator[None]:
    """Who makes everything anew is told so."""

    def build(self: Facts) -> None:
        raise AssertionError("everything was made anew")

    Facts._build = build  # type: ignore[method-assign]
    try:
        yield
    finally:
        Facts._build = _BUILD  # type: ignore[method-assign]


@contextmanager
def allowed() -> Iterator[None]:
    """But for this."""
    build, Facts._build = Facts._build, _BUILD  # type: ignore[method-assign]
    try:
        yield
    finally:
        Facts._build = build  # type: ignore[method-assign]


def add(folder: Path, number: int) -> None:
    """A new lead, and more of those that came before."""
    before, lead = f"l{number - 1:03}", f"l{number:03}"
    moved = way(before, (number - 1, "MAL"), (number, "MQL"))[1:] if number else []
    made = tables_of(
        [way(lead, (number, "MAL")), moved],
        leads=[person(lead, recorded=number, source="ab"[number % 2])],
        handoffs=[handed(before, number)] if number else [],
        deals=[deal(f"d{number}", number, number if number % 3 else None, lead=lead, amount=1000)],
        activities=[
            did(lead, number, "page_view", content_kind="paper"),
            did(before, number, "form_view", form="f", form_step="view"),
        ],
        until=number,
    )  # fmt: skip
    write_facts(folder, made.tables, made.terms, made.known_until)


@pytest.mark.parametrize("every", [1, 3, 10])
def test_joined_files_and_skipped_refreshes_are_taken_in_as_what_is_new(tmp_path: Path, every: int) -> None:
    add(tmp_path, 0)
    with open_facts(tmp_path) as facts, not_built_again():
        for number in range(1, 41):
            add(tmp_path, number)
            if number % every == 0:
                facts.refresh()
                assert compute(facts, "mal.created").total.value == number + 1
                assert compute(facts, "mql.entries").total.value == number
        facts.refresh()
        with allowed(), open_facts(tmp_path) as anew:
            assert looked(facts) == looked(anew)


def test_a_refresh_with_nothing_new_forgets_nothing(tmp_path: Path) -> None:
    add(tmp_path, 0)
    with open_facts(tmp_path) as facts:
        facts.remembered["a figure"] = 1
        facts.refresh()
        assert facts.remembered == {"a figure": 1}


def test_a_deal_and_a_handoff_that_go_to_another_lead_leave_the_first(tmp_path: Path) -> None:
    first = tables_of(
        [way("a", (0, "MAL")), way("b", (0, "MAL"))], leads=[person("a", source="x"), person("b", source="y")],
        deals=[deal("d", 1, lead="a", amount=5)], handoffs=[handed("a", 1, id="h")], until=2,
    )  # fmt: skip
    moved = {"lead": "b", "revision": 2, "recorded_at": day(3)}
    second = tables_of(
        deals=[[deal("d", 1, lead="a", amount=5)[0] | moved]],
        handoffs=[handed("a", 1, id="h") | moved],
        until=3,
    )
    write_facts(tmp_path, first.tables, first.terms, first.known_until)
    with open_facts(tmp_path) as facts, not_built_again():
        write_facts(tmp_path, second.tables, second.terms, second.known_until)
        facts.refresh()
        by = Question(by="source")
        assert [part.part for part in compute(facts, "opportunity.opened", by).parts] == ["y"]
        assert facts.rows("SELECT source FROM handed") == [("y",)]


def test_sorted_values_are_changed_one_by_one() -> None:
    chance = np.random.default_rng(3)
    for _ in range(200):
        known = np.sort(chance.integers(0, 9, chance.integers(0, 20)))
        gone = np.sort(chance.permutation(known)[: chance.integers(0, len(known) + 1)])
        new = np.sort(chance.integers(0, 9, chance.integers(0, 5)))
        left = known.tolist()
        for value in gone.tolist():
            left.remove(value)
        assert merged(known, gone, new).tolist() == sorted([*left, *new.tolist()])


def test_a_quantile_is_that_of_sql(tmp_path: Path) -> None:
    add(tmp_path, 0)
    chance = np.random.default_rng(4)
    with open_facts(tmp_path) as facts:
        for size in (1, 2, 3, 10, 37, 1000):
            values = np.sort(chance.integers(0, 10**14, size))
            listed = ", ".join(f"({value}::BIGINT)" for value in values)
            for of in (0.5, 0.9):
                (found,) = facts.rows(f"SELECT quantile_cont(v, {of}) FROM (VALUES {listed}) AS t(v)")[0]
                assert quantile(values, of) == found
    assert quantile(np.zeros(0, np.int64), 0.9) is None
