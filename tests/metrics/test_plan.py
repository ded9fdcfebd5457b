"""From the goal back to the leads, on companies small enough to count by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import cache
from typing import Any

import numpy as np
import pytest

from tasuki.errors import UsageError
from tasuki.metrics.plan import DEALS, Changes, Goal, Plan, Quarter, make_plan, quarter_named, running_quarter
from tasuki.metrics.plan.ahead import look_ahead
from tasuki.metrics.plan.assumed import assume
from tasuki.metrics.plan.gap import Effect, gap_of
from tasuki.metrics.plan.goals import agreed_goals, targets_of
from tasuki.metrics.plan.need import needed
from tasuki.metrics.plan.own import own_figures
from tasuki.metrics.plan.quarters import day_number, quarter_of
from tasuki.metrics.plan.record import read_record
from tasuki.metrics.plan.told import effect_words, rows_of, sentences, told
from tasuki.metrics.reader import Facts
from tasuki.metrics.reasons import Reason
from tasuki.metrics.roles import StageTerm
from tests.metrics.story import Row, deal, facts_of, micros, terms, way

NEXT = Quarter(2026, 3)
ONLY_SQL = terms(without=("MAL", "MQL", "SGL", "SAL", "OPPORTUNITY"))
SALES = terms(without=("MAL", "MQL", "SGL", "SAL", "OPPORTUNITY", "WON"))


@cache
def seller(days: int = 456, **late: Any) -> Facts:
    """Each day from 1 April 2025 two SQLs; one brings a deal of 100 ten days later, the other one is lost then.

    From day `since` on (365 is 1 April 2026) it may be otherwise: `lag` days, a deal every `every` days, of `amount`; or no
    SQL comes in any more (`none`).
    """
    since = late.pop("since", 10**6)
    moves: list[list[Row]] = []
    deals: list[list[Row]] = []
    for number in range(days):
        now = late if number >= since else {}
        if now.get("none"):
            continue
        at, ends = number + 0.5, number + 0.5 + now.get("lag", 10)
        wins = number % now.get("every", 1) == 0
        lost = [(ends, "LOST")] if ends < days else []
        moves.append(way(f"lost{number}", (at, "SQL"), *lost))
        moves.append(way(f"won{number}", (at, "SQL"), *([] if wins else lost)))
        if wins:
            closed = ends if ends < days else None
            deals.append(deal(f"d{number}", at, closed, amount=now.get("amount", 100), lead=f"won{number}"))
    return facts_of(*moves, deals=deals, until=days, known=SALES)


def plan_of(facts: Facts, amount: float = 9200, quarter: Quarter = NEXT, **changes: Any) -> Plan:
    return make_plan(facts, [Goal(quarter, amount)], Changes(**changes), currency="JPY")


def months(plan: Plan, stage: str) -> list[float]:
    row = plan.row(stage)
    assert row is not None
    return [round(cell.needed, 6) for cell in row.cells]


# Back from the goal.


def test_a_goal_is_traced_back_by_hand() -> None:
    """92 days, 9200 wanted: 100 a day, which is one deal, which is two SQLs ten days before."""
    plan = plan_of(seller())
    assert plan.own.value == 100
    step = plan.own.steps["SQL"]
    assert (step.reached.share, step.days) == (0.5, 10)
    assert months(plan, DEALS) == [31, 31, 30]
    assert months(plan, "SQL") == [
        62,
        62,
        60,
    ]  # the goal is taken to go on, or the last ten days would need none


def test_what_a_quarter_needs_it_needs_before_it_begins() -> None:
    """As known on 1 July: of the SQLs for the quarter from July on, those of ten days before had to be there by then."""
    facts = seller(456)
    plan = plan_of(facts)
    row = plan.row("SQL")
    assert row is not None
    by_now, in_all = row.early
    assert plan.today == date(2026, 7, 1)
    assert in_all == pytest.approx(184)
    assert by_now / in_all == pytest.approx(11 / 92)  # those of ten days before, and of today
    assert plan.row(DEALS).early == pytest.approx((1, 92))  # type: ignore[union-attr]


def test_half_of_them_take_a_month_longer_so_half_are_needed_a_month_earlier() -> None:
    moves = [way(f"s{day}", (day, "SQL")) for day in range(0, 300, 2)]
    deals = [
        deal(f"s{day}", day, day + (1 if day % 4 else 31), amount=10, lead=f"s{day}")
        for day in range(0, 300, 2)
    ]
    plan = plan_of(facts_of(*moves, deals=deals, known=SALES), 920, Quarter(2026, 3))
    assert plan.own.steps["SQL"].days == pytest.approx(16, abs=0.3)
    alone = needed(plan.assumed, plan.goals, day_number(date(2026, 5, 1)), 153, going_on=False)["SQL"][0]
    half = pytest.approx(0.5, abs=0.01)
    assert alone[:30].sum() == pytest.approx(0, abs=1e-9)
    assert alone[30] == half  # 31 May, for the first of July
    assert alone[60] == pytest.approx(
        1, abs=0.01
    )  # 30 June: half of the first of July, half of the last but one
    assert alone.sum() == pytest.approx(92)


def test_the_way_of_sgl_never_touches_the_rate_of_mqls() -> None:
    """Of ten MQLs five are accepted, of ten SGLs all."""
    mqls = [
        way(f"m{i}", (i, "MQL"), *([(i + 1, "SAL")] if i % 2 else [(i + 1, "RECYCLED")])) for i in range(10)
    ]
    sgls = [way(f"g{i}", (i, "SGL"), (i + 2, "SAL")) for i in range(10)]
    record = read_record(facts_of(*mqls, *sgls, until=100))
    own = own_figures(record)
    assert own.steps["MQL"].reached.share == 0.5
    assert own.steps["SGL"].reached.share == 1.0
    assert own.steps["MQL"].carried.share == pytest.approx(1 / 3)
    assert own.steps["SGL"].carried.share == pytest.approx(2 / 3)


def test_a_stage_that_the_agreement_lacks_leaves_no_row() -> None:
    plan = plan_of(seller())
    assert [row.stage for row in plan.rows] == ["SQL", DEALS]
    assert {row["stage"] for row in rows_of(plan)} == {"revenue", "SQL", DEALS}


def test_leads_that_come_again_are_needed_less_from_the_stage_before() -> None:
    """Ten MALs become MQL, and each of them a second time after it was recycled: half of all MQLs come from a MAL."""
    moves = [
        way(f"m{i}", (i, "MAL"), (i + 1, "MQL"), (i + 3, "RECYCLED"), (i + 5, "MQL"), (i + 6, "SAL"))
        for i in range(10)
    ]
    own = own_figures(read_record(facts_of(*moves, until=60)))
    assert own.steps["MAL"].carried.share == 0.5
    assert own.steps["MQL"].reached.share == 0.5


# What may be missing.


def test_without_a_deal_won_nothing_leads_back_and_it_is_said_why() -> None:
    plan = plan_of(facts_of(way("a", (1, "SQL")), known=SALES))
    assert plan.rows == ()
    assert list(plan.lacking) == [DEALS]
    assert "no deal was won" in plan.lacking[DEALS].text("en")
    assert "受注がない" in plan.lacking[DEALS].text("ja")


def test_a_value_set_by_hand_is_enough_for_deals_but_not_for_what_leads_to_them() -> None:
    plan = plan_of(facts_of(way("a", (1, "SQL")), known=SALES), value=100)
    assert months(plan, DEALS)[-3:] == [31, 31, 30]
    assert plan.row("SQL") is None
    assert "nobody entered WON" in plan.lacking["SQL"].text("en")


def test_deals_of_which_nobody_knows_the_lead_lead_back_to_nothing() -> None:
    """Won deals of accounts, without a lead: of the deals none came from an SQL."""
    facts = facts_of(
        way("a", (1, "SQL")), deals=[deal("d", 1, 3, amount=50, account="山田")], known=SALES, until=300
    )
    plan = plan_of(facts)
    assert plan.row(DEALS) is not None
    assert plan.row("SQL") is None
    assert "nobody has reached WON yet" in plan.lacking["SQL"].text("en")


def test_stages_behind_one_that_is_not_known_say_which() -> None:
    facts = facts_of(way("a", (1, "MQL"), (2, "SAL")), deals=[deal("d", 1, 3, amount=50)], until=300)
    plan = plan_of(facts)
    assert plan.lacking["MQL"].text("en") == "not known, for it is not known of SAL"


def test_deals_without_amount_or_in_another_currency_are_counted_and_said() -> None:
    deals = [
        deal("a", 1, 3, amount=100, lead="s1"), deal("b", 1, 3, lead="s2"),
        deal("c", 1, 3, amount=7, currency="USD", lead="s3"),
        deal("d", 1, 3, amount=7, currency=None, lead="s4"),
    ]  # fmt: skip
    moves = [way(f"s{i}", (0, "SQL")) for i in range(1, 5)]
    plan = plan_of(facts_of(*moves, deals=deals, known=SALES, until=300))
    said = [note.text("en") for note in plan.notes]
    assert "2 deals won without amount or currency, left out" in said
    assert "1 deal won in USD, left out" in said
    assert plan.own.value == 100
    assert plan.own.steps["SQL"].reached.count == 1


def test_few_cases_are_said_to_be_few() -> None:
    said = " ".join(note.text("en") for note in plan_of(seller(20)).notes)
    assert "only 10 deals won" in said
    assert "only 20 entries into SQL are old enough to tell: the rate is uncertain" in said


def test_goals_and_changes_that_do_not_fit_are_refused_with_the_cure() -> None:
    facts = seller(120)
    for goals, says in (
        ([Goal(Quarter(2025, 3), 1), Goal(Quarter(2026, 1), 1)], "after 2025-Q3 comes 2025-Q4"),
        ([Goal(Quarter(2025, 3), 0)], "more than 0"),
        ([Goal(Quarter(2090, 1), 1)], "further than"),
        ([Goal(Quarter(2025, 3).next(i), 1) for i in range(9)], "8 at the most"),
    ):
        with pytest.raises(UsageError, match=says):
            make_plan(facts, goals)
    for changes, says in (
        (Changes(rates={"SQL": 0.0}), "not from 0.001 to 1"),
        (Changes(rates={"SQL": float("nan")}), "not from 0.001 to 1"),
        (Changes(days={"SQL": 366.0}), "not from 0 to 365"),
        (Changes(rates={"MQL": 0.5}), "no step begins there"),
        (Changes(value=0.0), "value"),
    ):
        with pytest.raises(UsageError, match=says):
            make_plan(facts, [Goal(Quarter(2025, 3), 1)], changes)
    with pytest.raises(UsageError, match="like 2026-Q4"):
        quarter_named("2026-Q5")


# What if.


def test_a_rate_twice_as_good_needs_half_as_many() -> None:
    facts = seller()
    own = plan_of(facts).own.steps["SQL"].reached.share
    assert own is not None
    before, after = plan_of(facts), plan_of(facts, rates={"SQL": own / 2})
    assert months(after, "SQL") == pytest.approx([2 * n for n in months(before, "SQL")])
    dearer = plan_of(facts, value=200)
    assert months(dearer, "SQL") == pytest.approx([n / 2 for n in months(before, "SQL")])


def test_days_set_by_hand_move_the_need_and_what_is_set_is_certain() -> None:
    facts = seller()
    plan = plan_of(facts, days={"SQL": 20.0}, rates={"SQL": 0.5}, shares={"SQL": 1.0}, value=100)
    alone = needed(plan.assumed, plan.goals, day_number(date(2026, 6, 1)), 60, going_on=False)["SQL"][0]
    assert np.flatnonzero(alone > 1e-6)[0] == 10  # 11 June, 20 days before 1 July
    assert all(
        cell.low == pytest.approx(cell.needed) == pytest.approx(cell.high) for cell in plan.row("SQL").cells
    )  # type: ignore[union-attr]


def test_the_interval_is_wider_the_fewer_cases_there_are_and_the_same_each_time() -> None:
    many, few = plan_of(seller()), plan_of(seller(90), 9200, Quarter(2025, 4))
    wide = [
        (row.cells[-1].high - row.cells[-1].low) / row.cells[-1].needed
        for p in (many, few)
        if (row := p.row("SQL"))
    ]
    assert wide[1] > 1.5 * wide[0] > 0
    assert plan_of(seller()).row("SQL") == many.row("SQL")


# What is under way.


def test_those_under_way_are_expected_to_win_by_what_their_age_leaves() -> None:
    """The twenty SQLs of the last ten days, of which half win on their tenth day; nobody new comes in."""
    record = read_record(seller(456))
    assumed = assume(own_figures(record))
    ahead = look_ahead(record, assumed, record.today - 100, 160)
    later = ahead.entries[DEALS][101:]
    assert later.sum() == pytest.approx(10)
    assert np.flatnonzero(later > 1e-9).max() < 10
    assert ahead.entries["SQL"][101:].sum() == 0
    assert ahead.entries[DEALS][:101].sum() == sum(record.wins.day >= record.today - 100)


# Why the quarter is where it is: one cause at a time. Known until 31 May 2026; the quarter began on 1 April.

RUNNING, KNOWN, BEGUN = Quarter(2026, 2), 426, 365
AS_ALWAYS = 91 * 100.0
"""A deal of 100 every day."""


def causes(**late: Any) -> dict[str, float]:
    """Effects in deals on a goal that is just what the seller always made; that of the value in money."""
    plan = make_plan(seller(KNOWN, since=BEGUN, **late), [Goal(RUNNING, AS_ALWAYS)], currency="JPY")
    assert plan.gap is not None
    assert sum(effect.money for effect in plan.gap.effects) == plan.gap.gap
    assert sum(effect.deals for effect in plan.gap.effects) == pytest.approx(
        plan.gap.deals[1] - plan.gap.deals[0]
    )
    found = {one.kind: one.money / 100 if one.kind == "value" else one.deals for one in plan.gap.effects}
    return {
        kind: size for kind, size in found.items() if abs(size) > 1.01
    }  # today is not over: one deal may miss


def test_as_always_is_as_planned() -> None:
    assert causes() == {}


def test_too_few_coming_in_is_volume() -> None:
    """Of the 61 days so far deals of 51 are of SQLs that came within the quarter, and did not."""
    assert causes(none=True) == {"volume": pytest.approx(-51, abs=1)}


def test_every_second_day_instead_of_every_day_is_the_rate() -> None:
    assert causes(every=2) == {"rate": pytest.approx(-51 / 2, abs=1)}


def test_deciding_later_is_the_lag() -> None:
    """Twenty days instead of ten for who comes now: ten days of deals are not there yet."""
    assert causes(lag=20) == {"lag": pytest.approx(-10, abs=1)}


def test_cheaper_deals_are_the_value() -> None:
    assert causes(amount=50) == {"value": pytest.approx(-50 * 51, rel=0.05)}


def test_of_two_causes_each_gets_its_part() -> None:
    found = causes(every=2, amount=50)
    assert found.keys() == {"rate", "value"}
    assert found["rate"] == pytest.approx(-51 / 2, abs=1)
    assert found["value"] < -1000


def test_a_gap_is_told_with_its_greatest_cause_in_both_languages() -> None:
    gap = make_plan(seller(KNOWN, since=BEGUN, every=2), [Goal(RUNNING, AS_ALWAYS)], currency="JPY").gap
    assert gap is not None
    english, japanese = (
        sentences(gap, language, lambda amount: f"¥{amount:,.0f}") for language in ("en", "ja")
    )
    assert english.startswith("2026-Q2 through 31 May: ¥")
    assert "are missing. What does most: SQL→Deals won" in english
    assert japanese.startswith("2026-Q2（5月31日まで）：")
    assert "不足。最大の要因：SQL→受注の率が" in japanese


def test_both_stages_of_a_cause_are_called_as_people_do() -> None:
    opportunity = StageTerm("OPPORTUNITY", "OPPORTUNITY", {"ja": "商談", "en": "Opportunity"})
    terms = replace(SALES, stages=(opportunity,))
    effect = Effect("lag", "OPPORTUNITY", DEALS, 10.0, 9.0, -1.0, -100)
    assert effect_words(effect, "ja", str, terms).startswith("商談→受注で")
    assert effect_words(effect, "en", str, terms).startswith("Opportunity→Deals won:")


def test_to_the_end_of_the_quarter_it_goes_on_as_planned_from_what_is_there() -> None:
    """Ten days of deals are missing on 31 May, and nothing brings them back; the rest of the quarter is as always."""
    plan = make_plan(seller(KNOWN, since=BEGUN, lag=20), [Goal(RUNNING, AS_ALWAYS)], currency="JPY")
    assert plan.gap is not None
    assert plan.projected is not None
    assert plan.gap.gap == -100_000
    assert plan.projected.is_projected
    assert plan.projected.target == 100 * AS_ALWAYS
    assert sum(effect.money for effect in plan.projected.effects) == plan.projected.gap == -100_000
    as_always = make_plan(seller(KNOWN), [Goal(RUNNING, AS_ALWAYS)], currency="JPY").projected
    assert as_always is not None
    assert as_always.gap == 0


def test_a_quarter_that_has_just_begun_has_no_gap_but_an_end_in_sight() -> None:
    plan = make_plan(seller(BEGUN), [Goal(RUNNING, AS_ALWAYS)], currency="JPY")
    assert plan.gap is None
    assert plan.projected is not None
    assert abs(plan.projected.gap) <= 10_000


def test_what_happened_in_the_quarter_does_not_change_what_it_was_planned_by() -> None:
    record = read_record(seller(KNOWN, since=BEGUN, every=2))
    direct = read_record(seller(BEGUN))
    then = micros(BEGUN) - 1
    assert own_figures(record, then).steps["SQL"].reached == own_figures(direct, then).steps["SQL"].reached


def test_a_quarter_without_own_figures_before_it_has_no_gap() -> None:
    plan = make_plan(seller(60), [Goal(Quarter(2025, 2), 1000)], currency="JPY")
    assert plan.gap is None
    assert plan.rows


# The agreement's goals.


def test_the_goal_of_the_agreement_is_that_of_each_quarter() -> None:
    facts = seller(120)
    known = replace(facts.terms, stages=terms().stages, targets={"WON.amount": "1000000 JPY per month"})
    goals = agreed_goals(known, running_quarter(facts))
    assert [str(goal.quarter) for goal in goals] == ["2025-Q3", "2025-Q4", "2026-Q1", "2026-Q2"]
    assert {goal.amount for goal in goals} == {3_000_000}
    assert agreed_goals(replace(known, targets={"WON.amount": "80%"}), running_quarter(facts)) == []


def test_targets_of_a_quarter_are_whole_leads_a_month() -> None:
    moves = [
        way(f"m{i}", (i, "MAL"), (i + 1, "MQL"), (i + 2, "SAL"), (i + 3, "SQL"), (i + 4, "OPPORTUNITY"))
        for i in range(99)
    ]
    deals = [deal(f"d{i}", i + 4, i + 9, amount=100, lead=f"m{i}") for i in range(0, 99, 3)]
    facts = facts_of(*moves, deals=deals, until=300)
    plan = make_plan(facts, [Goal(Quarter(2026, 1), 1000)], Changes(rates={"MQL": 0.5}), currency="JPY")
    targets = targets_of(plan, Quarter(2026, 1))
    assert targets["OPPORTUNITY"] == "10 per month"  # ten deals, thirty opportunities in three months
    assert targets["MQL"] == "20 per month"
    assert targets["SAL.acceptance"] == "50%"
    assert targets["WON.amount"] == "1000 JPY per quarter"
    assert "SGL" not in targets


def test_rows_and_words_say_the_same_as_the_plan() -> None:
    plan = plan_of(seller(KNOWN), AS_ALWAYS, RUNNING)
    rows = [row for row in rows_of(plan) if row["stage"] == "SQL"]
    assert [row["needed"] for row in rows] == [cell.needed for cell in plan.row("SQL").cells]  # type: ignore[union-attr]
    assert [row["there"] for row in rows] == [60, 62, 0]  # known until the first instant of 1 June
    said = told(plan, "ja", lambda amount: f"{amount:.0f}円")
    assert said["gap"]["gap"] == sum(effect["money"] for effect in said["gap"]["effects"])
    assert plan.gap is not None
    assert all(effect_words(effect, "ja", str) for effect in plan.gap.effects)


@pytest.mark.parametrize(
    ("day", "quarter"),
    [(date(2026, 1, 1), "2026-Q1"), (date(2026, 3, 31), "2026-Q1"), (date(2026, 12, 31), "2026-Q4")],
)
def test_a_day_lies_in_its_quarter(day: date, quarter: str) -> None:
    found = quarter_of(day)
    assert str(found) == quarter
    assert found.begin <= day < found.end
    assert quarter_named(quarter) == found
    assert found.next(4).next(-4) == found


def test_gap_needs_a_value() -> None:
    record = read_record(facts_of(way("a", (1, "SQL")), known=SALES))
    assert gap_of(record, assume(own_figures(record)), [Goal(RUNNING, 1)], Goal(RUNNING, 1)) is None


def test_each_month_is_planned_by_the_goal_of_its_own_quarter() -> None:
    """Two deals a day wanted in summer, one in autumn, three in winter: each month needs what its quarter wants."""
    goals = [Goal(NEXT, 18_400), Goal(Quarter(2026, 4), 9_200), Goal(Quarter(2027, 1), 27_000)]
    plan = make_plan(seller(), goals, currency="JPY")
    assert months(plan, DEALS) == [62, 62, 60, 31, 30, 31, 93, 84, 93]
    assert [round(one.wanted) for one in plan.months] == [100 * n for n in months(plan, DEALS)]
    sqls = months(plan, "SQL")  # ten days before
    assert sqls[2] == pytest.approx(2 * (2 * 20 + 1 * 10))
    assert sqls[5] == pytest.approx(2 * (1 * 21 + 3 * 10))
    targets = [targets_of(plan, goal.quarter)["SQL"] for goal in goals]
    assert targets == ["116 per month", "75 per month", "180 per month"]


@pytest.mark.parametrize(
    ("count", "said"),
    [(1, "only 1 deal won within a year"), (2, "only 2 deals won within a year"), (0, "only 0 deals won")],
)
def test_one_is_said_in_the_singular(count: int, said: str) -> None:
    assert Reason("plan_few_deals", {"count": count}).text("en").startswith(said)
    assert Reason("plan_few", {"count": 1, "stage": "SQL"}).text("en").startswith("only 1 entry into SQL is")
    assert (
        Reason("plan_few", {"count": 1, "stage": "SQL"}).text("ja").startswith("SQLの成熟した移行は1件だけ")
    )
