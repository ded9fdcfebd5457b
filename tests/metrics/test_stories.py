"""Stories of a small company: each figure can be counted on the fingers."""

from __future__ import annotations

import pytest

from tasuki.errors import UsageError
from tasuki.metrics.asking import NO_VALUE, Question
from tasuki.metrics.compute import behind, compute, leads_behind
from tasuki.metrics.figures import Figure
from tests.metrics.story import day, deal, did, facts_of, handed, micros, person, terms, way

MARKETING = [
    way("abe", (0, "MAL"), (5, "MQL"), (6, "SAL"), (10, "SQL"), (20, "OPPORTUNITY"), (40, "WON")),
    way("baba", (1, "MAL"), (8, "MQL"), (9, "RECYCLED")),
    way("chiba", (2, "MAL"), (9, "MQL"), (10, "RECYCLED"), (60, "MQL"), (61, "SAL")),
    way("doi", (3, "MAL")),
]


def total(facts, kpi: str, **question) -> Figure:
    return compute(facts, kpi, Question(**question)).total


def test_each_handoff_is_a_chance_and_two_of_four_were_taken() -> None:
    found = total(facts_of(*MARKETING), "sal.acceptance")
    assert (found.numerator, found.denominator) == (2, 4)
    assert found.value == 0.5
    assert found.interval == pytest.approx((0.1500, 0.8500), abs=1e-3)


def test_what_sales_found_by_itself_never_counts_for_marketing() -> None:
    with_sgl = facts_of(*MARKETING, way("endo", (0, "SGL"), (1, "SAL"), (2, "SQL"), (9, "OPPORTUNITY")))
    assert total(with_sgl, "sal.acceptance") == total(facts_of(*MARKETING), "sal.acceptance")
    assert total(with_sgl, "sgl.deal_rate").value == 1.0
    assert compute(with_sgl, "sal.entries", Question(by="path")).part("SGL").value == 1


def test_a_mal_that_sales_took_for_itself_was_not_promoted_by_marketing() -> None:
    facts = facts_of(*MARKETING, way("fuji", (0, "MAL"), (3, "SGL"), (4, "SAL")))
    assert total(facts, "mql.promotion").numerator == 3
    assert total(facts, "mql.promotion").denominator == 5
    assert total(facts, "sal.acceptance").numerator == 2


def test_who_became_a_mal_yesterday_is_too_young_to_tell_and_left_out() -> None:
    facts = facts_of(*MARKETING, way("goto", (99, "MAL")), until=100)
    found = compute(facts, "mql.promotion", Question(by="month"))
    assert found.lag == pytest.approx(7)  # 5, 7 and 7 days: nine tenths take 7
    assert (found.total.value, found.total.young) == (0.75, 1)
    july = found.part("2025-07")
    assert july.mature == "young"
    assert july.value is None
    assert (
        july.reason.text("en") == "too young to say: 1 of them, nine of ten of the others took up to 7.0 days"
    )
    assert leads_behind(facts, "mql.promotion", side="young") == ["goto"]


def test_while_nobody_got_there_yet_nobody_knows_how_long_that_takes() -> None:
    found = total(facts_of(way("abe", (0, "MAL")), way("baba", (0, "MAL"))), "mql.promotion")
    assert found.value is None
    assert (found.denominator, found.young) == (0, 2)
    assert found.reason.code == "nobody"
    assert "MQL" in found.reason.text("ja")


def test_nothing_to_divide_by_is_a_dash_and_not_zero() -> None:
    found = total(facts_of(), "sal.acceptance")
    assert found.value is None
    assert found.interval is None
    assert found.reason.text("en") == "nothing to divide by"


def test_a_stage_that_the_agreement_lacks_says_so() -> None:
    facts = facts_of(known=terms(without=["SGL", "SAL"]))
    assert total(facts, "sgl.gained").reason.text("en") == "the agreement has no stage for SGL"
    assert total(facts, "sal.acceptance").reason.text("ja") == "取り決めに到達先SALのステージがありません"
    assert behind(facts, "sgl.gained") == []


