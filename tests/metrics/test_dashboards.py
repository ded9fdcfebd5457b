"""Tables of several figures: a small company with two reps, one of whom takes only what is easy."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal

import pytest

from tasuki.errors import UsageError
from tasuki.metrics.asking import NO_VALUE, Question
from tasuki.metrics.compute import compute
from tasuki.metrics.dashboards.crossing import crossing
from tasuki.metrics.dashboards.flows import flow, trend, velocity
from tasuki.metrics.dashboards.funnels import cohort_funnel, matrix, snapshot_funnel, way_of
from tasuki.metrics.dashboards.teams import OF_STANDING, follow_up, leaderboard, revenue
from tasuki.metrics.kpis import kpi_of
from tests.metrics.story import day, deal, facts_of, handed, micros, person, terms, way

MOVES = [
    way("abe", (0, "MAL"), (4, "MQL"), (5, "SAL"), (9, "SQL"), (19, "OPPORTUNITY"), (39, "WON")),
    way("baba", (0, "MAL"), (6, "MQL"), (9, "RECYCLED"), (50, "MQL")),
    way("chiba", (1, "MAL")),
    way("doi", (2, "SGL"), (3, "SAL"), (4, "RECYCLED")),
]


def answered(
    lead: str, rep: str, opened: float, hours: float, outcome: str, *, met: bool, touched: bool = True
):
    times = (
        {"touch_seconds": hours * 3600, "touch_business": hours * 1800, "first_touch_at": day(opened)}
        if touched
        else {}
    )
    return handed(lead, opened, rep=rep, outcome=outcome, met=met, closed_at=day(opened + 1), **times)


HANDOFFS = [
    answered("abe", "sato", 4, 1, "accepted", met=True),
    answered("baba", "ito", 6, 4, "accepted", met=True),
    answered("chiba", "ito", 7, 30, "returned", met=False),
    answered("doi", "ito", 8, 0, "expired", met=False, touched=False),
    handed("baba", 50, rep="ito"),
]


def test_the_cohort_funnel_follows_those_who_came_in_together() -> None:
    funnel = cohort_funnel(facts_of(*MOVES, until=60))
    assert funnel.entries == 3
    assert [(step.stage, step.reached) for step in funnel.steps] == [
        ("MAL", 3), ("MQL", 2), ("SAL", 1), ("SQL", 1), ("OPPORTUNITY", 1), ("WON", 1),
    ]  # fmt: skip
    assert (funnel.steps[1].share.count, funnel.steps[1].share.total) == (2, 3)


def test_whoever_is_too_young_is_left_out_of_the_shares_of_a_funnel() -> None:
    funnel = cohort_funnel(facts_of(*MOVES, way("new", (59, "MAL")), until=60))
    mql = funnel.steps[1]
    assert (mql.reached, mql.young, mql.share.total) == (2, 1, 3)
    assert mql.lag == pytest.approx(5.8)  # nine tenths of the way from 4 to 6 days
    won = funnel.steps[-1]
    assert (won.young, won.share.total) == (1, 3)


def test_sgls_have_a_funnel_of_their_own() -> None:
    facts = facts_of(*MOVES)
    funnel = cohort_funnel(facts, stages=way_of(facts, sgl=True))
    assert [(step.stage, step.reached) for step in funnel.steps][:3] == [("SGL", 1), ("SAL", 1), ("SQL", 0)]


def test_the_snapshot_has_each_lead_in_one_stage() -> None:
    facts = facts_of(*MOVES, leads=[person("baba", account="山田"), person("doi", account="佐藤")], until=60)
    found = {one.stage: (one.leads, one.accounts, one.days) for one in snapshot_funnel(facts) if one.leads}
    assert found == {"MAL": (1, 0, 59.0), "MQL": (1, 1, 10.0), "WON": (1, 0, 21.0), "RECYCLED": (1, 1, 56.0)}
    as_then = {one.stage: one.leads for one in snapshot_funnel(facts_of(*MOVES, as_of=5)) if one.leads}
    assert as_then == {"MAL": 2, "SAL": 1, "RECYCLED": 1}


def test_flows_show_the_ways_back() -> None:
    links = {(link.source, link.target): (link.moves, link.is_return) for link in flow(facts_of(*MOVES))}
    assert links[None, "MAL"] == (3, False)
    assert links["MAL", "MQL"] == (2, False)
    assert links["MQL", "RECYCLED"] == (1, True)
    assert links["RECYCLED", "MQL"] == (1, False)
    assert sum(moves for moves, _ in links.values()) == sum(len(moves) for moves in MOVES)


def test_who_is_struck_off_at_the_first_look_is_out_though_never_in() -> None:
    (link,) = flow(facts_of(way("rival", (0, "DISQUALIFIED"))))
    assert (link.source, link.is_return, link.is_out) == (None, False, True)


def test_velocity_is_told_step_by_step_of_the_way() -> None:
    paces = {(pace.source, pace.target): pace for pace in velocity(facts_of(*MOVES))}
    assert list(paces) == [
        ("MAL", "MQL"),
        ("MQL", "SAL"),
        ("SAL", "SQL"),
        ("SQL", "OPPORTUNITY"),
        ("OPPORTUNITY", "WON"),
    ]
    first = paces["MAL", "MQL"]
    assert (first.entered, first.reached, first.median) == (3, 2, 5.0)
    assert (first.quarter, first.three_quarters) == (4.5, 5.5)


def test_velocity_by_month_says_which_months_are_too_young() -> None:
    facts = facts_of(*MOVES, way("new", (59, "MAL")), until=60)
    found = {
        pace.part: (pace.entered, pace.reached, pace.young, pace.median)
        for pace in velocity(facts, Question(by="month"), steps=[("MAL", "MQL")])
    }
    assert found == {None: (4, 2, 1, 5.0), "2025-04": (3, 2, 0, 5.0), "2025-05": (1, 0, 1, None)}


def test_a_way_between_two_stages_is_a_figure_of_its_own() -> None:
    facts = facts_of(*MOVES)
    assert compute(facts, "moves.mql.recycled").total.value == 1
    assert compute(facts, "moves.none.MAL").total.value == 3
    assert compute(facts, "reach.MAL.SAL").total.value == pytest.approx(1 / 3)
    assert compute(facts, "days.MAL.MQL").total.value == 5.0
    assert compute(facts, "days_90.MAL.MQL").total.value == pytest.approx(5.8)
    assert (
        compute(facts, "days.MAL.WON", Question(by="month")).total.unknown == 0
    )  # who has not reached it is no item
    for wrong in ("moves.MAL.NOWHERE", "moves.MAL.none", "days.none.MAL", "ways.MAL.MQL", "moves.MAL"):
        with pytest.raises(UsageError, match="no KPI"):
            compute(facts, wrong)


def test_a_figure_by_two_slices_keeps_each_currency_for_itself() -> None:
    deals = [
        deal("d1", 0, 10, amount="600000", lead="abe"),
        deal("d2", 0, 12, amount="300", currency="USD", lead="abe"),
        deal("d3", 0, 40, amount=None, lead="baba"),
    ]
    facts = facts_of(*MOVES, deals=deals, leads=[person("abe", source="ads"), person("baba", source="web")])
    found = crossing(facts, kpi_of(facts.terms, "won.amount"), Question(by="source", across="month"))
    assert (found.rows, found.columns) == (("ads", "web"), ("2025-04", "2025-05"))
    assert {one.currency: int(one.value) for one in found.cells["ads", "2025-04"].amounts} == {
        "JPY": 600_000,
        "USD": 300,
    }
    assert (found.cells["web", "2025-05"].value, found.cells["web", "2025-05"].unknown) == (None, 1)
    with pytest.raises(UsageError, match="two different slices"):
        crossing(facts, kpi_of(facts.terms, "won.amount"), Question(by="source", across="source"))


def test_a_step_that_nobody_took_has_no_pace() -> None:
    (pace,) = velocity(facts_of(way("abe", (0, "MAL"))), steps=[("MAL", "WON")])
    assert (pace.entered, pace.reached, pace.median) == (1, 0, None)


def test_the_distribution_of_follow_up_counts_every_handoff_once() -> None:
    found = follow_up(facts_of(*MOVES, handoffs=HANDOFFS))
    bars = {(low, high): count for low, high, count in found.wall_bars if count}
    assert bars == {(1.0, 2.0): 1, (4.0, 8.0): 1, (24.0, 48.0): 1}
    assert (found.given, found.untouched, found.waiting) == (5, 1, 1)
    assert sum(bars.values()) + found.untouched + found.waiting == found.given
    assert (found.wall_median, found.median) == (4.0, 2.0)
    assert sum(count for *_, count in found.bars) == sum(bars.values())
    assert (found.in_time.count, found.in_time.total) == (2, 4)


def test_a_leaderboard_measures_all_that_was_given_and_not_only_what_was_taken() -> None:
    deals = [
        deal("d1", 10, 20, amount="900000", rep="ito"),
        deal("d2", 10, 21, amount="100", currency="USD", rep="ito"),
        deal("d3", 10, 22, rep="ito"),
    ]
    found = {one.rep: one for one in leaderboard(facts_of(*MOVES, handoffs=HANDOFFS, deals=deals))}
    sato, ito = found["sato"], found["ito"]
    assert (sato.given, sato.accepted.count, sato.accepted.total) == (1, 1, 1)
    assert (ito.given, ito.waiting, ito.accepted.count, ito.accepted.total) == (4, 1, 1, 3)
    assert (ito.touched.count, ito.in_time.count, ito.in_time.total) == (2, 1, 3)
    assert not sato.accepted.enough  # one lead is no proof
    assert (sato.won, ito.won) == (0, 3)  # one without an amount
    assert [(amount.currency, amount.value) for amount in ito.amounts] == [
        ("JPY", Decimal("900000")),
        ("USD", Decimal(100)),
    ]


@pytest.mark.parametrize("by", ["rep", "team"])
def test_each_cell_of_a_leaderboard_is_a_part_of_a_figure_that_can_be_opened(by: str) -> None:
    deals = [deal("d1", 10, 20, amount="900000", rep="ito", team="1"), deal("d2", 10, 22, rep="ito")]
    facts = facts_of(*MOVES, handoffs=HANDOFFS, deals=deals)
    for asked in (Question(), Question(since=micros(5)), Question(where={"rep": "ito"})):
        parts = {
            name: {figure.part: figure for figure in compute(facts, kpi, replace(asked, by=by)).parts}
            for name, kpi in OF_STANDING.items()
        }
        rows = leaderboard(facts, asked, by=by)
        assert {row.rep for row in rows} == {part for some in parts.values() for part in some}
        for row in rows:
            found = {name: some.get(row.rep) for name, some in parts.items()}
            counts = {name: one.denominator if one else 0 for name, one in found.items()}
            assert (row.given, row.waiting, row.won) == tuple(counts[n] for n in ("given", "waiting", "won"))
            for name, share in (
                ("touched", row.touched),
                ("accepted", row.accepted),
                ("in_time", row.in_time),
            ):
                assert (share.count, share.total) == (
                    found[name].numerator if found[name] else 0,
                    counts[name],
                )
            assert row.median == (found["median"].value if found["median"] else None)
            assert row.amounts == (found["amounts"].amounts if found["amounts"] else ())


def test_a_matrix_has_each_lead_once_in_each_stage() -> None:
    facts = facts_of(
        *MOVES,
        leads=[person("abe", source="ads"), person("baba", source="ads"), person("doi", source="referral")],
    )
    cells = {(cell.part, cell.stage): cell.leads for cell in matrix(facts, Question(by="source"))}
    assert cells["ads", "MAL"] == 2
    assert cells["ads", "MQL"] == 2  # baba came twice
    assert cells["referral", "SGL"] == 1
    assert cells[NO_VALUE, "MAL"] == 1
    months = {(cell.part, cell.stage): cell.leads for cell in matrix(facts, Question(by="month"))}
    assert months["2025-04", "MAL"] == 3


def test_a_trend_stands_beside_what_the_agreement_wants() -> None:
    found = trend(facts_of(*MOVES), "mql.entries")
    assert [(figure.part, figure.value) for figure in found.answer.parts] == [("2025-04", 2), ("2025-05", 1)]
    assert found.target == "120 per month"


def test_revenue_ends_in_money() -> None:
    deals = [
        deal("d1", 0, 10, amount="600000"),
        deal("d2", 0, 40, amount="200000"),
        deal("d3", 0, 12, won=False, amount="1"),
        deal("d4", 1, amount="50"),
    ]
    found = revenue(facts_of(*MOVES, deals=deals), Question(by="month"))
    assert {f.part: int(f.amounts[0].value) for f in found["won.amount"].parts if f.amounts} == {
        "2025-04": 600_000,
        "2025-05": 200_000,
    }
    assert found["won.rate"].total.value == pytest.approx(2 / 3)
    assert found["won.cycle"].total.value == 25.0
    assert int(found["opportunity.open_amount"].total.amounts[0].value) == 50


def test_the_question_narrows_every_table_alike() -> None:
    facts = facts_of(*MOVES, leads=[person("abe", source="ads")], handoffs=HANDOFFS)
    ads, april = Question(where={"source": "ads"}), Question(since=micros(0), until=micros(30))
    assert cohort_funnel(facts, ads).entries == 1
    assert sum(one.leads for one in snapshot_funnel(facts, ads)) == 1
    assert {link.moves for link in flow(facts, ads)} == {1}
    assert follow_up(facts, april).given == 4
    assert sum(one.given for one in leaderboard(facts, april)) == 4
    assert velocity(facts, ads)[0].entered == 1
    for table in (cohort_funnel, snapshot_funnel, flow, velocity, follow_up):
        with pytest.raises(UsageError, match="there is"):
            table(facts, Question(where={"colour": "red"}))


def test_what_a_table_cannot_be_sliced_by_is_said() -> None:
    facts = facts_of(*MOVES)
    with pytest.raises(UsageError, match="by rep or team"):
        leaderboard(facts, by="1; DROP TABLE entries")
    with pytest.raises(UsageError, match="needs a slice"):
        matrix(facts, Question())
    with pytest.raises(UsageError, match="no stage `NOWHERE`"):
        velocity(facts, steps=[("MAL", "NOWHERE")])


def test_an_agreement_of_few_stages_has_tables_without_holes() -> None:
    facts = facts_of(
        way("abe", (0, "MAL"), (1, "WON")), known=terms(without=["MQL", "SGL", "SAL", "SQL", "OPPORTUNITY"])
    )
    assert [step.stage for step in cohort_funnel(facts).steps] == ["MAL", "WON"]
    assert [(pace.source, pace.target) for pace in velocity(facts)] == [("MAL", "WON")]
    assert follow_up(facts).given == 0
    assert leaderboard(facts) == []


def test_threads_take_turns() -> None:
    facts = facts_of(*MOVES)
    with ThreadPoolExecutor(8) as pool:
        answers = list(
            pool.map(lambda _: compute(facts, "mal.created", Question(by="month")).total.value, range(64))
        )
    assert set(answers) == {3.0}
