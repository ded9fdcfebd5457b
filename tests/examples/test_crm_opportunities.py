"""8,800 deals of a made-up seller: win rates, values and velocity are those that plain counting of the raw file gives."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from datetime import date
from statistics import median

import pytest

from tasuki.agreement import load_agreement
from tasuki.engine.replay import replay
from tasuki.history import open_history
from tasuki.metrics.asking import NO_VALUE, Question
from tasuki.metrics.compute import compute, leads_behind
from tasuki.metrics.dashboards.flows import velocity
from tasuki.metrics.dashboards.funnels import cohort_funnel, snapshot_funnel
from tasuki.metrics.dashboards.teams import leaderboard
from tasuki.metrics.facts.deals import read_deals
from tasuki.metrics.facts.of_replay import facts_of
from tasuki.metrics.reader import Facts, open_facts

from .support import EXAMPLES, Row, converter, import_history, shared, tasuki
from .test_bpi2012_figures import quantile

AGREEMENT = EXAMPLES / "crm_opportunities" / "agreement.yaml"
Rows = list[Row]


@pytest.fixture(scope="module")
def raw() -> Rows:
    """The raw file, read by nothing but the csv module."""
    with (shared("crm_opportunities") / "sales_pipeline.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Facts]:
    folder = tmp_path_factory.mktemp("crm")
    converter("crm_opportunities").convert(shared("crm_opportunities"), folder / "inputs")
    history = open_history(import_history(folder / "inputs", folder / "history"))
    deals = read_deals(folder / "inputs" / "deals.csv", "UTC")
    with open_facts(facts_of(replay(load_agreement(AGREEMENT), history), deals=deals)) as opened:
        yield opened


def won(rows: Rows) -> Rows:
    return [row for row in rows if row["deal_stage"] == "Won"]


def days(row: Row) -> int:
    return (date.fromisoformat(row["close_date"]) - date.fromisoformat(row["engage_date"])).days


SLICES: dict[str, Callable[[Row], str]] = {
    "rep": lambda row: row["sales_agent"],
    "month": lambda row: row["close_date"][:7],
    "account": lambda row: row["account"] or NO_VALUE,
}


def test_the_agreement_has_no_mistake_and_no_warning() -> None:
    assert "warning[" not in tasuki("check", AGREEMENT)


def test_nothing_is_refused_and_every_deal_stands_where_the_file_says(raw: Rows, facts: Facts) -> None:
    standing = {one.stage: one.leads for one in snapshot_funnel(facts)}
    assert standing == {
        stage.upper(): count for stage, count in Counter(row["deal_stage"] for row in raw).items()
    }


@pytest.mark.parametrize("by", SLICES)
def test_win_rates(raw: Rows, facts: Facts, by: str) -> None:
    direct: dict[str, list[bool]] = defaultdict(list)
    for row in raw:
        if row["close_date"]:
            direct[SLICES[by](row)].append(row["deal_stage"] == "Won")
    found = compute(facts, "won.rate", Question(by=by))
    assert {f.part: (f.numerator, f.denominator) for f in found.parts} == {
        part: (sum(ended), len(ended)) for part, ended in direct.items()
    }
    assert (found.total.numerator, found.total.denominator) == (4238, 6711)


@pytest.mark.parametrize("by", SLICES)
def test_values(raw: Rows, facts: Facts, by: str) -> None:
    direct: dict[str, list[int]] = defaultdict(list)
    for row in won(raw):
        direct[SLICES[by](row)].append(int(row["close_value"]))
    total, mean = (compute(facts, kpi, Question(by=by)) for kpi in ("won.amount", "won.average"))
    sold = [f for f in total.parts if f.amounts]
    assert {f.part: int(f.amounts[0].value) for f in sold} == {
        part: sum(each) for part, each in direct.items()
    }
    assert {f.part: float(f.amounts[0].value) for f in mean.parts if f.amounts} == pytest.approx(
        {part: sum(each) / len(each) for part, each in direct.items()}
    )
    assert total.total.amounts[0].value == sum(int(row["close_value"]) for row in won(raw)) == 10_005_534


def test_open_deals_have_no_value_and_that_is_said(raw: Rows, facts: Facts) -> None:
    found = compute(facts, "opportunity.open_amount").total
    assert found.value is None
    assert found.unknown == sum(row["close_value"] == "" for row in raw) == 2089
    assert found.reason.text("en") == "not known of any of 2089"


def test_deals_without_account_are_a_part_of_their_own(raw: Rows, facts: Facts) -> None:
    found = compute(facts, "opportunity.opened", Question(by="account")).part(NO_VALUE)
    assert found.value == sum(row["account"] == "" for row in raw) == 1425


def test_velocity_and_the_cycle(raw: Rows, facts: Facts) -> None:
    (pace,) = velocity(facts, steps=[("ENGAGING", "WON")])
    spans = [float(days(row)) for row in won(raw)]
    assert (pace.entered, pace.reached) == (8300, 4238)
    for ours, of in (
        (pace.quarter, 0.25),
        (pace.median, 0.5),
        (pace.three_quarters, 0.75),
        (pace.nine_tenths, 0.9),
    ):
        assert ours == quantile(spans, of)
    cycle = compute(facts, "won.cycle", Question(by="rep"))
    by_rep: dict[str, list[int]] = defaultdict(list)
    for row in won(raw):
        by_rep[row["sales_agent"]].append(days(row))
    assert {f.part: f.value for f in cycle.parts} == {rep: median(each) for rep, each in by_rep.items()}


def test_the_cohort_of_each_opportunity_follows_it_to_its_end(raw: Rows, facts: Facts) -> None:
    funnel = cohort_funnel(facts, stages=["ENGAGING", "WON"])
    lag = quantile([float(days(row)) for row in won(raw)], 0.9)
    old = [
        row
        for row in raw
        if row["engage_date"] and (date(2017, 12, 31) - date.fromisoformat(row["engage_date"])).days >= lag
    ]
    step = funnel.steps[1]
    assert (step.reached, step.lag) == (4238, lag)
    assert (step.share.count, step.share.total) == (len(won(old)), len(old))


def test_the_leaderboard_counts_what_each_rep_won(raw: Rows, facts: Facts) -> None:
    direct = Counter(row["sales_agent"] for row in won(raw))
    assert {one.rep: one.won for one in leaderboard(facts)} == dict.fromkeys(
        {row["sales_agent"] for row in raw}, 0
    ) | direct


def test_a_report_of_last_summer_knows_nothing_of_autumn(raw: Rows, facts: Facts, tmp_path) -> None:
    then = [row for row in won(raw) if row["close_date"] <= "2017-07-31"]
    moment = 1_501_459_200_000_000  # 2017-07-31T00:00:00Z
    with open_facts(facts.source, moment) as before:
        found = compute(before, "won.amount").total
        assert found.amounts[0].value == sum(int(row["close_value"]) for row in then)
        assert leads_behind(before, "won.amount") == sorted(row["opportunity_id"] for row in then)
        still = sum(
            1
            for row in raw
            if row["engage_date"] and row["engage_date"] <= "2017-07-31" and not _closed_by(row)
        )
        assert compute(before, "opportunity.stock").total.value == still


def _closed_by(row: Row) -> bool:
    return bool(row["close_date"]) and row["close_date"] <= "2017-07-31"