def test_renamed_stages_play_their_part() -> None:
    moves = way("abe", (0, "MAL"), (5, "有望"), (6, "SAL"))
    found = total(facts_of(moves, known=terms(renamed={"MQL": "有望"})), "sal.acceptance")
    assert (found.numerator, found.denominator) == (1, 1)


def test_a_score_that_the_agreement_lacks_says_so() -> None:
    facts = facts_of(way("abe", (0, "MQL")))
    assert total(facts, "mql.engagement").reason.code == "unknown"
    scored = facts_of(way("abe", (0, "MQL"), engagement=40.0), way("baba", (1, "MQL"), engagement=60.0))
    assert total(scored, "mql.engagement").value == 50.0


def test_without_a_score_of_fit_the_main_score_stands_in() -> None:
    facts = facts_of(way("abe", (0, "MAL"), score=30.0, fit=10.0), known=terms(fit=None))
    assert total(facts, "mal.quality").value == 30.0


def test_passes_are_counted_once_for_each_lead() -> None:
    facts = facts_of(*MARKETING)
    assert total(facts, "mql.entries").value == 4
    assert total(facts, "mql.leads").value == 3
    assert total(facts, "mql.passes").value == pytest.approx(4 / 3)


def test_why_leads_came_back_is_told_by_reason() -> None:
    facts = facts_of(
        way("abe", (0, "MQL"), (1, "RECYCLED"), reason="timing"),
        way("baba", (0, "MQL"), (1, "RECYCLED"), reason="no_budget"),
        way("chiba", (0, "MQL"), (1, "DISQUALIFIED"), reason="timing"), way("doi", (0, "MQL"), (1, "SAL")),
    )  # fmt: skip
    found = compute(facts, "mql.returns", Question(by="reason"))
    assert {figure.part: figure.value for figure in found.parts} == {"timing": 2, "no_budget": 1}


def test_who_comes_back_out_of_the_recycled_is_no_return() -> None:
    facts = facts_of(
        way("abe", (0, "MQL"), (1, "RECYCLED"), (30, "MQL"), (31, "SAL")),
        way("baba", (0, "MQL"), (1, "DISQUALIFIED"), (40, "MQL"), (41, "RECYCLED"), (50, "DISQUALIFIED")),
        way("chiba", (0, "SQL"), (1, "LOST"), (2, "RECYCLED")),
    )
    assert leads_behind(facts, "recycled.comebacks") == ["abe"]
    assert leads_behind(facts, "disqualified.comebacks") == ["baba"]
    assert total(facts, "lost.comebacks").value == 0  # recycled is not back yet
    assert total(facts, "mql.returns").value == 3
    assert total(facts, "sql.returns").value == 1
    with pytest.raises(UsageError, match=r"there is no KPI `recycled\.returns`"):
        compute(facts, "recycled.returns")


def test_the_stock_at_the_end_of_each_month() -> None:
    facts = facts_of(*MARKETING, until=70)
    found = compute(facts, "mql.stock", Question(by="month"))
    assert [(figure.part, figure.value) for figure in found.parts] == [
        ("2025-04", 0),
        ("2025-05", 1),
        ("2025-06", 0),
    ]
    assert leads_behind(facts, "mql.stock", Question(by="month"), part="2025-05") == ["chiba"]
    assert total(facts, "mal.stock").value == 1


def test_companies_count_once_however_many_of_their_people_came() -> None:
    people = [
        person("abe", account="山田"),
        person("baba", account="山田"),
        person("chiba", account="佐藤"),
        person("doi"),
    ]
    facts = facts_of(*MARKETING, leads=people)
    assert total(facts, "mal.created", grain="account").value == 2
    found = compute(facts, "mql.promotion", Question(grain="account"))
    assert (found.total.numerator, found.total.denominator) == (2, 2)
    assert found.notes[0].text("en") == "1 without company, left out"
    assert leads_behind(facts, "mal.created", Question(grain="account")) == ["佐藤", "山田"]
    with pytest.raises(UsageError, match="makes no sense of companies"):
        compute(facts, "sal.follow_up", Question(grain="account"))


