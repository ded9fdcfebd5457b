"""Figures in words: with their units, in both languages."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tasuki.metrics.figures import Amount, Figure
from tasuki.metrics.formulas import Unit
from tasuki.metrics.values import in_unit, percent, value_text
from tasuki.numerals import about


@pytest.mark.parametrize(
    ("value", "unit", "english", "japanese"),
    [
        (0.485, Unit.RATE, "48.5 %", "48.5%"),
        (1.0, Unit.HOURS, "1 hour", "1時間"),
        (1.04, Unit.HOURS, "1 hour", "1時間"),
        (2.5, Unit.HOURS, "2.5 hours", "2.5時間"),
        (1.0, Unit.DAYS, "1 day", "1日"),
        (0.0, Unit.DAYS, "0 days", "0日"),
        (1.0, Unit.POINTS, "1 point", "1点"),
        (81.25, Unit.POINTS, "81.2 points", "81.2点"),
        (12345.0, Unit.COUNT, "12,345", "12,345"),
        (1.25, Unit.TIMES, "1.2", "1.2"),
        (None, Unit.DAYS, "–", "–"),
    ],
)
def test_a_value_has_its_unit_and_one_of_it_is_said_in_the_singular(
    value: float | None, unit: Unit, english: str, japanese: str
) -> None:
    assert in_unit(value, unit, "en") == english
    assert in_unit(value, unit, "ja") == japanese


def test_outside_of_tables_japanese_counts_have_their_counter() -> None:
    assert in_unit(3, Unit.COUNT, "ja", counter=True) == "3件"
    assert in_unit(3, Unit.COUNT, "en", counter=True) == "3"


def test_money_of_several_currencies_stands_side_by_side() -> None:
    amounts = (Amount("JPY", Decimal("1200000.4"), 2), Amount("USD", Decimal("12.50"), 1))
    found = Figure(None, None, 3, 3, amounts=amounts)
    assert value_text(found, Unit.MONEY, "en") == "¥1,200,000 · $12.50"
    assert value_text(found, Unit.MONEY, "ja") == "120万円 · $12.50"
    assert value_text(None, Unit.MONEY, "ja") == "–"


def test_shares_are_told_in_percent() -> None:
    assert (percent(0.5, "en"), percent(0.123, "ja", 1)) == ("50 %", "12.3%")


@pytest.mark.parametrize(
    ("amount", "japanese", "english"),
    [
        ("9800", "9,800円", "¥9,800"),
        ("575000", "57.5万円", "¥575,000"),
        ("999999", "100万円", "¥1,000,000"),
        ("65217391", "6,522万円", "¥65,220,000"),
        ("-123456789", "−1億2,346万円", "-¥123,460,000"),
    ],
)
def test_yen_in_running_text_is_no_finer_than_it_is_said(amount: str, japanese: str, english: str) -> None:
    assert about(Decimal(amount), "JPY", "ja") == japanese
    assert about(Decimal(amount), "JPY", "en") == english
