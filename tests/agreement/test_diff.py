"""What changed between two versions is said in words, one line for each change."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from tasuki.agreement import agreement_of
from tasuki.agreement.diff import differences
from tests.agreement.texts import WHOLE, edited
from tests.reference.agreement_strategies import agreements

# ruff: noqa: E501 - one change, one line
OLD = agreement_of(WHOLE)
CHANGES: list[tuple[str, str, list[str]]] = [
    ("山田電機 BtoB", "山田電機", ["agreement 山田電機 BtoB → 山田電機"]),
    ("Asia/Tokyo", "UTC", ["time zone Asia/Tokyo → UTC"]),
    ("09:00-18:00", "10:00-19:00", ["calendar: hours 09:00-18:00 → 10:00-19:00"]),
    ("calendar: {days: mon-fri, hours: 09:00-18:00, holidays: JP}\n", "", ["calendar: days mon-fri, hours 09:00-18:00, holidays JP removed"]),
    ("{type: trial_start}", "{type: trial}", ["signal trial: type = trial_start → type = trial"]),
    ("{gte: 100, lt: 5000}", "{gte: 300, lt: 5000}", ["trait target_size: account.employees ≥ 100 and account.employees < 5000 → account.employees ≥ 300 and account.employees < 5000"]),
    ("signals:\n", "signals:\n  chat: {type: chat, minutes: {gt: 3}}\n", ["signal chat added: type = chat and minutes > 3"]),
    ("excluded: trait(competitor)\n", "", ["excluded: trait(competitor) removed"]),
    ("[0, 200]", "[0, 150]", ["behavior: range 0 … 200 → 0 … 150"]),
    ("{A: 60,", "{A: 55,", ["fit: grades A 60, B 40, C 20, D 0 → A 55, B 40, C 20, D 0"]),
    ("sum: [behavior, fit]", "sum: [behavior]", ["person: sum of behavior, fit → behavior"]),
    ("points: 10, at_most", "points: 15, at_most", ["behavior, pricing_page (rule 1): 10 → 15 points"]),
    ("points: 15, halves", "points: 20, halves", ["behavior, whitepaper: 15 → 20 points"]),
    ("halves: 30d", "halves: 45d", ["behavior, whitepaper: halves 30d → 45d"]),
    ("fades: 60d", "expires: 60d", ["behavior, product_click: expires 60d added", "behavior, product_click: fades 60d removed"]),
    ("at_most: 3 per 7d", "at_most: 3", ["behavior, pricing_page (rule 1): at most 3 per 7d → 3"]),
    ("repeats: true", "repeats: 3", ["behavior, 30d silence: repeats true → 3"]),
    ("silence: 30d", "silence: 20d", ["behavior, 20d silence: silent for 30d → 20d"]),
    ("after: trial", "after: webinar", ["behavior, 14d silence of product_login, email_click after webinar: after trial → webinar"]),
    ("while: [RECYCLED], ", "", ["behavior, any_page: while in RECYCLED removed"]),
    ("      - {trait: decision_maker, points: 30, because: 決められる人}\n", "", ["fit: rule decision_maker 30 points removed"]),
    ("{trait: decision_maker, points: 30, because: 決められる人}", "{trait: competitor, points: 30, because: 決められる人}", ["fit, competitor: trait decision_maker → competitor"]),
    ("    range: [0, 70]\n    rules:\n", "    range: [0, 70]\n    rules:\n      - {trait: competitor, points: -70}\n", ["fit: new rule competitor -70 points"]),
    ("person >= 100", "person >= 80", ["MQL: person ≥ 100 → ≥ 80"]),
    ("behavior > 0", "behavior > 0 and not trait(target_size)", ["MQL.0: also asks not trait(target_size)"]),
    (" and fit.grade >= C", "", ["MQL.0: no longer asks fit.grade ≥ C"]),
    ("fit.grade >= C}", "fit.grade >= B}", ["MQL: fit.grade ≥ C → ≥ B"]),
    ("count(webinar, 90d) >= 3", "count(webinar, 60d) >= 3", ["MQL.1: count(webinar, 90d) ≥ 3 → count(webinar, 60d) ≥ 3"]),
    ("happened(trial)", "person > 50 or fit > 60", ["SQL.1: happened(trial) → person > 50 or fit > 60"]),
    ("requires: bant >= 3", "requires: bant >= 2", ["SQL: requires bant ≥ 3 → ≥ 2"]),
    (", requires: bant >= 3", "", ["SQL.0: requires bant ≥ 3 removed"]),
    ("{from: [SQL], by: [sales]}", "{from: [SAL, SQL], by: [sales]}", ["OPPORTUNITY: from SQL → SAL, SQL"]),
    ("{from: [MAL, RECYCLED], by: [marketing]}", "{from: [MAL, RECYCLED], by: [marketing, sales]}", ["MQL.2: by marketing → marketing, sales"]),
    ("      - {from: [DISQUALIFIED], when: happened(contact_request)}\n", "", ["MQL: path from DISQUALIFIED when happened(contact_request) removed"]),
    ("      - {from: [SAL], when: happened(trial)}\n", "      - {from: [SAL], when: happened(trial)}\n      - {by: [sales]}\n", ["SQL: new path from none by sales"]),
    ("{after: 30d, to: RECYCLED", "{after: 14d, to: RECYCLED", ["MQL: timeout 30d → 14d"]),
    ("    timeout: {after: 30d, to: RECYCLED, reason: no_action}\n", "", ["MQL: timeout 30d to RECYCLED, reason no_action removed"]),
    ("    handoff: {to: sales, within: 8 business hours}\n", "", ["SQL: handoff to sales, answered within 8 business hours removed"]),
    ("within: 2 business hours}", "within: 1 day}", ["MQL: answered within 2 business hours → 1 day"]),
    ("recheck: 7d", "recheck: 1d", ["RECYCLED: recheck 7d → 1d"]),
    ("    resets: [behavior]\n", "", ["RECYCLED: resets behavior removed"]),
    ("  - id: SGL\n", "  - id: TEL\n    enter: [{from: any, by: [sales], requires: bant > 3}]\n  - id: SGL\n", ["stage TEL added", "TEL: new path from any by sales requires bant > 3"]),
    ("need, timing]", "need, timing, champion]", ["qualification bant: question champion added"]),
    ("[no_budget_now, no_response,", "[no_budget_now,", ["reasons of RECYCLED: reason no_response removed"]),
    ("[no_budget_now, no_response,", "[no_response, no_budget_now,", ["reasons of RECYCLED: order no_budget_now, no_response, timing, no_action, evaluating_rival → no_response, no_budget_now, timing, no_action, evaluating_rival"]),
    ("MQL: 120 per month", "MQL: 90 per month", ["target MQL: 120 per month → 90 per month"]),
    (", SAL.acceptance: 80%", "", ["target SAL.acceptance: 80% removed"]),
    ("because: 課題を調べている", "because: 調べ物", ["behavior, whitepaper: because 課題を調べている → 調べ物"]),
    ("en: Pricing page", "en: Prices", ["signal pricing_page: English name Pricing page → Prices"]),
    ("{from: [SQL], by: [sales]}", "{from: [SQL], by: [sales], because: 見積もりを出した}", ["OPPORTUNITY: because 見積もりを出した added"]),
    ("  - id: WON\n", "  - id: WON\n    because: お金が入る\n", ["WON: because お金が入る added"]),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "lines"), CHANGES)
def test_a_change_is_said_in_words(old: str, new: str, lines: list[str]) -> None:
    assert differences(OLD, agreement_of(edited(old, new))) == lines


@pytest.mark.parametrize(("old", "new", "lines"), CHANGES)
def test_what_is_added_one_way_is_removed_the_other_way(old: str, new: str, lines: list[str]) -> None:
    back = differences(agreement_of(edited(old, new)), OLD)
    assert len(back) == len(lines) or "stage TEL" in lines[0]


@pytest.mark.parametrize(("old", "new", "lines"), CHANGES)
def test_every_change_can_be_said_in_japanese(old: str, new: str, lines: list[str]) -> None:
    said = differences(OLD, agreement_of(edited(old, new)), language="ja")
    assert len(said) == len(lines)
    assert not {"added", "removed", "points", "asks"} & set(" ".join(said).split())


def test_japanese_uses_the_words_of_the_glossary() -> None:
    text = edited("requires: bant >= 3", "requires: bant >= 2").replace(
        "30d, to: RECYCLED", "14d, to: RECYCLED"
    )
    text = text.replace("points: 15, halves: 30d", "points: 20, halves: 45d").replace(
        "need, timing]", "need]"
    )
    assert differences(OLD, agreement_of(text), language="ja") == [
        "behavior, whitepaper：15 → 20 点",
        "behavior, whitepaper：半減期 30d → 45d",
        "MQL：滞在期限 30d → 14d",
        "SQL：判断の条件 bant ≥ 3 → ≥ 2",
        "ヒアリング項目 bant：質問 timing を削除",
    ]


def test_a_renamed_stage_is_said_once_and_not_wherever_it_is_used() -> None:
    assert differences(OLD, agreement_of(WHOLE.replace("RECYCLED", "NURTURE"))) == [
        "stage RECYCLED renamed to NURTURE"
    ]
    assert differences(OLD, agreement_of(WHOLE.replace("SGL", "SALES_FOUND"))) == [
        "stage SGL renamed to SALES_FOUND"
    ]


def test_renamed_signals_traits_and_scores_are_said_once() -> None:
    text = WHOLE.replace("whitepaper:", "paper:").replace("signal: whitepaper", "signal: paper")
    text = text.replace("target_size", "right_size").replace("behavior", "activity")
    assert differences(OLD, agreement_of(text)) == [
        "signal whitepaper renamed to paper",
        "trait target_size renamed to right_size",
        "score behavior renamed to activity",
    ]


def test_comments_spaces_and_quotes_are_no_change() -> None:
    text = "# a comment\n" + WHOLE.replace("person >= 100", "person  >=  100").replace(
        "Asia/Tokyo", '"Asia/Tokyo"'
    )
    assert differences(OLD, agreement_of(text)) == []


def test_the_order_of_names_in_a_set_is_no_change_but_the_order_of_paths_is() -> None:
    assert differences(OLD, agreement_of(edited("from: [MQL, SGL]", "from: [SGL, MQL]"))) == []
    by_hand = "      - {from: [MAL, RECYCLED], by: [marketing]}\n"
    moved = WHOLE.replace(by_hand, "").replace(
        "      - {from: [MAL, RECYCLED], when", by_hand + "      - {from: [MAL, RECYCLED], when"
    )
    assert differences(OLD, agreement_of(moved)) == ["MQL: the paths stand in another order"]


def test_two_stages_that_change_places_are_said() -> None:
    won = "  - id: WON\n    enter: [{from: [OPPORTUNITY], by: [sales]}]\n"
    moved = WHOLE.replace(won, "").replace("  - id: RECYCLED\n", won + "  - id: RECYCLED\n")
    (line,) = differences(OLD, agreement_of(moved))
    assert line.startswith("stages: order MAL, MQL, SGL")


def test_changed_reasons_come_last() -> None:
    text = edited("because: 課題を調べている", "because: 調べ物").replace("MQL: 120", "MQL: 90")
    assert differences(OLD, agreement_of(text)) == [
        "target MQL: 120 per month → 90 per month",
        "behavior, whitepaper: because 課題を調べている → 調べ物",
    ]


def test_a_text_that_looks_like_a_number_is_another_predicate_than_the_number() -> None:
    text = WHOLE.replace("{type: trial_start}", "{type: trial_start, plan: 40}")
    (line,) = differences(agreement_of(text), agreement_of(text.replace("plan: 40", 'plan: "40"')))
    assert line == 'signal trial: type = trial_start and plan = 40 → type = trial_start and plan = "40"'


@settings(deadline=None, max_examples=15)
@given(agreements(), agreements())
def test_an_agreement_does_not_differ_from_itself_and_differs_from_another(one: str, other: str) -> None:
    first, again, second = agreement_of(one), agreement_of(one + "\n# the same\n"), agreement_of(other)
    assert differences(first, again) == []
    assert bool(differences(first, second)) == bool(differences(second, first))
    assert len(differences(first, second, language="ja")) == len(differences(first, second))