def test_deals_without_amount_or_in_another_currency_are_told_and_not_added_up() -> None:
    deals = [
        deal("d1", 0, 10, amount="1000000"), deal("d2", 1, 11, amount="500000"),
        deal("d3", 2, 12, amount="900", currency="USD"), deal("d4", 3, 13),
        deal("d5", 4, 14, won=False, amount="70000"), deal("d6", 5, amount="1"),
    ]  # fmt: skip
    facts = facts_of(deals=deals)
    found = total(facts, "won.amount")
    assert [(a.currency, int(a.value), a.deals) for a in found.amounts] == [
        ("JPY", 1_500_000, 2),
        ("USD", 900, 1),
    ]
    assert found.value is None
    assert found.reason.text("en") == "amounts in several currencies: 2 × JPY, 1 × USD"
    assert found.unknown == 1
    assert total(facts, "won.amount", where={"currency": "JPY"}).value == 1_500_000
    assert int(total(facts, "won.average", where={"currency": "JPY"}).amounts[0].value) == 750_000
    assert total(facts, "won.rate").value == pytest.approx(4 / 5)


def test_money_is_exact_to_the_last_yen() -> None:
    facts = facts_of(deals=[deal(f"d{n}", 0, 1, amount="9007199254740.93") for n in range(1000)])
    assert str(total(facts, "won.amount").amounts[0].value) == "9007199254740930.00"


def test_a_deal_that_is_edited_later_does_not_move_the_report_of_before() -> None:
    first = deal("d1", 0, 10, amount="1000000")
    edited = first[1] | {"revision": 3, "amount": 1, "recorded_at": day(50)}
    deals = [[*first, edited]]
    assert total(facts_of(deals=deals, as_of=30), "won.amount").value == 1_000_000
    assert total(facts_of(deals=deals, as_of=50), "won.amount").value == 1
    assert total(facts_of(deals=deals, as_of=5), "won.deals").value == 0


def test_what_is_recorded_late_is_told_and_in_no_figure_of_before() -> None:
    moves = [*MARKETING, way("late", (4, "MAL"), (5, "MQL"), late=80)]
    then = facts_of(*moves, as_of=70)
    assert total(then, "mql.entries").value == 4
    assert total(then, "mql.entries").late == 1
    assert leads_behind(then, "mql.entries", side="late") == ["late"]
    later = facts_of(*moves, as_of=90)
    assert total(later, "mql.entries").value == 5
    assert total(later, "mql.entries").late == 0


def test_of_the_handoffs_that_nobody_touched_the_median_does_not_speak_but_says_so() -> None:
    touched = {"first_touch_at": day(0.1), "touch_seconds": 8640.0, "touch_business": 3600.0}
    handoffs = [
        handed("abe", 0, **touched, met=True, outcome="accepted"),
        handed("baba", 0, outcome="expired", met=False),
        handed("chiba", 0),
    ]
    facts = facts_of(way("abe", (0, "MQL")), handoffs=handoffs)
    found = total(facts, "sal.follow_up")
    assert (found.value, found.denominator, found.unknown) == (1.0, 1, 2)
    assert total(facts, "sal.follow_up_wall").value == 2.4
    assert total(facts, "sal.in_time").value == 0.5


def test_an_open_handoff_is_missed_from_its_due_time_on() -> None:
    handoffs = [handed("abe", 0, due_at=day(1))]
    assert total(facts_of(handoffs=handoffs, as_of=0.5), "sal.in_time").reason.code == "unknown"
    assert total(facts_of(handoffs=handoffs, as_of=1), "sal.in_time").value == 0.0


def test_a_form_is_complete_if_it_is_sent_within_a_day_of_the_look_at_it() -> None:
    form = {"form": "contact"}
    seen = [did(lead, 0.5, "form_view", form_step="view", **form) for lead in ("abe", "baba", "chiba")]
    again = [did("abe", 0.6, "form_view", form_step="view", **form)]
    sent = [
        did("abe", 0.7, "form_submit", form_step="submit", **form),
        did("baba", 1.6, "form_submit", form_step="submit", **form),
    ]
    facts = facts_of(
        leads=[person(lead) for lead in ("abe", "baba", "chiba")], activities=[*seen, *again, *sent]
    )
    found = total(facts, "mal.form_completion")
    assert (found.numerator, found.denominator) == (1, 3)


