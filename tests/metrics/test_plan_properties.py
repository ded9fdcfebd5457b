"""What holds of every plan: months add up, what is needed is what the rates ask for, causes add up to the gap."""

from __future__ import annotations

from math import prod

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tasuki.metrics.plan import DEALS, Changes, Goal, Plan, Quarter, make_plan
from tasuki.metrics.plan.assumed import Assumed, assume
from tasuki.metrics.plan.days import DAY, NEVER, NEVER_DAY, Ints
from tasuki.metrics.plan.gap import Gap, gap_of
from tasuki.metrics.plan.need import needed, reach_back
from tasuki.metrics.plan.own import own_figures
from tasuki.metrics.plan.quarters import day_number
from tasuki.metrics.plan.record import Moves, Record, Wins, moves_of, read_record
from tasuki.metrics.plan.way import way_back
from tasuki.metrics.reader import Facts
from tests.metrics.story import deal, facts_of, micros, terms, way

STAGES = ("MAL", "MQL", "SGL", "SAL", "SQL", "OPPORTUNITY", "LOST", "RECYCLED")
# a failing company is shown as it was found: to make it smaller takes minutes
PHASES = [Phase.explicit, Phase.reuse, Phase.generate]
CAREFUL = settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow], phases=PHASES
)
BEGINS = Quarter(2025, 3)
"""Day 91 of the story, which is known until day 150."""


@st.composite
def companies(draw: st.DrawFn) -> Facts:
    """Some who go the whole way with a deal, so that rates are known, and some who do anything."""
    moves, deals = [], []
    way_on = ("MAL", "MQL", "SAL", "SQL", "OPPORTUNITY")
    for number in range(draw(st.integers(3, 8))):
        first, steps = draw(st.integers(0, 120)), draw(st.lists(st.integers(0, 9), min_size=5, max_size=5))
        at = [first + sum(steps[:place]) + place / 10 for place in range(5)]
        moves.append(way(f"w{number}", *zip(at, way_on, strict=True)))
        took = draw(st.none() | st.integers(0, 25))
        closed = None if took is None else at[-1] + took
        amount = draw(st.none() | st.integers(1, 10**7))
        deals.append(
            deal(f"d{number}", at[-1], closed, amount=amount, lead=f"w{number}", won=draw(st.booleans()))
        )
    for number in range(draw(st.integers(0, 12))):
        stages = draw(st.lists(st.sampled_from(STAGES), max_size=6))
        times = sorted(
            draw(st.lists(st.integers(0, 149), min_size=len(stages), max_size=len(stages), unique=True))
        )
        moves.append(way(f"a{number}", *zip(times, stages, strict=True)))
    deals.append(deal("alone", 80, draw(st.integers(85, 149)), amount=draw(st.integers(1, 10**6))))
    return facts_of(*moves, deals=deals, until=150)


@given(company=companies(), amounts=st.lists(st.integers(1, 10**9), min_size=2, max_size=4))
@CAREFUL
def test_of_any_company_causes_add_up_to_the_gap_and_months_to_the_goals(
    company: Facts, amounts: list[int]
) -> None:
    goals = [Goal(BEGINS.next(count), amount) for count, amount in enumerate(amounts)]
    with company:
        record = read_record(company, "JPY")
        for then in (micros(91) - 1, None):  # by figures of before the quarter, and by those of now
            assumed = assume(own_figures(record, then))
            for through in (None, day_number(BEGINS.end) - 1):
                found = gap_of(record, assumed, goals, goals[0], through=through)
                if found is not None:
                    adds_up(found, record)
        months_add_up(make_plan(company, goals, currency="JPY"))


def adds_up(gap: Gap, record: Record) -> None:
    """To the last yen, and in deals."""
    assert sum(effect.money for effect in gap.effects) == gap.gap == gap.actual - gap.target
    assert all(effect.money % 100 == 0 for effect in gap.effects)
    by_cause = sum(effect.deals for effect in gap.effects)
    assert by_cause == pytest.approx(gap.deals[1] - gap.deals[0], abs=1e-6)
    if not gap.is_projected:
        inside = (record.wins.day >= day_number(BEGINS.begin)) & (record.wins.day <= gap.until)
        assert gap.actual == record.wins.cents[inside].sum()


