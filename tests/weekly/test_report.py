"""A company whose last week can be counted by hand, as a report in both languages."""

from __future__ import annotations

from datetime import date

import pytest

from tasuki.metrics import Question, compute
from tasuki.metrics.reader import Facts
from tasuki.weekly import Week, last_week, pdf_of, sheet_of, weekly
from tasuki.weekly.report import Weekly
from tests.metrics.story import day, facts_of, handed, person, way
from tests.weekly.paper import says

MONDAY = 6  # 7 April 2025


def company() -> Facts:
    """Three MQLs of the week, one of the week before; two were handed to team 1, one of them late; one came back."""
    answered = {"touch_seconds": 3600, "touch_business": 3600, "met": True}
    return facts_of(
        way("a", (MONDAY + 0.1, "MAL"), (MONDAY + 1, "MQL")),
        way("b", (1, "MAL"), (MONDAY + 2, "MQL"), (MONDAY + 3, "RECYCLED")),
        way("c", (1, "MAL"), (MONDAY + 6.99, "MQL")),
        way("d", (1, "MAL"), (2, "MQL")),
        handoffs=[
            handed("a", MONDAY + 1, team="1", due_at=day(MONDAY + 1.2)),
            handed("b", MONDAY + 2, team="1", due_at=day(MONDAY + 4), outcome="returned", **answered),
            handed("d", 2, team="2", due_at=day(3), outcome="accepted", **answered),
        ],
        leads=[person("a", team="1"), person("b", team="1"), person("c"), person("d", team="2")],
        as_of=MONDAY + 8,
    )


def report(where: dict[str, str] | None = None) -> Weekly:
    with company() as found:
        return weekly(found, last_week(day(MONDAY + 8), "UTC"), where)


def test_the_week_is_the_last_whole_one() -> None:
    assert report().week == Week(date(2025, 4, 7), "UTC")


def test_its_figures_are_those_that_anybody_gets_who_asks_by_week() -> None:
    with company() as found:
        told = weekly(found, last_week(day(MONDAY + 8), "UTC"))
        for line in told.lines:
            if not line.is_long and line.kpi.id != "won.amount":
                answer = compute(found, line.kpi, Question("week")).part("2025-W15")
                assert line.now.value == (answer.value if answer else line.now.value), line.kpi.id
    assert told.line("mql.entries").now.value == 3  # type: ignore[union-attr]
    assert told.line("mql.entries").before.value == 1  # type: ignore[union-attr]
    assert list(told.curves["MQL"][-2:]) == [1, 3]


def test_a_months_target_counts_by_the_days_of_the_week_and_for_everybody_together_only() -> None:
    line = report().line("mql.entries")
    assert line is not None
    assert line.wanted is not None
    assert line.wanted.amount == pytest.approx(120 * 7 / 30)
    assert line.wanted.share == pytest.approx(3 / 28)
    assert line.wanted.is_met is False
    of_a_team = report({"team": "1"}).line("mql.entries")
    assert of_a_team is not None
    assert (of_a_team.now.value, of_a_team.wanted) == (2, None)


def test_what_is_late_needs_attention() -> None:
    assert report().attention.missed == 1
    assert report().attention.overdue == 1
    assert report().attention.untouched == 1
    assert report().attention.returned == 1
    assert report({"team": "2"}).attention.overdue == 0


def test_a_team_is_told_of_its_own_only_whatever_stage_its_handoffs_are_of() -> None:
    answered = {"touch_seconds": 3600, "touch_business": 3600}
    facts = facts_of(
        way("a", (1, "MQL"), (MONDAY + 1, "SQL"), (MONDAY + 3, "RECYCLED")),
        way("b", (1, "MQL"), (MONDAY + 1, "RECYCLED"), (MONDAY + 5, "MQL")),
        handoffs=[
            handed(
                "a", MONDAY + 1, stage="SQL", team="2", due_at=day(MONDAY + 2), outcome="returned", met=False, **answered
            ),
            handed("b", MONDAY + 5, team="1", due_at=day(MONDAY + 6)),
        ],
        leads=[person("a", team="2"), person("b", team="1")],
        as_of=MONDAY + 8,
    )  # fmt: skip
    week = last_week(day(MONDAY + 8), "UTC")
    with facts:
        whole, first, second = (
            weekly(facts, week, where).attention for where in ({}, {"team": "1"}, {"team": "2"})
        )
    assert (whole.missed, whole.returned, whole.overdue, whole.untouched) == (2, 2, 1, 1)
    assert (first.missed, first.returned, first.overdue, first.untouched) == (1, 1, 1, 1)
    assert (second.missed, second.returned, second.overdue, second.untouched) == (1, 1, 0, 0)


def test_one_mql_is_said_in_the_singular() -> None:
    with facts_of(way("a", (MONDAY + 1, "MQL")), as_of=MONDAY + 8) as found:
        sheet = sheet_of(weekly(found, last_week(day(MONDAY + 8), "UTC")), "en")
    assert sheet.said[0].startswith("Last week there was 1 MQL,")


@pytest.mark.parametrize(
    ("language", "period", "said", "alert"),
    [
        (
            "en", "7–13 Apr 2025",
            "Last week there were 3 MQLs, 11 % of the week's target of 28; 2 more than the week before.",
            "1 open handoff is past its due time",
        ),
        (
            "ja", "2025年4月7日（月）〜13日（日）", "先週のMQLは3件、週の目標28件の11%（前の週より2件増）。",
            "期限を過ぎて未回答の引き渡し：1件",
        ),
    ],
)  # fmt: skip
def test_it_says_the_most_important_first(language: str, period: str, said: str, alert: str) -> None:
    sheet = sheet_of(report(), language)
    assert sheet.period == period
    assert sheet.said[0] == said
    assert sheet.alerts[0].text == alert
    assert sheet.is_urgent


def test_the_pdf_says_it_too_in_japanese_on_one_page() -> None:
    sheet = sheet_of(report(), "ja", "東日本営業")
    file = pdf_of(sheet, "https://tasuki.example/numbers")
    assert file.startswith(b"%PDF-")
    assert b"/Count 1" in file
    for text in ("東日本営業", "期限を過ぎて未回答の引き渡し：", "週次レポート"):
        assert says(file, text), text
    assert not says(file, "西日本営業")
    assert pdf_of(sheet, "https://tasuki.example/numbers") == file, "the same report is the same file"


def test_a_company_in_which_nothing_happened_has_a_report_that_says_so() -> None:
    with facts_of(as_of=MONDAY + 8) as found:
        told = weekly(found, last_week(day(MONDAY + 8), "UTC"))
    for language in ("en", "ja"):
        sheet = sheet_of(told, language)
        assert not sheet.alerts
        assert says(pdf_of(sheet), "Tasuki ")
        assert sheet.nothing