def test_what_a_lead_did_is_late_for_a_time_at_which_nobody_knew_the_lead() -> None:
    seen = [did("abe", 3, "form_view", form="trial", form_step="view")]
    at = {
        when: facts_of(leads=[person("abe", recorded=40)], activities=seen, until=when) for when in (10, 50)
    }
    then, now = (total(facts, "mal.form_completion") for facts in at.values())
    assert (then.denominator, then.late) == (0, 1)
    assert (now.denominator, now.late) == (1, 0)


def test_content_is_counted_in_the_ninety_days_before_an_mql() -> None:
    read = [did("abe", at, "download", content_kind="whitepaper") for at in (0, 1, 95, 100, 101)]
    facts = facts_of(way("abe", (100, "MQL")), activities=[*read, did("abe", 99, "page_view")])
    assert total(facts, "mql.content").value == 2  # those of days 95 and 100


def test_months_and_weeks_are_those_of_the_agreements_time_zone() -> None:
    moves = way("abe", (29.7, "MAL"))  # 30 April, 16:48 UTC: 1 May in Tokyo
    tokyo = facts_of(moves, known=terms(timezone="Asia/Tokyo"))
    assert [figure.part for figure in compute(tokyo, "mal.created", Question(by="month")).parts] == [
        "2025-05"
    ]
    assert [
        figure.part for figure in compute(facts_of(moves), "mal.created", Question(by="month")).parts
    ] == ["2025-04"]
    assert [figure.part for figure in compute(tokyo, "mal.created", Question(by="week")).parts] == [
        "2025-W18"
    ]


def test_whatever_has_no_source_is_a_part_too() -> None:
    facts = facts_of(*MARKETING, leads=[person("abe", source="ads"), person("baba", source="")])
    found = compute(facts, "mal.created", Question(by="source"))
    assert [(figure.part, figure.value) for figure in found.parts] == [("ads", 1), (NO_VALUE, 3)]
    assert leads_behind(facts, "mal.created", Question(by="source"), part=NO_VALUE) == [
        "baba",
        "chiba",
        "doi",
    ]
    assert total(facts, "mal.created", where={"source": NO_VALUE}).value == 3


def test_a_time_can_be_cut_out() -> None:
    facts = facts_of(*MARKETING)
    assert total(facts, "mal.created", since=micros(1), until=micros(3)).value == 2


def test_what_cannot_be_asked_says_what_can() -> None:
    facts = facts_of()
    with pytest.raises(UsageError, match=r"did you mean sal\.acceptance"):
        compute(facts, "sal.aceptance")
    with pytest.raises(UsageError, match="cannot be sliced by `colour`: there is month, week, source"):
        compute(facts, "mal.created", Question(by="colour"))
    with pytest.raises(UsageError, match="narrowed by `1=1"):
        compute(facts, "mal.created", Question(where={"1=1; --": "x"}))
    with pytest.raises(UsageError, match="say by what"):
        behind(facts, "mal.created", part="ads")
    with pytest.raises(UsageError, match="`May` is no month"):
        behind(facts, "mal.created", Question(by="month"), part="May")


def test_a_quote_in_a_value_is_only_a_quote() -> None:
    facts = facts_of(*MARKETING, leads=[person("abe", source="o'neil'; DROP TABLE entries; --")])
    name = "o'neil'; DROP TABLE entries; --"
    assert total(facts, "mal.created", where={"source": name}).value == 1
    assert leads_behind(facts, "mal.created", Question(by="source"), part=name) == ["abe"]


def test_nobody_sees_further_than_the_facts_know() -> None:
    facts = facts_of(way("abe", (0, "MAL"), (5, "MQL")), way("baba", (8, "MAL")), until=10, as_of=1000)
    assert facts.as_of == micros(10)
    assert total(facts, "mql.promotion").young == 1