def months_add_up(plan: Plan) -> None:
    """To quarters, those to the goals; each stage has a row or a reason, and none has both."""
    for goal in plan.goals:
        wanted = [one.wanted for one in plan.months if goal.quarter.begin <= one.month < goal.quarter.end]
        assert sum(wanted) == pytest.approx(goal.amount)
    begun = min(one.month for one in plan.months)
    for row in plan.rows:
        before = sum(cell.needed for cell in row.cells if cell.month < plan.goals[0].quarter.begin)
        assert row.total == pytest.approx(before + sum(row.of_quarter(goal.quarter) for goal in plan.goals))
        assert all(0 <= cell.low <= cell.high for cell in row.cells)
        assert row.cells[0].month == begun
    rows = [row.stage for row in plan.rows]
    assert not {*rows} & {*plan.lacking}
    if plan.assumed.value is not None:
        assert {*rows, *plan.lacking} == {*plan.own.way.stages, DEALS}


# Of records that no facts are behind, for there can be more of them.

WAY = way_back(terms())
NOON = 43_200_000_000


@st.composite
def records(draw: st.DrawFn) -> Record:
    """Within a year: entries into each stage, those that got there from the stages before and some more, and deals."""
    moves: dict[str, Moves] = {}
    arrived: dict[str, list[int]] = {stage: [] for stage in (*WAY.stages, DEALS)}
    for stage in WAY.stages:
        days = arrived[stage] + draw(st.lists(st.integers(0, 300), min_size=4, max_size=8))
        takes = draw(st.lists(st.none() | st.integers(0, 40), min_size=len(days), max_size=len(days)))
        reached = [
            day + took if took is not None else NEVER_DAY for day, took in zip(days, takes, strict=True)
        ]
        arrived[WAY.link(stage).target] += [day for day in reached if day < 365]
        nothing = np.full(len(days), NEVER)
        moves[stage] = moves_of(_instants(days), _instants(reached), nothing, "UTC")
    closed = np.array(sorted(arrived[DEALS] + draw(st.lists(st.integers(0, 364), min_size=1, max_size=3))))
    cents = np.array(draw(st.lists(st.integers(1, 10**9), min_size=len(closed), max_size=len(closed))))
    return Record(
        365 * DAY, 365, 364, 1.0, "UTC", "JPY", WAY, moves, Wins(closed * DAY + NOON, closed, cents), 0, {}
    )


def _instants(days: list[int]) -> Ints:
    """At noon; what never happens stays so."""
    found = np.array(days, np.int64)
    return np.where(found >= 365, NEVER, np.minimum(found, 10**5) * DAY + NOON)


@given(
    record=records(),
    goal=st.integers(1, 10**9),
    rate=st.none() | st.floats(0.001, 1),
    days=st.none() | st.floats(0, 365),
)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow], phases=PHASES)
def test_what_is_needed_in_all_is_what_the_rates_ask_for_and_a_steady_goal_needs_the_same_each_day(
    record: Record, goal: int, rate: float | None, days: float | None
) -> None:
    changes = Changes({} if rate is None else {"MQL": rate}, {} if days is None else {"SQL": days})
    assumed = assume(own_figures(record), changes)
    assert assumed.value is not None
    room = reach_back(assumed)
    first, goals = day_number(BEGINS.begin) - room, [Goal(BEGINS, goal)]
    for stage, found in needed(assumed, goals, first, room + BEGINS.days, rows=3, going_on=False).items():
        for row in range(3):
            deals = goal / assumed.value[row]
            assert found[row].sum() == pytest.approx(deals * for_a_deal(assumed, stage, row))
        assert (found >= 0).all()
    for found in needed(assumed, goals, day_number(BEGINS.begin) - 100, 300).values():
        assert np.ptp(found[0]) <= 1e-6 * found[0].max()


def for_a_deal(assumed: Assumed, stage: str, row: int) -> float:
    """Entries needed for one deal: of each step on the way the share that comes so ÷ the rate."""
    links = []
    while stage != DEALS:
        links.append(assumed.own.way.link(stage))
        stage = links[-1].target
    return prod(assumed.shares[link.source][row] / assumed.rates[link.source][row] for link in links)
